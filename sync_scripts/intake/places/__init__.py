"""The one table of what sources show: what became of each place here, and what a source still owes and why. Reads no source."""
