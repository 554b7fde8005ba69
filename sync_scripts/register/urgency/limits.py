"""What forms state of limits of law and medicine, and of services within hours, where nobody works on their case any more. Pure.

Their reminders end with the case. A visit that sets a hearing, an interview or an edit that tells of a custody, a form that is moved
into the case: somebody decides on it as on danger. Level and time: the lowest level that one person does not set aside, as of a
growing risk, so a first contact of "high", but no later than the first reminder of the limit; a service that was asked for within
hours is critical, as its message is. What adds up is read by the policy as everything else: a reason is one limit of one form, or
one wish for a service.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from sync_scripts.register.case.case_input import CaseInput
from sync_scripts.register.case.form_versions import course, stood_with
from sync_scripts.register.case.tasks import limit_of
from sync_scripts.register.forms.row_output import Case, RowOf
from sync_scripts.register.forms.submissions import Filed, case_named
from sync_scripts.register.forms.values import shape
from sync_scripts.register.history.arrivals import Known
from sync_scripts.register.history.corrections import CORRECT, RESTORE, subject_of
from sync_scripts.register.obligations.legal_limits import form_limits, limit_ahead
from sync_scripts.register.policy.measure import Rating, Reason, Statement
from sync_scripts.register.rules.kinds import LIMITS, REFERRALS
from sync_scripts.register.urgency.alerts import urgency
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.events import Event
from sync_scripts.store.schema import register as tables

__all__ = ["limit_statements", "next_ahead"]

Limit = tuple[str, str, datetime]
"""Kind of a reminder, what it is about, and its limit."""
Wish = tuple[str, str | None, str | None]
"""Id of an intervention, within how long it was asked for, and on which day."""


def limit_statements(given: CaseInput, left: Known, case: Case) -> Iterator[Statement]:
    """Yield what each version of each form, and each correction, states of what is still ahead.

    After the tasks of the case were raised, which say what that is. A visit can ask within hours for a service that an earlier
    one told of.

    Args:
        given: what the case is made of.
        left: what whoever left it, or looked at it last, can have known of.
        case: its rows; its tasks as the rules raise them.
    """
    rows, about = case.out.rows[tables.task], _about(case)
    limits = [row for row in rows if row["kind"] in LIMITS and row["done_at"] is None]
    urgent = {_intervention(row) for row in rows if _within_hours(row)}
    brings = {row["filing_no"] for row in limits} | {no for no, one in about.items() if one in urgent}
    for one in (one for one in given.filed if one.number in brings):
        mine = frozenset(_limit(row) for row in limits if row["filing_no"] == one.number)
        yield from _stated(_steps(one, given, left, case, about.get(one.number)), mine, urgent, left)


def next_ahead(given: CaseInput, left: Known, case: Case, since: datetime) -> datetime | None:
    """Return when the first of what forms brought since a case was left asks for somebody: a limit, or a service due within hours."""
    numbers = {one.number for one in given.filed if _changed(one, given, left)}
    rows, about = case.out.rows[tables.task], _about(case)
    mine = {about[number] for number in numbers if number in about}
    services = [moment(row["due_at"]) for row in rows if _within_hours(row) and _intervention(row) in mine]
    limit = limit_ahead(rows, numbers, since)
    return min([*(max(since, one) for one in services), *([limit] if limit else [])], default=None)


def _changed(one: Filed, given: CaseInput, left: Known) -> bool:
    """Tell whether a form came, was edited or corrected since."""
    changes = (event for event in given.said.get(subject_of(one), ()) if event.op in {CORRECT, RESTORE})
    came = any(left.missed(instant(at), one.arrival(at)) for at, _reading in one.history)
    return came or any(event.at > left.at for event in changes)


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


class _Step(NamedTuple):
    """A version or a correction of a form, what limits it told in the case as it stood then, and what it wished for."""

    made: Statement
    since: datetime
    limits: frozenset[Limit]
    wishes: frozenset[Wish]


def _stated(
    steps: Iterator[_Step], mine: frozenset[Limit], urgent: Collection[str], left: Known
) -> Iterator[Statement]:
    """Yield the statements of a form: what the register gives that no version tells by itself says the first that came since."""
    every = list(steps)
    rest = mine.difference(*(one.limits for one in every))
    levels, least = urgency().levels, urgency().least_grave
    for one in every:
        told = one.limits & mine
        if one.made.new_in(left):
            told, rest = told | rest, frozenset()
        ids = (
            f"{one.made.form}:{kind}:{subject}:{instant(at)}" for kind, subject, at in told if at > one.since
        )
        wished = (f"{name}:{within}:{day}" for name, within, day in one.wishes if name in urgent)
        reasons = [
            *(Reason(name, 0, least) for name in sorted(ids)),
            *(Reason(name, 0, levels[-1]) for name in sorted(wished)),
        ]
        if reasons:
            said = Rating(reasons[-1].floor or least, tuple(reasons))
            yield msgspec.structs.replace(one.made, said=said)


def _steps(one: Filed, given: CaseInput, left: Known, case: Case, about: str | None) -> Iterator[_Step]:
    """Yield the versions and corrections of a form as far as it told of this case; nothing of what it told somewhere else, or nowhere."""
    events = given.said.get(subject_of(one), ())
    for step in course(one, events, "", form=f"limit:{one.key}"):
        # behind the place of a first version: what another form had asked for is nothing new, even where nobody works
        made = msgspec.structs.replace(step.made, place=step.made.place + 1, left_only=True)
        since = left.from_then(made.at) if made.new_in(left) else made.at
        at = instant(since)
        if any(event.payload.get("field") == "case_code" and event.at > at for event in events):
            continue  # a person has moved it since
        until = [event for event in events if event.at <= at]
        then = _stood(one, until, Known(instant(made.at), made.arrival))
        if then is not None:
            limits = frozenset(map(_limit, form_limits(then, until, case, {})))
            yield _Step(made, since, limits, frozenset(_wishes(then, about)))


def _stood(one: Filed, events: Sequence[Event], by: Known) -> Filed | None:
    """Return a form with those versions alone that were read by then, and that name the case in which it is by now."""
    here = case_named(one, one.reading)
    some = {
        when
        for when, reading in one.history
        if not by.missed(instant(when), one.arrival(when)) and case_named(one, reading) == here
    }
    return stood_with(one, events, lambda when, _reading: when in some)


def _wishes(then: Filed, about: str | None) -> Iterator[Wish]:
    record = then.one("intervention")
    if record is None or about is None:
        return
    said: Mapping[str, str | None] = shape(tables.intervention).row(record.fields, [])
    opened = about == then.root[1]
    if opened or said["timeframe"] is not None:  # who reports on a service may leave its time as it is
        yield about, said["timeframe"], said["requested_on"]
