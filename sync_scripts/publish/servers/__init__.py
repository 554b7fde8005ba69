"""The lists as each kind of server takes them."""
