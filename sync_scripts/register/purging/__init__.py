"""Purging: what is due to be erased by the rules, who confirmed it, and carrying out exactly that. Needs no vault."""
