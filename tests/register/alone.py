"""Decisions each in a transaction of its own, as a command makes them: the register first, then what was typed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sync_scripts.register.alert_decisions.alerts import Decided
from sync_scripts.register.alert_decisions.alerts import dismiss as _dismiss
from sync_scripts.register.alert_decisions.alerts import link as _link
from sync_scripts.register.alert_decisions.alerts import open_case as _open_case
from sync_scripts.register.alert_decisions.alerts import triage as _triage
from sync_scripts.register.case_decisions.cases import Assigned
from sync_scripts.register.case_decisions.cases import assign as _assign
from sync_scripts.register.decisions.base import deciding
from sync_scripts.register.decisions.proposals import sign
from sync_scripts.register.decisions.workers import name_worker
from sync_scripts.register.model import codes
from sync_scripts.register.model.errors import (
    AlertUnknown,
    CaseCodeTaken,
    CaseLeft,
    CaseUnknown,
    ConsentRefused,
    WorkerRetired,
    WorkerUnknown,
)
from sync_scripts.store.database import Actor, Register

__all__ = [
    "AlertUnknown",
    "Assigned",
    "CaseCodeTaken",
    "CaseLeft",
    "CaseUnknown",
    "ConsentRefused",
    "Decided",
    "WorkerRetired",
    "WorkerUnknown",
    "add_worker",
    "assign",
    "dismiss",
    "link",
    "open_case",
    "triage",
]


def triage(
    register: Register, alert: str, actor: Actor, now: datetime, *, dry_run: bool = False, **more: Any
) -> Decided:
    """Triage one alert."""
    with deciding(register, actor, now, dry_run=dry_run) as by:
        return _triage(by, alert, **more)


def open_case(
    register: Register,
    alert: str,
    actor: Actor,
    now: datetime,
    *,
    draw: codes.DrawCode = codes.draw,
    dry_run: bool = False,
    **more: Any,
) -> Decided:
    """Open a case from one alert."""
    with deciding(register, actor, now, draw=draw, dry_run=dry_run) as by:
        return _open_case(by, alert, **more)


def link(
    register: Register, alert: str, case: str, actor: Actor, now: datetime, *, dry_run: bool = False
) -> Decided:
    """Link one alert to a case."""
    with deciding(register, actor, now, dry_run=dry_run) as by:
        return _link(by, alert, case)


def dismiss(
    register: Register,
    alert: str,
    reason: str,
    actor: Actor,
    now: datetime,
    *,
    second: str | None = None,
) -> Decided:
    """Dismiss one alert; the second person, if one is needed, signs with a key of their own."""
    with deciding(register, actor, now) as by:
        done = _dismiss(by, alert, reason)
    if done.proposal is not None and second is not None:
        with deciding(register, Actor(second, "key"), now) as by:
            sign(by, done.proposal)
    return done


def assign(
    register: Register,
    case: str,
    owner: str,
    actor: Actor,
    now: datetime,
    *,
    dry_run: bool = False,
    **more: Any,
) -> Assigned:
    """Put a worker in charge of a case."""
    with deciding(register, actor, now, dry_run=dry_run) as by:
        return _assign(by, case, owner, **more)


def add_worker(
    register: Register, code: str, roles: str, actor: Actor, now: datetime, *, active: bool = True
) -> None:
    """Name a worker."""
    with deciding(register, actor, now) as by:
        name_worker(by, code, roles, active=active)
