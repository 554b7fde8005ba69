"""The workbook that goes out: chosen, laid out, written."""
