"""The decision when a case is looked after next, in the place of the day that the rules, or the last visit, gave.

It moves the routine visit, and what a case shows as its next day. No task that is due loses its own time; and a day
beyond a deadline of law or medicine, a hearing, or a source in danger that is still ahead is refused, with what stands
before it.
"""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Final

from sqlalchemy import select

from sync_scripts.errors import Declined
from sync_scripts.register.decisions.base import By
from sync_scripts.register.decisions.found import case_of, require_worked_on
from sync_scripts.register.decisions.knowing import today_of
from sync_scripts.register.rules import clocks
from sync_scripts.register.rules.kinds import FIXED_TASKS
from sync_scripts.register.rules.labels import label
from sync_scripts.register.rules.ruleset import load
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.schema import register as tables

__all__ = ["DayPast", "EarlierDeadline", "set_next_due"]


DayPast: Final = Declined.declare(
    "DK-W30",
    "The next day for the case {case} cannot be {day}, which has passed. Nothing was changed. Give today or a day to come.",
)
EarlierDeadline: Final = Declined.declare(
    "DK-W31",
    'In the case {case} something else is due before {day}: "{kind}", on {due}. Nothing was changed. Do that first, or '
    "give {due} at the latest.",
    shown={"kind": partial(label, "task_kind")},
)


def set_next_due(by: By, case: str, day: date) -> bool:
    """Say when a case is looked after next; tell whether anything had to be written.

    Raises:
        CaseUnknown, CaseMerged, CaseLeft, DayPast, EarlierDeadline: as they say.
    """
    found = case_of(by.rows, case)
    code = found["case_code"]
    require_worked_on(by.rows, found)
    if found["next_due"] == day.isoformat():
        return False
    if day < today_of(by):
        raise DayPast(case=code, day=day.isoformat())
    _check_others(by, code, day)
    payload = {"was": found["next_due"], "next_due": day.isoformat()}
    by.write(by.event("case.due", f"case:{code}", payload))
    return True


def _check_others(by: By, code: str, day: date) -> None:
    task, filing = tables.task, tables.filing
    query = select(task.c.kind, task.c.due_at).join_from(task, filing, filing.c.filing_no == task.c.filing_no)
    query = query.where(filing.c.case_code == code, task.c.done_at.is_(None))
    query = query.where(task.c.kind.in_(sorted(FIXED_TASKS)), task.c.due_at >= instant(by.now))
    first = by.rows.execute(query.order_by(task.c.due_at).limit(1)).first()
    if first is None:
        return
    due = clocks.local_day(moment(first.due_at), load())
    if due < day:
        raise EarlierDeadline(case=code, day=day.isoformat(), kind=first.kind, due=due.isoformat())
