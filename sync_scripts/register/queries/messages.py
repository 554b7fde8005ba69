"""Messages that reached nobody: those that were given up, and what is critical or late without a recipient. Sends nothing.

A destination without an address that can be used is tried ten times, over five days, and given up. Once it has one, it is told of
what it missed, as far as that is still to be done: what is undone or unread by now, and what arrived and is not due yet. What was due
before and is done, and what was refused or withdrawn since, is told to nobody. A destination that is told of the most urgent
only is a choice; one for other regions is not. What has no region goes to everybody.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime

import msgspec
from sqlalchemy import select

from sync_scripts.config import COORDINATOR, NotifySettings
from sync_scripts.register.disclosure.sharing import Asked, alert_may_leave
from sync_scripts.register.lifecycle.moves import CASE_LEFT, TO_DO
from sync_scripts.register.rules.clocks import local_day
from sync_scripts.register.rules.notice_kinds import KINDS
from sync_scripts.register.rules.ruleset import load
from sync_scripts.store import outbox
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Register, Rows
from sync_scripts.store.outbox import Silence, Waiting, silence, without_address
from sync_scripts.store.schema import register as tables


def still_stand(rows: Rows, given_up: Iterable[tuple[str, Waiting]], now: datetime) -> list[str]:
    """Return the ids of the messages whose reason stands, and which are not too late to say so.

    Args:
        rows: where alerts and cases stand.
        given_up: the messages, each with its key.
        now: aware.
    """
    found = list(given_up)
    if not found:
        return []
    from sync_scripts.register.building.notices import undone  # here: most lists know of no such message
    from sync_scripts.register.building.unread_notices import unread

    late = outbox.keys(rows.destinations, [*undone(rows, now), *unread(rows, now)])
    ahead = [one for _key, one in found if one.due_at is not None and one.due_at > instant(now)]
    news = set(_to_do(rows, {one.subject for one in ahead}, now))
    return [
        *(one.id for key, one in found if key in late),
        *(one.id for one in ahead if KINDS[one.reason].told == "change" and one.subject in news),
    ]


def _to_do(rows: Rows, subjects: set[str], now: datetime) -> Iterator[str]:
    """Yield which alerts are still to be decided, and which cases are worked on, of which a message may speak."""
    alert, filing, case = tables.alert.c, tables.filing.c, tables.case.c
    asked, on = Asked("notice"), local_day(now, load())
    alerts = select(filing.unit, alert.consent_state).join_from(
        tables.alert, tables.filing, filing.filing_no == alert.filing_no
    )
    for row in rows.execute(alerts.where(alert.state.in_(TO_DO), filing.unit.in_(sorted(subjects)))):
        if alert_may_leave(asked, row.consent_state, on).allowed:
            yield row.unit
    codes = sorted(one.removeprefix("case:") for one in subjects if one.startswith("case:"))
    open_ones = select(case.case_code).where(case.case_code.in_(codes), case.state.not_in(CASE_LEFT))
    from sync_scripts.register.consents.agreements import of_cases  # here, as above

    agreed = of_cases(rows, codes) if codes else {}
    for code in rows.execute(open_ones).scalars():
        if code not in agreed or agreed[code].whole(asked, now).allowed:
            yield f"case:{code}"


class Unheard(msgspec.Struct, frozen=True):
    """How many alerts and cases nobody is told of, and of which regions they are: P-codes, the first of the country first."""

    count: int = 0
    regions: tuple[str, ...] = ()


def nobody_told(
    register: Register, rows: Rows, settings: Collection[NotifySettings], now: datetime
) -> Silence | None:
    """Return why nobody is told of something critical or late; None where somebody is told of all of it."""
    why = silence(register, settings)
    return why or ("no_region" if unheard(register, rows, settings, now).count else None)


def unheard(register: Register, rows: Rows, settings: Collection[NotifySettings], now: datetime) -> Unheard:
    """Return what is critical or late by now and of which nobody is told.

    Args:
        register: where addresses are kept; in a demonstration nobody is to be told.
        rows: a reading transaction.
        settings: the destinations.
        now: aware.
    """
    if register.demo:
        return Unheard()
    without = set(without_address(register, settings))
    reached = [one for one in settings if one.name not in without]
    if any(one.role == COORDINATOR and not one.regions for one in reached):
        return Unheard()
    found = {
        subject: region
        for subject, region, roles in (*_critical(rows, now), *_late(rows, now))
        if not any(_hears(one, region, roles) for one in reached)
    }
    return Unheard(len(found), tuple(sorted({region for region in found.values() if region})))


def _hears(one: NotifySettings, region: str | None, roles: Collection[str]) -> bool:
    return one.role in {*roles, COORDINATOR} and (not one.regions or region is None or region in one.regions)


_Said = tuple[str, str | None, tuple[str, ...]]
"""What it is about, its region, and the roles that are told."""


def _late(rows: Rows, now: datetime) -> Iterator[_Said]:
    from sync_scripts.register.building.notices import undone  # here: most offices have every region

    yield from ((one.subject, one.region, one.roles) for one in undone(rows, now))


def _critical(rows: Rows, now: datetime) -> Iterable[_Said]:
    """Yield the critical alerts on which something is to be decided."""
    alert, filing = tables.alert.c, tables.filing.c
    level = alert.level
    asked = select(filing.unit, alert.region, alert.consent_state).join_from(
        tables.alert, tables.filing, filing.filing_no == alert.filing_no
    )
    on = local_day(now, load())
    for row in rows.execute(asked.where(alert.state.in_(TO_DO), level == "critical")):
        if alert_may_leave(Asked("notice"), row.consent_state, on).allowed:
            yield row.unit, row.region, (COORDINATOR,)
