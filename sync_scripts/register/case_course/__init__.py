"""The course of a case: its facts, its interventions, what was decided, and forms that moved in or out."""
