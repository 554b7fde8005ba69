"""What everything else rests on: codes, places, states, lengths of time, errors. Knows no table of the register and no form."""
