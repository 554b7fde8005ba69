"""What a source handed over: read, decided about, taken apart, sealed and stored with its files. Knows no other part of a pull."""
