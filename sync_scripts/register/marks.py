"""What is stored and still to be built: a mark says so, from the transaction that stored it until the one that builds it.

Whoever stores versions marks the submissions that they touch, and builds nothing; whoever builds takes marks in portions, alerts
first, and takes them away in the same transaction. So a stop between the two loses nothing: the next one who builds goes on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import delete, select

from sync_scripts.register import build
from sync_scripts.register.codes import DrawCode
from sync_scripts.register.standing import ALERT, root_of
from sync_scripts.register.submissions import Fresh, Root, chunks
from sync_scripts.store.database import Rows
from sync_scripts.store.schema.raw import to_build

__all__ = ["PORTION", "build_arrived", "build_portion", "mark"]

PORTION: Final = 200
"""Marks of one transaction: their submissions are in memory together, and whoever waits to decide waits so long."""
FORM: Final = "submission:"
"""How the mark of a form that is no alert begins: in which unit it is, its building finds out."""
_FIRST: Final = {ALERT: 0, FORM: 1}
"""In which order what arrived is built."""


def mark(rows: Rows, touched: Mapping[Root, int], alerts: Collection[str]) -> None:
    """Mark submissions, in the transaction that stores what is new of them.

    Args:
        rows: that transaction.
        touched: the submissions, and the order of arrival of what is new of each; 0 where only what is said of it is new.
        alerts: the stamps of the forms that are alerts, which are built first.
    """
    made = []
    for (stamp, root_id), arrival in sorted(touched.items()):
        kind = ALERT if stamp in alerts else FORM
        made.append({"priority": _FIRST[kind], "unit": f"{kind}{stamp}/{root_id}", "arrival": arrival})
    rows.upsert(to_build, made)


def build_portion(rows: Rows, draw: DrawCode, now: datetime, fresh: Fresh | None = None) -> int:
    """Build what bears the first marks, and take these away; return how many submissions that were, 0 = nothing is left.

    Args:
        rows: a transaction of its own, or that of whoever is about to decide.
        draw: gives new codes.
        now: instant of the events by which codes are drawn.
        fresh: what was read in open parts when they were stored.
    """
    asked = select(to_build.c.priority, to_build.c.unit).distinct()
    first = rows.execute(asked.order_by(to_build.c.priority, to_build.c.unit).limit(PORTION)).all()
    if not first:
        return 0
    units = [row.unit for row in first]
    build.apply(rows, {root_of(unit) for unit in units}, draw, now, fresh=fresh)
    _take_away(rows, units)
    return len(units)


def build_arrived(rows: Rows, draw: DrawCode, now: datetime) -> None:
    """Build all that bears a mark, in the transaction of somebody who decides: whoever decides knows what is stored."""
    while build_portion(rows, draw, now):
        pass


def _take_away(rows: Rows, units: Iterable[str]) -> None:
    for some in chunks(units):
        rows.execute(
            delete(to_build).where(to_build.c.priority.in_(_FIRST.values()), to_build.c.unit.in_(some))
        )
