"""Corrections: a person's value that lies over a collected one. Both stay: the raw version is never touched. Pure.

A correction is an event about one answer of one submission. Everything that is derived sees the corrected value; the
table ``correction`` shows what was collected, what stands now, who said so and why. Answers of level 3 have none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from sync_scripts.register.forms.records import Reading, Record
from sync_scripts.register.forms.submissions import Filed, by_entity
from sync_scripts.register.history.redactions import TAKEN_OUT, taken_out
from sync_scripts.register.rules.retention import load
from sync_scripts.store.history.events import Event

__all__ = ["CORRECT", "RESTORE", "TAKEN_OUT", "corrected", "subject_of"]

CORRECT: Final = "value.correct"
RESTORE: Final = "value.restore"

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
        if event.op not in {CORRECT, RESTORE}:
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
