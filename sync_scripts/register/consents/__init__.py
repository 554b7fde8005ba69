"""Consents as people deal with them: read, recorded again, withdrawn, overridden. What they let leave: `register.disclosure`."""
