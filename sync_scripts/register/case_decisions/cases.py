"""Decisions about a case: who is in charge of it, and whether the person was reached."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from sync_scripts.register.consents.handled import require_contact
from sync_scripts.register.decisions.base import By
from sync_scripts.register.decisions.contacts import undoing, unreached
from sync_scripts.register.decisions.found import case_of, require_worked_on, worker_of
from sync_scripts.register.history.merges import merged_in
from sync_scripts.register.model.decision_errors import TimeImpossible
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Rows
from sync_scripts.store.schema import register as tables

__all__ = ["Assigned", "Contacted", "assign", "contact", "undo_contact"]


@dataclass(frozen=True, slots=True)
class Assigned:
    """Who is in charge of a case, and who was.

    Attributes:
        code: of the case.
        state: of the case; it stays what it was.
        was: worker in charge before; None when there was none.
        owner: worker in charge now.
        tasks: how many open tasks are now with the owner, those of merged cases too.
        written: whether anything had to be written; not when the case was the owner's already.
    """

    code: str
    state: str
    was: str | None
    owner: str
    tasks: int
    written: bool


def assign(by: By, case: str, owner: str, *, new: bool | None = False) -> Assigned:
    """Put a worker in charge of a case; its open tasks, and those of its alerts, go along.

    ``new`` names the worker to the register when the code is not known yet, see `worker_of`. A case that is the
    worker's already is left as it is. The cases that were merged into it, and what is still due in them, go along.

    Raises:
        CaseUnknown, CaseMerged, CaseLeft, WorkerUnknown, WorkerRetired, CodeUnsuitable: as they say.
    """
    found = case_of(by.rows, case)
    code = found["case_code"]
    require_worked_on(by.rows, found)
    held = worker_of(by, owner, "case_owner", new=new)
    merged = merged_in(by.rows, code)
    every = [found, *(case_of(by.rows, one) for one in merged)]
    given = [one for one in every if one["owner_code"] != held]
    said = [
        by.event("case.assign", f"case:{one['case_code']}", {"was": one["owner_code"], "owner_code": held})
        for one in given
    ]
    if said:
        by.write(*said)
    tasks = _open_tasks(by.rows, [code, *merged], held)
    return Assigned(code, found["state"], found["owner_code"], held, tasks, bool(said))


@dataclass(frozen=True, slots=True)
class Contacted:
    """What a contact came to: whether the person was reached, and how many in a row were not; ``lost`` raises a task."""

    code: str
    reached: bool
    failed: int
    lost: bool


def contact(by: By, case: str, *, reached: bool, at: datetime | None = None, reason: str = "") -> Contacted:
    """Write down that somebody tried to reach the person of a case, now or earlier, and whether that succeeded.

    After so many in a row that failed (the rules say how many) a task rises: to propose a suspension.

    Raises:
        CaseUnknown, CaseMerged, CaseLeft, TimeImpossible: as they say.
        AlreadyErased, CaseStopped, ContactRefused: the people of the case do not want it, or are not there any more.
    """
    found = case_of(by.rows, case)
    code = found["case_code"]
    require_worked_on(by.rows, found, "case.contact")
    require_contact(by.rows, code, by.now)
    when = at or by.now
    if when > by.now or instant(when) < found["opened_at"]:
        raise TimeImpossible(what=code)
    payload = {"at": instant(when), "reached": reached, "reason": reason.strip()}
    by.write(by.event("case.contact", f"case:{code}", payload))
    stands = unreached(by.rows, code, found["opened_at"], by.now, proved=False)
    return Contacted(code, reached, stands.failed, stands.enough)


def undo_contact(by: By, case: str, *, reason: str, at: datetime | None = None) -> Contacted:
    """Take back a contact of a case, one that failed too: the one written down last, or the one of a time.

    Raises:
        CaseUnknown, CaseLeft, ReasonMissing, ContactUnknown: as they say.
    """
    found = case_of(by.rows, case)
    code = found["case_code"]
    require_worked_on(by.rows, found, "case.contact_undo")
    payload = undoing(by.rows, f"case:{code}", "case.contact", code=code, reason=reason, at=at)
    by.write(by.event("case.contact_undo", f"case:{code}", payload))
    stands = unreached(by.rows, code, found["opened_at"], by.now, proved=False)
    return Contacted(code, payload["reached"], stands.failed, stands.enough)


def _open_tasks(rows: Rows, case_codes: Sequence[str], worker: str) -> int:
    task, filing = tables.task, tables.filing
    query = select(func.count()).join_from(task, filing, filing.c.filing_no == task.c.filing_no)
    query = query.where(
        filing.c.case_code.in_(case_codes), task.c.assigned_to == worker, task.c.done_at.is_(None)
    )
    return int(rows.execute(query).scalar_one())
