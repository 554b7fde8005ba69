"""Moves of a case: from one state to another, as the table of `lifecycle` and its guards allow. Closing and merging among them.

A second person approves the closure that was asked for and nothing else: the reason that the first person gave, or the one of the
form that they took up. Another form that asks for the same case stays undecided.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sync_scripts.errors import UsageProblem
from sync_scripts.register.case_decisions.case_facts import CaseSeen, facts, see
from sync_scripts.register.consents.agreements import require_going_on
from sync_scripts.register.decisions.authority import require_apart, require_not
from sync_scripts.register.decisions.base import By
from sync_scripts.register.decisions.found import case_of, require_worked_on
from sync_scripts.register.decisions.guard_facts import known_provider
from sync_scripts.register.decisions.levels import raised_with
from sync_scripts.register.history.merges import TAKES
from sync_scripts.register.lifecycle.errors import check
from sync_scripts.register.lifecycle.guards import lacking
from sync_scripts.register.lifecycle.moves import CASE_LEFT, listed
from sync_scripts.register.lifecycle.replay import OWN_REQUEST
from sync_scripts.register.model.errors import CodeNotListed
from sync_scripts.register.rules.kinds import labels_of
from sync_scripts.store.events import NewEvent

ASKED: Final = "closure_pending"
"""State of a case whose closure waits for a second person."""

Form = Mapping[str, Any]


BecauseMisplaced: Final = UsageProblem.declare(
    "DK-R96",
    "--because belongs to asking for the closure of {case} and to suspending it; this move keeps none, and a closing "
    "keeps the reason that was asked for. Nothing was changed. Leave it out; say why with --reason.",
)


def request_key(form: Form) -> str:
    """Return the subject under which decisions name the request of a form."""
    return f"closure:{form['stamp']}/{form['root_id']}"


def _meant(seen: CaseSeen, because: str | None) -> Form | None:
    """Return the form that asks for a closure for this reason, the newest one if no reason is said; None for one's own."""
    if because is None:
        return seen.form
    return next((one for one in seen.forms if one["reason"] == because), None)


def said_reason(seen: CaseSeen, because: str | None) -> str | None:
    """Return why the closure is asked for: as said, else as the form says."""
    form = _meant(seen, because)
    return because or (form["reason"] if form else None)


def that_waits(seen: CaseSeen) -> Form | None:
    """Return the form by which the closure that waits was asked for; None where the first person gave their own reason."""
    return next((one for one in seen.forms if request_key(one) == seen.now.asked_request), None)


def of_closing(seen: CaseSeen, wanted: str, because: str | None) -> dict[str, Any]:
    """Return what a move keeps of a closure: asked for, approved or refused; and why a case is suspended. Else nothing."""
    was = seen.row["state"]
    if wanted == "suspended":
        return {"suspend_reason": because}
    if wanted == ASKED and was != "suspended":
        form = _meant(seen, because)
        request = request_key(form) if form else OWN_REQUEST
        return {"closure_reason": said_reason(seen, because), "request": request}
    if was != ASKED or wanted not in {"closed", "follow_up"}:
        return {}
    form = that_waits(seen)
    request = seen.now.asked_request or (request_key(form) if form else OWN_REQUEST)
    reason = seen.now.closure_reason if wanted == "closed" else None
    return {"closure_reason": reason, "request": request}


def require_place(seen: CaseSeen, wanted: str, because: str | None) -> None:
    """Let a reason of the list pass where it is kept, or where it is the one that was asked for.

    Raises:
        BecauseMisplaced: it would not be kept.
    """
    asks = wanted == ASKED and seen.row["state"] != "suspended"
    same = wanted == "closed" and because == seen.now.closure_reason
    if because is not None and not (wanted == "suspended" or asks or same):
        raise BecauseMisplaced(case=seen.code)


_CLOSED = "closed"


