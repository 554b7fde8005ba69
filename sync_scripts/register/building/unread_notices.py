"""What came, or was there, and nobody can read: told by its kind, as urgent as it may be. Sends nothing.

It is put aside, encrypted, not built, changed after it was erased, or deleted before it was pulled. Nobody knows how urgent it is, so an
alert counts as the worst, all else as what needs two people, until somebody has read it or said what became of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, or_, select

from sync_scripts.register.forms.loading import Shelf
from sync_scripts.register.model.build_backlog import ARRIVED, FILES_AFTER, files_since
from sync_scripts.register.model.codes import ALERT
from sync_scripts.register.rules import clocks
from sync_scripts.register.rules.ruleset import load
from sync_scripts.register.urgency.alerts import urgency
from sync_scripts.store import outbox
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.database import Rows
from sync_scripts.store.outbox import Notice
from sync_scripts.store.schema.raw import deployed_form, place, submission, to_build
from sync_scripts.store.statements import LOCKED, OPEN, PUT_ASIDE


def unread(rows: Rows, now: datetime) -> Iterator[Notice]:
    """Yield what came, or was there, and nobody can read by an instant, by its kind; some were told already.

    What waits for its files is opened by a pull, with them or without: only where that has not come about nobody can read it.
    """
    late = files_since(now) < instant(now - FILES_AFTER)
    table, alerts = place.c, _Alerts(rows)
    asked = select(
        table.server, table.tag, table.first_at, func.coalesce(table.stamp, table.form).label("form")
    )
    for code, which in {
        "quarantine": PUT_ASIDE,
        "waiting": LOCKED & or_(table.waits != "files", late),
        "erased": OPEN & (table.state == "erased"),
        "gone": OPEN & (table.state == "gone"),
    }.items():
        for row in rows.execute(asked.where(which).order_by(table.first_at)):
            worst = alerts.may_be(row.server, row.form)
            yield _unrated(code, f"{code}:{row.tag}", row.first_at, "unread", worst=worst)
    yield from _unbuilt(rows.execute(_UNBUILT))


def of_unbuilt(rows: Rows, units: Collection[str], now: datetime) -> int:
    """Tell of versions that arrived and cannot be built, once; return how many messages are new."""
    return outbox.put(rows, _unbuilt(rows.among(_UNBUILT, to_build.c.unit, units)), now)


class _Alerts:
    """What may be an alert, of which nobody can read what it is: it must be told no later than what its source usually brings."""

    def __init__(self, rows: Rows) -> None:
        self._rows: Rows = rows
        self._stamps: list[str] = sorted(Shelf(rows).about("alert"))
        forms = select(deployed_form.c.form).where(deployed_form.c.stamp.in_(self._stamps))
        self._forms: set[str] = {*self._stamps, *rows.execute(forms).scalars()}
        self._of_source: dict[str, bool] = {}

    def may_be(self, server: str, form: str | None) -> bool:
        """Tell it by the form; of what says none, by whether its source brought an alert, or nothing, by now."""
        if form:
            return form in self._forms
        if server not in self._of_source:
            held = submission.c
            any_of_it = select(held.stamp).where(held.server == server).limit(1)
            alert = self._rows.execute(any_of_it.where(held.stamp.in_(self._stamps))).first()
            self._of_source[server] = alert is not None or self._rows.execute(any_of_it).first() is None
        return self._of_source[server]


_UNBUILT: Final = (
    select(
        to_build.c.unit,
        func.max(to_build.c.arrival).label("last"),
        func.min(submission.c.received_at).label("since"),
    )
    .join_from(to_build, submission, submission.c.arrival == to_build.c.arrival)
    .where(to_build.c.priority < ARRIVED, to_build.c.fault > "")
    .group_by(to_build.c.unit)
)


def _unbuilt(found: Iterable[Any]) -> Iterator[Notice]:
    for row in found:
        worst = row.unit.startswith(ALERT)
        yield _unrated("unbuilt", row.unit, row.since, f"unbuilt:{row.last}", worst=worst)


def _unrated(code: str, subject: str, since: str, step: str, *, worst: bool) -> Notice:
    """Return the notice of something of which nobody knows how urgent it is: the worst, or what needs two people."""
    level = urgency().levels[-1] if worst else urgency().least_grave
    due_at = instant(clocks.due(level, moment(since), load()).contact)
    return Notice(code, level, subject, due_at=due_at, step=step)
