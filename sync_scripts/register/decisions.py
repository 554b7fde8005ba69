"""Decisions of people: checked, written down as an event, and the unit that is touched built again.

All of one decision happens in one transaction. Nothing is decided here without an actor, and nothing that the tables
of `lifecycle` do not list.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from typing import Any

from sqlalchemy import func, select

from sync_scripts.register import build, codes
from sync_scripts.register.codes import DrawCode
from sync_scripts.register.lifecycle import (
    CASE_LEFT,
    CaseNotOpen,
    ReasonMissing,
    check_alert_move,
    check_dismissal,
    check_lowering,
)
from sync_scripts.register.refusals import (
    AlertUnknown,
    CaseCodeTaken,
    CaseLeft,
    CaseUnknown,
    ConsentRefused,
    WorkerRetired,
    WorkerUnknown,
)
from sync_scripts.register.ruleset import Urgency, load
from sync_scripts.register.trial import transaction
from sync_scripts.register.workers import known_workers, write_workers
from sync_scripts.secrets.slots import worker_code
from sync_scripts.store import events as store_events
from sync_scripts.store.database import Actor, Register, Rows
from sync_scripts.store.events import NewEvent
from sync_scripts.store.schema import register as tables

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
    "nearest_case",
    "open_case",
    "triage",
]

_UNDONE = ("dismissed", "duplicate")
"""States that a person leaves with a reason only."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What a decision did, or with a dry run would do.

    Attributes:
        code: of the alert or case.
        was: state before.
        now: state after.
        case: code of the case that is touched; None without one, or while it is not drawn.
    """

    code: str
    was: str
    now: str
    case: str | None = None


@dataclass(frozen=True, slots=True)
class Assigned:
    """Who is in charge of a case, and who was.

    Attributes:
        code: of the case.
        state: of the case; it stays what it was.
        was: worker in charge before; None when there was none.
        owner: worker in charge now.
        tasks: how many open tasks are now with the owner.
        written: whether anything had to be written; not when the case was the owner's already.
    """

    code: str
    state: str
    was: str | None
    owner: str
    tasks: int
    written: bool


def _alert(rows: Rows, text: str) -> Mapping[str, Any]:
    code = codes.read(text, "AL")
    filing = tables.filing
    query = select(tables.alert, filing.c.stamp).join(filing, filing.c.filing_no == tables.alert.c.filing_no)
    found = rows.execute(query.where(tables.alert.c.code == code)).mappings().first()
    if found is None:
        raise AlertUnknown(alert=code or text.strip(), nearest=nearest_alert(rows, text))
    if found["consent_state"] == "refused" and found["triaged_at"] is None:
        raise ConsentRefused(alert=found["code"])
    return dict(found)


def _case(rows: Rows, text: str) -> Mapping[str, Any]:
    code = codes.read(text, "DK")
    found = rows.execute(select(tables.case).where(tables.case.c.case_code == code)).mappings().first()
    if found is None:
        raise CaseUnknown(case=code or text.strip(), nearest=nearest_case(rows, text))
    return dict(found)


def nearest_case(rows: Rows, text: str) -> str:
    """Return the case code that differs least from what was typed; empty when none is like it."""
    return _nearest(text, (row.case_code for row in rows.execute(select(tables.case.c.case_code))))


def nearest_alert(rows: Rows, text: str) -> str:
    """Return the alert code that differs least from what was typed; empty when none is like it."""
    return _nearest(text, (row.code for row in rows.execute(select(tables.alert.c.code))))


def _nearest(text: str, known: Iterable[str]) -> str:
    return next(iter(get_close_matches(text.strip().upper(), sorted(known), n=1, cutoff=0.8)), "")


def _subject(alert: Mapping[str, Any]) -> str:
    return f"alert:{alert['stamp']}/{alert['alert_id']}"


def _write(rows: Rows, events: Sequence[NewEvent], now: datetime) -> None:
    """Write events down and build what they are about."""
    store_events.append(rows, events, now)
    build.apply_units(rows, {event.subject for event in events}, codes.draw, now)


# --- alerts -------------------------------------------------------------------------------------------------------


def triage(
    register: Register,
    alert: str,
    actor: Actor,
    now: datetime,
    *,
    urgency: Urgency | None = None,
    reason: str = "",
    assigned_to: str | None = None,
    new: bool | None = None,
    dry_run: bool = False,
) -> Decided:
    """Say that a person saw the rules' result, and let it stand or set another level.

    An alert that is triaged already can be given another level or another worker. Raising is free; lowering, and
    taking back a dismissal, needs a reason. ``new``: see `_person`.

    Raises:
        AlertUnknown, ConsentRefused, MoveRefused, ReasonMissing, WorkerUnknown, WorkerRetired: as they say; nothing
            was changed.
    """
    with transaction(register, keep=not dry_run) as rows:
        found = _alert(rows, alert)
        changes = urgency is not None or assigned_to is not None
        if not (found["state"] == "triaged" and changes):
            check_alert_move(found["code"], found["state"], "triaged")
        if found["state"] in _UNDONE and not reason.strip():
            raise ReasonMissing(alert=found["code"])
        level = urgency or found["urgency_decided"]
        check_lowering(found["code"], found["urgency"], urgency, reason, load())
        payload = {
            "was": found["state"],
            "rule": found["urgency"],
            "urgency": level,
            "reason": reason.strip(),
            "assigned_to": _person(rows, assigned_to, "case_owner", actor, now, new=new)
            if assigned_to
            else None,
        }
        _write(rows, [NewEvent("alert.triage", _subject(found), actor, payload)], now)
        return Decided(found["code"], found["state"], "triaged")


def open_case(
    register: Register,
    alert: str,
    actor: Actor,
    now: datetime,
    *,
    owner: str,
    case_code: str | None = None,
    draw: DrawCode = codes.draw,
    new: bool | None = None,
    dry_run: bool = False,
) -> Decided:
    """Open a case from a triaged alert, with its owner.

    ``case_code`` is a code dealt beforehand; without it one is drawn. ``new``: see `_person`.

    Raises:
        AlertUnknown, ConsentRefused, MoveRefused, CaseCodeTaken, WorkerUnknown, WorkerRetired: as they say; nothing
            was changed.
    """
    with transaction(register, keep=not dry_run) as rows:
        found = _alert(rows, alert)
        check_alert_move(found["code"], found["state"], "opened")
        code = _free(rows, draw("DK", found["alert_id"]) if case_code is None else case_code)
        held = _person(rows, owner, "case_owner", actor, now, new=new)
        opened = {"alert": f"{found['stamp']}/{found['alert_id']}", "owner_code": held}
        events = [
            NewEvent("case.open", f"case:{code}", actor, opened),
            NewEvent("alert.open", _subject(found), actor, {"was": found["state"], "case_code": code}),
        ]
        _write(rows, events, now)
        return Decided(found["code"], found["state"], "opened", None if dry_run and not case_code else code)


def _free(rows: Rows, text: str) -> str:
    """Return a code that no case was opened under; forms that named it before may be there already."""
    code = codes.read(text, "DK")
    if code is None or next(store_events.read(rows, subjects=[f"case:{code}"]), None) is not None:
        raise CaseCodeTaken(case=code or text.strip())
    return code


def link(
    register: Register, alert: str, case: str, actor: Actor, now: datetime, *, dry_run: bool = False
) -> Decided:
    """Tie a triaged alert to an open case.

    Raises:
        AlertUnknown, CaseUnknown, ConsentRefused, MoveRefused, CaseNotOpen: as they say; nothing was changed.
    """
    with transaction(register, keep=not dry_run) as rows:
        found, to = _alert(rows, alert), _case(rows, case)
        check_alert_move(found["code"], found["state"], "linked")
        if to["state"] in CASE_LEFT:
            raise CaseNotOpen(case=to["case_code"], state=to["state"])
        payload = {"was": found["state"], "case_code": to["case_code"]}
        _write(rows, [NewEvent("alert.link", _subject(found), actor, payload)], now)
        return Decided(found["code"], found["state"], "linked", to["case_code"])


def dismiss(
    register: Register,
    alert: str,
    reason: str,
    actor: Actor,
    now: datetime,
    *,
    second: str | None = None,
    new: bool | None = None,
    dry_run: bool = False,
) -> Decided:
    """Dismiss a triaged alert, with a reason; an urgent one with a second person. ``new``: see `_person`.

    Raises:
        AlertUnknown, ConsentRefused, MoveRefused, ReasonMissing, SecondPersonMissing, SecondPersonSame, WorkerUnknown,
            WorkerRetired: as they say; nothing was changed.
    """
    with transaction(register, keep=not dry_run) as rows:
        found = _alert(rows, alert)
        check_alert_move(found["code"], found["state"], "dismissed")
        agreed = worker_code(second) if second is not None else None
        level = found["urgency_decided"] or found["urgency"]
        check_dismissal(found["code"], level, reason, (actor.code, agreed), load())
        if agreed is not None:
            agreed = _person(rows, agreed, "coordinator", actor, now, new=new)
        payload = {
            "was": found["state"],
            "urgency": level,
            "reason": reason.strip(),
            "second": agreed,
            "second_proof": "claimed" if agreed else None,
        }
        _write(rows, [NewEvent("alert.dismiss", _subject(found), actor, payload)], now)
        return Decided(found["code"], found["state"], "dismissed", found["case_code"])


# --- cases and workers --------------------------------------------------------------------------------------------


def assign(
    register: Register,
    case: str,
    owner: str,
    actor: Actor,
    now: datetime,
    *,
    new: bool = False,
    dry_run: bool = False,
) -> Assigned:
    """Put a worker in charge of a case; its open tasks, and those of its alerts, go along.

    ``new`` names the worker to the register when the code is not known yet. A case that is the worker's already is
    left as it is.

    Raises:
        CaseUnknown, CaseLeft, WorkerUnknown, WorkerRetired, CodeUnsuitable: as they say; nothing was changed.
    """
    with transaction(register, keep=not dry_run) as rows:
        found = _case(rows, case)
        code = found["case_code"]
        if found["state"] in CASE_LEFT:
            raise CaseLeft(case=code, state=found["state"])
        held = _person(rows, owner, "case_owner", actor, now, new=new)
        written = found["owner_code"] != held
        if written:
            payload = {"was": found["owner_code"], "owner_code": held}
            _write(rows, [NewEvent("case.assign", f"case:{code}", actor, payload)], now)
        return Assigned(
            code, found["state"], found["owner_code"], held, _open_tasks(rows, code, held), written
        )


def _person(rows: Rows, text: str, role: str, actor: Actor, now: datetime, *, new: bool | None) -> str:
    """Return the code of a worker who is spoken of.

    ``new``: False refuses a code that the register does not know, True names it to the register, None lets it pass
    (programs that deal codes themselves).
    """
    code = worker_code(text)
    if new is None:
        return code
    known = known_workers(rows)
    if not known.get(code, True):
        raise WorkerRetired(worker=code)
    if code not in known:
        if not new:
            near = get_close_matches(code, sorted(code for code, active in known.items() if active), n=1)
            raise WorkerUnknown(worker=code, nearest=next(iter(near), ""))
        _name_worker(rows, code, role, actor, now)
    return code


def _open_tasks(rows: Rows, case_code: str, worker: str) -> int:
    task, filing = tables.task, tables.filing
    query = select(func.count()).join_from(task, filing, filing.c.filing_no == task.c.filing_no)
    query = query.where(
        filing.c.case_code == case_code, task.c.assigned_to == worker, task.c.done_at.is_(None)
    )
    return int(rows.execute(query).scalar_one())


def add_worker(
    register: Register, code: str, roles: str, actor: Actor, now: datetime, *, active: bool = True
) -> None:
    """Name a worker by code, with roles of the list ``worker_role`` set apart by blanks; again to change them.

    ``active`` false says that the worker no longer works here.

    Raises:
        CodeUnsuitable: it cannot be a worker's code.
    """
    with register.writing() as rows:
        _name_worker(rows, worker_code(code), roles, actor, now, active=active)


def _name_worker(
    rows: Rows, code: str, roles: str, actor: Actor, now: datetime, *, active: bool = True
) -> None:
    payload = {"roles": roles, "active": active}
    store_events.append(rows, [NewEvent("worker.add", f"worker:{code}", actor, payload)], now)
    write_workers(rows)
