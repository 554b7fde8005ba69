"""What can be wrong with a form, in words, and the whole check of one form."""
