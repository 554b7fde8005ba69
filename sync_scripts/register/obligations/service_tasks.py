"""Services of a case: what its interventions ask for and ended, and those asked for within hours that an edit takes out of a visit. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

import msgspec

from sync_scripts.register.case.case_input import CaseInput
from sync_scripts.register.case.consent_tasks import (
    SERVED,
    Told,
    handed_over,
    told_by_decision,
    told_elsewhere,
)
from sync_scripts.register.case.facts import CaseRows, involved
from sync_scripts.register.case.flags import flag
from sync_scripts.register.case.response import Agreement, Intervention, intervention_rows, response
from sync_scripts.register.case.tasks import Conditions, Holder, Matter, Occasion, tasks_of
from sync_scripts.register.forms.row_output import Case, Output, RowOf
from sync_scripts.register.forms.submissions import Filed, codes_named
from sync_scripts.register.lifecycle.moves import INTERVENTION_FINAL
from sync_scripts.register.rules import clocks
from sync_scripts.register.rules.kinds import REFERRALS
from sync_scripts.register.rules.ruleset import Ruleset
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.schema import register as tables

_AS_CRITICAL: Final = "critical"
"""The level whose clock a service has that is due within hours."""


def ended_by_service(found: Iterable[Intervention]) -> dict[tuple[str, str], list[str]]:
    """Return when each service was given to each person, or declined by her, the earliest first; by (uid, service)."""
    ends: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for one in found:
        row = one.row
        if row["status"] in {"done", "declined"} and row["service"] and row["person_uid"]:
            ends[row["person_uid"], row["service"]].append(row["done_at"] or one.ended_at)
    return {served: sorted(at) for served, at in ends.items()}


class Service(NamedTuple):
    """One intervention of a case, and whose tasks it opens."""

    one: Intervention
    holder: Holder


def _referrals(service: Service) -> Iterator[Occasion]:
    """Yield that a service is planned for a time. One that is due within hours goes one step up."""
    row = service.one.row
    if row["status"] == "planned" and row["due_at"]:
        yield _due(service, moment(row["due_at"]))


def _answers(service: Service) -> Iterator[Occasion]:
    """Yield that somebody was referred, and a provider answers.

    Where nobody said within how long a service is due, that is within the time that the rules give for the first action at
    the level of the case, counted from the referral.
    """
    one, (_one, holder) = service.one, service
    if one.referred_at is not None:
        answer = timedelta(hours=holder.rules.deadlines[holder.level].first_action_h)
        due_at = one.row["due_at"]
        yield _due(service, moment(due_at) if due_at else one.referred_at + answer, one.answered_at)


def _appointments(service: Service) -> Iterator[Occasion]:
    one, row = service.one, service.one.row
    if row["appointment_at"] is not None:
        after = (report for report in one.reports if instant(report.at) >= row["appointment_at"])
        last = instant(one.reports[-1].at) if one.reports else one.moved_at
        ended = last if row["status"] in INTERVENTION_FINAL else None
        kept = next((instant(report.at) for report in after), ended)
        yield Occasion(moment(row["appointment_at"]), done_at=kept)


def _replaced(service: Service) -> Iterator[Occasion]:
    for provider, at in service.one.replaced.items():
        yield Occasion(moment(at), of=Matter(about=provider, variant="replaced", since=at))


SERVICE: Final[Conditions[Service]] = (
    ("referral_due", _referrals),
    ("referral_answer", _answers),
    ("appointment", _appointments),
    ("tell_receiver", _replaced),
)
"""What one intervention opens."""


def _due(service: Service, due_at: datetime, done_at: str | None = None) -> Occasion:
    return Occasion(due_at, done_at=done_at, up=_one_step_up(service.one, service.holder.rules))


def intervention_tasks(one: Intervention, holder: Holder) -> list[RowOf]:
    """Return the tasks of an intervention of a case."""
    mine = msgspec.structs.replace(holder, number=one.row["filing_no"], subject=one.subject)
    return list(tasks_of(Service(one, mine), mine, SERVICE))


def _one_step_up(one: Intervention, rules: Ruleset) -> datetime | None:
    """Return when a service goes one step up: only one that has no more time than a first contact of what is critical.

    At the share of the time of that level; one that was late when it was asked for, at its due time.
    """
    if not one.row["due_at"]:
        return None
    asked_at, due_at = one.requested_at, moment(one.row["due_at"])
    if due_at > clocks.due(_AS_CRITICAL, asked_at, rules).contact:
        return None
    return min(due_at, clocks.escalation(_AS_CRITICAL, asked_at, max(asked_at, due_at), rules))


def told_of(found: Iterable[Intervention], first: str | None) -> Iterator[Told]:
    """Yield every provider who has heard of somebody by an intervention, those who were replaced among them.

    ``first`` is the person interviewed first, who is served where nobody is named.
    """
    for one in found:
        row = one.row
        for (provider, uid), since in one.told.items():
            last = (provider, uid) == (row["provider_code"], one.decided.get("person_uid"))
            name = "" if last else f"{provider}:{uid or ''}"
            people = frozenset({uid or first or ""})
            yield Told(
                row["filing_no"], one.subject, people, SERVED, name, since=since, service=row["service"] or ""
            )


def met_on(found: Sequence[Intervention], rules: Ruleset) -> dict[tuple[str, str], list[str]]:
    """Return the days on which each service was given to each person, the first one first; by (uid, service)."""
    days: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for one in found:
        row = one.row
        if row["done_at"] is not None and row["service"] and row["person_uid"]:
            day = clocks.local_day(moment(row["done_at"]), rules).isoformat()
            days[row["person_uid"], row["service"]].append(day)
    return {served: sorted(some) for served, some in days.items()}


Asks = Callable[[Intervention], Iterable[dict[str, Any]]]
"""Gives the tasks of an intervention."""
_TIMES: Final = frozenset({"timeframe", "requested_on", "due_at"})


def keep_services(given: CaseInput, found: Sequence[Intervention], case: Case, asks: Asks) -> None:
    """Make the reminders of services as early as any version of their visits told them, and add those that an edit took out.

    No edit of a visit takes the reminder of a service away that is due within hours.

    Args:
        given: what the case is made of.
        found: its interventions.
        case: its rows, with the tasks of its interventions.
        asks: gives the tasks of an intervention.
    """
    for one in given.of("followup"):
        if (
            len(one.history) == 1
            or one.erased
            or any(row["entity"] == "intervention" for row in one.corrections)
        ):
            continue
        told = list(_within_hours(one, given, case, asks))
        if told and any(_kept(one, told, given, found, case)):
            case.out.add(tables.flag, flag(one, "service_kept"))


def _within_hours(one: Filed, given: CaseInput, case: Case, asks: Asks) -> Iterator[tuple[str, RowOf]]:
    """Yield what versions that are not read asked for within hours in this case: the service and its reminder."""
    nobody = Agreement(None, {}, None, ())
    for at, reading in one.history:
        then = one.as_of(at, reading)
        if reading is one.reading or then.one("intervention") is None or codes_named(then)[0] != given.code:
            continue
        alone = Case(case.code, case.rules, Output())
        made = response([then], alone)
        intervention_rows(made, nobody, alone, frozenset())
        for service in made:
            yield from (
                (service.row["service"], row)
                for row in asks(service)
                if row["kind"] in REFERRALS and row["escalated_at"] is not None and row["done_at"] is None
            )


def _kept(
    one: Filed,
    told: Sequence[tuple[str, RowOf]],
    given: CaseInput,
    found: Sequence[Intervention],
    case: Case,
) -> Iterator[bool]:
    """Lay over the reminders of a visit what its versions told, or add the last one; yield True for each that changes."""
    first = min((row for _service, row in told), key=lambda row: str(row["due_at"]))
    mine = next((service for service in found if any(by.key == one.key for by in service.reports)), None)
    if mine is None:
        service, last = told[-1]
        if not any(other.row["service"] == service and _later(other, one) for other in found):
            case.out.add(
                tables.task, {**last, "due_at": first["due_at"], "escalated_at": first["escalated_at"]}
            )
            yield True
        return
    if _later(mine, one) or _decided(mine, given):
        return
    rows = [
        row
        for row in case.out.rows[tables.task]
        if row["subject"] == mine.subject and row["kind"] in REFERRALS
    ]
    if not rows and mine.row["status"] == "planned":  # without a time nothing is due of it
        case.out.add(tables.task, {**first, "subject": mine.subject})
        yield True
    for row in rows:
        if row["done_at"] is None and (row["escalated_at"] is None or row["due_at"] > first["due_at"]):
            row |= {name: first[name] for name in ("due_at", "escalated_at")}
            yield True


def _later(service: Intervention, one: Filed) -> bool:
    """Tell whether a later visit tells of a service."""
    return any(by.received[0] > one.received[0] for by in service.reports)


def _decided(service: Intervention, given: CaseInput) -> bool:
    """Tell whether a person decided within how long it is due."""
    mine = (
        event.payload["fields"]
        for event in given.events
        if event.op == "intervention.set" and event.payload["intervention"] == service.row["intervention_id"]
    )
    return any(not _TIMES.isdisjoint(fields) for fields in mine)


def everybody_told(
    given: CaseInput, case: Case, found: Iterable[Intervention], first: str | None
) -> Iterator[Told]:
    """Yield everybody outside who got something of a case; ``first`` as in `told_of`."""
    yield from told_of(found, first)
    made, code = case.out.rows, case.code or ""
    rows = CaseRows(
        [row for row in made[tables.interview] if row["person_uid"]],
        made[tables.act],
        made[tables.act_victim],
        made[tables.evidence],
        [row["uid"] for row in made[tables.person]],
    )
    theirs = {row["uid"]: involved(row, rows) for row in rows.evidence}
    yield from told_by_decision(given.first, code, given.events, theirs)
    yield from handed_over(given.first, code, given.goes_on.kept)
    yield from told_elsewhere(given.first, code, given.stays, given.there, theirs)
