"""Reminders of a visit that an edit took out of its case, into none: they stay where they were. What builds asks here.

Whoever sends a form again is proved by nothing. A code that cannot be read any more puts a visit where nobody works; its hearings and
appeals, and a service within hours, stay due in the case that it left until a person ends them, or the visit comes back. In another
case they are recalled there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Final

import msgspec
from sqlalchemy import select

from sync_scripts.register.case.tasks import Matter, matter_of, task
from sync_scripts.register.forms.row_output import RowOf
from sync_scripts.register.history.person_decisions import REMINDERS
from sync_scripts.register.rules.kinds import LIMITS, REFERRALS
from sync_scripts.store.database import PROGRAM, Rows
from sync_scripts.store.events import Event, NewEvent
from sync_scripts.store.schema import register as tables

__all__ = ["left_behind", "left_behind_tasks"]

_KEPT: Final = ("subject", "kind", "due_at", "escalated_at")
"""What of a reminder is kept beside its matter."""


def left_behind(rows: Rows, number: int, code: str) -> Iterator[NewEvent]:
    """Yield the event, by rule, with the open reminders of a visit that leaves a case for none; nothing where it has none.

    Args:
        rows: the transaction, in which the case still stands as it was.
        number: of the visit.
        code: of the case.
    """
    one = tables.task.c
    asked = select(tables.task).where(one.filing_no == number, one.done_at.is_(None))
    urgent = one.kind.in_(sorted(REFERRALS)) & one.escalated_at.is_not(None)
    mine = asked.where(one.kind.in_(sorted(LIMITS)) | urgent).order_by(one.due_at, one.task_id)
    found = [
        {name: row[name] for name in _KEPT} | {"of": msgspec.to_builtins(matter_of(row))}
        for row in rows.execute(mine).mappings()
    ]
    if found:
        yield NewEvent(REMINDERS, f"case:{code}", PROGRAM, {"reminders": found})


def left_behind_tasks(
    number: int, events: Iterable[Event], there: Collection[str], owner: str | None
) -> Iterator[RowOf]:
    """Yield the reminders that visits left in a case.

    Args:
        number: of the submission beside which they stand.
        events: what was decided about the case, in order.
        there: ids of the tasks that its forms raise by now: a visit that came back has its own.
        owner: who is in charge.
    """
    made: dict[str, RowOf] = {}
    for event in (one for one in events if one.op == REMINDERS):
        for one in event.payload["reminders"]:
            of = msgspec.convert(one["of"], Matter)
            kept = {name: one[name] for name in _KEPT}
            row = task(number, one["subject"], one["kind"], one["due_at"], of=of, assigned_to=owner) | kept
            made[row["task_id"]] = row
    yield from (row for name, row in made.items() if name not in there)
