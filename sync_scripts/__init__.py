"""From server to register to spreadsheet and back."""
