"""When an event counts, beside the place that it has in the order.

The order must never change, so an event is placed after every one before it. Once a clock that was years ahead wrote a single
event, that place is years ahead for all that follow. What they count from is kept beside it: the clock of whoever wrote them. And
as soon as somebody writes with a clock that is right again, a *turn* says so: nothing before it can have happened after it.

    written       place                counts, before the turn    after it
    20 Nov 10:00  2026-11-20 10:00     2026-11-20 10:00           2026-11-20 10:00
    years ahead   2031-01-05 09:00     2031-01-05 09:00           2026-11-20 11:59:59.999999
    turn, 12:00   .. 09:00:00.000001   2026-11-20 12:00           2026-11-20 12:00
    21 Nov 08:00  .. 09:00:00.000002   2026-11-21 08:00           2026-11-21 08:00

Nor does it count from before the one that has the place before it, whoever wrote that: of two colleagues on one register, the one
who writes last has the last word, also by a clock that is behind.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy import Connection

from sync_scripts.store.canonical import instant, moment

FEW: Final = timedelta(minutes=5)
"""By how much clocks of several computers are apart on any day; more is said."""
AHEAD: Final = timedelta(hours=1)
"""From how much on what was written is taken to be of a clock that was ahead."""
APART: Final = timedelta(hours=1)
"""With a clock that is further from the one of the database server nothing is written."""
SECOND: Final = timedelta(seconds=1)
"""How long before a turn events are looked at: as many as can be given microseconds of their own below it."""
_TICK: Final = timedelta(microseconds=1)


class Turn(msgspec.Struct, frozen=True):
    """That a clock was right again: place of the event that says so, and its instant.

    ``before`` are the places of the events before it that may count from as late as a second before it or later, in their order.
    ``arrival`` is the highest order of arrival among the submissions by then; 0 where it says nothing of submissions.
    """

    place: str
    at: datetime
    before: Sequence[str] = ()
    arrival: int = 0


def counted(place: str, clock: str | None, turns: Iterable[Turn]) -> str:
    """Return from when an event counts; two of them never at one instant, and in their order.

    Args:
        place: instant that gives it its place.
        clock: instant that it counts from, where that is kept beside its place.
        turns: all of them.
    """
    since = clock or place
    for turn in turns:
        if place < turn.place:
            until = len(turn.before) - bisect_left(turn.before, place)
            since = min(since, instant(turn.at - until * _TICK))
    return since


def following(
    last: tuple[str, str] | None, now: datetime, *, turns: bool = False
) -> tuple[datetime, datetime]:
    """Return from when the next event counts, and its place.

    Args:
        last: the same of the one that has the newest place; None for the first.
        now: by the clock of whoever writes.
        turns: it is a turn, so it counts from now whatever the last one says.
    """
    if last is None:
        return now, now
    counts = now if turns else max(now, moment(last[0]) + _TICK)
    return counts, max(counts, moment(last[1]) + _TICK)


def server_clock(connection: Connection) -> datetime:
    """Return what time it is for the database server (PostgreSQL)."""
    said: datetime = connection.exec_driver_sql("SELECT clock_timestamp()").scalar_one()
    return said
