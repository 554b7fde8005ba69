"""What reached the register and what people decided, in order: arrivals, corrections, merges, erasures."""
