"""What is sealed, and by whom it can be opened: items, files, keys, erasing. Closes; the vault alone opens."""
