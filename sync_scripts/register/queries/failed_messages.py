"""Which messages that were given up still say something that somebody should know. Sends nothing.

A destination without an address that can be used is tried ten times, over five days, and given up. Once it has one, it is told of
what it missed, as far as that is still to be done: what is undone by now, and what arrived and is not due yet. What was due
before and is done, and what was refused or withdrawn since, is told to nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from sqlalchemy import select

from sync_scripts.register.building.notices import undone
from sync_scripts.register.consents import agreements
from sync_scripts.register.disclosure.sharing import Asked, alert_may_leave
from sync_scripts.register.lifecycle import CASE_LEFT
from sync_scripts.register.model.states import TO_DO
from sync_scripts.register.rules.clocks import local_day
from sync_scripts.register.rules.ruleset import load
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Rows
from sync_scripts.store.notices import outbox
from sync_scripts.store.notices.outbox import Waiting
from sync_scripts.store.schema import register as tables

__all__ = ["still_stand"]


def still_stand(rows: Rows, given_up: Iterable[tuple[str, Waiting]], now: datetime) -> list[str]:
    """Return the ids of the messages whose reason stands, and which are not too late to say so.

    Args:
        rows: where alerts and cases stand.
        given_up: the messages, each with its key.
        now: aware.
    """
    found = list(given_up)
    late = outbox.keys(rows.destinations, undone(rows, now)) if found else set()
    ahead = [one for _key, one in found if one.due_at is not None and one.due_at > instant(now)]
    news = set(_to_do(rows, {one.subject for one in ahead}, now))
    return [
        *(one.id for key, one in found if one.reason == "escalation" and key in late),
        *(one.id for one in ahead if one.reason in {"alert", "case"} and one.subject in news),
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
    agreed = agreements.of_cases(rows, codes) if codes else {}
    for code in rows.execute(open_ones).scalars():
        if code not in agreed or agreed[code].whole(asked, now).allowed:
            yield f"case:{code}"
