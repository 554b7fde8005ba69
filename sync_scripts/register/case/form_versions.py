"""A form from version to version, as the policy reads it: each version as the phone made it, each correction, and its rows at an instant. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Final

import msgspec
from sqlalchemy import Table

from sync_scripts.register.case.facts import facts, shown
from sync_scripts.register.case.flags import flag, of_submission, unreadable
from sync_scripts.register.case.people import assessed, needs, people, talk
from sync_scripts.register.forms.answers import Reading, Record
from sync_scripts.register.forms.row_output import Case, Output, RowOf
from sync_scripts.register.forms.submissions import Filed, codes_named, once
from sync_scripts.register.history.arrivals import Known
from sync_scripts.register.history.corrections import CHANGES, Place, corrected
from sync_scripts.register.policy.measure import Rating, Statement
from sync_scripts.register.rules.ruleset import Ruleset
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.events import ARRIVAL, Event
from sync_scripts.store.schema import register as tables

_NOTHING: Final = Rating("", ())
_OF_A_CASE: Final = frozenset({"followup", "closure"})
"""Forms that have to name their case: they open none, and without a code they are in no case."""


class Entered(msgspec.Struct, frozen=True):
    """When a form came into the unit in which it is from another one: what it had said is heard there from then on.

    Attributes:
        known: what had been read by then: the versions that are heard with it, behind all that was there.
        by_hand: a person brought it, so that the instant tells, and not the order, who had read it.
    """

    known: Known
    by_hand: bool = False


class Step(msgspec.Struct, frozen=True):
    """A version of a form, or a correction of it.

    Attributes:
        made: the statement, which says nothing yet.
        by_now: the form with it, as it is corrected by now.
        until: the form with it until each correction that was laid over it since, by the instant of that, in order; empty without any.
    """

    made: Statement
    by_now: Filed
    until: tuple[tuple[str, Filed], ...] = ()

    @property
    def then(self) -> Filed | None:
        """Return the form as it stood when it was heard, with the corrections that lay over it by then; None where that is the same."""
        return self.until[0][1] if self.until else None

    @property
    def came(self) -> Filed:
        """Return the form as it stood."""
        return self.then if self.then is not None else self.by_now


def course(
    filed: Filed, events: Sequence[Event], day: str, *, form: str = "", entered: Entered | None = None
) -> Iterator[Step]:
    """Yield the versions of a form, the one that is read last, and its corrections in order.

    Args:
        filed: the form, as it is corrected.
        events: what was decided about it, in order.
        day: local day of its first version.
        form: under which name it states something, if not its key.
        entered: when it came into its unit from another one.
    """
    changes = [one for one in events if one.op in CHANGES]
    made = partial(Statement, form=form or filed.key, day=day, said=_NOTHING)
    if len(filed.history) == 1 and not changes:  # as nearly all are
        at = filed.history[0][0]
        yield Step(heard(made(place=1, at=at, arrival=filed.arrival(at)), entered), filed)
        return
    order = sorted(filed.history, key=filed.is_read)
    came = [filed.as_of(at, collected(filed) if one is filed.reading else one) for at, one in order]
    by_now = [
        filed if one is filed.reading else corrected(version, events)
        for version, (_at, one) in zip(came, order, strict=True)
    ]
    for nth, (at, _reading) in enumerate(order):
        said = made(place=nth + 1, at=at, arrival=filed.arrival(at))
        under = [one for one in changes if Known.of(one).missed(instant(at), said.arrival)]
        since = [one for one in changes if one not in under]
        yield Step(heard(said, entered), by_now[nth], _until(came[nth], under, since))
    for nth, event in enumerate(changes, 1):
        over = _corrected(event, filed, [at for at, _reading in order])
        number = event.payload.get(ARRIVAL) or filed.arrival(order[over][0])
        said = made(place=len(order) + nth, at=moment(event.at), arrival=number, correction=True)
        until = _until(came[over], changes[:nth], changes[nth:])
        yield Step(heard(said, entered), by_now[over], until)


def _until(came: Filed, under: Sequence[Event], since: Sequence[Event]) -> tuple[tuple[str, Filed], ...]:
    """Return a version, with what lay under it, as it stood until each further correction."""
    return tuple((one.at, corrected(came, [*under, *since[:nth]])) for nth, one in enumerate(since))


def _corrected(event: Event, filed: Filed, came: Sequence[datetime]) -> int:
    """Return over which version a correction was laid: the last that was read by then. What an edit says since, it does not say."""
    known = Known.of(event)
    read = (nth for nth, at in enumerate(came) if not known.missed(instant(at), filed.arrival(at)))
    return max(read, default=len(came) - 1)


def heard(one: Statement, entered: Entered | None) -> Statement:
    """Return a statement as it is heard in its unit: not before its form came into it."""
    if entered is None:
        return one
    known = entered.known
    if instant(one.at) > known.at if one.correction else known.missed(instant(one.at), one.arrival):
        return one
    order = max(one.arrival, known.arrival or 0)
    return msgspec.structs.replace(one, at=moment(known.at), arrival=order, by_hand=entered.by_hand)


def as_of(filed: Filed, events: Sequence[Event], at: str) -> Filed | None:
    """Return an interview as it stood at an instant: the version that counted then, with what lay over it."""
    versions = [reading for when, reading in filed.history if instant(when) <= at]
    if not versions:
        return None
    if len(filed.history) == 1 and not events and not filed.corrections:  # as nearly all are
        return filed
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
    when, reading = next((one for one in reversed(some) if one[1] is read), some[-1])
    version = msgspec.structs.replace(
        filed.showing(reading),
        received=(filed.received[0], when),
        versions=len(some),
        history=tuple(some),
    )
    return corrected(version, events)


@once
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


@once
def rows_of(filed: Filed, code: str | None, rules: Ruleset) -> Mapping[Table, Sequence[RowOf]]:
    """Return the rows that an interview, or a version of it, makes by itself in a case: all but what the case knows of it.

    That are the pseudonyms, the consents, and which needs were met.
    """
    alone = Case(code, rules, Output())
    unread = talk(filed, alone)
    if code is not None:
        for part in (people, facts, assessed, needs):
            unread += part(filed, alone)
    alone.out.extend(tables.flag, unreadable(filed, unread))
    return alone.out.made()


@once
def filing_of(filed: Filed, unit: str, code: str | None, rules: Ruleset) -> Mapping[Table, Sequence[RowOf]]:
    """Return where a form of a case is filed, what of it nobody mapped, what was corrected, and its flags that any form can raise."""
    out, (named, alert), record = Output(), codes_named(filed), filed.one(filed.kind)
    out.file(filed, unit, code, alert)
    said = record.fields.get("case_code") if record is not None else None
    if named is None and (filed.kind in _OF_A_CASE or isinstance(said, str)):
        out.add(tables.flag, flag(filed, "case_code_unreadable", at=0))
    out.extend(tables.correction, map(dict, filed.corrections))
    out.extend(tables.flag, of_submission(filed, (), rules))
    return out.made()


@once
def evidence_of(
    filed: Filed, code: str | None, rules: Ruleset, incident: str | None
) -> Mapping[Table, Sequence[RowOf]]:
    """Return the rows of evidence that was keyed in by itself, to an incident of the case if there is one."""
    alone = Case(code, rules, Output())
    alone.out.extend(tables.flag, unreadable(filed, shown(filed, alone, incident)))
    return alone.out.made()