def not_yet_closable(by: By, code: str) -> tuple[str, ...]:
    """Return the names of the guards that a closure does not pass as things are; empty of one that can be signed.

    It asks as somebody who may sign: what depends on who that is, each of them is told when they sign.

    Args:
        by: the open rows, and now.
        code: of a case whose closure waits.
    """
    seen = see(by, code)
    signer: dict[str, Any] = {
        "roles": frozenset({"supervisor"}),
        "own_key": True,
        "is_owner": False,
        "is_requester": False,
    }
    known = facts(by, seen, wanted=_CLOSED, **signer)
    moves = (one for one in listed("case", seen.row["state"], _CLOSED) if not one.by_rule)
    return tuple(name for one in moves for name in lacking(one, known))


BACK = "back"
"""What is typed for the state that a suspended case left."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What a move of a case did: its code, the state before and after, the case or provider it went to, why it closes.

    ``owner`` is who takes over the work on a case that was merged; ``asked`` that a closure waits in the kept one.
    """

    code: str
    was: str
    now: str
    to: str | None = None
    reason: str | None = None
    owner: str | None = None
    asked: bool = False


def move(
    by: By,
    case: str,
    to: str,
    *,
    reason: str = "",
    because: str | None = None,
    emergency: bool = False,
    feedback: str | None = None,
    risk: str | None = None,
    review_on: date | None = None,
    receiver: str | None = None,
    accepted_on: date | None = None,
) -> Moved:
    """Move a case; everything that its guards ask is looked up or was said with the move.

    Args:
        by: who decides.
        case: its code as typed.
        to: state of the list ``case_state``; ``back`` for the one that a suspended case left.
        reason: why, in the decider's words; no names.
        because: code of the list ``closure_reason``, for a closure or a suspension.
        emergency: it cannot wait for an assessment.
        feedback: whether the person was told the outcome.
        risk: the risk now, where no form says it.
        review_on: day on which a suspended case is looked at again.
        receiver: provider or partner that takes the case over.
        accepted_on: day on which the receiver accepted.

    Raises:
        CaseUnknown, CaseMerged, CodeNotListed, MoveNotListed, GuardFails, BecauseMisplaced: as they say; and for a
            closure what `require_apart` raises.
    """
    seen = see(by, case)
    if seen.row["state"] == "merged":
        require_worked_on(by.rows, seen.row)
    if because is not None and because not in labels_of("closure_reason", "en"):
        raise CodeNotListed(value=because, possible=", ".join(labels_of("closure_reason", "en")))
    receiver = receiver.strip() if receiver else None
    said = _Said(
        reason=reason,
        because=because,
        emergency=emergency,
        feedback=feedback,
        risk=risk,
        review_on=review_on,
        receiver=(known_provider(by.rows, receiver) or receiver) if receiver else None,
        accepted_on=accepted_on,
    )
    return _moved(by, seen, seen.row["suspended_from"] or BACK if to == BACK else to, said)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """What was said with a move; the names are those of `move`."""

    reason: str
    because: str | None
    emergency: bool
    feedback: str | None
    risk: str | None
    review_on: date | None
    receiver: str | None
    accepted_on: date | None

    def facts(self, seen: CaseSeen, wanted: str) -> dict[str, Any]:
        """Return what the guards ask; what a form says already is taken from there."""
        asked: dict[str, Any] = {
            "emergency": self.emergency,
            "closure_reason": self.because or (said_reason(seen, None) if wanted == ASKED else None),
            "review_on": self.review_on,
            "accepted_on": self.accepted_on if self.receiver else None,
        }
        if self.feedback is not None:
            asked["feedback"] = self.feedback
        if self.risk is not None and seen.risk is None:
            asked["risk"] = self.risk
        return asked

    def payload(self, seen: CaseSeen, wanted: str) -> dict[str, Any]:
        """Return what is kept of the move."""
        kept = {
            "was": seen.row["state"],
            "to": wanted,
            "reason": self.reason.strip(),
            **of_closing(seen, wanted, self.because),
            "feedback": self.feedback,
            "risk": self.risk,
            "review_on": self.review_on.isoformat() if self.review_on else None,
            "transferred_to": self.receiver if wanted == "transferred" else None,
            "accepted_on": self.accepted_on.isoformat() if self.accepted_on else None,
        }
        return {name: value for name, value in kept.items() if value not in (None, "")}


