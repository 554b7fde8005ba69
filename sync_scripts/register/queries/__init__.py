"""What a person asks of the register: lists, pages, searches, what waits. Reads only."""
