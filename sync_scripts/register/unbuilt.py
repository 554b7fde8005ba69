"""How much is stored of which the register does not tell yet: only counted, so that a command that reads can say so."""

from __future__ import annotations

from typing import Final, NamedTuple

from sqlalchemy import func, select

from sync_scripts.store.database import Rows
from sync_scripts.store.schema.raw import to_build

__all__ = ["ARRIVED", "Unbuilt", "unbuilt"]

ARRIVED: Final = 2
"""Below this priority stands what arrived, from it on what is built again."""


class Unbuilt(NamedTuple):
    """How many submissions the register does not tell of yet, and of how many units its rows are those of before a rebuild."""

    arrived: int
    again: int


def unbuilt(rows: Rows) -> Unbuilt:
    """Count what is marked."""
    marked, priority = func.count(to_build.c.unit.distinct()), to_build.c.priority
    some = select(marked.filter(priority < ARRIVED), marked.filter(priority >= ARRIVED))
    return Unbuilt(*map(int, rows.execute(some).one()))
