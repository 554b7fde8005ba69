"""The commands that open what is sealed, and those that erase it."""