def _moved(by: By, seen: CaseSeen, wanted: str, said: _Said) -> Moved:
    was = seen.row["state"]
    asked = facts(by, seen, said.reason, wanted=wanted, receiver=said.receiver, **said.facts(seen, wanted))
    check("case", seen.code, was, wanted, asked)
    require_place(seen, wanted, said.because)
    _require_another(by, seen, wanted)
    kept = said.payload(seen, wanted)
    if wanted in CASE_LEFT:  # merging is another decision, and keeps the same
        kept["rule"] = seen.row["urgency"]
    by.write(by.event("case.move", seen.unit, kept), *_with_closing(by, seen, wanted))
    return Moved(seen.code, was, wanted, said.receiver, kept.get("closure_reason"))


def _require_another(by: By, seen: CaseSeen, wanted: str) -> None:
    """Let a decision on a closure pass that neither its owner nor whoever asked for it takes under another code."""
    guards = {name for one in listed("case", seen.row["state"], wanted) for name in one.guards}
    if "neither_owner_nor_requester" not in guards:
        return
    now = seen.now
    require_apart(by, seen.code, now.asked_by or "", since=now.asked_at, account=now.asked_account)
    for owner in filter(None, (now.asked_owner, seen.row["owner_code"])):
        require_not(by, seen.code, seen.unit, owner)


def _with_closing(by: By, seen: CaseSeen, wanted: str) -> list[NewEvent]:
    """Return the retention class that the form by which the closure was asked for proposed, decided with the closing."""
    form = that_waits(seen)
    proposed = form["retention_class"] if form else None
    if wanted != "closed" or seen.row["retention_class"] is not None or proposed is None:
        return []
    payload = {"was": None, "retention_class": proposed, "reason": ""}
    return [by.event("case.retention", seen.unit, payload)]


def merge(by: By, case: str, into: str, *, reason: str = "") -> Moved:
    """Say that a case is the same as another one, where the work goes on. Final; never by rule.

    The merged case keeps its forms and facts, with a pointer to the kept one. What is due in it stays due, and goes to
    whoever is in charge of the kept case. That one is at least as urgent from now on as the merged one is, and its risk at
    least as high; a closure that waits there was asked for without knowing of this, and has to be asked for again.

    Raises:
        CaseUnknown, CaseMerged, CaseLeft, CaseStopped, MoveNotListed, GuardFails: as they say.
    """
    seen, kept = see(by, case), case_of(by.rows, into)
    if seen.row["state"] == "merged":
        require_worked_on(by.rows, seen.row)
    same = kept["case_code"] == seen.code
    state = None if same else kept["state"]
    if not same:
        require_worked_on(by.rows, kept)
        require_going_on(by.rows, kept["case_code"], by.now)
    check("case", seen.code, seen.row["state"], "merged", facts(by, seen, reason, kept_state=state))
    payload = {
        "was": seen.row["state"],
        "to": "merged",
        "reason": reason.strip(),
        "into": kept["case_code"],
        "owner_code": kept["owner_code"] or seen.row["owner_code"],
        "rule": seen.row["urgency"],
    }
    taken = {"case_code": seen.code, "urgency": seen.urgency, "risk": seen.row["risk"]}
    by.write(
        by.event("case.move", seen.unit, payload),
        by.event(TAKES, f"case:{kept['case_code']}", taken),
        *raised_with(by, kept, seen.urgency, reason),
    )
    return Moved(
        seen.code,
        seen.row["state"],
        "merged",
        kept["case_code"],
        owner=payload["owner_code"],
        asked=kept["state"] == ASKED,
    )
