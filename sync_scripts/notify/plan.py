"""When a message may go, and which waiting rows make one message. Pure; the present moment is given.

Nothing but what is critical, or due before the morning, goes between nine in the evening and six in the morning. A failed
try is followed by others after 1, 5, 30 and 120 minutes, then once a day, ten in all; and beside these, uncounted, when a
server was reached an hour or more after the last one: with two hours of network a day, the hour of the daily try may always
be one without. What cannot have been written by this clock (it was set
back) is taken as due: late once too often is better than never.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sync_scripts.notify.words import Said
from sync_scripts.store.canonical import moment
from sync_scripts.store.outbox import Waiting

__all__ = ["MOST_TRIES", "Letter", "letters", "next_try", "ready", "wakes"]

QUIET: Final = (time(21), time(6))
RETRIES: Final = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(minutes=120))
DAILY: Final = timedelta(days=1)
MOST_TRIES: Final = 10
SERVED: Final = timedelta(hours=1)
"""How long after a try another one is made because a server was reached."""
_LONGEST: Final = timedelta(hours=36)
"""Nothing is ever put off for longer: a day and a night of quiet."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One message to one destination: the rows that it tells of."""

    destination: str
    rows: tuple[Waiting, ...]

    def said(self, reference: str) -> Said:
        """Return what it says."""
        first = self.rows[0]
        return Said(
            reason=first.reason,
            count=len({one.subject for one in self.rows}),
            level=first.level,
            regions=frozenset(one.region for one in self.rows if one.region),
            due_at=min((one.due_at for one in self.rows if one.due_at), default=None),
            reference=reference,
        )


def wakes(level: str, now: datetime, zone: ZoneInfo, due_at: datetime | None = None) -> datetime:
    """Return the first moment from ``now`` on at which a message of a level may go.

    What is still to come and due before the quiet hours end goes at once: in the morning nobody could do it any more. What
    was late already waits.
    """
    local = now.astimezone(zone)
    if level == "critical" or QUIET[1] <= local.time() < QUIET[0]:
        return now
    day = local.date() if local.time() < QUIET[1] else local.date() + timedelta(days=1)
    morning = datetime.combine(day, QUIET[1], tzinfo=zone).astimezone(UTC)
    return now if due_at is not None and now < due_at <= morning else morning


def ready(row: Waiting, now: datetime, zone: ZoneInfo, *, reached: bool = False) -> bool:
    """Tell whether a waiting row may go now; ``reached``: a server was reached just now, so there is a network."""
    if wakes(row.level, now, zone, moment(row.due_at) if row.due_at else None) > now:
        return False
    if reached and row.tried_at is not None and moment(row.tried_at) + SERVED <= now:
        return True
    put_off = moment(row.not_before) - now
    return put_off <= timedelta(0) or put_off > _LONGEST or (row.tried_at or row.created_at) > _text(now)


def _text(now: datetime) -> str:
    return now.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def letters(rows: Iterable[Waiting], now: datetime, zone: ZoneInfo, *, reached: bool = False) -> list[Letter]:
    """Return the messages of this moment: what is of one destination, reason and level is one, with its count.

    The most urgent come first, because the network may go away between two.
    """
    grouped: defaultdict[tuple[str, str, str], list[Waiting]] = defaultdict(list)
    for row in rows:
        if ready(row, now, zone, reached=reached):
            grouped[row.destination, row.reason, row.level].append(row)
    order = ("critical", "high", "medium", "low")
    keys = sorted(grouped, key=lambda key: (order.index(key[2]), key))
    return [Letter(key[0], tuple(grouped[key])) for key in keys]


def next_try(attempts: int, now: datetime) -> datetime | None:
    """Return when a row that failed once more is tried again, None when that was the last time.

    Each row has its own tries: what joins an older message must not be given up, nor put off, with it.

    Args:
        attempts: how often it was tried before.
        now: aware.
    """
    done = attempts + 1
    if done >= MOST_TRIES:
        return None
    return now + (RETRIES[done - 1] if done <= len(RETRIES) else DAILY)
