"""Text that a spreadsheet would run stays text in the CSV files that we write, and is read back as it was. Pure."""

from __future__ import annotations

from typing import Final

__all__ = ["guarded", "unguarded"]

_FORMULA: Final = frozenset("=+-@\t\r")
_QUOTE: Final = "'"


def guarded(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula; `unguarded` gives the text back.

    >>> guarded("=1+1"), guarded("- Oui"), guarded("Oui"), unguarded(guarded("'=x"))
    ("'=1+1", "'- Oui", 'Oui', "'=x")
    """
    return f"{_QUOTE}{text}" if text[:1] in {*_FORMULA, _QUOTE} and text else text


def unguarded(text: str) -> str:
    """Return the text of a cell, whether it was guarded or not."""
    return text[1:] if text[:1] == _QUOTE and text[1:2] in {*_FORMULA, _QUOTE} else text
