"""Decisions about the people of the organisation: a code, its roles, and whether it works here."""

from __future__ import annotations

from sync_scripts.register.decisions.base import By
from sync_scripts.register.workers import write_workers
from sync_scripts.secrets.slots import worker_code

__all__ = ["name_worker"]


def name_worker(by: By, code: str, roles: str, *, active: bool = True) -> None:
    """Name a worker by code, with roles of the list ``worker_role`` set apart by blanks; again to change them.

    ``active`` false says that the worker no longer works here.

    Raises:
        CodeUnsuitable: it cannot be a worker's code.
    """
    subject = f"worker:{worker_code(code)}"
    by.write(by.event("worker.add", subject, {"roles": roles, "active": active}))
    write_workers(by.rows)
