"""A workbook that comes back: read, laid beside what went out, decided cell by cell, and written through the doors of the commands."""
