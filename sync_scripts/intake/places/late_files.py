"""Files that a server listed and did not hand over: the next pull asks for them before the others of their submission.

An encrypted submission is proved by all of its files together, so those that are read before one that does not come are
read for nothing, at every pull. Remembers keyed tags alone: a file may be called after somebody.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from itertools import islice
from typing import Final

from sqlalchemy import ColumnElement, and_, delete, select

from sync_scripts.intake.places.state import LATE
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Rows
from sync_scripts.store.schema.raw import place

__all__ = ["MOST", "keep", "recall"]

MOST: Final = 1_000
"""Files remembered of one server; one that is forgotten costs what stands before it."""


def recall(rows: Rows, server: str) -> frozenset[str]:
    """Return the tags of the files that the last whole pull did not get."""
    return frozenset(rows.execute(select(place.c.tag).where(_own(server))).scalars())


def keep(rows: Rows, server: str, forms: Mapping[str, str], now: datetime) -> None:
    """Remember these instead, by tag with what the server calls their form, in the caller's transaction."""
    rows.execute(delete(place).where(_own(server)))
    made = [
        {
            "server": server,
            "tag": tag,
            "state": LATE,
            "reason": LATE,
            "form": form,
            "size": 0,
            "moved_ns": 0,
            "last_at": instant(now),
        }
        for tag, form in islice(sorted(forms.items()), MOST)
    ]
    rows.upsert(place, made)


def _own(server: str) -> ColumnElement[bool]:
    return and_(place.c.server == server, place.c.reason == LATE, place.c.form.is_not(None))
