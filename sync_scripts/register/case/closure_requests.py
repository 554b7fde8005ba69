"""Requests to close a case, as phones sent them, and those that nobody put before a second person yet. A request moves no case and decides nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Select, select

from sync_scripts.register.case.case_decisions import answered
from sync_scripts.register.case.flags import flag
from sync_scripts.register.case.tasks import Matter, task
from sync_scripts.register.forms.answers import Record
from sync_scripts.register.forms.row_output import Case, RowOf
from sync_scripts.register.forms.submissions import Filed
from sync_scripts.register.forms.values import shape
from sync_scripts.register.lifecycle.moves import CASE_LEFT, CLOSURE
from sync_scripts.register.lifecycle.states import CaseNow
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Rows
from sync_scripts.store.schema import register as tables

__all__ = ["asked_closures", "asked_tasks", "closure", "request_of", "undecided"]


_MAY_CLOSE: Final = frozenset({"low", "medium"})
"""Risks with which a case may be closed."""
_HANDED_OVER: Final = "relocated"
"""Reason with which a procedure may still be under way: the case goes to somebody else."""


def closure(filed: Filed, case: Case, now: CaseNow) -> None:
    """Add the rows of one request, its goals and its flags.

    Args:
        filed: the submission.
        case: where it belongs; a request with an unreadable code has rows too, and waits.
        now: where the case stands, and who is in charge of it.
    """
    unread: list[str] = []
    record = filed.one("closure") or Record("closure", filed.root[1], "", {})
    row = shape(tables.closure).row(record.fields, unread, filing_no=filed.number, closure_id=filed.root[1])
    answered(row, request_of(filed), filed.received[0], now)
    case.out.add(tables.closure, row)
    for goal in filed.all("goal"):
        own = {"filing_no": filed.number, "closure_id": filed.root[1], "uid": goal.key}
        case.out.add(tables.goal, shape(tables.goal).row(goal.fields, unread, **own))
    for name in dict.fromkeys(unread):
        case.out.add(tables.flag, flag(filed, f"closure:{filed.key}", "value_unreadable", name))
    if case.code is not None and now.state not in CASE_LEFT and row["decision"] is None:
        for code in _remarks(row, now):
            case.out.add(tables.flag, flag(filed, f"closure:{filed.key}", code))


def request_of(filed: Filed) -> str:
    """Return the subject under which decisions name a request."""
    return f"closure:{filed.key}"


def asked_tasks(filed: Filed, code: str, now: CaseNow, within: timedelta) -> Iterator[RowOf]:
    """Yield the task to look at a request: to put the case before a second person, or to say why not.

    It ends when the case goes to ``closure_pending`` by this request, and when the case is closed, handed over or merged. A
    request that came after that raises none; reopening the case raises it then.

    Args:
        filed: the submission.
        code: of the case.
        now: where its events brought it.
        within: how long somebody may take, at the urgency of the case.
    """
    received = instant(filed.received[0])
    ends = [at for at, request in now.asks if _meant(request, at, filed)]
    ends += [at for at, decision, _request in now.answers if decision == "approved" and at >= received]
    if now.state in CASE_LEFT and now.left_at is not None:
        ends.append(now.left_at)
    if now.state in CASE_LEFT and received > (now.left_at or ""):
        return
    yield task(
        filed.number,
        f"case:{code}",
        CLOSURE,
        filed.received[0] + within,
        of=Matter(about=filed.key),
        done_at=min(ends, default=None),
        assigned_to=now.owner,
    )


def _meant(request: str | None, at: str, filed: Filed) -> bool:
    """Tell whether a decision of an instant was on this request; one of an earlier version names none and means all."""
    return request == request_of(filed) or (request is None and at >= instant(filed.received[0]))


def _remarks(row: RowOf, now: CaseNow) -> Iterator[str]:
    yield "closure_asked"
    if _same(row["supervisor_code"], row["closer_code"]) or _same(row["supervisor_code"], now.owner):
        yield "closure_own_approval"
    if row["pending_legal"] == "yes" and row["reason"] != _HANDED_OVER:
        yield "closure_procedure"
    if row["risk_now"] not in _MAY_CLOSE:
        yield "closure_risk"
    if row["feedback_given"] is None:
        yield "closure_feedback"


def _same(one: str | None, other: str | None) -> bool:
    """Tell whether two codes, typed by hand, are one person's."""
    return one is not None and other is not None and one.strip().upper() == other.strip().upper()


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
