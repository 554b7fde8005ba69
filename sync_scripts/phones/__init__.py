"""Phones of a project: the settings that ODK Collect reads from a code, its drawing, and the card that hands it over.

Nothing here asks a server anything. A code holds its secrets in clear: whoever photographs it has them.
"""
