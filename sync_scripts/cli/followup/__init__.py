"""The commands of the follow-up workbook: out, back, and its open questions."""
