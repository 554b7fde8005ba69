"""What people decide about a case beside its moves: who is in charge, contact, note, urgency, confidentiality, legal hold, next review.

The next review moves the routine visit, and what a case shows as its next day. No task that is due loses its own time; and a day
beyond a deadline of law or medicine, a hearing, or a source in danger that is still ahead is refused, with what stands
before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any, Final

from sqlalchemy import func, select

from sync_scripts.errors import Declined
from sync_scripts.register.case_decisions.case_facts import CaseSeen, see
from sync_scripts.register.consents.agreements import require_contact, require_going_on
from sync_scripts.register.decisions.authority import require_own_hand, require_own_hand_to_lower
from sync_scripts.register.decisions.base import By
from sync_scripts.register.decisions.found import case_of, require_worked_on, worker_of
from sync_scripts.register.decisions.guard_facts import today_of, undoing, unreached
from sync_scripts.register.decisions.levels import case_level
from sync_scripts.register.decisions.proposals import SIGNERS, Proposal, check_still, propose
from sync_scripts.register.history.merges import asked_about, merged_in
from sync_scripts.register.history.visibility import CLOSEST
from sync_scripts.register.lifecycle.errors import ReasonMissing, check_lowering
from sync_scripts.register.model.errors import (
    CodeNotListed,
    NoteEmptied,
    NoteTooLong,
    TimeImpossible,
)
from sync_scripts.register.rules import clocks
from sync_scripts.register.rules.kinds import FIXED_TASKS, label, labels_of
from sync_scripts.register.rules.ruleset import Urgency, load
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.database import Rows
from sync_scripts.store.schema import register as tables


@dataclass(frozen=True, slots=True)
class Assigned:
    """Who is in charge of a case, and who was.

    Attributes:
        code: of the case.
        state: of the case; it stays what it was.
        was: worker in charge before; None when there was none.
        owner: worker in charge now.
        tasks: how many open tasks are now with the owner, those of merged cases too.
        written: whether anything had to be written; not when the case was the owner's already.
    """

    code: str
    state: str
    was: str | None
    owner: str
    tasks: int
    written: bool


def assign(by: By, case: str, owner: str, *, new: bool | None = False) -> Assigned:
    """Put a worker in charge of a case; its open tasks, and those of its alerts, go along.

    ``new`` names the worker to the register when the code is not known yet, see `worker_of`. A case that is the
    worker's already is left as it is. The cases that were merged into it, and what is still due in them, go along.

    Raises:
        CaseUnknown, CaseMerged, CaseLeft, WorkerUnknown, WorkerRetired, CodeUnsuitable: as they say.
    """
    found = case_of(by.rows, case)
    code = found["case_code"]
    require_worked_on(by.rows, found)
    held = worker_of(by, owner, "case_owner", new=new)
    merged = merged_in(by.rows, code)
    every = [found, *(case_of(by.rows, one) for one in merged)]
    given = [one for one in every if one["owner_code"] != held]
    said = [
        by.event("case.assign", f"case:{one['case_code']}", {"was": one["owner_code"], "owner_code": held})
        for one in given
    ]
    if said:
        by.write(*said)
    tasks = _open_tasks(by.rows, [code, *merged], held)
    return Assigned(code, found["state"], found["owner_code"], held, tasks, bool(said))


@dataclass(frozen=True, slots=True)
class Contacted:
    """What a contact came to: whether the person was reached, and how many in a row were not; ``lost`` raises a task."""

    code: str
    reached: bool
    failed: int
    lost: bool


def contact(by: By, case: str, *, reached: bool, at: datetime | None = None, reason: str = "") -> Contacted:
    """Write down that somebody tried to reach the person of a case, now or earlier, and whether that succeeded.

    After so many in a row that failed (the rules say how many) a task rises: to propose a suspension.

    Raises:
        CaseUnknown, CaseMerged, CaseLeft, TimeImpossible: as they say.
        AlreadyErased, CaseStopped, ContactRefused: the people of the case do not want it, or are not there any more.
    """
    found = case_of(by.rows, case)
    code = found["case_code"]
    require_worked_on(by.rows, found, "case.contact")
    require_contact(by.rows, code, by.now)
    when = at or by.now
    if when > by.now or instant(when) < found["opened_at"]:
        raise TimeImpossible(what=code)
    payload = {"at": instant(when), "reached": reached, "reason": reason.strip()}
    by.write(by.event("case.contact", f"case:{code}", payload))
    stands = unreached(by.rows, code, found["opened_at"], by.now, proved=False)
    return Contacted(code, reached, stands.failed, stands.enough)


def undo_contact(by: By, case: str, *, reason: str, at: datetime | None = None) -> Contacted:
    """Take back a contact of a case, one that failed too: the one written down last, or the one of a time.

    Raises:
        CaseUnknown, CaseLeft, ReasonMissing, ContactUnknown: as they say.
    """
    found = case_of(by.rows, case)
    code = found["case_code"]
    require_worked_on(by.rows, found, "case.contact_undo")
    payload = undoing(by.rows, f"case:{code}", "case.contact", code=code, reason=reason, at=at)
    by.write(by.event("case.contact_undo", f"case:{code}", payload))
    stands = unreached(by.rows, code, found["opened_at"], by.now, proved=False)
    return Contacted(code, payload["reached"], stands.failed, stands.enough)


def _open_tasks(rows: Rows, case_codes: Sequence[str], worker: str) -> int:
    task, filing = tables.task, tables.filing
    query = select(func.count()).join_from(task, filing, filing.c.filing_no == task.c.filing_no)
    query = query.where(
        filing.c.case_code.in_(case_codes), task.c.assigned_to == worker, task.c.done_at.is_(None)
    )
    return int(rows.execute(query).scalar_one())


LONGEST: Final = 1000
"""Characters of a work note at most."""
_LESS_CLOSELY: Final = "case.confidentiality"


@dataclass(frozen=True, slots=True)
class Valued:
    """What a case says now, and what it said before; ``written`` false when it was so already.

    ``proposal`` is what waits for a second person; then nothing else was changed.
    """

    code: str
    what: str
    was: Any
    now: Any
    written: bool
    proposal: str | None = None


def _set(by: By, case: str, what: str, value: Any, *, again: bool = False, **more: Any) -> Valued:
    """Write one decided column of a case, unless it stands so already; ``again``, as something else is in force by now."""
    found = case_of(by.rows, case)
    code, was = found["case_code"], found[what]
    name = {
        "urgency_decided": "urgency",
        "confidentiality_decided": "confidentiality",
    }.get(what, what)
    op = {"work_note": "note", "legal_hold": "hold", "retention_class": "retention"}.get(name, name)
    require_worked_on(by.rows, found, f"case.{op}")
    if was == value and not again:
        return Valued(code, name, was, value, written=False)
    by.write(by.event(f"case.{op}", f"case:{code}", {"was": was, name: value, **more}))
    return Valued(code, name, was, value, written=True)


def set_note(by: By, case: str, text: str, *, reason: str = "", agreed: bool = False) -> Valued:
    """Put the work note of a case in place of the one before; an empty one takes it away. No names.

    Args:
        by: who decides.
        case: its code as typed.
        text: the note.
        reason: why it is emptied.
        agreed: somebody was asked whether it may be emptied, and said yes.

    Raises:
        CaseUnknown, CaseMerged, CaseLeft, NoteTooLong: as they say.
        NoteEmptied: nobody said why, or was asked.
        AlreadyErased, CaseStopped: nothing further is written of a case that stopped; the note can still be taken away.
    """
    note = "\n".join(" ".join(line.split()) for line in text.strip().splitlines())
    if len(note) > LONGEST:
        raise NoteTooLong(length=len(note), most=LONGEST)
    found = case_of(by.rows, case)
    require_worked_on(by.rows, found, "case.note")
    if note and found["case_code"] not in by.going:
        require_going_on(by.rows, found["case_code"], by.now)
    if not note and found["work_note"] and not (reason.strip() or agreed):
        raise NoteEmptied(case=found["case_code"])
    more: dict[str, Any] = {"reason": reason.strip()} if reason.strip() else {}
    return _set(by, case, "work_note", note or None, **more)


def set_urgency(by: By, case: str, urgency: Urgency | None, *, reason: str = "") -> Valued:
    """Decide how urgent a case is: raising is free, lowering needs a reason and a proved person.

    None lets the rules' result stand again. The level that was decided already can be decided again, once the rules have risen
    above what that had seen, or say something else than it had seen.

    Raises:
        CaseUnknown, CaseMerged, CaseLeft, ReasonMissing, OwnHandMissing: as they say.
    """
    found = case_of(by.rows, case)
    require_worked_on(by.rows, found, "case.urgency")
    code, wanted = found["case_code"], urgency or found["urgency"]
    counts = case_level(by.rows, found)
    for stands in (found["urgency"], found["urgency_decided"], counts):
        check_lowering(code, stands, wanted, reason, load())
        require_own_hand_to_lower(by, code, stands, wanted)
    more = {"rule": found["urgency"], "reason": reason.strip()}
    again = urgency is not None and (counts != found["urgency_decided"] or asked_about(by.rows, code))
    if again and urgency == found["urgency_decided"]:
        require_own_hand(by, code)  # who says the same again answers danger that waits, as who ends its task
    return _set(by, case, "urgency_decided", urgency, again=again, **more)


def set_confidentiality(by: By, case: str, wanted: str, *, reason: str = "") -> Valued:
    """Decide how closely a case is kept: closer is free, less closely needs a reason and a proved person.

    From C4, which two people open, less closely is only proposed: a second person signs it.

    Raises:
        CaseUnknown, CodeNotListed, ReasonMissing, OwnHandMissing, OwnKeyMissing, ProposalWaits: as they say.
    """
    _require(wanted, "confidentiality")
    seen = see(by, case)
    stands = seen.row["confidentiality"]
    if wanted < stands:
        require_own_hand(by, seen.code)
        if not reason.strip():
            raise ReasonMissing(alert=seen.code)
    if wanted < stands == CLOSEST:
        said = {"confidentiality": wanted, "reason": reason.strip()}
        made = propose(by, _LESS_CLOSELY, (seen.unit, seen.code), said=said, seen=_kept(seen))
        return Valued(seen.code, "confidentiality", stands, stands, written=False, proposal=made.id)
    return _decide(by, seen, wanted, reason.strip())


def _decide(by: By, seen: CaseSeen, wanted: str, reason: str, **two: Any) -> Valued:
    """Write how closely a case is kept, and how closely it was."""
    stands = seen.row["confidentiality"]
    more = {"rule": stands, "reason": reason, **two}
    return _set(by, seen.code, "confidentiality_decided", wanted, again=stands != wanted, **more)


def _kept(seen: CaseSeen) -> dict[str, Any]:
    return {name: seen.row[name] for name in ("confidentiality", "confidentiality_decided")}


def _sign_less_closely(by: By, proposal: Proposal) -> None:
    seen, said = see(by, proposal.what), proposal.said
    check_still(proposal, _kept(seen))
    two = {"first": proposal.first.code, "second": by.actor.code, "proposal": proposal.id}
    _decide(by, seen, said["confidentiality"], said["reason"], **two)


SIGNERS[_LESS_CLOSELY] = _sign_less_closely


def set_retention(by: By, case: str, wanted: str, *, reason: str = "") -> Valued:
    """Decide how long a case is kept after its closure.

    Raises:
        CaseUnknown, CodeNotListed: as they say.
    """
    _require(wanted, "retention_class")
    return _set(by, case, "retention_class", wanted, reason=reason.strip())


def set_hold(by: By, case: str, *, held: bool, reason: str) -> Valued:
    """Put a legal hold on a case, which stops every purge, or take it off; both with a reason, off by a proved person only.

    Raises:
        CaseUnknown, ReasonMissing, OwnHandMissing: as they say.
    """
    found = case_of(by.rows, case)
    if not held:
        require_own_hand(by, found["case_code"])
    if found["legal_hold"] != held and not reason.strip():
        raise ReasonMissing(alert=found["case_code"])
    return _set(by, case, "legal_hold", held, reason=reason.strip())


def _require(code: str, name: str) -> None:
    if code not in labels_of(name, "en"):
        raise CodeNotListed(value=code, possible=", ".join(labels_of(name, "en")))


DayPast: Final = Declined.declare(
    "DK-W30",
    "The next day for the case {case} cannot be {day}, which has passed. Nothing was changed. Give today or a day to come.",
)
EarlierDeadline: Final = Declined.declare(
    "DK-W31",
    'In the case {case} something else is due before {day}: "{kind}", on {due}. Nothing was changed. Do that first, or '
    "give {due} at the latest.",
    shown={"kind": partial(label, "task_kind")},
)


def set_next_due(by: By, case: str, day: date) -> bool:
    """Say when a case is looked after next; tell whether anything had to be written.

    Raises:
        CaseUnknown, CaseMerged, CaseLeft, DayPast, EarlierDeadline: as they say.
    """
    found = case_of(by.rows, case)
    code = found["case_code"]
    require_worked_on(by.rows, found)
    if found["next_due"] == day.isoformat():
        return False
    if day < today_of(by):
        raise DayPast(case=code, day=day.isoformat())
    _check_others(by, code, day)
    payload = {"was": found["next_due"], "next_due": day.isoformat()}
    by.write(by.event("case.due", f"case:{code}", payload))
    return True


def _check_others(by: By, code: str, day: date) -> None:
    task, filing = tables.task, tables.filing
    query = select(task.c.kind, task.c.due_at).join_from(task, filing, filing.c.filing_no == task.c.filing_no)
    query = query.where(filing.c.case_code == code, task.c.done_at.is_(None))
    query = query.where(task.c.kind.in_(sorted(FIXED_TASKS)), task.c.due_at >= instant(by.now))
    first = by.rows.execute(query.order_by(task.c.due_at).limit(1)).first()
    if first is None:
        return
    due = clocks.local_day(moment(first.due_at), load())
    if due < day:
        raise EarlierDeadline(case=code, day=day.isoformat(), kind=first.kind, due=due.isoformat())
