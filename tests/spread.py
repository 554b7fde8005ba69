"""Which rows of a large table of cases the usual run takes: every n-th by name, and each in some turn.

A table marked ``spread(n)`` has one test and many rows that differ in a seed, a number, a language or a name: its other rows
are ``slow``. CI takes the turn from the commit; ``nox -s faults`` runs whole tables.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

TURN = int(os.environ.get("DIKALO_TURN", "0"))  # read here: a test does not see it


def put_off(rows: Iterable[str], of: int, turn: int) -> frozenset[str]:
    """Return the rows of one table that are not in a turn; a row goes with itself on the other database."""
    names = {row: row.replace("[postgresql", "[sqlite", 1) for row in rows}
    places = {name: place for place, name in enumerate(sorted(set(names.values())))}
    first = (
        turn % min(of, len(places)) if places else 0
    )  # a table shorter than a share has a row in every turn
    return frozenset(row for row, name in names.items() if places[name] % of != first)
