"""What stands in no list: encrypted submissions that nobody has opened, and visits whose code of a case nobody can read.

An alert may be among the first. Of the others only whoever sent one can say which case was meant, and send it again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, and_, case, func, not_, or_, select

from sync_scripts.register.model.states import GONE, UNREADABLE
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Rows
from sync_scripts.store.schema import register as tables
from sync_scripts.store.schema.raw import waiting

__all__ = ["FILES_AFTER", "Unplaced", "files_since", "unopened", "unplaced"]

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


@dataclass(frozen=True, slots=True)
class Unplaced:
    """A form, who says to have filled it (a code that nothing proves), and when its server had it first."""

    form: str
    worker: str | None
    received_at: str


def unplaced(rows: Rows) -> Iterator[Unplaced]:
    """Yield visits and requests of closure in no case for want of a code that can be read, the last one first.

    One that was deleted at its server asks nobody any more.
    """
    said, filing = tables.flag.c, tables.filing.c
    visit, request = tables.followup.c, tables.closure.c
    deleted = select(said.filing_no).where(said.message == GONE)
    asked = (
        select(
            filing.form,
            func.coalesce(visit.worker_code, request.closer_code).label("worker"),
            filing.first_received_at,
        )
        .select_from(tables.flag)
        .join(tables.filing, filing.filing_no == said.filing_no)
        .outerjoin(tables.followup, visit.filing_no == filing.filing_no)
        .outerjoin(tables.closure, request.filing_no == filing.filing_no)
        .where(
            said.message == UNREADABLE,
            filing.case_code.is_(None),
            or_(visit.filing_no.is_not(None), request.filing_no.is_not(None)),
            filing.filing_no.not_in(deleted),
        )
        .order_by(filing.first_received_at.desc(), filing.filing_no.desc())
    )
    for row in rows.execute(asked):
        yield Unplaced(row.form, row.worker, row.first_received_at)
