"""Closures that phones ask for: those that nobody put before a second person yet, and those of one case. Reads only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Select, select

from sync_scripts.register.lifecycle.moves import CLOSURE
from sync_scripts.store.database import Rows
from sync_scripts.store.schema import register as tables

__all__ = ["asked_closures", "undecided"]

_PENDING = "closure_pending"


def asked_closures(rows: Rows) -> list[dict[str, Any]]:
    """Return the requests whose task is open, of cases in which no closure waits, the oldest first.

    Each has the ``code`` of the case, the ``reason``, who asks (``by``, as the form says it: nobody proved it) and when the
    form came (``at``).
    """
    task, case = tables.task.c, tables.case
    asked = _requests().join(tables.task, task.filing_no == tables.closure.c.filing_no)
    asked = asked.join(case, case.c.case_code == tables.filing.c.case_code).where(
        task.kind == CLOSURE,
        task.about.is_not(None),  # a form raised it, and no decision
        task.done_at.is_(None),
        case.c.state != _PENDING,
    )
    return [_plain(row) for row in rows.execute(asked).mappings()]


def undecided(rows: Rows, code: str, request: str | None, reason: str | None) -> Iterator[dict[str, Any]]:
    """Yield the requests for a case on which nothing was decided, but the one that is meant.

    Args:
        rows: where from.
        code: of the case.
        request: subject of the one that is meant; None of an earlier version, when its reason tells.
        reason: why it is to be closed.
    """
    closure = tables.closure.c
    asked = _requests().where(tables.filing.c.case_code == code, closure.decision.is_(None))
    for row in rows.execute(asked).mappings():
        own = f"closure:{row['stamp']}/{row['root_id']}"
        if own != request and not (request is None and row["reason"] == reason):
            yield _plain(row)


def _requests() -> Select[Any]:
    closure, filing = tables.closure.c, tables.filing.c
    asked = select(
        filing.case_code,
        filing.stamp,
        filing.root_id,
        filing.first_received_at,
        closure.reason,
        closure.closer_code,
    )
    asked = asked.join_from(tables.closure, tables.filing, filing.filing_no == closure.filing_no)
    return asked.order_by(filing.first_received_at, filing.case_code)


def _plain(row: Any) -> dict[str, Any]:
    return {
        "code": row["case_code"],
        "reason": row["reason"],
        "by": row["closer_code"],
        "at": row["first_received_at"],
    }
