"""Danger that came under the code of a merged case: it counts in the case in which the work goes on. Reads only."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, bindparam, select

from sync_scripts.register.history.merges import taken_by, where_it_goes_on
from sync_scripts.register.rules.kinds import AWAY, DANGER
from sync_scripts.store.database import Rows
from sync_scripts.store.destinations import LEVELS
from sync_scripts.store.schema import register as tables

__all__ = ["asked_about", "danger_behind", "dangers_behind", "left_alerts_with_news", "with_danger_behind"]

_AT_ONCE: Final = 500
"""Codes asked for in one query."""


def left_alerts_with_news() -> Select[Any]:
    """Return the query for the numbers of the alerts that were set aside before danger came, and on which nobody has decided since."""
    one = tables.task.c
    return select(one.filing_no).where(_open())


def danger_behind(rows: Rows, codes: Collection[str] | None = None) -> dict[str, str]:
    """Return the level that counts in each case into which one was merged that has danger on which nobody decided since.

    That is its own or that of the danger, whichever is higher. ``codes``: of some kept cases only.
    """
    highest: dict[str, str] = {}
    for kept, _merged, level, _due_at in dangers_behind(rows, codes):
        highest[kept] = max(level, highest.get(kept, level), key=LEVELS.index)
    case = tables.case.c
    asked = select(case.case_code, case.level).where(case.case_code.in_(sorted(highest)))
    own = {row.case_code: row.level for row in rows.execute(asked)} if highest else {}
    return {code: max(level, own.get(code, level), key=LEVELS.index) for code, level in highest.items()}


def dangers_behind(rows: Rows, codes: Collection[str] | None = None) -> list[tuple[str, str, str, str]]:
    """Return each such danger: code of the case that was kept, and of the merged one, level of the task, when it is due.

    ``codes``: of some kept cases only, without looking at any other one.
    """
    one, filing, case = tables.task.c, tables.filing.c, tables.case.c
    asked = (
        select(filing.case_code, one.level, one.due_at)
        .select_from(tables.task)
        .join(tables.filing, filing.filing_no == one.filing_no)
        .join(tables.case, case.case_code == filing.case_code)
        .where(_open(), case.state == "merged")
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


def asked_about(rows: Rows, code: str) -> bool:
    """Tell whether somebody has to decide on news of a case, or of one that was merged into it."""
    task, filing = tables.task.c, tables.filing.c
    asked = select(task.task_id).join_from(tables.task, tables.filing, filing.filing_no == task.filing_no)
    mine = asked.where(filing.case_code == code, task.kind == DANGER, task.done_at.is_(None)).limit(1)
    return rows.execute(mine).first() is not None or code in danger_behind(rows, [code])


def with_danger_behind(rows: Rows, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return lines of cases, each with the level that counts."""
    behind = danger_behind(rows) if lines else {}
    for line in lines:
        line["urgency"] = behind.get(line["code"], line["urgency"])
    return lines


def _open() -> ColumnElement[bool]:
    """Return the condition for open tasks of the kind, in the words of ``ix_task_danger``.

    SQLite takes an index of some rows only for a statement that holds its very condition.
    """
    one = tables.task.c
    kinds: Any = bindparam("kinds", [AWAY], expanding=True, literal_execute=True)
    return one.kind.in_(kinds) & one.done_at.is_(None)
