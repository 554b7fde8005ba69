"""Decisions about a case: who is in charge of it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from sync_scripts.register.decisions.base import By
from sync_scripts.register.decisions.found import case_of, require_worked_on, worker_of
from sync_scripts.store.database import Rows
from sync_scripts.store.schema import register as tables

__all__ = ["Assigned", "assign"]


@dataclass(frozen=True, slots=True)
class Assigned:
    """Who is in charge of a case, and who was.

    Attributes:
        code: of the case.
        state: of the case; it stays what it was.
        was: worker in charge before; None when there was none.
        owner: worker in charge now.
        tasks: how many open tasks are now with the owner.
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
    worker's already is left as it is.

    Raises:
        CaseUnknown, CaseMerged, CaseLeft, WorkerUnknown, WorkerRetired, CodeUnsuitable: as they say.
    """
    found = case_of(by.rows, case)
    code = found["case_code"]
    require_worked_on(by.rows, found)
    held = worker_of(by, owner, "case_owner", new=new)
    written = found["owner_code"] != held
    if written:
        payload = {"was": found["owner_code"], "owner_code": held}
        by.write(by.event("case.assign", f"case:{code}", payload))
    return Assigned(
        code, found["state"], found["owner_code"], held, _open_tasks(by.rows, code, held), written
    )


def _open_tasks(rows: Rows, case_code: str, worker: str) -> int:
    task, filing = tables.task, tables.filing
    query = select(func.count()).join_from(task, filing, filing.c.filing_no == task.c.filing_no)
    query = query.where(
        filing.c.case_code == case_code, task.c.assigned_to == worker, task.c.done_at.is_(None)
    )
    return int(rows.execute(query).scalar_one())
