"""Limits of law and medicine, and services due within hours, that forms bring into a case that nobody works on any more. Pure.

Their reminders end with the case. A visit that sets a hearing, an interview or an edit that tells of a custody, a form that is moved
into the case: somebody decides on it as on danger. Level and time: the lowest level that one person does not set aside, as of a
growing risk, so a first contact of "high", but no later than the first reminder of the limit; a service that was asked for within
hours is critical, as its message is. What an edit or a correction adds is news of its own instant. Nothing is reopened by rule.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from sync_scripts.register import codes
from sync_scripts.register.arrivals import Known
from sync_scripts.register.as_it_stood import stood_with
from sync_scripts.register.case_input import CaseInput
from sync_scripts.register.corrections import CORRECT, RESTORE, subject_of
from sync_scripts.register.form_limits import form_limits
from sync_scripts.register.kinds import LIMITS, REFERRALS
from sync_scripts.register.limit_ahead import limit_ahead
from sync_scripts.register.output import Case, RowOf
from sync_scripts.register.records import Reading
from sync_scripts.register.ruleset import Urgency
from sync_scripts.register.submissions import Filed
from sync_scripts.register.tasks import limit_of
from sync_scripts.register.values import shape
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.events import Event
from sync_scripts.store.schema import register as tables

__all__ = ["changed_since", "limits_since", "next_ahead"]

_CRITICAL: Final[Urgency] = "critical"

Limit = tuple[str, str, datetime]
"""Kind of a reminder, what it is about, and its limit."""
Wish = tuple[str, str | None, str | None]
"""Id of an intervention, within how long it was asked for, and on which day."""


class _Told(NamedTuple):
    """What a form told in the case, as it stood at some time."""

    limits: frozenset[Limit] = frozenset()
    wishes: frozenset[Wish] = frozenset()


def limits_since(
    given: CaseInput, left: Known, case: Case, until: Known | None = None
) -> Iterator[tuple[datetime, Urgency]]:
    """Yield when forms came, were edited, corrected or moved to bring a limit that nobody had seen, and its level.

    A visit can ask within hours for a service that an earlier one told of.

    Args:
        given: what the case is made of.
        left: what whoever left it, or looked at it last, can have known of.
        case: its rows; its tasks as the rules raise them.
        until: what a later decision can have known of: what came after it is left out.
    """
    rows = case.out.rows[tables.task]
    open_ones = [row for row in rows if row["kind"] in LIMITS and row["done_at"] is None]
    urgent = {_intervention(row) for row in rows if _within_hours(row)}
    about = _about(case)
    brings = {row["filing_no"] for row in open_ones} | {no for no, one in about.items() if one in urgent}
    forms = [
        _Course(one, given.said.get(subject_of(one), ()), left, case, about.get(one.number))
        for one in given.filed
        if one.number in brings
    ]
    known = frozenset[Wish]().union(*(form.then.wishes for form in forms))
    by_two = case.rules.override.dismiss.second_person_levels
    least = min((one for one in case.rules.levels if one.code in by_two), key=lambda one: one.rank)
    for form in forms:
        mine = {_limit(row) for row in open_ones if row["filing_no"] == form.number}
        for at, told in form.news(frozenset(mine), known, until):
            if any(limit in mine and limit[2] > at for limit in told.limits):
                yield at, least.code
            if any(intervention in urgent for intervention, _within, _on in told.wishes):
                yield at, _CRITICAL


def next_ahead(case: Case, numbers: Collection[int], since: datetime) -> datetime | None:
    """Return when the first of what some forms bring asks for somebody: `limit_ahead`, or a service due within hours."""
    rows, about = case.out.rows[tables.task], _about(case)
    mine = {about[number] for number in numbers if number in about}
    services = [moment(row["due_at"]) for row in rows if _within_hours(row) and _intervention(row) in mine]
    limit = limit_ahead(rows, numbers, since)
    return min([*(max(since, one) for one in services), *([limit] if limit else [])], default=None)


def changed_since(given: CaseInput, left: Known) -> set[int]:
    """Return the numbers of the forms that came, were edited or corrected since."""
    came = (
        one.number
        for one in given.filed
        if any(left.missed(instant(at), one.arrival(at)) for at, _reading in one.history)
    )
    said = ((one.number, given.said.get(subject_of(one), ())) for one in given.filed)
    return {
        *came,
        *(
            number
            for number, events in said
            if any(one.op in {CORRECT, RESTORE} and one.at > left.at for one in events)
        ),
    }


def _within_hours(row: RowOf) -> bool:
    """Tell whether a row is of a service that has no more time than a first contact of what is critical."""
    return row["kind"] in REFERRALS and row["done_at"] is None and row["escalated_at"] is not None


def _intervention(row: RowOf) -> str:
    """Return the id of the intervention that a task is about."""
    found: str = row["subject"].rpartition(":")[2].rpartition("/")[2]
    return found


def _about(case: Case) -> dict[int, str]:
    """Return of which intervention each visit tells, one that an earlier visit opened among them; by number of the visit."""
    visits = case.out.rows[tables.followup]
    return {row["filing_no"]: row["intervention_id"] for row in visits if row["intervention_id"] is not None}


def _limit(row: RowOf) -> Limit:
    return row["kind"], row["subject"], limit_of(row["due_at"], row["before_h"])


# --- one form, from version to version --------------------------------------------------------------------------------


class _Course:
    """What a form told in a case when that was left, and since; nothing of what it told somewhere else, or nowhere."""

    def __init__(self, one: Filed, said: Sequence[Event], left: Known, case: Case, about: str | None) -> None:
        """Look at a form, at what was decided about it, and at the intervention of which it tells."""
        self.number = one.number
        self._one, self._said, self._left, self._case, self._about = one, said, left, case, about
        self._here = _named(one, one.reading)
        self.then = self._told(left.at, lambda _at: False)

    def news(
        self, mine: frozenset[Limit], known: frozenset[Wish], until: Known | None
    ) -> Iterator[tuple[datetime, _Told]]:
        """Yield what it told anew, and when; what the register gives that no version tells by itself with the first that came.

        Args:
            mine: the limits that the register gives by it.
            known: for which services forms of this case had asked already.
            until: leaves out what a later decision cannot have known of.
        """
        came = sorted({*self._versions(until), *self._decisions(until)})
        told = [(at, self._told(instant(at), at.__ge__)) for at in came]
        every = self.then.limits.union(*(one.limits for _at, one in told))
        limits, wishes = self.then.limits, known
        for nth, (at, one) in enumerate(told):
            here = one.limits | (mine - every) if nth == 0 and until is None else one.limits
            yield at, _Told(here - limits, one.wishes - wishes)
            limits, wishes = limits | here, wishes | one.wishes

    def _versions(self, until: Known | None) -> Iterator[datetime]:
        """Yield when versions came that whoever left the case had not seen."""
        for at, _reading in self._one.history:
            version = instant(at), self._one.arrival(at)
            if self._left.missed(*version) and (until is None or not until.missed(*version)):
                yield self._left.from_then(at)

    def _decisions(self, until: Known | None) -> Iterator[datetime]:
        """Yield when it was corrected since, or moved."""
        for event in (one for one in self._said if one.op in {CORRECT, RESTORE}):
            if event.at > self._left.at and (until is None or event.at <= until.at):
                yield moment(event.at)

    def _told(self, until: str, came: Callable[[datetime], bool]) -> _Told:
        """Return what it told by an instant: with the versions that whoever left the case had seen, and with those that came."""
        events = [event for event in self._said if event.at <= until]
        if any(event.payload.get("field") == "case_code" for event in self._said[len(events) :]):
            return _Told()  # a person has moved it since

        def counts(at: datetime, reading: Reading) -> bool:
            seen = not self._left.missed(instant(at), self._one.arrival(at))
            here = _named(self._one, reading) == self._here
            return here and (seen or came(self._left.from_then(at)))

        then = stood_with(self._one, events, counts)
        if then is None:
            return _Told()
        limits = (_limit(row) for row in form_limits(then, events, self._case, {}))
        return _Told(frozenset(limits), frozenset(self._wishes(then)))

    def _wishes(self, then: Filed) -> Iterator[Wish]:
        record = then.one("intervention")
        if record is None or self._about is None:
            return
        said: Mapping[str, str | None] = shape(tables.intervention).row(record.fields, [])
        opened = self._about == then.root[1]
        if opened or said["timeframe"] is not None:  # who reports on a service may leave its time as it is
            yield self._about, said["timeframe"], said["requested_on"]


def _named(one: Filed, reading: Reading) -> str | None:
    """Return the code of the case that a version of a form names, as far as it can be read."""
    told = next((record for record in reading.records if record.entity == one.kind), None)
    named = told.fields.get("case_code") if told is not None else None
    return codes.read(named, "DK") if isinstance(named, str) else None
