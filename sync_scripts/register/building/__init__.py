"""From versions, events and rules to the rows of the register, unit by unit."""
