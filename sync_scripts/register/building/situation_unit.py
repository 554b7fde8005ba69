"""The rows of one situation report: an area in a period, its events as counts, its services. Pure; no person, no case.

An event may be the same fact as an alert. Nothing here looks for that, and nothing is ever added to alerts or cases.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Table

from sync_scripts.register.case.flags import of_submission
from sync_scripts.register.case.tasks import SUBMISSIONS, Holder, tasks_of
from sync_scripts.register.forms.answers import Record
from sync_scripts.register.forms.row_output import Output
from sync_scripts.register.forms.submissions import Filed
from sync_scripts.register.forms.values import shape
from sync_scripts.register.rules.ruleset import Ruleset
from sync_scripts.store.schema import register as tables

_ROWS: Final[tuple[Table, ...]] = (tables.situation_event, tables.service_status)
"""Tables with one row a repetition."""


def unit_of(filed: Filed) -> str:
    """Return the unit of a report: it is one of its own."""
    return f"situation:{filed.key}"


def derive(filed: Filed, rules: Ruleset, out: Output) -> None:
    """Add the rows of one report."""
    unread: list[str] = []
    own = {"filing_no": filed.number, "situation_id": filed.root[1]}
    record = filed.one("situation") or Record("situation", filed.root[1], "", {})
    out.add(tables.situation, shape(tables.situation).row(record.fields, unread, **own))
    for table in _ROWS:
        for one in filed.all(table.name):
            out.add(table, shape(table).row(one.fields, unread, **own, uid=one.key))
    out.file(filed, unit_of(filed))
    out.extend(tables.correction, map(dict, filed.corrections))
    out.extend(tables.flag, of_submission(filed, unread, rules))
    holder = Holder(filed.number, unit_of(filed), None, rules)
    out.extend(tables.task, tasks_of([filed], holder, SUBMISSIONS))
