"""Tasks before a limit that medicine sets and that does not come back: care after sexual violence. Pure.

A limit that had passed before the register first heard of it raises nothing. The clock of care ends; the need does not.
Where no day is known from which a limit counts, and it can still be ahead, care is due at once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import msgspec

from sync_scripts.register.case.tasks import Matter, Occasion, earliest
from sync_scripts.register.forms.submissions import Filed
from sync_scripts.register.forms.values import shape
from sync_scripts.register.history.arrivals import first_heard, versions
from sync_scripts.register.history.corrections import (
    CORRECT,
    RESTORE,
    act_times,
    every_side,
    violated,
)
from sync_scripts.register.rules import clocks
from sync_scripts.register.rules.ruleset import Clinical, Ruleset
from sync_scripts.store.canonical import instant
from sync_scripts.store.events import Event
from sync_scripts.store.schema import register as tables

RowOf = Mapping[str, Any]
Occasions = Iterator[Occasion]
ActOf = tuple[int, str]
"""Number of a form and uid of an act in it."""
Ends = Mapping[tuple[str, str], Sequence[str]]
"""(uid of a person, service) -> when it was done for her, or she declined it, the earliest first."""

HIDES: Final = ("unknown_day", "unknown_month")
"""Answers of how sure a day is with which no day is known."""
_SEXUAL: Final = "sexual"
"""The picture of an alert that stands for sexual violence."""
_OVER: Final = "gt120"
"""The answer of an alert after which no limit of medicine is ahead."""
_SERVICE: Final = "health"
"""The service that gives care before those limits."""


def care_limits(
    filed: Sequence[Filed],
    incidents: Iterable[RowOf],
    acts: Iterable[RowOf],
    rules: Ruleset,
    *,
    suffered: Mapping[ActOf, Collection[str]],
    ended: Ends,
) -> Occasions:
    """Yield the reminders before each clinical limit of each act whose day is known, and care at once where none is.

    They end once the service that the limit is about was given to everybody who suffered the act, or was declined by her, and
    after the act: care of before was for something else. What lies over the day or the violation as a correction, or a version
    that is sent again, moves none of them later and takes none away.

    Args:
        filed: the interviews of the case.
        incidents: its incidents.
        acts: its acts.
        rules: the limits.
        suffered: who suffered each act; nobody's service ends the clock of an act of which that is not known.
        ended: when services ended, by person.
    """
    by_number = {one.number: one for one in filed}
    on = {row["incident_id"]: row for row in incidents}
    limits = {code for limited in rules.clinical.values() for code in limited.applies_to}
    for act in (one for one in acts if one["incident_id"] in on):
        one, incident = by_number[act["filing_no"]], on[act["incident_id"]]
        done, victims = violated(act, one), suffered.get((act["filing_no"], act["uid"]), ())
        if done.isdisjoint(limits):  # as of most acts
            continue
        times = act_times(incident, by_number[incident["filing_no"]], rules, hidden=HIDES)
        if not times:
            last = last_meant(incident, by_number[incident["filing_no"]], rules)
            yield from _care_at_once(one, act, done, last, rules, victims=victims, ended=ended)
        yield from earliest(
            made
            for at in times
            for name, limited in rules.clinical.items()
            if not done.isdisjoint(limited.applies_to)
            for made in _care(
                one,
                act,
                at + timedelta(hours=limited.limit_h),
                (name, limited),
                served(limited.service, victims, instant(max(times)), ended),
            )
        )


def suffered_by(
    acts: Iterable[RowOf], suffered: Iterable[RowOf], people: Iterable[RowOf]
) -> dict[ActOf, set[str]]:
    """Return who suffered each act; everybody of whom its form tells, where the form names nobody that is there."""
    named, told = defaultdict[ActOf, set[str]](set), defaultdict[int, set[str]](set)
    for row in suffered:
        named[row["filing_no"], row["act_uid"]].add(row["person_uid"])
    for row in people:
        told[row["filing_no"]].add(row["uid"])
    of_acts = ((row["filing_no"], row["uid"]) for row in acts)
    return {act: named.get(act) or told[act[0]] for act in of_acts}


def sexual(alert: RowOf, events: Iterable[Event] = (), filed: Filed | None = None) -> bool:
    """Tell whether an alert is of sexual violence that is not said to be past every limit of medicine.

    What lies over its pictures or its hours as a correction takes nothing away: as it was before, it counts, too. Nor does an
    edit on a phone, which may be in other hands by now: what any version said counts.

    Args:
        alert: its row, as it is corrected.
        events: what was decided about it, in order.
        filed: the form with all its versions, where it arrived more than once.
    """
    if filed is not None and any(map(_told, _rows(filed))):
        return True
    was: dict[str, set[str | None]] = {"icons": set(), "hours_since": set()}
    for event in (one for one in events if one.op in {CORRECT, RESTORE}):
        field = event.payload["field"] if event.payload["entity"] == "alert" else ""
        if field in was and event.op == CORRECT:
            was[field].add(event.payload["was"])
        elif field in was:
            was[field].clear()
    pictures = any(_SEXUAL in (one or "").split() for one in {alert["icons"], *was["icons"]})
    return pictures and {alert["hours_since"], *was["hours_since"]} != {_OVER}


def _rows(filed: Filed) -> Iterator[dict[str, Any]]:
    """Yield the row of an alert as each version of its form would make it."""
    for _at, records in versions(filed, "alert"):
        for record in records:
            yield shape(tables.alert).row(record.fields, [])


def _told(row: Mapping[str, Any]) -> bool:
    return _SEXUAL in (row["icons"] or "").split() and row["hours_since"] != _OVER


def served(service: str, victims: Collection[str], since: str, ended: Ends) -> str | None:
    """Return when the last of the victims had a service, each counted from an instant; None while one waits, or is unknown."""
    ends = [
        next((at for at in ended.get((uid, service), ()) if at >= since), None) for uid in sorted(victims)
    ]
    return max(one for one in ends if one is not None) if ends and None not in ends else None


def _care(
    filed: Filed, act: RowOf, limit: datetime, clock: tuple[str, Clinical], done_at: str | None
) -> Occasions:
    name, limited = clock
    if limit <= first_heard(filed, "act", act["uid"], ("violation",)):
        return
    for hours in sorted(limited.remind_before_h, reverse=True):
        yield Occasion(
            limit - timedelta(hours=hours),
            of=Matter(about=filed.key, variant=name, before_h=hours),
            done_at=done_at,
            number=filed.number,
            subject=f"act:{act['uid']}",
        )


def _care_at_once(
    filed: Filed,
    act: RowOf,
    done: Collection[str],
    last: datetime | None,
    rules: Ruleset,
    *,
    victims: Collection[str],
    ended: Ends,
) -> Occasions:
    """Yield care that is due at once for an act of which no day is known, unless its last limit is past on any reading.

    It ends once every victim was cared for, or declined, since the register knows of it; or once a day is known, from
    which reminders count then.
    """
    limits = [one.limit_h for one in rules.clinical.values() if not set(done).isdisjoint(one.applies_to)]
    known = first_heard(filed, "act", act["uid"], ("violation",))
    if not limits or (last is not None and last + timedelta(hours=max(limits)) <= known):
        return
    cared_at = served(_SERVICE, victims, instant(known), ended)
    made = at_once(known, rules, about=filed.key, done_at=cared_at)
    yield msgspec.structs.replace(made, number=filed.number, subject=f"act:{act['uid']}")


def at_once(
    known: datetime, rules: Ruleset, *, about: str | None = None, done_at: str | None = None
) -> Occasion:
    """Return that somebody is brought to care after sexual violence of which nobody knows the hour.

    Medicine counts from the act, and here nothing says when that was: so it is due with the first contact of what is
    critical, whatever level was decided.

    Args:
        known: when the register first heard of it.
        rules: the time of a first contact.
        about: key of the form that told of it, where it is about an act.
        done_at: when it ended.
    """
    due_at = clocks.due("critical", known, rules).contact
    up = clocks.escalation("critical", known, due_at, rules)
    return Occasion(known, due_at, Matter(about=about, variant="at_once"), done_at, up=up)


def last_meant(incident: RowOf, filed: Filed, rules: Ruleset) -> datetime | None:
    """Return the last instant that facts without a known day can mean, as collected and as corrected; None if any."""
    read = every_side(incident, tables.incident, incident["incident_id"], filed)
    ends = [
        _end_of(date.fromisoformat(side["date"]), side["date_precision"]) if side["date"] else None
        for side in read
    ]
    known = [one for one in ends if one is not None]
    if len(known) < len(ends):
        return None
    return max(datetime.combine(one, datetime.min.time(), tzinfo=rules.zone).astimezone(UTC) for one in known)


def _end_of(day: date, precision: str | None) -> date:
    """Return the first day after the month of a date whose day nobody knows; after its year if nobody knows the month."""
    if precision == "unknown_month":
        return date(day.year + 1, 1, 1)
    return clocks.after_months(day.replace(day=1), 1)
