"""What is kept by hand: an alert by telephone, a file of evidence. Asks no server."""
