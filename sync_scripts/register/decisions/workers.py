"""Decisions about the people of the organisation: a code, its roles, and whether it works here."""

from __future__ import annotations

from typing import Any

from sync_scripts.register.decisions.base import By
from sync_scripts.register.decisions.roles import require_coordinator
from sync_scripts.register.model.workers import worker_rows, write_workers
from sync_scripts.secrets.slots import worker_code
from sync_scripts.store.history import events as store_events

__all__ = ["name_worker"]


def name_worker(by: By, code: str, roles: str, *, active: bool = True) -> None:
    """Name a worker by code, with roles of the list ``worker_role`` set apart by blanks; again to change them.

    ``active`` false says that the worker no longer works here.

    Raises:
        CodeUnsuitable: it cannot be a worker's code.
        CoordinatorNeeded, KeyOfAnother, AccountOfOthers, LastCoordinator, OwnHandMissing: as `require_coordinator` says.
    """
    subject = f"worker:{worker_code(code)}"
    was = _was(by, subject)
    here = was is not None and was["active"]
    require_coordinator(
        by,
        worker_code(code),
        was["roles"].split() if was is not None and here else (),
        roles.split() if active else (),
        comes_or_goes=not active or (was is not None and not here),
    )
    by.write(by.event("worker.add", subject, {"was": was, "roles": roles, "active": active}))
    write_workers(by.rows)


def _was(by: By, subject: str) -> dict[str, Any] | None:
    """Return the roles that a worker had, and whether they worked here; None of one whom nobody named."""
    last = [*store_events.read(by.rows, subjects=[subject], ops=["worker.add"])][-1:]
    known = worker_rows(last)
    return {"roles": known[0]["roles"], "active": known[0]["active"]} if known else None
