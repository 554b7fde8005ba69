"""How much is stored of which the register does not tell yet: only counted, so that a command that reads can say so."""

from __future__ import annotations

from sqlalchemy import func, select

from sync_scripts.store.database import Rows
from sync_scripts.store.schema.raw import to_build

__all__ = ["unbuilt"]


def unbuilt(rows: Rows) -> int:
    """Return how many submissions are stored and not yet built."""
    return int(rows.execute(select(func.count(to_build.c.unit.distinct()))).scalar_one())
