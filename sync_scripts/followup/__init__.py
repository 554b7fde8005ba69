"""The follow-up workbook that coordinators work in. Never holds a sealed value."""
