"""What is taken from a workbook that came back, cell by cell, and written."""
