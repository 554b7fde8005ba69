"""Requests to close a case, as phones sent them. Pure. A request is a claim: it moves no case and decides nothing.

The form refuses what nobody may approve. Forms can be old, changed or forged, so everything is looked at again here and
said as a flag; whoever decides on the closure sees it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sync_scripts.register.decided import answered
from sync_scripts.register.flags import flag
from sync_scripts.register.lifecycle import CASE_LEFT, CaseNow
from sync_scripts.register.output import Case, RowOf
from sync_scripts.register.records import Record
from sync_scripts.register.submissions import Filed
from sync_scripts.register.values import shape
from sync_scripts.store.schema import register as tables

__all__ = ["closure"]

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
    answered(row, filed.received[0], now)
    case.out.add(tables.closure, row)
    for goal in filed.all("goal"):
        own = {"filing_no": filed.number, "closure_id": filed.root[1], "uid": goal.key}
        case.out.add(tables.goal, shape(tables.goal).row(goal.fields, unread, **own))
    for name in dict.fromkeys(unread):
        case.out.add(tables.flag, flag(filed, f"closure:{filed.key}", "value_unreadable", name))
    if case.code is not None and now.state not in CASE_LEFT and row["decision"] is None:
        for code in _remarks(row, now):
            case.out.add(tables.flag, flag(filed, f"closure:{filed.key}", code))


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
