"""Submissions that came encrypted: opened with the keys at hand, or kept sealed as they came. Never a plain byte on the disk."""
