"""What a register knows of its backups: which copies were made, when, up to where, and when a restore was last rehearsed.

It is kept in the register itself, so that the page of the day can tell without the stick. A copy is written down only once it
was checked; one that a cut left unwritten is found at its place by the next backup.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy import func, select

from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.database import Rows
from sync_scripts.store.schema.raw import erased, event, setting, submission

_COPIES: Final = "backup.copies"
_REHEARSED: Final = "backup.rehearsed"
REHEARSE: Final = timedelta(days=91)
"""A restore is to be rehearsed once a quarter."""


class Extent(msgspec.Struct, frozen=True, kw_only=True):
    """How far a register goes: its last arrival, and how many decisions and erasures it holds."""

    arrival: int
    events: int
    erased: int


class Copy(msgspec.Struct, frozen=True, kw_only=True):
    """One copy at a place.

    Attributes:
        name: of its files.
        place: id of the place.
        number: a later one has a higher number, whatever the clock says by then.
        at: instant, as the clock said.
        extent: how far the register went.
        missing: so many of its sealed files could not be copied: they are not on this computer.
    """

    name: str
    place: str
    number: int
    at: str
    extent: Extent
    missing: int = 0


class Lack(msgspec.Struct, frozen=True):
    """What the page of the day says of backups.

    Attributes:
        at: instant of the newest backup; None where none was ever made.
        submissions, decisions: so many came since.
        holding: of each place whose newest backup still holds what was erased since, the instant of that backup, the oldest first.
        missing: so many sealed files are not in the newest backup.
        rehearse: no restore was rehearsed for a quarter.
    """

    at: str | None
    submissions: int = 0
    decisions: int = 0
    holding: tuple[str, ...] = ()
    missing: int = 0
    rehearse: bool = False


def extent(rows: Rows) -> Extent:
    """Return how far a register goes."""
    asked = select(func.max(submission.c.arrival)), select(func.count()).select_from(event)
    arrival, events = (rows.execute(one).scalar_one() for one in asked)
    gone = rows.execute(select(func.count()).select_from(erased)).scalar_one()
    return Extent(arrival=int(arrival or 0), events=int(events), erased=int(gone))


def copies(rows: Rows) -> tuple[Copy, ...]:
    """Return the copies that are known, the oldest first."""
    text = _value(rows, _COPIES)
    return msgspec.json.decode(text, type=tuple[Copy, ...]) if text else ()


def write(rows: Rows, known: tuple[Copy, ...]) -> None:
    """Keep which copies there are, in place of what was known."""
    ordered = sorted(known, key=lambda one: one.number)
    rows.upsert(setting, [{"name": _COPIES, "value": msgspec.json.encode(ordered).decode()}])


def write_rehearsed(rows: Rows, now: datetime) -> None:
    """Keep that a restore was rehearsed."""
    rows.upsert(setting, [{"name": _REHEARSED, "value": instant(now)}])


def rehearsed(rows: Rows) -> datetime | None:
    """Return when a restore was last rehearsed."""
    text = _value(rows, _REHEARSED)
    return moment(text) if text else None


def lack(rows: Rows, now: datetime) -> Lack | None:
    """Return how old the newest backup is, what it lacks, and what any place holds too much.

    Nothing is returned of a demonstration without a backup: it needs none.
    """
    known = copies(rows)
    if not known:
        return None if _value(rows, "demo") == "yes" else Lack(None)
    last, here = known[-1], extent(rows)
    of_each = {one.place: one for one in known}.values()
    since = rehearsed(rows) or min(moment(one.at) for one in known)
    came = select(func.count()).select_from(submission).where(submission.c.arrival > last.extent.arrival)
    return Lack(
        last.at,
        submissions=int(rows.execute(came).scalar_one()),
        decisions=max(here.events - last.extent.events, 0),
        holding=tuple(sorted(one.at for one in of_each if one.extent.erased < here.erased)),
        missing=last.missing,
        rehearse=now - since > REHEARSE,
    )


def _value(rows: Rows, name: str) -> str:
    return str(rows.execute(select(setting.c.value).where(setting.c.name == name)).scalar() or "")
