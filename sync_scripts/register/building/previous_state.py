"""How alerts and cases stood before they are built again: what their messages are compared with. Reads, and decides nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, select

from sync_scripts.register.model.codes import chunks
from sync_scripts.register.rules.kinds import NEWS
from sync_scripts.store.database import Rows
from sync_scripts.store.destinations import LEVELS
from sync_scripts.store.schema import register as tables

__all__ = ["Before", "alerts_before", "cases_before"]


class Before(msgspec.Struct, frozen=True):
    """How some alerts or cases stood.

    Attributes:
        levels: that counted, by code.
        asked: the tasks about news that they had.
    """

    levels: dict[str, str] = {}
    asked: frozenset[str] = frozenset()

    def under(self, earlier: Before) -> Before:
        """Return both together; what was read earlier counts."""
        return Before({**self.levels, **earlier.levels}, self.asked | earlier.asked)


def alerts_before(rows: Rows, numbers: Iterable[int]) -> Before:
    """Return how some alerts stand as they are now, by the numbers of their submissions."""
    alert, wanted = tables.alert.c, sorted(numbers)
    asked = select(alert.code, alert.level)
    found = [row for some in chunks(wanted) for row in rows.execute(asked.where(alert.filing_no.in_(some)))]
    return Before(
        levels={row.code: row.level or LEVELS[0] for row in found},
        asked=_asked(rows, tables.filing.c.filing_no, wanted),
    )


def cases_before(rows: Rows, codes: Iterable[str]) -> Before:
    """Return how some cases stand as they are now, by their codes."""
    case, wanted = tables.case.c, sorted(codes)
    asked = select(case.case_code, case.level)
    return Before(
        levels={
            row.case_code: row.level
            for some in chunks(wanted)
            for row in rows.execute(asked.where(case.case_code.in_(some)))
        },
        asked=_asked(rows, tables.filing.c.case_code, wanted),
    )


def _asked(rows: Rows, column: ColumnElement[Any], wanted: Sequence[Any]) -> frozenset[str]:
    one, filing = tables.task.c, tables.filing.c
    asked = select(one.task_id).join_from(tables.task, tables.filing, filing.filing_no == one.filing_no)
    asked = asked.where(one.kind.in_(sorted(NEWS)))
    return frozenset(
        found for some in chunks(wanted) for found in rows.execute(asked.where(column.in_(some))).scalars()
    )
