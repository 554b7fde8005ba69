"""A service that was asked for within hours, and that an edit on a phone takes out of its visit, or gives more time. Pure.

Whoever sends a form again is proved by nothing. What has to be done within hours is no routine: its reminder stays, as early as any
version of the visit told it, and a remark says so. What the edit says of the service itself counts: that it was made, declined, comes
to nothing. A later visit on it, and what a person decides of its time, count in its place; nothing else is made of what is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

from sync_scripts.register.case.case_input import CaseInput
from sync_scripts.register.case.flags import flag
from sync_scripts.register.case_course.response import Agreement, Intervention, intervention_rows, response
from sync_scripts.register.forms.row_output import Case, Output, RowOf
from sync_scripts.register.forms.submissions import Filed, codes_named
from sync_scripts.register.rules.kinds import REFERRALS
from sync_scripts.store.schema import register as tables

__all__ = ["keep_services"]

Asks = Callable[[Intervention], Iterable[dict[str, Any]]]
"""Gives the tasks of an intervention."""
_TIMES: Final = frozenset({"timeframe", "requested_on", "due_at"})


def keep_services(given: CaseInput, found: Sequence[Intervention], case: Case, asks: Asks) -> None:
    """Make the reminders of services as early as any version of their visits told them, and add those that an edit took out.

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
            case.out.add(tables.flag, flag(one, f"followup:{one.key}", "service_kept"))


def _within_hours(one: Filed, given: CaseInput, case: Case, asks: Asks) -> Iterator[tuple[str, RowOf]]:
    """Yield what versions that are not read asked for within hours in this case: the service and its reminder."""
    nobody = Agreement(None, {}, None, ())
    for at, reading in one.history:
        then = one.as_of(at, reading)
        if reading is one.reading or then.one("intervention") is None or codes_named(then)[0] != given.code:
            continue
        alone = Case(case.code, case.unit, case.numbers, case.rules, Output())
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
