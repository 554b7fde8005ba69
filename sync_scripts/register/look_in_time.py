"""Somebody looks at what an edit or a no took away before the limit that ran until then, and not after it. Pure.

A no, or an edit that says that nobody is held any more, counts at once: the reminders before limits of law and medicine end with
it. Nothing proves who said so. Where one of those limits was ahead, the second look is due with its next reminder at the latest:
a person can still act if it was not true. It makes nothing later.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from sync_scripts.register.as_it_stood import stood_until
from sync_scripts.register.before_edits import LESS_URGENT, dropped_in
from sync_scripts.register.case_input import CaseInput
from sync_scripts.register.corrections import subject_of
from sync_scripts.register.edited_no import edited_no, phone_origin
from sync_scripts.register.form_limits import form_limits
from sync_scripts.register.late_no import look_origins
from sync_scripts.register.limit_ahead import limit_ahead
from sync_scripts.register.limits import Ends
from sync_scripts.register.output import Case, RowOf
from sync_scripts.register.owed import CHECK, SECOND_LOOK
from sync_scripts.register.ruleset import Ruleset
from sync_scripts.register.submissions import Filed
from sync_scripts.register.tasks import ended_by_decision
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.events import Event
from sync_scripts.store.schema import register as tables

__all__ = ["alert_looks_in_time", "limits_until", "looks_in_time"]

_LOOKS = frozenset({CHECK, LESS_URGENT})


def looks_in_time(given: CaseInput, case: Case, events: Sequence[Event], ended: Ends) -> None:
    """Make the second looks of a case due no later than the next reminder of a limit that ran until then.

    Args:
        given: what the case is made of.
        case: its rows so far; its tasks as the rules raise them.
        events: what was decided about it and what belongs to it, in order.
        ended: when services ended, by person.
    """
    tasks = case.out.rows[tables.task]
    looks = [row for row in tasks if row["kind"] in _LOOKS]
    if not looks:
        return
    by_form = {origin: at for at, origin in look_origins(given.of("interview"), given.said)}
    by_form |= {
        phone_origin(no[0]): no[0]
        for filed in given.edited.values()
        if (no := edited_no(filed, case.rules)) is not None
    }
    since = _Since(events, by_form)
    goes_on = {row["task_id"] for row in tasks if row["done_at"] is None}
    for row in looks:
        at = since.of(row)
        if at is None:
            continue
        stood = list(limits_until(given, case, at, ended))
        if row["kind"] == LESS_URGENT:  # what goes on has its own reminders; with a no all of it ends
            _sooner(row, at, [one for one in stood if one["task_id"] not in goes_on], events)
        else:
            _sooner(row, at, [*tasks, *stood], events)


def alert_looks_in_time(
    tasks: Sequence[RowOf], filed: Filed, events: Sequence[Event], rules: Ruleset
) -> None:
    """Do the same for the tasks of an alert without a case: its care that is due at once is such a limit."""
    no = edited_no(filed, rules) if filed.versions > 1 else None
    since = _Since(events, {phone_origin(no[0]): no[0]} if no is not None else {})
    for row in tasks:
        at = since.of(row) if row["kind"] in _LOOKS else None
        if at is not None:
            _sooner(row, at, tasks, events)


class _Since:
    """Since when the reminders are gone that a second look stands for."""

    def __init__(self, events: Iterable[Event], by_form: Mapping[str, datetime]) -> None:
        self._said = {f"{SECOND_LOOK}:{one.workspace}:{one.seq}": one.at for one in events}
        self._by_form = by_form

    def of(self, look: RowOf) -> datetime | None:
        """Return it, from what raised the task; None where nothing says it."""
        origin = look["origin"]
        if look["kind"] == LESS_URGENT:
            return moment(dropped_in(origin).at)
        said = self._said.get(origin)
        return moment(said) if said is not None else self._by_form.get(origin)


def _sooner(look: RowOf, since: datetime, rows: Iterable[RowOf], events: Sequence[Event]) -> None:
    at = instant(since)
    ended = ended_by_decision(one for one in events if one.at < at)
    stood = [
        {**row, "done_at": None}
        for row in rows
        if (row["done_at"] is None or row["done_at"] >= at) and row["task_id"] not in ended
    ]
    first = limit_ahead(stood, {row["filing_no"] for row in stood}, since)
    if first is not None:
        look["due_at"] = min(look["due_at"], instant(first))


def limits_until(given: CaseInput, case: Case, at: datetime, ended: Ends) -> Iterator[RowOf]:
    """Yield the reminders of custody and care that the interviews of a case gave just before an instant.

    Also of what an earlier edit had taken out of them by then. Visits are not looked at: an edit takes no hearing away.
    """
    for one in given.of("interview"):
        said = given.said.get(subject_of(one), ())
        then = stood_until(one, said, instant(at))
        if then is not None:
            yield from form_limits(then, said, case, ended)
