"""Tasks and flags: ended by a decision where no fact ends them, given to somebody, looked at. Never typed as free work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import select

from sync_scripts.register.case.flags import SAID, in_words
from sync_scripts.register.case.tasks import ended_by_decision
from sync_scripts.register.consents.checks import CHECK, unlooked
from sync_scripts.register.consents.errors import LookedAtByTwo
from sync_scripts.register.decisions.authority import require_own_hand, require_somebody_else
from sync_scripts.register.decisions.base import By
from sync_scripts.register.decisions.found import (
    alert_of,
    alert_subject,
    case_of,
    require_worked_on,
    survivor,
    worker_of,
)
from sync_scripts.register.decisions.levels import known_of
from sync_scripts.register.decisions.proposals import SIGNERS, Proposal, propose
from sync_scripts.register.history.merges import merged_in
from sync_scripts.register.history.visibility import case_meant, require_sight, sealed_from
from sync_scripts.register.lifecycle.errors import ReasonMissing
from sync_scripts.register.model import codes
from sync_scripts.register.model.errors import LevelNotDecided, ProposalStale, TaskStaysEnded, ThingUnknown
from sync_scripts.register.obligations.legal_limits import same_matter
from sync_scripts.register.rules.kinds import AWAY, DANGER, OWN_HAND, label
from sync_scripts.store import events as store_events
from sync_scripts.store.schema import register as tables

SHORT = 6
"""How many signs of an id are shown and typed."""
_DONE: Final = "task.done"


@dataclass(frozen=True, slots=True)
class Tasked:
    """What was decided about a task or flag: the alert or case, its id, its kind or words.

    ``proposal`` is what waits for a second person; then nothing else was changed. ``also`` counts further reminders of the same
    matter of which the same was said, ``left`` those that stay open.
    """

    code: str
    id: str
    kind: str
    proposal: str | None = None
    also: int = 0
    left: int = 0


@dataclass(frozen=True, slots=True)
class _About:
    code: str
    unit: str
    condition: Any
    case: Mapping[str, Any] | None = None


def _about(by: By, text: str) -> _About:
    """Return what an alert's or a case's code means."""
    if codes.read(text, "DK") is None and codes.read(text, "AL") is not None:
        alert = alert_of(by.rows, text)
        return _About(alert["code"], alert_subject(alert), tables.filing.c.filing_no == alert["filing_no"])
    case = case_of(by.rows, text)
    code = case["case_code"]
    return _About(code, f"case:{code}", tables.filing.c.case_code == code, case)


def shown_to(by: By, text: str) -> bool:
    """Tell whether whoever asks may be shown what is to be done and looked at in an alert or a case: `may_see_tasks`."""
    return _shown(by, _about(by, text))


def _shown(by: By, about: _About) -> bool:
    return case_meant(by.rows, about.code) not in sealed_from(by.rows, by.actor)


def _seen(by: By, text: str) -> _About:
    """Return what a code means to somebody who sees what is due in it.

    Raises:
        AlertUnknown, CaseUnknown: there is none of that code.
        CaseSealed: of a C4 case it is not shown, so it is not decided on either, whatever was guessed.
    """
    about = _about(by, text)
    require_sight(by.rows, by.actor, about.code)
    return about


def tasks_of(by: By, text: str) -> list[Mapping[Any, Any]]:
    """Return the open tasks of an alert or a case, what is due first first."""
    task, filing = tables.task, tables.filing
    query = select(task).join(filing, filing.c.filing_no == task.c.filing_no)
    query = query.where(_about(by, text).condition, task.c.done_at.is_(None))
    return list(by.rows.execute(query.order_by(task.c.due_at, task.c.kind, task.c.task_id)).mappings())


def flags_of(by: By, text: str, *, settled: bool = False) -> list[Mapping[Any, Any]]:
    """Return the flags of an alert or a case that are open, or at which somebody looked, the oldest first."""
    flag, filing = tables.flag, tables.filing
    query = select(flag, filing.c.unit).join(filing, filing.c.filing_no == flag.c.filing_no)
    looked = flag.c.resolved_at.is_not(None) if settled else flag.c.resolved_at.is_(None)
    query = query.where(_about(by, text).condition, looked)
    return list(by.rows.execute(query.order_by(flag.c.raised_at, flag.c.flag_id)).mappings())


def _one_task(by: By, text: str, name: str, *, done: bool = False) -> tuple[_About, Mapping[Any, Any]]:
    """Return one task, by the beginning of its id or by its kind (the one due first)."""
    about = _seen(by, text)
    task, filing = tables.task, tables.filing
    query = select(task).join(filing, filing.c.filing_no == task.c.filing_no).where(about.condition)
    query = query.where(task.c.done_at.is_not(None) if done else task.c.done_at.is_(None))
    rows = by.rows.execute(query.order_by(task.c.due_at, task.c.task_id)).mappings().all()
    for row in rows:
        if row["kind"] == name or (len(name) >= SHORT and row["task_id"].startswith(name.lower())):
            return about, row
    if name == CHECK and not done and (look := _look(by, about.unit)) is not None:
        return about, look
    if name == AWAY and not done:
        for code in merged_in(
            by.rows, about.code
        ):  # danger that came under their codes is the business of this one
            if any(row["kind"] == AWAY for row in tasks_of(by, code)):
                return _one_task(by, code, name)
    known = (
        "; ".join(
            f"{label('task_kind', row['kind'])} ({row['kind']}, {row['task_id'][:SHORT]})" for row in rows
        )
        or "-"
    )
    raise ThingUnknown(what=about.code, name=name, known=known)


def _look(by: By, unit: str) -> Mapping[Any, Any] | None:
    """Return what stands for the task to look at a withdrawal or a refusal where none asks for it; None when all was looked at.

    A level of an earlier version raises no task, and yet one person alone has nothing of it erased.
    """
    for event, name in unlooked(by.rows, unit):
        return {
            "task_id": name,
            "kind": CHECK,
            "subject": unit,
            "workspace": event.workspace,
            "seq": event.seq,
        }
    return None


def end_task(by: By, text: str, name: str, *, reason: str, whole: bool = False) -> Tasked:
    """End a task that no fact ends, saying what was done; ``whole``: all reminders of the custody, the act or the hearing it is of.

    By a proved person only: one that keeps a case from its closure, a reminder before a limit of law or medicine, that of a level
    which an edit would have lowered, and that of a danger which an interview or an edit newly tells.

    That somebody else looks at a withdrawal or a refusal is ended by somebody else; where nothing says who wrote it down, by
    two people. That may be said where no task asks for it, too.

    Raises:
        AlertUnknown, CaseUnknown, ThingUnknown, LevelNotDecided, ReasonMissing, OwnHandMissing, LookedAtByAnother: as they
            say; and what
            `require_apart` and, for two people, `propose` raise.
    """
    about, row = _one_task(by, text, name)
    if row["kind"] in OWN_HAND:
        require_own_hand(by, about.code)
    if (row["kind"] == DANGER and _overrides(by, about)) or (
        row["kind"] == AWAY and not _for_good(by, about)
    ):
        raise LevelNotDecided(what=about.code if about.case is None else survivor(by.rows, about.case))
    by_two = _looked_at(by, about.code, row)
    if not reason.strip():
        raise ReasonMissing(alert=about.code)
    if by_two:
        said = {"task": row["task_id"], "kind": row["kind"], "reason": reason.strip()}
        made = propose(by, _DONE, (about.unit, about.code), said=said, seen={})
        return Tasked(about.code, row["task_id"][:SHORT], row["kind"], made.id)
    others = same_matter(row, tasks_of(by, about.code))
    known = _known(by, about) if row["kind"] == AWAY else {}
    for one in others if whole else ():
        _say(by, about, one, _DONE, reason=reason.strip())
    done = _say(by, about, row, _DONE, **known, reason=reason.strip())
    return replace(done, also=len(others)) if whole else replace(done, left=len(others))


def _known(by: By, about: _About) -> dict[str, Any]:
    """Return what is kept with the decision that the receiver of what was given away was told of danger: what they know by now."""
    if about.case is None:
        known = known_of(by, alert_of(by.rows, about.code))
    else:
        known = {"rule": about.case["urgency"]}
    return known


def _overrides(by: By, about: _About) -> bool:
    """Tell whether a decided level does not count any more, as danger came that it had not seen."""
    found = alert_of(by.rows, about.code) if about.case is None else about.case
    return found["urgency_decided"] is not None and found["level"] != found["urgency_decided"]


def _for_good(by: By, about: _About) -> bool:
    """Tell whether it was given away, which nobody takes back: that its receiver was told is said by ending the task.

    A merged case goes where the one that was kept goes.
    """
    found = (
        alert_of(by.rows, about.code)
        if about.case is None
        else case_of(by.rows, survivor(by.rows, about.case))
    )
    return found["state"] in {"referred_out", "transferred"}


def _looked_at(by: By, code: str, row: Mapping[Any, Any]) -> bool:
    """Let somebody else pass than whoever wrote down what a task is about; tell whether only two people can be that."""
    if row["kind"] == CHECK:
        try:
            require_somebody_else(by, code, row)
        except LookedAtByTwo:
            return True
    return False


def _sign_done(by: By, proposal: Proposal) -> None:
    name = proposal.said["task"]
    about = _about(by, proposal.what)
    rows = tasks_of(by, proposal.what)
    row = next((one for one in rows if one["task_id"] == name), None) or _look(by, about.unit)
    if row is None or row["task_id"] != name:
        raise ProposalStale(what=proposal.what, proposal=proposal.id)
    two = {"first": proposal.first.code, "second": by.actor.code, "proposal": proposal.id}
    _say(by, about, row, _DONE, reason=proposal.said["reason"], **two)


SIGNERS[_DONE] = _sign_done


def open_task(by: By, text: str, name: str, *, reason: str, whole: bool = False) -> Tasked:
    """Take back that a task was ended by a decision; one that a fact ended stays ended. ``whole`` as in `end_task`.

    Raises:
        AlertUnknown, CaseUnknown, CaseLeft, ThingUnknown, ReasonMissing, TaskStaysEnded: as they say.
    """
    about, row = _one_task(by, text, name, done=True)
    if about.case is not None:
        require_worked_on(by.rows, about.case, "task.open")
    if not reason.strip():
        raise ReasonMissing(alert=about.code)
    others = _ended_by_people(by, about, row) if whole else []
    for one in others:
        _say(by, about, one, "task.open", reason=reason.strip())
    opened = replace(_say(by, about, row, "task.open", reason=reason.strip()), also=len(others))
    task = tables.task
    query = select(task.c.done_at).where(task.c.task_id == row["task_id"])
    if by.rows.execute(query).scalar() is not None:
        raise TaskStaysEnded(what=about.code, kind=row["kind"])
    return opened


def _ended_by_people(by: By, about: _About, row: Mapping[Any, Any]) -> list[Mapping[Any, Any]]:
    """Return the other reminders of the same matter that decisions ended."""
    task, filing = tables.task, tables.filing
    query = select(task).join(filing, filing.c.filing_no == task.c.filing_no)
    query = query.where(about.condition, task.c.done_at.is_not(None))
    said = ended_by_decision(store_events.read(by.rows, subjects=[about.unit], ops=[_DONE, "task.open"]))
    rows = by.rows.execute(query.order_by(task.c.due_at, task.c.task_id)).mappings().all()
    return [one for one in same_matter(row, rows) if one["task_id"] in said]


def assign_task(by: By, text: str, name: str, worker: str, *, new: bool = False) -> Tasked:
    """Give one task to a worker; the case stays whose it is.

    Raises:
        AlertUnknown, CaseUnknown, ThingUnknown, WorkerUnknown, WorkerRetired: as they say.
    """
    about, row = _one_task(by, text, name)
    held = worker_of(by, worker, "case_owner", new=new)
    return _say(by, about, row, "task.assign", was=row["assigned_to"], assigned_to=held)


def _say(by: By, about: _About, row: Mapping[Any, Any], op: str, **said: Any) -> Tasked:
    by.write(by.event(op, about.unit, {"task": row["task_id"], "kind": row["kind"], **said}))
    return Tasked(about.code, row["task_id"][:SHORT], row["kind"])


def raise_flag(by: By, text: str, message: str) -> Tasked:
    """Say what somebody should look at in an alert or a case. No names.

    Raises:
        AlertUnknown, CaseUnknown, CaseMerged, CaseLeft, ReasonMissing: as they say.
    """
    about = _about(by, text)
    if about.case is not None:
        require_worked_on(by.rows, about.case, "flag.raise")
    words = " ".join(message.split())
    if not words:
        raise ReasonMissing(alert=about.code)
    by.write(by.event("flag.raise", about.unit, {"message": words}))
    return Tasked(about.code, "", words)


def resolve_flag(by: By, text: str, name: str, *, resolution: str) -> Tasked:
    """Say of a flag that somebody looked, and what came of it.

    Raises:
        AlertUnknown, CaseUnknown, ThingUnknown, ReasonMissing: as they say.
    """
    about, row = _one_flag(by, text, name, resolution)
    payload = {"flag": row["flag_id"], **_said(row), "resolution": resolution.strip()}
    by.write(by.event("flag.resolve", row["unit"], payload))
    return Tasked(about.code, row["flag_id"][:SHORT], in_words(row))


def open_flag(by: By, text: str, name: str, *, reason: str) -> Tasked:
    """Take back that somebody looked at a flag: it is to be looked at again.

    Raises:
        AlertUnknown, CaseUnknown, ThingUnknown, ReasonMissing: as they say.
    """
    about, row = _one_flag(by, text, name, reason, settled=True)
    payload = {"flag": row["flag_id"], **_said(row), "reason": reason.strip()}
    by.write(by.event("flag.open", row["unit"], payload))
    return Tasked(about.code, row["flag_id"][:SHORT], in_words(row))


def _said(row: Mapping[Any, Any]) -> dict[str, str]:
    """Return what a flag says, for the log."""
    return {name: row[name] for name in SAID if row[name] is not None}


def _one_flag(
    by: By, text: str, name: str, why: str, *, settled: bool = False
) -> tuple[_About, Mapping[Any, Any]]:
    """Return one flag, by the beginning of its id; open, or settled already."""
    about = _seen(by, text)
    rows = flags_of(by, text, settled=settled)
    for row in rows:
        if len(name) >= SHORT and row["flag_id"].startswith(name.lower()):
            if not why.strip():
                raise ReasonMissing(alert=about.code)
            return about, row
    known = "; ".join(f"{row['flag_id'][:SHORT]} {in_words(row)}" for row in rows) or "-"
    raise ThingUnknown(what=about.code, name=name, known=known)
