"""Which levels count now in place of decided ones, read from the tasks of a built register: for lists, pages and messages."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, bindparam, select

from sync_scripts.store.database import Rows
from sync_scripts.store.destinations import LEVELS
from sync_scripts.store.schema import register as tables

__all__ = [
    "ASKED",
    "LOOK",
    "SET_ASIDE",
    "TOLD_LATE",
    "again_in",
    "danger_behind",
    "dangers_behind",
    "dangers_in",
    "risen_alerts",
    "risen_cases",
    "risen_in",
    "risen_now",
    "set_aside_now",
    "with_risen",
]

LOOK: Final = "level_check"
"""Kind of the task to look at a level again. It stands exactly as long as a decided level does not count."""
SET_ASIDE: Final = "set_aside_check"
"""Kind of the task to decide again on an alert that was set aside before danger came; nothing else is due in it."""
TOLD_LATE: Final = "danger_check"
"""Kind of the task to decide on a danger that an interview or an edit newly tells. The level that counts is not its own."""
ASKED: Final = frozenset({LOOK, SET_ASIDE, TOLD_LATE})
"""Kinds of task about a danger that nobody had seen who decided."""
_COUNT: Final = frozenset({LOOK, SET_ASIDE})
"""Kinds of task whose level counts in place of any other."""
AGAIN: Final = "again"
"""Variant of such a task where the rules say no higher level than when it was decided, but for another reason."""
_AT_ONCE: Final = 500
"""Codes or numbers asked for in one query."""


def risen_in(tasks: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return the levels that count in place of decided ones, by subject, from rows of tasks."""
    open_ones = (one for one in tasks if one["kind"] in _COUNT and one["done_at"] is None)
    return {one["subject"]: one["level"] for one in open_ones}


