"""What of one case may be handed to somebody outside, chosen record by record; and what was handed over so far."""
