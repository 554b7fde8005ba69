"""What the register held when somebody decided, and when it heard of an answer: told by its own order of arrival, not by a server's clock alone.

A server's time of receipt says when the server had a form. A laptop without network reads it later, perhaps after a decision
that nobody would have taken over it. The order in which the register stored its versions says which of the two came first: it
is given once, in the transaction that stores them, to all laptops of a shared register; it outlives a rebuild and a restored copy.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Select, Table, func, or_, select

from sync_scripts.register.forms.answers import Record, Value
from sync_scripts.register.forms.submissions import Filed
from sync_scripts.register.forms.values import shape
from sync_scripts.register.model.build_backlog import arrivals_apart, first_to_come
from sync_scripts.store.canonical import moment
from sync_scripts.store.database import Rows
from sync_scripts.store.events import ARRIVAL, SHOWN, UNBUILT, Event, last
from sync_scripts.store.schema import register as tables
from sync_scripts.store.schema.raw import submission

_MANY: Final = 100
KEPT_WITH: Final = frozenset(
    {
        "alert.dismiss",
        "alert.duplicate",
        "alert.link",
        "alert.move",
        "alert.open",
        "alert.refer",
        "alert.triage",
        "case.confidentiality",
        "case.move",
        "case.takes",
        "case.urgency",
        "consent.override",
        "consent.record",
        "flag.resolve",
        "proposal.make",
        "task.done",
        "value.correct",
        "value.restore",
    }
)
"""Ops of the decisions that keep it: what comes to an alert or a case after one of them, nobody had seen who took it."""


class Known(msgspec.Struct, frozen=True):
    """What a decision can have known of.

    Attributes:
        at: when it was taken, as text.
        arrival: the highest order of arrival by then; None of an earlier version, of which only the time tells.
        unbuilt: orders below it of versions that a fault of the program kept from being built: nobody had seen them.
        shown: up to when it had seen what people decided, as text; "" = all before it.
    """

    at: str
    arrival: int | None = None
    unbuilt: tuple[int, ...] = ()
    shown: str = ""

    @classmethod
    def of(cls, event: Event) -> Known:
        """Return what a decision can have known of, by its event."""
        said = event.payload
        return cls(event.at, said.get(ARRIVAL), tuple(said.get(UNBUILT, ())), said.get(SHOWN, ""))

    def decided_since(self, at: str) -> bool:
        """Tell whether what a person decided, corrected or moved at an instant is new to it."""
        return at > (self.shown or self.at)

    def missed(self, received: str, arrival: int) -> bool:
        """Tell whether a version of a form is new to it: this register read it later.

        Whether a server had it later says so only where an order is not known, which is 0 of what was laid over a form here.
        """
        if self.arrival is None or arrival <= 0:
            return received > self.at
        return arrival > self.arrival or arrival in self.unbuilt

    def held(self, arrival: int) -> bool:
        """Tell whether the register had read a version of a form by then, whatever the clock of its server says."""
        return self.arrival is not None and 0 < arrival <= self.arrival and arrival not in self.unbuilt

    def from_then(self, received: datetime) -> datetime:
        """Return from when a time is counted for what came: its receipt, but not before the decision that had not seen it."""
        return max(received, moment(self.at))


def held_by_now(rows: Rows) -> dict[str, Any]:
    """Return what somebody can have seen of what the register holds: the highest order of arrival, and which below it are not built.

    Where these are too many to be named, what is held counts as seen up to the first of them only; and so it does up to the first
    that is still to be built, as where nobody decides, but a workbook goes out.
    """
    apart, to_come = arrivals_apart(rows), first_to_come(rows)
    held = newest(rows) if to_come is None else to_come - 1
    if len(apart) > _MANY:
        return {ARRIVAL: min(apart[0] - 1, held)}
    return {ARRIVAL: held, **({UNBUILT: apart} if apart else {})}


def shown_by_now(rows: Rows) -> dict[str, Any]:
    """Return what somebody has seen who is handed something now and decides later: what is held, and what people have decided."""
    return {**held_by_now(rows), SHOWN: list(last(rows) or ("", ""))}


def newest(rows: Rows) -> int:
    """Return the highest order of arrival that the register has given; 0 while it holds nothing."""
    return int(rows.execute(select(func.max(submission.c.arrival))).scalar() or 0)


def versions_read_since(known: Known, case_codes: Collection[str], states: Collection[str]) -> Select[Any]:
    """Return the query for the numbers of the forms of some cases of which a version was read since.

    One that had come before and comes again by another road is not read again.

    Args:
        known: what was known by then.
        case_codes: of the cases.
        states: of the raw versions that the register reads.
    """
    filing, sent = tables.filing.c, submission.c
    of_form = (sent.stamp == filing.stamp) & (sent.root_id == filing.root_id)
    asked = select(filing.filing_no).join_from(tables.filing, submission, of_form)
    asked = asked.where(
        filing.case_code.in_(case_codes), sent.status.in_(states), sent.open_part.is_not(None)
    )
    first = func.min(sent.arrival)
    missed = or_(first > known.arrival, first.in_(known.unbuilt))
    return asked.group_by(filing.filing_no, sent.instance_id).having(missed)


def versions(filed: Filed, entity: str) -> Iterator[tuple[datetime, list[Record]]]:
    """Yield the records of an entity in each version of a form, the oldest first."""
    for at, reading in filed.history:
        yield at, [record for record in reading.records if record.entity == entity]


def _alone(filed: Filed) -> bool:
    """Tell whether nothing can have been said before the version that is read, as of nearly all."""
    return len(filed.history) == 1 and filed.history[0][0] == filed.received[1]


def first_heard(filed: Filed, entity: str, key: str, fields: Sequence[str]) -> datetime:
    """Return when the register first heard one of some answers of a record; at the latest with the version read."""
    if _alone(filed):
        return filed.received[1]
    for at, records in versions(filed, entity):
        if any(record.key == key and not record.fields.keys().isdisjoint(fields) for record in records):
            return at
    return filed.received[1]


def first_told(filed: Filed, entity: str, key: str) -> datetime:
    """Return when the register first heard of a record, whatever was said of it; at the latest with the version read."""
    if _alone(filed):
        return filed.received[1]
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
    if _alone(filed):
        return filed.received[1]
    for at, records in versions(filed, table.name):
        if any(one.key == key and _read(table, field, one.fields.get(field)) == value for one in records):
            return at
    return filed.received[1]


def _read(table: Table, field: str, said: Value | None) -> Any:
    """Return an answer as it stands in a row; None for one that cannot be read."""
    return shape(table).row({field: said}, [])[field] if said is not None else None
