"""The earlier of what was collected and what was corrected: what a correction cannot do to a clock of law or medicine. Pure.

A correction lies over an answer on one person's word. Custody, care after violence, a hearing and an appeal are watched from
both readings: what is due by the collected answer stays due no later, whatever lies over it. Custody and care are watched from
every version of a form as well: whoever sends one again from a phone is proved by nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from itertools import product
from typing import Any, Final

from sqlalchemy import Table

from sync_scripts.register.forms.submissions import Filed
from sync_scripts.register.forms.values import shape
from sync_scripts.register.history.first_reports import said_at, versions
from sync_scripts.register.rules import clocks
from sync_scripts.register.rules.ruleset import Ruleset
from sync_scripts.store.schema import register as tables

__all__ = ["act_times", "earliest", "every_side", "held_since", "sides", "violated"]

Row = Mapping[str, Any]

CLOCKED: Final[Mapping[str, tuple[str, ...]]] = {
    "detention": ("arrested_at", "legal_basis"),
    "incident": ("date", "date_precision", "time_of_day"),
    "act": ("violation",),
    "legal_event": ("step", "hearing_at", "decided_on", "decision"),
}
"""Entity -> its fields from which a clock of law or medicine counts."""
UNSAID: Final = frozenset({"legal_basis", "time_of_day", "date_precision"})
"""Of these, fields that count unanswered, too: as a basis that is not known, the beginning of the day, a day that is sure."""


def every_side(row: Row, table: Table, key: str, filed: Filed) -> list[dict[str, Any]]:
    """Return `sides` of a row, then the row with the answers of its clocks as each version of its form gave them.

    Whoever sends a form again is proved by nothing, and the phone may be in other hands by now: what any version said counts.
    """
    found = sides(row, table, key, filed.corrections)
    if len(filed.history) == 1:
        return found
    for _at, records in versions(filed, table.name):
        for record in (one for one in records if one.key == key):
            read = shape(table).row(record.fields, [])
            side = {**row, **{name: read[name] for name in CLOCKED[table.name]}}
            found += [side] if side not in found else []
    return found


def sides(row: Row, table: Table, key: str, corrections: Iterable[Row]) -> list[dict[str, Any]]:
    """Return a row as it is corrected, then with each corrected answer of its clocks as it was collected.

    Args:
        row: as it is corrected.
        table: of the row.
        key: of its record.
        corrections: that lie over answers, of whatever submission.
    """
    was: dict[str, str | None] = {}
    for one in corrections:
        mine = (row["filing_no"], table.name, key) == (one["filing_no"], one["entity"], one["record"])
        if (
            mine
            and one["field"] in CLOCKED[table.name]
            and (one["was"] is not None or one["field"] in UNSAID)
        ):
            was |= {one["field"]: one["was"]}
    if not was:
        return [dict(row)]
    collected = shape(table).row({name: said for name, said in was.items() if said is not None}, [])
    pairs = [(row[name], collected[name]) for name in was]
    return [{**row, **dict(zip(was, values, strict=True))} for values in product(*pairs)]


def earliest(due: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return tasks, of those for one limit the one that is due first."""
    found: dict[str, dict[str, Any]] = {}
    for one in due:
        name = one["task_id"]
        if name not in found or one["due_at"] < found[name]["due_at"]:
            found[name] = one
    return list(found.values())


def held_since(detentions: Iterable[Row], corrections: Sequence[Row]) -> list[dict[str, Any]]:
    """Return detentions with the earlier of the collected and the corrected time of arrest."""
    found = []
    for row in detentions:
        known = sides(row, tables.detention, row["act_uid"], corrections)
        arrested = [one["arrested_at"] for one in known if one["arrested_at"] is not None]
        found.append({**row, "arrested_at": min(arrested, default=None)})
    return found


def act_times(incident: Row, filed: Filed, rules: Ruleset, *, hidden: Sequence[str] = ()) -> list[datetime]:
    """Return the earliest instants that an incident can mean, as corrected and as any version told it; none without a day.

    None is later than when somebody first told of that day: what was told has happened.

    Args:
        incident: its row.
        filed: the form that tells of it.
        rules: the zone.
        hidden: the answers of how sure the day is with which it says no day.
    """
    key = incident["incident_id"]
    read = every_side(incident, tables.incident, key, filed)
    return [
        min(
            clocks.act_time(date.fromisoformat(side["date"]), side["time_of_day"], rules),
            said_at(filed, tables.incident, key, "date", side["date"]),
        )
        for side in read
        if side["date"] is not None and side["date_precision"] not in hidden
    ]


def violated(act: Row, filed: Filed) -> set[str]:
    """Return what an act is: as it is corrected, and as any version told it."""
    read = every_side(act, tables.act, act["uid"], filed)
    return {side["violation"] for side in read if side["violation"] is not None}
