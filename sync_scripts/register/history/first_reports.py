"""When the register heard of an answer: of any of some answers of a record, or of this very one. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Table

from sync_scripts.register.forms.records import Record, Value
from sync_scripts.register.forms.submissions import Filed
from sync_scripts.register.forms.values import shape
from sync_scripts.store.canonical import moment

__all__ = ["first_heard", "first_told", "said_at", "versions"]


def versions(filed: Filed, entity: str) -> Iterator[tuple[datetime, list[Record]]]:
    """Yield the records of an entity in each version of a form, the oldest first."""
    for at, reading in filed.history:
        yield at, [record for record in reading.records if record.entity == entity]


def first_heard(filed: Filed, entity: str, key: str, fields: Sequence[str]) -> datetime:
    """Return when the register first heard one of some answers of a record; at the latest with the version read."""
    for at, records in versions(filed, entity):
        if any(record.key == key and not record.fields.keys().isdisjoint(fields) for record in records):
            return at
    return filed.received[1]


def first_told(filed: Filed, entity: str, key: str) -> datetime:
    """Return when the register first heard of a record, whatever was said of it; at the latest with the version read."""
    told = (at for at, records in versions(filed, entity) if any(record.key == key for record in records))
    return next(told, filed.received[1])


def said_at(filed: Filed, table: Table, key: str, field: str, value: Any) -> datetime:
    """Return when somebody first said this very value: a correction or a version of the form; else the version read.

    A value is said on the day on which it is said: an answer that an edit changed is as old as that edit, and what a
    person lays over it as old as the correction.

    Args:
        filed: the form.
        table: that the record feeds.
        key: of the record.
        field: its answer.
        value: as it stands in the row.
    """
    place = (table.name, key, field)
    for one in filed.corrections:
        if (one["entity"], one["record"], one["field"]) == place and _read(
            table, field, one["value"]
        ) == value:
            return moment(one["corrected_at"])
    for at, records in versions(filed, table.name):
        if any(one.key == key and _read(table, field, one.fields.get(field)) == value for one in records):
            return at
    return filed.received[1]


def _read(table: Table, field: str, said: Value | None) -> Any:
    """Return an answer as it stands in a row; None for one that cannot be read."""
    return shape(table).row({field: said}, [])[field] if said is not None else None