def again_in(tasks: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return the ids of those open tasks for which the level may be no higher than it was, by subject.

    Of that level somebody may have been told already, before it was decided otherwise: a message of it is another one.
    """
    mine = (one for one in tasks if one["kind"] in _COUNT and one["done_at"] is None)
    return {
        one["subject"]: one["task_id"]
        for one in mine
        if one["kind"] == SET_ASIDE or one["variant"] == AGAIN or one["further_at"]
    }


def dangers_in(tasks: Iterable[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    """Return the open tasks about a danger that was newly told, by subject, from rows of tasks.

    Those too to look at a level again that stood, when a further danger came.
    """
    found: dict[str, list[Mapping[str, Any]]] = {}
    for one in tasks:
        further = one["kind"] == LOOK and one["further_at"] is not None
        if (one["kind"] == TOLD_LATE or further) and one["done_at"] is None:
            found.setdefault(one["subject"], []).append(one)
    return found


def set_aside_now() -> Select[Any]:
    """Return the query for the numbers of the alerts that were set aside before danger came, and on which nobody has decided since."""
    one = tables.task.c
    return select(one.filing_no).where(_counting(), one.kind == SET_ASIDE, one.done_at.is_(None))


def risen_now(rows: Rows, *, behind: bool = True) -> dict[str, str]:
    """Return the levels that count in place of decided ones, by code of the case, or of an alert without one.

    ``behind``: danger that came under the code of a merged case counts in the one in which the work goes on, too.
    """
    found = _open_ones(rows)
    levels = _levels(found)
    if behind and any(kind == SET_ASIDE and of_case for kind, _level, of_case, _of_alert in found):
        levels = _higher(levels, danger_behind(rows))
    return levels


def danger_behind(rows: Rows, codes: Collection[str] | None = None) -> dict[str, str]:
    """Return the highest level of danger that came into merged cases and on which nobody decided since, by the code of the kept one."""
    highest = dict[str, str]()
    for kept, _merged, level, _due_at in dangers_behind(rows, codes):
        highest = _higher(highest, {kept: level})
    return highest


def dangers_behind(rows: Rows, codes: Collection[str] | None = None) -> list[tuple[str, str, str, str]]:
    """Return each such danger: code of the case that was kept, and of the merged one, its level, when its task is due.

    ``codes``: of some kept cases only, without looking at any other one.
    """
    from sync_scripts.register.merged import taken_by, where_it_goes_on  # here: most lists need it not

    one, filing, case = tables.task.c, tables.filing.c, tables.case.c
    asked = (
        select(filing.case_code, one.level, one.due_at)
        .select_from(tables.task)
        .join(tables.filing, filing.filing_no == one.filing_no)
        .join(tables.case, case.case_code == filing.case_code)
        .where(_counting(), one.kind == SET_ASIDE, one.done_at.is_(None), case.state == "merged")
    )
    found: list[tuple[Any, ...]] = []
    if codes is None:
        found.extend(rows.execute(asked).all())
        kept = where_it_goes_on(rows) if found else {}
    else:
        kept = taken_by(rows, codes)
        wanted = sorted(kept)
        for first in range(0, len(wanted), _AT_ONCE):
            found.extend(
                rows.execute(asked.where(filing.case_code.in_(wanted[first : first + _AT_ONCE]))).all()
            )
    return sorted((kept.get(code, code), code, level, due_at) for code, level, due_at in found)


def _counting() -> ColumnElement[bool]:
    """Return the condition for the tasks of `_COUNT`, in the words of ``ix_task_danger``: without them each list reads all tasks.

    Of a task there are a dozen kinds in each alert or case, and of these two next to none; SQLite takes an index of some rows
    only for a statement that holds its very condition.
    """
    return tables.task.c.kind.in_(bindparam("kinds", sorted(_COUNT), expanding=True, literal_execute=True))


def _higher(some: Mapping[str, str], others: Mapping[str, str]) -> dict[str, str]:
    """Return the higher level of both, by code."""
    return {
        code: max((one[code] for one in (some, others) if code in one), key=LEVELS.index)
        for code in (*some, *(code for code in others if code not in some))
    }


def with_risen(rows: Rows, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return lines of alerts or cases, each with the level that counts."""
    risen = risen_now(rows) if lines else {}
    for line in lines:
        line["urgency"] = risen.get(line["code"], line["urgency"])
    return lines


def risen_cases(rows: Rows, codes: Iterable[str], *, behind: bool = True) -> dict[str, str]:
    """Return the same of some cases only."""
    wanted = sorted(codes)
    found = _of(rows, tables.filing.c.case_code, wanted)
    return _higher(found, danger_behind(rows, wanted)) if behind else found


def risen_alerts(rows: Rows, numbers: Iterable[int]) -> dict[str, str]:
    """Return the same of some alerts without a case, by the number of each."""
    found = _of(rows, tables.filing.c.filing_no, sorted(numbers))
    return {code: level for code, level in found.items() if code.startswith("AL")}


def _of(rows: Rows, column: ColumnElement[Any], wanted: Sequence[Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for first in range(0, len(wanted), _AT_ONCE):
        found |= _risen(rows, column.in_(wanted[first : first + _AT_ONCE]))
    return found


def _risen(rows: Rows, *which: ColumnElement[bool]) -> dict[str, str]:
    return _levels(_open_ones(rows, *which))


def _levels(found: Iterable[tuple[Any, ...]]) -> dict[str, str]:
    return {of_case or of_alert: level for _kind, level, of_case, of_alert in found}


def _open_ones(rows: Rows, *which: ColumnElement[bool]) -> Sequence[tuple[Any, ...]]:
    """Return the open tasks that count: kind, level, code of the case, code of the alert."""
    one, filing, alert = tables.task.c, tables.filing.c, tables.alert.c
    asked = (
        select(one.kind, one.level, filing.case_code, alert.code)
        .select_from(tables.task)
        .join(tables.filing, filing.filing_no == one.filing_no)
        .outerjoin(tables.alert, alert.filing_no == one.filing_no)
        .where(_counting(), one.done_at.is_(None), *which)
    )
    return rows.execute(asked).all()
