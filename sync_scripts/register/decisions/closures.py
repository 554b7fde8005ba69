"""Closures that wait for a supervisor: what ``approve`` shows beside the proposals. Writes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from sync_scripts.register.lifecycle import case_now
from sync_scripts.register.model import codes
from sync_scripts.store.database import Rows
from sync_scripts.store.history import events as store_events
from sync_scripts.store.schema import register as tables

__all__ = ["closure_waits", "closures"]


def closure_waits(rows: Rows, text: str) -> bool:
    """Tell whether a code is that of a case whose closure waits."""
    code = codes.read(text, "DK")
    case = tables.case
    state = rows.execute(select(case.c.state).where(case.c.case_code == code)).scalar() if code else None
    return state == "closure_pending"


def closures(rows: Rows) -> list[Mapping[str, Any]]:
    """Return the closures that wait, the oldest first: code, reason, who asked and how, by which request."""
    case = tables.case
    waiting = rows.execute(select(case.c.case_code).where(case.c.state == "closure_pending")).scalars().all()
    found = []
    for code in waiting:
        now = case_now(store_events.read(rows, subjects=[f"case:{code}"]))
        found.append(
            {
                "code": code,
                "reason": now.closure_reason,
                "by": now.asked_by,
                "proof": now.asked_proof,
                "at": now.asked_at,
                "account": now.asked_account,
                "request": now.asked_request,
            }
        )
    return sorted(found, key=lambda one: (one["at"] or "", one["code"]))
