"""What a person asks of the register: lists of alerts and cases, as plain values; single ones are `pages`. Reads levels 0 to 2 only.

Sorted as one works: the most urgent first, then what is due first. A case of confidentiality C4 shows its code,
state, level, owner and due date, and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, func, or_, select

from sync_scripts.register.history.merges import left_alerts_with_news, with_danger_behind
from sync_scripts.register.lifecycle.moves import CASE_LEFT, TO_DO
from sync_scripts.register.rules.ruleset import load
from sync_scripts.store.database import Rows
from sync_scripts.store.schema import register as tables

__all__ = ["TO_DO", "alerts", "cases", "mask", "masked"]

_LAST: Final = "9999"
_OF_C4: Final = ("code", "state", "urgency", "owner", "next_due", "confidentiality")
_ALERT_OF_C4: Final = ("code", "state", "urgency", "assigned_to", "due_at", "case_code")
"""What a list shows of a case that is C4, and of its alerts."""

_ALERT, _CASE = tables.alert.c, tables.case.c
_OF_ALERT: Final[Mapping[str, ColumnElement[Any]]] = {
    "code": _ALERT.code,
    "state": _ALERT.state,
    "urgency": _ALERT.level,
    "urgency_by_rule": _ALERT.urgency,
    "score": _ALERT.score,
    "region": _ALERT.region,
    "department": _ALERT.department,
    "icons": _ALERT.icons,
    "week": _ALERT.week,
    "received_at": tables.filing.c.first_received_at,
    "assigned_to": _ALERT.assigned_to,
    "case_code": _ALERT.case_code,
}
_OF_CASE: Final[Mapping[str, ColumnElement[Any]]] = {
    "code": _CASE.case_code,
    "state": _CASE.state,
    "urgency": _CASE.level,
    "owner": _CASE.owner_code,
    "region": _CASE.region,
    "department": _CASE.department,
    "opened_at": _CASE.opened_at,
    "next_due": _CASE.next_due,
    "confidentiality": _CASE.confidentiality,
    "risk": _CASE.risk,
    "service_only": _CASE.service_only,
}
"""Name in the line of a list -> its column."""

Line = dict[str, Any]


def _due_by_subject(rows: Rows) -> dict[str, str]:
    """Return the earliest due time of what is still open, by subject."""
    task = tables.task
    query = select(task.c.subject, func.min(task.c.due_at)).where(task.c.done_at.is_(None))
    found: Any = rows.execute(query.group_by(task.c.subject)).all()
    return dict(found)


def _open_flags(rows: Rows, column: Any, kind: str) -> dict[str, int]:
    """Return how many flags are open, by a column of the flag or of its filing that begins with a kind of subject."""
    filing, flag = tables.filing, tables.flag
    query = select(column, func.count()).join_from(flag, filing, filing.c.filing_no == flag.c.filing_no)
    query = query.where(flag.c.resolved_at.is_(None), column.startswith(kind))
    found: Any = rows.execute(query.group_by(column)).all()
    return dict(found)


def _urgent_first(lines: list[Line], due: str) -> list[Line]:
    rank = {level.code: -level.rank for level in load().levels}
    return sorted(lines, key=lambda line: (rank.get(line["urgency"], 1), line[due] or _LAST, line["code"]))


# --- alerts -------------------------------------------------------------------------------------------------------


def alerts(
    rows: Rows,
    *,
    states: Sequence[str] | None = TO_DO,
    region: str | None = None,
    owner: str | None = None,
    code: str | None = None,
) -> list[Line]:
    """Return the alerts in some states (None = all), or the one of a code, the most urgent first, then what is due first.

    Those that were set aside before danger came are to be decided on again: they stand among what is `TO_DO`.
    """
    alert, filing = tables.alert.c, tables.filing.c
    query = select(filing.unit, *_OF_ALERT.values()).join(tables.filing, filing.filing_no == alert.filing_no)
    if states is not None:
        again = [alert.filing_no.in_(left_alerts_with_news())] if states == TO_DO else []
        query = query.where(or_(alert.state.in_(states), *again))
    whose = owner and owner.strip().upper()  # capitals do not make another person
    for column, wanted in ((func.upper(alert.assigned_to), whose), (alert.code, code)):
        if wanted is not None:
            query = query.where(column == wanted)
    due, flagged = _due_by_subject(rows), _open_flags(rows, tables.flag.c.subject, "alert:")
    lines = [_alert_line(row, due, flagged) for row in rows.execute(query).all()]
    lines = lines if code is not None else _masked(rows, lines)
    if region is not None:  # as it is shown: no filter tells where an alert of a C4 case lies
        lines = [line for line in lines if line["region"] == region]
    return _urgent_first(lines, "due_at")


def _masked(rows: Rows, lines: list[Line]) -> list[Line]:
    """Return lines of alerts, those of a C4 case with the few columns that a list may hold of it."""
    if all(line["case_code"] is None for line in lines):
        return lines
    secret = select(tables.case.c.case_code).where(tables.case.c.confidentiality == "C4")
    hidden = set(rows.execute(secret).scalars())
    return [mask(line) if line["case_code"] in hidden else line for line in lines]


def mask(line: Line) -> Line:
    """Return a line, or a page, of an alert of a C4 case: what belongs to it besides is empty."""
    return {
        name: value if name in _ALERT_OF_C4 else [] if isinstance(value, list) else None
        for name, value in line.items()
    }


def masked(line: Mapping[str, Any]) -> bool:
    """Tell whether a line is of an alert of a C4 case, so that it shows the few columns alone."""
    return line["flags"] is None


def _alert_line(row: Sequence[Any], due: Mapping[str, str], flagged: Mapping[str, int]) -> Line:
    unit, *values = row
    line = dict(zip(_OF_ALERT, values, strict=True))
    return {**line, "due_at": due.get(unit), "flags": flagged.get(unit, 0)}


# --- cases --------------------------------------------------------------------------------------------------------


def cases(
    rows: Rows,
    *,
    everything: bool = False,
    region: str | None = None,
    owner: str | None = None,
    code: str | None = None,
) -> list[Line]:
    """Return the cases that are worked on (or all), or the one of a code, the most urgent first, then what is due first."""
    case, query = tables.case.c, select(*_OF_CASE.values())
    if not everything:
        query = query.where(case.state.not_in(CASE_LEFT))
    whose = func.upper(case.owner_code), owner and owner.strip().upper()
    for column, wanted in ((case.region, region), whose, (case.case_code, code)):
        if wanted is not None:
            query = query.where(column == wanted)
    flagged = _open_flags(rows, tables.filing.c.unit, "case:")
    lines = with_danger_behind(rows, [_case_line(row, flagged) for row in rows.execute(query).all()])
    return _urgent_first(lines, "next_due")


def _case_line(row: Sequence[Any], flagged: Mapping[str, int]) -> Line:
    line = dict(zip(_OF_CASE, row, strict=True))
    line["flags"] = flagged.get(f"case:{line['code']}", 0)
    if line["confidentiality"] == "C4":
        return {name: value if name in _OF_C4 else None for name, value in line.items()}
    return line
