"""One small step a module, in order."""
