"""Limits of law and medicine, and services due within hours, that forms bring into a case that nobody works on any more. Pure.

Their reminders end with the case. A visit that sets a hearing, an interview or an edit that tells of a custody, a form that is moved
into the case: somebody decides on it as on danger. Level and time: the lowest level that one person does not set aside, as of a
growing risk, so a first contact of "high", but no later than the first reminder of the limit; a service that was asked for within
hours is critical, as its message is. Nothing is reopened by rule.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final

from sync_scripts.register import codes
from sync_scripts.register.arrivals import Known
from sync_scripts.register.as_it_stood import stood_with
from sync_scripts.register.case_input import CaseInput
from sync_scripts.register.corrections import CORRECT, RESTORE, subject_of
from sync_scripts.register.form_limits import form_limits
from sync_scripts.register.limit_ahead import LIMITS, limit_ahead, limit_of
from sync_scripts.register.output import Case, RowOf
from sync_scripts.register.records import Reading
from sync_scripts.register.ruleset import Urgency
from sync_scripts.register.submissions import Filed
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.events import Event
from sync_scripts.store.schema import register as tables

__all__ = ["limits_since", "next_ahead"]

_SERVICES: Final = frozenset({"referral_due", "referral_answer"})
_CRITICAL: Final[Urgency] = "critical"

Limit = tuple[str, str, datetime]
"""Kind of a reminder, what it is about, and its limit."""


def limits_since(given: CaseInput, left: Known, case: Case) -> Iterator[tuple[datetime, Urgency]]:
    """Yield when forms came, were edited, corrected or moved to bring a limit that nobody had seen, and its level.

    Args:
        given: what the case is made of.
        left: what whoever left it, or looked at it last, can have known of.
        case: its rows; its tasks as the rules raise them.
    """
    asked = [row for row in case.out.rows[tables.task] if row["done_at"] is None and _asks(row)]
    by_two = case.rules.override.dismiss.second_person_levels
    least = min((one for one in case.rules.levels if one.code in by_two), key=lambda one: one.rank)
    for one in given.filed:
        mine = [row for row in asked if row["filing_no"] == one.number]
        said = given.said.get(subject_of(one), ())
        since = min(_came(one, said, left), default=None) if mine else None
        if since is None:
            continue
        limits = {(row["kind"], row["subject"], _limit(row)) for row in mine if row["kind"] in LIMITS}
        ahead = {limit for limit in limits if limit[2] > since}
        if ahead and ahead - _known(one, said, left, case):
            yield since, least.code
        if _new(one, left) and any(map(_within_hours, mine)):
            yield since, _CRITICAL


def next_ahead(tasks: Iterable[RowOf], numbers: Collection[int], since: datetime) -> datetime | None:
    """Return when the first of what some forms bring asks for somebody: `limit_ahead`, or a service due within hours."""
    rows = list(tasks)
    services = [moment(row["due_at"]) for row in rows if row["filing_no"] in numbers and _within_hours(row)]
    limit = limit_ahead(rows, numbers, since)
    return min([*(max(since, one) for one in services), *([limit] if limit else [])], default=None)


def _asks(row: RowOf) -> bool:
    return row["kind"] in LIMITS or _within_hours(row)


def _within_hours(row: RowOf) -> bool:
    """Tell whether a row is of a service that has no more time than a first contact of what is critical."""
    return row["kind"] in _SERVICES and row["done_at"] is None and row["escalated_at"] is not None


def _limit(row: RowOf) -> datetime:
    return limit_of(row["kind"], row["origin"], row["due_at"])


def _new(one: Filed, left: Known) -> bool:
    """Tell whether a form came since."""
    return left.missed(instant(one.history[0][0]), one.arrival(one.history[0][0]))


def _came(one: Filed, said: Sequence[Event], left: Known) -> Iterator[datetime]:
    """Yield when versions and corrections of a form came that whoever left the case had not seen."""
    for at, _reading in one.history:
        if left.missed(instant(at), one.arrival(at)):
            yield left.from_then(at)
    yield from (moment(event.at) for event in said if event.op in {CORRECT, RESTORE} and event.at > left.at)


def _known(one: Filed, said: Sequence[Event], left: Known, case: Case) -> set[Limit]:
    """Return the limits that a form had given in this case by then; none of one that was somewhere else, or nowhere."""
    until = [event for event in said if event.at <= left.at]
    moved = any(event.payload.get("field") == "case_code" for event in said[len(until) :])
    here = _named(one, one.reading)

    def was_known(at: datetime, reading: Reading) -> bool:
        return not left.missed(instant(at), one.arrival(at)) and _named(one, reading) == here

    then = None if moved else stood_with(one, until, was_known)
    found = form_limits(then, until, case, {}) if then is not None else ()
    return {(row["kind"], row["subject"], _limit(row)) for row in found}


def _named(one: Filed, reading: Reading) -> str | None:
    """Return the code of the case that a version of a form names, as far as it can be read."""
    told = next((record for record in reading.records if record.entity == one.kind), None)
    named = told.fields.get("case_code") if told is not None else None
    return codes.read(named, "DK") if isinstance(named, str) else None
