"""Decisions about an alert: triaged, opened as a case, linked to one, dismissed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sync_scripts.register.consents.agreements import require_going_on, require_handled
from sync_scripts.register.decisions.authority import require_own_hand_to_lower
from sync_scripts.register.decisions.base import By
from sync_scripts.register.decisions.found import alert_of, alert_subject, case_of, require_open, worker_of
from sync_scripts.register.decisions.guard_facts import alert_facts, today_of
from sync_scripts.register.decisions.levels import (
    alert_level,
    ever_urgent,
    known_of,
    raised_with,
    shown_of,
)
from sync_scripts.register.decisions.proposals import SIGNERS, Proposal, check_still, propose
from sync_scripts.register.lifecycle.errors import ReasonMissing, check, check_alert_move, check_lowering
from sync_scripts.register.model import codes
from sync_scripts.register.model.errors import CaseCodeTaken
from sync_scripts.register.rules.ruleset import Urgency, load
from sync_scripts.store import events as store_events
from sync_scripts.store.database import Rows

CARRIED: Final = {"carried": True}
"""Of a triage that decides no level: the one that it names was decided before, by somebody who saw what there was then."""
_UNDONE = ("dismissed", "duplicate")
"""States that a person leaves with a reason only."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What a decision did, or with a dry run would do.

    Attributes:
        code: of the alert or case.
        was: state before.
        now: state after.
        case: code of the case that is touched; None without one.
        proposal: what waits for a second person; then nothing else was changed.
    """

    code: str
    was: str
    now: str
    case: str | None = None
    proposal: str | None = None


def triage(
    by: By,
    alert: str,
    *,
    urgency: Urgency | None = None,
    reason: str = "",
    assigned_to: str | None = None,
    new: bool | None = None,
) -> Decided:
    """Say that a person saw the rules' result, and let it stand or set another level.

    An alert that is triaged already can be given another level or another worker. Raising is free; lowering needs a
    reason and a proved person; taking back a dismissal or a duplicate needs a reason. ``new``: see `worker_of`.

    Raises:
        AlertUnknown, ConsentRefused, MoveRefused, ReasonMissing, OwnHandMissing, WorkerUnknown, WorkerRetired: as they say.
    """
    found = alert_of(by.rows, alert)
    changes = urgency is not None or assigned_to is not None
    if not (found["state"] == "triaged" and changes):
        check_alert_move(found, "triaged")
    if found["state"] in _UNDONE and not reason.strip():
        raise ReasonMissing(alert=found["code"])
    for stands in (found["urgency"], found["urgency_decided"]):
        check_lowering(found["code"], stands, urgency, reason, load())
        require_own_hand_to_lower(by, found["code"], stands, urgency)
    payload = {
        "was": found["state"],
        "rule": found["urgency"],
        "urgency": urgency or found["urgency_decided"],
        "reason": reason.strip(),
        "assigned_to": worker_of(by, assigned_to, "case_owner", new=new) if assigned_to else None,
        **({"level_was": found["urgency_decided"] or found["urgency"]} if urgency is not None else {}),
        **(CARRIED if urgency is None and found["urgency_decided"] else {}),
    }
    by.write(by.event("alert.triage", alert_subject(found), payload))
    return Decided(found["code"], found["state"], "triaged")


def open_case(
    by: By, alert: str, *, owner: str, case_code: str | None = None, new: bool | None = None
) -> Decided:
    """Open a case from a triaged alert, with its owner.

    ``case_code`` is a code dealt beforehand; without it one is drawn. ``new``: see `worker_of`.

    Raises:
        AlertUnknown, ConsentRefused, MoveRefused, CaseCodeTaken, WorkerUnknown, WorkerRetired: as they say.
    """
    found = alert_of(by.rows, alert)
    require_handled(by.rows, found, today_of(by))
    check_alert_move(found, "opened")
    code = free_code(by.rows, by.draw("DK", found["alert_id"]) if case_code is None else case_code)
    held = worker_of(by, owner, "case_owner", new=new)
    opened = {"alert": f"{found['stamp']}/{found['alert_id']}", "owner_code": held}
    by.write(
        by.event("case.open", f"case:{code}", opened),
        by.event("alert.open", alert_subject(found), {"was": found["state"], "case_code": code}),
    )
    return Decided(found["code"], found["state"], "opened", code)


def free_code(rows: Rows, text: str) -> str:
    """Return a code that no case was opened under; forms that named it before may be there already."""
    code = codes.read(text, "DK")
    if code is None or next(store_events.read(rows, subjects=[f"case:{code}"]), None) is not None:
        raise CaseCodeTaken(case=code or text.strip())
    return code


def link(by: By, alert: str, case: str, *, reason: str = "") -> Decided:
    """Tie a triaged alert to an open case; a reason is kept where there is one.

    Where somebody had decided a lower level for the case, this decision raises it to that of the alert.

    Raises:
        AlertUnknown, CaseUnknown, ConsentRefused, MoveRefused, CaseMerged, CaseNotOpen, CaseStopped: as they say.
    """
    found, to = alert_of(by.rows, alert), case_of(by.rows, case)
    require_handled(by.rows, found, today_of(by))
    check_alert_move(found, "linked")
    require_open(by.rows, to)
    require_going_on(by.rows, to["case_code"], by.now)
    payload = {"was": found["state"], "case_code": to["case_code"], "reason": reason.strip()}
    raised = raised_with(by, to, alert_level(found), reason)
    by.write(by.event("alert.link", alert_subject(found), payload), *raised)
    return Decided(found["code"], found["state"], "linked", to["case_code"])


def dismiss(by: By, alert: str, reason: str) -> Decided:
    """Dismiss a triaged alert, with a reason. An urgent one is only proposed: a second person signs it.

    One that was ever urgent counts as urgent: by the rules on any version or correction of it, or by anybody's decision.

    Raises:
        AlertUnknown, ConsentRefused, MoveRefused, ReasonMissing, OwnKeyMissing, ProposalWaits: as they say.
    """
    found = alert_of(by.rows, alert)
    check_alert_move(found, "dismissed")
    if not reason.strip():
        raise ReasonMissing(alert=found["code"])
    seen = shown_of(by, found)
    if ever_urgent(by.rows, found):
        about = alert_subject(found), found["code"]
        made = propose(by, "alert.dismiss", about, said={"reason": reason}, seen=seen)
        return Decided(found["code"], found["state"], found["state"], found["case_code"], made.id)
    _dismiss(by, found, reason, {})
    return Decided(found["code"], found["state"], "dismissed", found["case_code"])


def _dismiss(by: By, found: Mapping[str, Any], reason: str, two: Mapping[str, Any]) -> None:
    payload = {
        "was": found["state"],
        "urgency": alert_level(found),
        **known_of(by, found),
        "reason": reason.strip(),
        **two,
    }
    by.write(by.event("alert.dismiss", alert_subject(found), payload))


def _sign_dismissal(by: By, proposal: Proposal) -> None:
    found = alert_of(by.rows, proposal.what)
    check_still(proposal, shown_of(by, found))
    reason = proposal.said["reason"]
    check("alert", found["code"], found["state"], "dismissed", alert_facts(by, found, reason, second=True))
    two = {"first": proposal.first.code, "second": by.actor.code, "second_proof": by.actor.proof}
    _dismiss(by, found, reason, {**two, "proposal": proposal.id})


SIGNERS["alert.dismiss"] = _sign_dismissal
