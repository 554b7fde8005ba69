"""An interview as it stood at an instant: the version that counted then, with what lay over it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Table

from sync_scripts.register.case.facts import facts
from sync_scripts.register.case.people import assessed, people, stand_in
from sync_scripts.register.forms.answers import Reading, Record
from sync_scripts.register.forms.row_output import Case, Output, RowOf, numbers
from sync_scripts.register.forms.submissions import Filed
from sync_scripts.register.history.corrections import Place, corrected
from sync_scripts.store.canonical import instant
from sync_scripts.store.events import Event

__all__ = ["as_of", "collected", "rows_of", "stood_until", "stood_with", "told_of"]


def as_of(filed: Filed, events: Sequence[Event], at: str) -> Filed | None:
    """Return an interview as it stood at an instant: the version that counted then, with what lay over it."""
    versions = [reading for when, reading in filed.history if instant(when) <= at]
    if not versions:
        return None
    reading = collected(filed) if instant(filed.received[1]) <= at else versions[-1]
    one = msgspec.structs.replace(filed.showing(reading), history=((filed.received[0], reading),))
    return corrected(one, [event for event in events if event.at <= at])


def stood_until(filed: Filed, events: Sequence[Event], at: str) -> Filed | None:
    """Return an interview as it stood just before an instant, with all versions that had come; None when it had not come.

    Args:
        filed: the interview.
        events: what was decided about it, in order.
        at: the instant, as text.
    """
    before = [event for event in events if event.at < at]
    return stood_with(filed, before, lambda when, _reading: instant(when) < at)


def stood_with(
    filed: Filed, events: Sequence[Event], came: Callable[[datetime, Reading], bool]
) -> Filed | None:
    """Return a form as it is with some of its versions alone; None without any.

    Args:
        filed: the form.
        events: what lay over it, in order.
        came: tells of a version, by when a server received it and what it said as it was collected, whether it counts.
    """
    read = collected(filed)
    every = ((when, read if one is filed.reading else one) for when, one in filed.history)
    some = [(when, reading) for when, reading in every if came(when, reading)]
    if not some:
        return None
    when, reading = next((one for one in some if one[1] is read), some[-1])
    version = msgspec.structs.replace(
        filed.showing(reading),
        received=(filed.received[0], when),
        versions=len(some),
        history=tuple(some),
    )
    return corrected(version, events)


def told_of(filed: Filed) -> set[str]:
    """Return the uids of everybody of whom any version of an interview told, and its own."""
    people = {one.key for _, reading in filed.history for one in reading.records if one.entity == "person"}
    return {filed.root[1], *people}


def collected(filed: Filed) -> Reading:
    """Return the version that is read as it was collected: without what lies over it."""
    was = {(one["entity"], one["record"], one["field"]): one["was"] for one in filed.corrections}
    if not was:
        return filed.reading
    return msgspec.structs.replace(
        filed.reading, records=tuple(_without(one, was) for one in filed.reading.records)
    )


def _without(record: Record, was: Mapping[Place, str | None]) -> Record:
    mine = {
        field: said
        for (entity, key, field), said in was.items()
        if (entity, key) == (record.entity, record.key)
    }
    fields = {name: said for name, said in {**record.fields, **mine}.items() if said is not None}
    return msgspec.structs.replace(record, fields=fields)


def rows_of(one: Filed, case: Case) -> Mapping[Table, Sequence[RowOf]]:
    """Return the rows that an interview, or a version of it of before, makes by itself."""
    person = stand_in(one)
    made = numbers([one], [(one, person)] if person is not None else [])
    alone = Case(case.code, case.unit, made, case.rules, Output())
    people(one, alone)
    facts(one, alone)
    assessed(one, alone)
    return alone.out.rows
