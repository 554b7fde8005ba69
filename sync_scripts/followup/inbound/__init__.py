"""A workbook that comes back: read, and laid beside what went out. Decides nothing."""
