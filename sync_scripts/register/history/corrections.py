"""Corrections: a person's value that lies over a collected one, and what it cannot do to a clock of law or medicine. Pure.

Both values stay: the raw version is never touched. A clock reads the earlier of what was collected and what was corrected, and a
service waits since the day that a visit tells or that somebody decided, whichever is earlier.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from itertools import product
from typing import Any, Final

import msgspec
from sqlalchemy import Table

from sync_scripts.register.forms.answers import Reading, Record
from sync_scripts.register.forms.submissions import Filed, by_entity, once
from sync_scripts.register.forms.values import day, shape
from sync_scripts.register.history.arrivals import said_at, versions
from sync_scripts.register.history.person_decisions import TAKEN_OUT, taken_out
from sync_scripts.register.rules import clocks
from sync_scripts.register.rules.retention import load
from sync_scripts.register.rules.ruleset import Ruleset
from sync_scripts.store.events import Event
from sync_scripts.store.schema import register as tables

CORRECT: Final = "value.correct"
RESTORE: Final = "value.restore"
CHANGES: Final = frozenset({CORRECT, RESTORE})
"""Ops by which what a form says is corrected, or corrected back."""

Place = tuple[str, str, str]
"""Entity, key of the record, field."""


def subject_of(filed: Filed) -> str:
    """Return the subject under which decisions about a submission itself stand."""
    return f"{filed.kind}:{filed.key}"


def standing(events: Iterable[Event]) -> dict[Place, Event]:
    """Return the corrections that stand: the last of each answer, unless it was taken back or its answer was taken out."""
    found: dict[Place, Event] = {}
    for event in events:
        if event.op == TAKEN_OUT:
            found = {place: one for place, one in found.items() if not taken_out(event.payload, *place)}
            continue
        if event.op not in CHANGES:
            continue
        place = (event.payload["entity"], event.payload["record"], event.payload["field"])
        if event.op == CORRECT:
            found[place] = event
        else:
            found.pop(place, None)
    return found


def corrected(filed: Filed, events: Sequence[Event]) -> Filed:
    """Return a submission with the corrections of its answers laid over it, and what was collected beside them."""
    over = standing(events)
    if filed.erased:
        over = {place: event for place, event in over.items() if _stays(place)}
    if not over:
        return filed
    before = {(one.entity, one.key): one for one in filed.reading.records}
    reading = msgspec.structs.replace(
        filed.reading, records=tuple(_laid(one, over) for one in filed.reading.records)
    )
    return msgspec.structs.replace(
        filed,
        reading=reading,
        records=by_entity(reading),
        history=_history(filed, reading),
        corrections=tuple(
            _row(filed, place, event, before) for place, event in sorted(over.items(), key=_place)
        ),
    )


def _stays(place: Place) -> bool:
    """Tell whether an answer is kept once its submission was erased: then its correction is, too."""
    keeps = load().keeps
    return f"{place[0]}.{place[2]}" in keeps.always | keeps.statistics


def _place(item: tuple[Place, Event]) -> Place:
    return item[0]


def _laid(record: Record, over: Mapping[Place, Event]) -> Record:
    mine = {
        field: event.payload["value"]
        for (entity, key, field), event in over.items()
        if (entity, key) == (record.entity, record.key)
    }
    if not mine:
        return record
    fields = {**record.fields, **mine}
    return msgspec.structs.replace(
        record, fields={name: value for name, value in fields.items() if value is not None}
    )


def _history(filed: Filed, reading: Reading) -> tuple[tuple[Any, Reading], ...]:
    """Return the versions, the one that is read as it is corrected."""
    return tuple((at, reading if one is filed.reading else one) for at, one in filed.history)


def _row(
    filed: Filed, place: Place, event: Event, before: Mapping[tuple[str, str], Record]
) -> dict[str, Any]:
    entity, key, field = place
    record = before.get((entity, key))
    was = record.fields.get(field) if record is not None else None
    return {
        "filing_no": filed.number,
        "entity": entity,
        "record": key,
        "field": field,
        "was": was if isinstance(was, str) else None,
        "value": event.payload["value"],
        "reason": event.payload["reason"],
        "corrected_by": event.actor.code,
        "corrected_at": event.at,
        "proof": event.actor.proof,
    }


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
    if len(filed.history) == 1 and not filed.corrections:  # as nearly all are
        return {act["violation"]} - {None}
    read = every_side(act, tables.act, act["uid"], filed)
    return {side["violation"] for side in read if side["violation"] is not None}


@once
def asked_at(filed: Filed, asked_on: str | None, rules: Ruleset) -> datetime:
    """Return when a service was asked for: the hour of the visit on that day or before it, else the beginning of the day."""
    if asked_on is None or day(asked_on) >= clocks.local_day(filed.at, rules):
        return filed.at
    return clocks.act_time(day(asked_on), None, rules)


def told_at(filed: Filed, asked_on: str, before: tuple[str | None, datetime], rules: Ruleset) -> datetime:
    """Return the same of a further visit: one that tells the same day again tells of the same request.

    Args:
        filed: the visit.
        asked_on: the day that it tells.
        before: the day that was told, and since when the service waited.
        rules: the zone.
    """
    told, since = before
    at = asked_at(filed, asked_on, rules)
    return min(since, at) if asked_on == told else at


def decided_at(
    asked_on: str, at: datetime, before: tuple[str | None, datetime] | None, rules: Ruleset
) -> datetime:
    """Return since when a service waits by a decision: the beginning of that day, or the decision on that very day.

    No clock starts later than the decision: a day to come would move a limit of medicine away. A first day moves nothing later.

    Args:
        asked_on: the day that was decided.
        at: when that was decided.
        before: the day of before and since when the service waited; None of a service that is planned by the decision.
        rules: the zone.
    """
    today = asked_on == clocks.local_day(at, rules).isoformat()
    asked = at if today else min(at, clocks.act_time(day(asked_on), None, rules))
    if before is None:
        return asked
    told, since = before
    if asked_on == (told or clocks.local_day(since, rules).isoformat()):
        return since
    return asked if told is not None else min(since, asked)
