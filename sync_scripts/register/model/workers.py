"""The people of the organisation, by code. A name has no place here: it is sealed, and this table has no column for it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select

from sync_scripts.store import events as store_events
from sync_scripts.store.database import Rows
from sync_scripts.store.events import Event
from sync_scripts.store.schema.register import alert, case, worker

__all__ = ["active_workers", "as_known", "known_workers", "same_worker", "worker_rows", "write_workers"]


def worker_rows(events: Iterable[Event]) -> list[dict[str, Any]]:
    """Return the workers that events name; the last event about a code counts."""
    found: dict[str, dict[str, Any]] = {}
    for event in events:
        code = event.subject.removeprefix("worker:")
        roles = " ".join(sorted(event.payload["roles"].split()))
        found[code] = {"code": code, "roles": roles, "active": event.payload.get("active", True)}
    return list(found.values())


def write_workers(rows: Rows) -> bool:
    """Put the workers of all events in the place of the table's rows; tell whether any was another one."""
    made = worker_rows(store_events.read(rows, ops=["worker.add"]))
    return bool(rows.replace(worker, rows.tuples(select(worker)), made))


def active_workers(rows: Rows) -> dict[str, str]:
    """Return those who work here and were named: code -> roles, set apart by blanks."""
    asked = select(worker.c.code, worker.c.roles).where(worker.c.active)
    return {row.code: row.roles for row in rows.execute(asked.order_by(worker.c.code))}


def as_known(known: Iterable[str], typed: str) -> str:
    """Return a worker's code as it is known: capitals do not make another person. As it was typed when nobody has it."""
    code = typed.strip()
    every = list(known)
    return code if code in every else next((one for one in every if one.upper() == code.upper()), code)


def same_worker(one: str | None, other: str | None) -> bool:
    """Tell whether two codes are one person's; capitals do not count."""
    return one is not None and other is not None and one.strip().upper() == other.strip().upper()


def known_workers(rows: Rows) -> dict[str, bool]:
    """Return the workers that this register knows: code -> whether they work here.

    Known is who was named, and who was once given a case or an alert without being named.
    """
    given = [
        row[0]
        for column in (case.c.owner_code, alert.c.assigned_to)
        for row in rows.execute(select(column).where(column.is_not(None)).distinct())
    ]
    named = {row.code: row.active for row in rows.execute(select(worker.c.code, worker.c.active))}
    return {**dict.fromkeys(given, True), **named}
