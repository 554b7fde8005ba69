"""How many random histories a law is tried with: a quarter of them for each change, all of them by ``nox -s faults``."""

from __future__ import annotations

import os

__all__ = ["examples"]

ALL = bool(os.environ.get("DIKALO_ALL_EXAMPLES"))  # read here: a test does not see it
_USUAL = 4


def examples(number: int) -> int:
    """Return how many of so many examples are tried here."""
    return number if ALL else number // _USUAL
