"""What people decide about a case and what belongs to it: moves, closing, values, corrections, openings."""
