"""The people of the organisation as somebody looks after them: by code, with roles and what is in their hands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select

from sync_scripts.errors import N_, Declined
from sync_scripts.register.decisions.base import By
from sync_scripts.register.decisions.workers import name_worker
from sync_scripts.register.lifecycle.moves import CASE_LEFT, TO_DO
from sync_scripts.register.model.codes import as_known, known_workers, nearest_worker, same_worker
from sync_scripts.register.model.errors import WorkerUnknown
from sync_scripts.register.model.listings import Column, Listing, count, some_of, yes_no
from sync_scripts.secrets.slots import worker_code
from sync_scripts.store.database import Rows
from sync_scripts.store.schema import register as tables

RetiresOneself: Final = Declined.declare(
    "DK-B04",
    "{worker} cannot say of themselves that they no longer work here. Nothing was changed. Let another worker do it.",
)
WorkerThere: Final = Declined.declare(
    "DK-B05",
    "{worker} is here already, written {there}: capitals do not make another person. Nothing was changed. For other roles: "
    "dikalo people add {there} --role ROLE. For another person choose another code.",
)


@dataclass(frozen=True, slots=True)
class Worker:
    """Somebody whom this register knows, with how many open cases, alerts and tasks are theirs."""

    code: str
    roles: str
    active: bool
    cases: int
    alerts: int
    tasks: int


STAFF: Final = Listing(
    "dikalo.people/1",
    "people",
    (
        Column("code", N_("code")),
        Column("roles", N_("roles"), some_of("worker_role")),
        Column("active", N_("works here"), yes_no),
        Column("cases", N_("open cases"), count),
        Column("alerts", N_("alerts"), count),
        Column("tasks", N_("open tasks"), count),
    ),
    N_("Nobody yet: dikalo people add CODE --role coordinator"),
    narrow="roles:20 active alerts",
)


def staff(rows: Rows) -> list[Worker]:
    """Return everybody this register knows, with how many open cases, alerts and tasks each has."""
    roles = {row.code: row.roles for row in rows.execute(select(tables.worker.c.code, tables.worker.c.roles))}
    cases = Counter(owner for owner, _code in _cases(rows))
    alerts = Counter(owner for owner, _code in _alerts(rows))
    task = tables.task
    open_tasks = select(task.c.assigned_to).where(task.c.done_at.is_(None), task.c.assigned_to.is_not(None))
    tasks = Counter(rows.execute(open_tasks).scalars())
    return [
        Worker(code, roles.get(code, ""), active, cases[code], alerts[code], tasks[code])
        for code, active in sorted(known_workers(rows).items())
    ]


def _cases(rows: Rows) -> list[tuple[str, str]]:
    case = tables.case
    query = select(case.c.owner_code, case.c.case_code).where(case.c.state.not_in(CASE_LEFT))
    found = rows.execute(query.where(case.c.owner_code.is_not(None)).order_by(case.c.case_code))
    return [(row.owner_code, row.case_code) for row in found]


def _merged(rows: Rows, worker: str) -> list[str]:
    """Return the merged cases in which something is due that is somebody's."""
    case, filing, task = tables.case, tables.filing, tables.task
    query = select(case.c.case_code).join(filing, filing.c.case_code == case.c.case_code)
    query = query.join(task, task.c.filing_no == filing.c.filing_no)
    query = query.where(case.c.state == "merged", task.c.assigned_to == worker, task.c.done_at.is_(None))
    return list(rows.execute(query.distinct().order_by(case.c.case_code)).scalars())


def _alerts(rows: Rows) -> list[tuple[str, str]]:
    alert = tables.alert
    query = select(alert.c.assigned_to, alert.c.code).where(alert.c.state.in_(TO_DO))
    found = rows.execute(query.where(alert.c.assigned_to.is_not(None)).order_by(alert.c.code))
    return [(row.assigned_to, row.code) for row in found]


def name(by: By, code: str, roles: Sequence[str]) -> str:
    """Name a worker, with roles of the list ``worker_role``; return the code.

    Raises:
        CodeUnsuitable: it cannot be a worker's code.
        WorkerThere: somebody has it, written with other capitals.
        CoordinatorNeeded, KeyOfAnother, AccountOfOthers, LastCoordinator, OwnHandMissing: as `require_coordinator` says.
    """
    worker = worker_code(code)
    there = as_known(known_workers(by.rows), worker)
    if there != worker:
        raise WorkerThere(worker=worker, there=there)
    name_worker(by, worker, " ".join(sorted(set(roles))))
    return worker


def retire(by: By, code: str) -> dict[str, Any]:
    """Say that somebody no longer works here; return the code and what is still in those hands.

    Raises:
        WorkerUnknown, RetiresOneself, CodeUnsuitable: as they say.
        CoordinatorNeeded, KeyOfAnother, AccountOfOthers, LastCoordinator, OwnHandMissing: as `require_coordinator` says.
    """
    known = known_workers(by.rows)
    worker = as_known(known, worker_code(code))
    if worker not in known:
        raise WorkerUnknown(worker=worker, nearest=nearest_worker(worker, known))
    if same_worker(worker, by.actor.code):
        raise RetiresOneself(worker=worker)
    roles = select(tables.worker.c.roles).where(tables.worker.c.code == worker)
    if known[worker]:
        name_worker(by, worker, by.rows.execute(roles).scalar() or "", active=False)
    return {
        "code": worker,
        "cases": [case for owner, case in _cases(by.rows) if owner == worker],
        "alerts": [alert for owner, alert in _alerts(by.rows) if owner == worker],
        "merged": _merged(by.rows, worker),
    }
