"""Families of planted faults, a module each."""
