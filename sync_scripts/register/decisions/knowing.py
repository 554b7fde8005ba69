"""What guards may know, read from the rows: of whoever decides, of an alert, of the people of a case. Writes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import select

from sync_scripts.register.consents.agreements import of_cases
from sync_scripts.register.decisions.base import By
from sync_scripts.register.decisions.levels import alert_level
from sync_scripts.register.disclosure.sharing import stands
from sync_scripts.register.lifecycle import Facts
from sync_scripts.register.model.workers import same_worker
from sync_scripts.register.rules.clocks import local_day
from sync_scripts.register.rules.ruleset import load
from sync_scripts.store.database import Rows
from sync_scripts.store.schema import register as tables

__all__ = ["agrees", "known_provider", "of_person", "roles_of", "same_worker", "today_of"]


def today_of(by: By) -> date:
    """Return the day of a decision where the work is done."""
    return local_day(by.now, load())


def of_person(by: By, reason: str = "") -> dict[str, Any]:
    """Return what guards may know of whoever decides, as arguments of `Facts`: nothing counts without a key."""
    own = by.actor.proof == "key"
    return {
        "by_person": by.actor.proof != "rule",
        "own_key": own,
        "roles": roles_of(by.rows, by.actor.code) if own else frozenset(),
        "reason": reason,
        "today": today_of(by),
    }


def roles_of(rows: Rows, code: str) -> frozenset[str]:
    """Return the roles of a worker who works here; none of anybody else."""
    worker = tables.worker
    query = select(worker.c.code, worker.c.roles).where(worker.c.active.is_(True))
    return frozenset(
        role for row in rows.execute(query) if same_worker(row.code, code) for role in row.roles.split()
    )


def known_provider(rows: Rows, text: str) -> str | None:
    """Return the code of a provider of the directory as it is written there, None when it has none of that code."""
    column = tables.provider.c.provider_code
    wanted = text.strip().upper()
    return next((code for code in rows.execute(select(column)).scalars() if code.upper() == wanted), None)


def agrees(by: By, case_code: str, *purposes: str, everybody: bool = False) -> bool:
    """Tell whether the recorded consent of somebody in a case holds today for all of some purposes.

    With ``everybody`` that of each person who was asked.
    An override that two people signed counts for as long as it lasts.
    """
    agreed = of_cases(by.rows, [case_code]).get(case_code)
    people = agreed.people.values() if agreed is not None else ()
    day = today_of(by)
    said = [all(stands(purpose, one, by.now, day) for purpose in purposes) for one in people]
    return bool(said) and all(said) if everybody else any(said)


def alert_facts(by: By, found: Mapping[str, Any], reason: str = "", **more: Any) -> Facts:
    """Return what guards may know of an alert, from its row."""
    return Facts(
        **of_person(by, reason),
        urgency=alert_level(found),
        consent_state=found["consent_state"],
        safe_to_contact=found["safe_to_contact"],
        **more,
    )
