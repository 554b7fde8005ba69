"""How many random histories a law is tried with: a quarter of them for each change, all of them by ``nox -s faults``, or as many as are asked for."""

from __future__ import annotations

import os
from typing import Final

# Read here: a test does not see them.
ALL: Final = bool(os.environ.get("DIKALO_ALL_EXAMPLES"))
ASKED: Final = int(os.environ.get("DIKALO_HISTORIES") or 0)
_USUAL: Final = 4


def examples(number: int) -> int:
    """Return how many of so many examples are tried here."""
    return ASKED or (number if ALL else number // _USUAL)


def tried(number: int) -> int:
    """Return how many histories are tried where usually all of so many are."""
    return ASKED or number
