"""What goes back to the phones: the lists of open cases and providers, decided first, then sent where they changed."""
