"""Measure what a pull costs. Never a test: nothing here passes or fails."""
