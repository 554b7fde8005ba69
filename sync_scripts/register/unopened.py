"""Encrypted submissions that nobody has opened: an alert may be among them, and stands in no list."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, and_, case, func, not_, select

from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Rows
from sync_scripts.store.schema.raw import waiting

__all__ = ["FILES_AFTER", "files_since", "unopened"]

FILES_AFTER: Final = timedelta(hours=2)
"""After so long a pull should have opened what waits for its files: with them or without."""


def unopened(rows: Rows, now: datetime) -> int:
    """Return how many there are, but those whose files may still come: a pull opens these by itself."""
    one = waiting.c
    soon = and_(one.reason == "files", files_since(now) >= instant(now - FILES_AFTER))
    asked = select(func.count()).select_from(waiting)
    return int(rows.execute(asked.where(one.state == "waiting", not_(soon))).scalar_one())


def files_since(now: datetime) -> ColumnElement[str]:
    """Return since when something waits for its files.

    What a clock that was ahead saw first waits, as far as anybody knows, since it came to its server.
    """
    one = waiting.c
    return case((one.first_seen > instant(now), one.received_at), else_=one.first_seen)
