"""What is critical or late and of which nobody is told, as no destination with an address is for its region. Sends nothing.

A destination that is told of the most urgent only is a choice; one for other regions is not. What has no region goes to everybody.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime

import msgspec
from sqlalchemy import select

from sync_scripts.config import NotifySettings
from sync_scripts.store.database import Register, Rows
from sync_scripts.store.notices.alarm_reach import Silence, silence, without_address
from sync_scripts.store.notices.destinations import COORDINATOR, Destination, destinations_of
from sync_scripts.store.schema import register as tables

__all__ = ["Unheard", "nobody_told", "unheard"]


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
    reached = [one for one in destinations_of(settings) if one.name not in without]
    if any(one.role == COORDINATOR and not one.regions for one in reached):
        return Unheard()
    found = {
        subject: region
        for subject, region, roles in (*_critical(rows, now), *_late(rows, now))
        if not any(_hears(one, region, roles) for one in reached)
    }
    return Unheard(len(found), tuple(sorted({region for region in found.values() if region})))


def _hears(one: Destination, region: str | None, roles: Collection[str]) -> bool:
    return one.role in {*roles, COORDINATOR} and (not one.regions or region is None or region in one.regions)


_Said = tuple[str, str | None, tuple[str, ...]]
"""What it is about, its region, and the roles that are told."""


def _late(rows: Rows, now: datetime) -> Iterator[_Said]:
    from sync_scripts.register.building.notices import (
        undone,  # here: most offices have a destination for every region
    )

    yield from ((one.subject, one.region, one.roles) for one in undone(rows, now))


def _critical(rows: Rows, now: datetime) -> Iterable[_Said]:
    """Yield the critical alerts on which something is to be decided."""
    from sync_scripts.register.disclosure.sharing import Asked, alert_may_leave
    from sync_scripts.register.model.states import TO_DO
    from sync_scripts.register.rules.clocks import local_day
    from sync_scripts.register.rules.ruleset import load

    alert, filing = tables.alert.c, tables.filing.c
    level = alert.level
    asked = select(filing.unit, alert.region, alert.consent_state).join_from(
        tables.alert, tables.filing, filing.filing_no == alert.filing_no
    )
    on = local_day(now, load())
    for row in rows.execute(asked.where(alert.state.in_(TO_DO), level == "critical")):
        if alert_may_leave(Asked("notice"), row.consent_state, on).allowed:
            yield row.unit, row.region, (COORDINATOR,)
