"""What is stored of which the register does not tell: not built yet, or not built because the program has a fault.

Only counted and named, so that a command that reads can say so. What was set apart is left out of every building until it is
tried again.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, case, func, select

from sync_scripts.register.model.codes import Root, root_of
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Rows
from sync_scripts.store.schema.raw import place, sealed_item, submission, to_build

ARRIVED: Final = 2
"""Below this priority stands what arrived, from it on what is built again."""
FILES_AFTER: Final = timedelta(hours=2)
"""After so long a pull should have opened what waits for its files: with them or without."""
_APART: Final = to_build.c.fault > ""
"""Said so, it is looked up in an index of these few alone."""
_TO_COME: Final = to_build.c.fault.is_(None)
_FIRST_APART: Final = (
    select(to_build.c.unit, func.min(to_build.c.arrival).label("first"))
    .where(_APART, to_build.c.arrival > 0)
    .group_by(to_build.c.unit)
)


class Unbuilt(NamedTuple):
    """What the rows of the register do not say.

    Attributes:
        arrived: submissions that are stored and not yet built.
        again: units whose rows are those of before a rebuild.
        apart: submissions and units that could not be built, for a fault of the program.
    """

    arrived: int
    again: int
    apart: int


class SetApart(NamedTuple):
    """One submission that could not be built.

    Attributes:
        alert: it is an alert, whose rows nobody sees.
        form: its stamp; of a case that is built by itself its code.
        received_at: when a server had it; None where no version of it is new.
        item: the sealed bytes as they came, as ``vault open --item`` takes them; None where there is none.
        fault: class and place of the fault.
        failed_at: when it was last tried.
        before: its rows are there, as they were before.
    """

    alert: bool
    form: str
    received_at: str | None
    item: str | None
    fault: str
    failed_at: str
    before: bool


def unbuilt(rows: Rows) -> Unbuilt:
    """Count what is marked."""
    marked, priority = func.count(to_build.c.unit.distinct()), to_build.c.priority
    some = select(
        marked.filter(priority < ARRIVED, _TO_COME),
        marked.filter(priority >= ARRIVED, _TO_COME),
        marked.filter(_APART),
    )
    return Unbuilt(*map(int, rows.execute(some).one()))


def set_apart(rows: Rows) -> Iterator[SetApart]:
    """Yield what could not be built, alerts first; of several versions of a submission each that is not built."""
    mark, sent, raw = to_build.c, submission.c, sealed_item.c
    as_it_came = (raw.scope == sent.scope) & (raw.version == sent.instance_id) & (raw.kind == "raw")
    asked = (
        select(mark.priority, mark.unit, mark.arrival, mark.fault, mark.failed_at)
        .add_columns(sent.received_at, raw.key_page, raw.item)
        .select_from(to_build)
        .outerjoin(submission, sent.arrival == mark.arrival)
        .outerjoin(sealed_item, as_it_came)
        .where(_APART)
        .order_by(mark.priority, mark.arrival, mark.unit)
    )
    for row in rows.execute(asked):
        kind, _, name = row.unit.partition(":")
        yield SetApart(
            alert=kind == "alert",
            form=name.partition("/")[0],
            received_at=row.received_at,
            item=f"{row.key_page[:8]}/{row.item}" if row.key_page else None,
            fault=row.fault,
            failed_at=row.failed_at,
            before=row.arrival == 0,
        )


def first_apart(rows: Rows) -> dict[Root, int]:
    """Return the submissions with versions that could not be built, and the order of arrival of the first of them."""
    return {root_of(row.unit): row.first for row in rows.execute(_FIRST_APART)}


def first_to_come(rows: Rows) -> int | None:
    """Return the order of arrival of the first version that is still to be built, None where there is none."""
    asked = select(func.min(to_build.c.arrival)).where(
        to_build.c.priority < ARRIVED, _TO_COME, to_build.c.arrival > 0
    )
    found: int | None = rows.execute(asked).scalar()
    return found


def arrivals_apart(rows: Rows) -> list[int]:
    """Return the orders of arrival of all versions that could not be built: whoever decides has not seen them."""
    sent = submission.c
    found: list[int] = []
    for (stamp, root_id), first in first_apart(rows).items():
        asked = select(sent.arrival).where(
            sent.stamp == stamp, sent.root_id == root_id, sent.arrival >= first
        )
        found += rows.execute(asked).scalars()
    return sorted(found)


def files_since(now: datetime) -> ColumnElement[str]:
    """Return since when something waits for its files.

    What a clock that was ahead saw first waits, as far as anybody knows, since it came to its server.
    """
    return case((place.c.first_at > instant(now), place.c.received_at), else_=place.c.first_at)
