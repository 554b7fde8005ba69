"""Somebody looks at what an edit or a no took away before the limit that ran until then, and not after it. Pure.

A no, or an edit that says that nobody is held any more, counts at once: the reminders before limits of law and medicine end with
it. Nothing proves who said so. Where one of those limits was ahead, the second look is due with its next reminder at the latest:
a person can still act if it was not true. It makes nothing later.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from sync_scripts.register.case.case_input import CaseInput
from sync_scripts.register.case.interview_history import stood_until
from sync_scripts.register.case.medical_limits import Ends
from sync_scripts.register.case.tasks import ended_by_decision
from sync_scripts.register.consents.checks import CHECK
from sync_scripts.register.forms.row_output import Case, RowOf
from sync_scripts.register.history.corrections import subject_of
from sync_scripts.register.obligations.next_limits import limit_ahead
from sync_scripts.register.obligations.reminders import form_limits
from sync_scripts.register.rules.kinds import FALLEN
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.events import Event
from sync_scripts.store.schema import register as tables

__all__ = ["alert_looks_in_time", "limits_until", "looks_in_time"]

_LOOKS = frozenset({CHECK, FALLEN})


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
    goes_on = {row["task_id"] for row in tasks if row["done_at"] is None}
    for row in looks:
        at = moment(row["since"])
        stood = list(limits_until(given, case, at, ended))
        if row["kind"] == FALLEN:  # what goes on has its own reminders; with a no all of it ends
            _sooner(row, at, [one for one in stood if one["task_id"] not in goes_on], events)
        else:
            _sooner(row, at, [*tasks, *stood], events)


def alert_looks_in_time(tasks: Sequence[RowOf], events: Sequence[Event]) -> None:
    """Do the same for the tasks of an alert without a case: its care that is due at once is such a limit."""
    for row in tasks:
        if row["kind"] in _LOOKS:
            _sooner(row, moment(row["since"]), tasks, events)


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
