"""Moves of a case: from one state to another, as the table of `lifecycle` and its guards allow. Merging among them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sync_scripts.register.case_decisions.case_facts import CaseSeen, facts, see
from sync_scripts.register.case_decisions.closing import (
    ASKED,
    of_closing,
    require_place,
    said_reason,
    that_waits,
)
from sync_scripts.register.consents.handled import require_going_on
from sync_scripts.register.decisions.base import By
from sync_scripts.register.decisions.found import case_of, require_worked_on
from sync_scripts.register.decisions.knowing import known_provider
from sync_scripts.register.decisions.levels import raised_with
from sync_scripts.register.decisions.second_person import require_apart, require_not
from sync_scripts.register.history.merges import TAKES
from sync_scripts.register.lifecycle import CASE_LEFT, check, listed
from sync_scripts.register.model.decision_errors import CodeNotListed
from sync_scripts.register.rules.labels import labels_of
from sync_scripts.store.history.events import NewEvent

__all__ = ["Moved", "merge", "move"]

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
