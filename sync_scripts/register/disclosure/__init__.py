"""What may leave, for which purpose and to whom. Pure."""
