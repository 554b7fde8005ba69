"""The expressions of a form: read, taken apart, and what each of them gives. Runs nothing and finds nothing; rules do."""
