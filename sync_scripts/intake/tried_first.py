"""Files that a server listed and did not hand over: the next pull asks for them before the others of their submission.

An encrypted submission is proved by all of its files together, so those that are read before one that does not come are
read for nothing, at every pull. Remembers keyed tags alone: a file may be called after somebody.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, and_, delete, select

from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Rows
from sync_scripts.store.schema.raw import watermark

__all__ = ["FIRST", "MOST", "keep", "recall"]

FIRST: Final = "*first"
"""Form of the watermark that remembers their tags, as JSON."""
MOST: Final = 1_000
"""Files remembered of one server; one that is forgotten costs what stands before it."""


def recall(rows: Rows, server: str) -> frozenset[str]:
    """Return the tags of the files that the last whole pull did not get."""
    value = rows.execute(select(watermark.c.value).where(_own(server))).scalar()
    return msgspec.json.decode(value, type=frozenset[str]) if value else frozenset()


def keep(rows: Rows, server: str, tags: Collection[str], now: datetime) -> None:
    """Remember these instead, in the caller's transaction."""
    if not tags:
        rows.execute(delete(watermark).where(_own(server)))
        return
    value = msgspec.json.encode(sorted(tags)[:MOST]).decode()
    rows.upsert(watermark, [{"server": server, "form": FIRST, "value": value, "at": instant(now)}])


def _own(server: str) -> ColumnElement[bool]:
    return and_(watermark.c.server == server, watermark.c.form == FIRST)
