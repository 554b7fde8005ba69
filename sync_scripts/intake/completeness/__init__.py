"""Whether all is here: what a source shows, compared with what is held, in a pull and without one. Deletes nothing."""
