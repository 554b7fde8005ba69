"""Scripts that are run by the Python of other environments; never imported."""
