"""From when a submission counts: what was received by a clock that was far ahead, from no later than when it was right again.

What is keyed in, taken over from a list or read from a folder has the time of our own clock. The row keeps it as it is; a *turn*
(`event_times`) says up to which submission the register held by then, and none of them can have come after it. Among the events of
that time each keeps its place: it counts from when the first event after it does.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any, Final

from sqlalchemy import Row, select

from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Rows
from sync_scripts.store.history.events import counts_from, turns_of
from sync_scripts.store.schema.raw import event

__all__ = ["receipts"]

_AS_STORED: Final[Callable[[Row[Any]], str]] = attrgetter("received_at")


def receipts(rows: Rows) -> Callable[[Row[Any]], str]:
    """Return what gives, for a row of a submission with its order of arrival, the instant that it counts from, as text."""
    turns = [one for one in turns_of(rows) if one.arrival]
    if not turns:
        return _AS_STORED
    found: dict[str, str] = {}

    def since(row: Row[Any]) -> str:
        at: str = row.received_at
        later = [one for one in turns if row.arrival <= one.arrival and at > instant(one.at)]
        if not later:
            return at
        if at not in found:
            found[at] = _next_event(rows, at)
        return min(at, found[at], *(instant(one.at) for one in later))

    return since


def _next_event(rows: Rows, at: str) -> str:
    """Return from when the first event counts that has its place at an instant or after it; that instant where none has."""
    asked = (
        select(event).where(event.c.at >= at).order_by(event.c.at, event.c.workspace, event.c.seq).limit(1)
    )
    row = rows.execute(asked).mappings().first()
    return at if row is None else counts_from(rows, dict(row))
