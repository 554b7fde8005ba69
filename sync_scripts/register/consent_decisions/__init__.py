"""What people decide about consents: recorded again, withdrawn, overridden by two."""
