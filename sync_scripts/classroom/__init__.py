"""An OpenRosa server for a workshop laptop, and a simulated phone. Writes inboxes, never a register."""
