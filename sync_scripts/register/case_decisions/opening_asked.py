"""What is sealed of a C4 case is to be opened: one person asks and says why, a second one agrees. It opens nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sync_scripts.errors import UsageProblem
from sync_scripts.register.case_decisions.joint_opening import ALLOW, leave_needed, leaves
from sync_scripts.register.case_decisions.opening_stops import require_openable
from sync_scripts.register.decisions.base import By
from sync_scripts.register.decisions.found import alert_of, alert_subject, case_of
from sync_scripts.register.decisions.proof import require_own_hand
from sync_scripts.register.decisions.proposals import SIGNERS, Proposal, check_still, propose
from sync_scripts.register.history.open_proposals import WITHDRAW, proposals
from sync_scripts.register.history.openable_scopes import scopes_of
from sync_scripts.register.model import codes
from sync_scripts.register.model.decision_errors import ProposalUnknown
from sync_scripts.register.rules.ruleset import load
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Rows

__all__ = ["OneIsEnough", "Taken", "ask_opening", "take_back"]


OneIsEnough: Final = UsageProblem.declare(
    "DK-R91",
    "{what} is not kept by two (C4), so nobody else has to agree. Nothing was changed. Open it with a reason: --open, on the "
    "page of the alert or the case.",
)


@dataclass(frozen=True, slots=True)
class Taken:
    """What was taken back: code of the alert or case, id of the request, whether somebody had agreed already."""

    what: str
    id: str
    agreed: bool


def ask_opening(by: By, text: str, *, reason: str) -> Proposal:
    """Ask that what is sealed of an alert or a case be opened; it changes nothing before a second person agrees.

    Raises:
        AlertUnknown, CaseUnknown, ConsentRefused, OneIsEnough, OpeningStopped, OwnKeyMissing, ReasonMissing,
            ProposalWaits: as they say.
    """
    what, subject = _unit(by.rows, text)
    if not leave_needed(by.rows, scopes_of(by.rows, what)):
        raise OneIsEnough(what=what)
    require_openable(by.rows, what, by.now)
    said = {"reason": " ".join(reason.split())}
    return propose(by, ALLOW, (subject, what), said=said, seen=_seen(by.rows, what))


def _unit(rows: Rows, text: str) -> tuple[str, str]:
    """Return code and subject of what was named."""
    if codes.read(text, "DK") is None and codes.read(text, "AL") is not None:
        alert = alert_of(rows, text)
        return alert["code"], alert_subject(alert)
    code = case_of(rows, text)["case_code"]
    return code, f"case:{code}"


def _seen(rows: Rows, what: str) -> Mapping[str, Any]:
    """Return what the first person saw: in which case an alert is. What has moved since is asked for anew."""
    return {"case_code": alert_of(rows, what)["case_code"] if what.startswith("AL") else what}


def _sign_opening(by: By, proposal: Proposal) -> None:
    check_still(proposal, _seen(by.rows, proposal.what))
    require_openable(by.rows, proposal.what, by.now)
    payload = {
        "what": proposal.what,
        "reason": proposal.said["reason"],
        "first": proposal.first.code,
        "proposal": proposal.id,
        "until": instant(by.now + timedelta(hours=load().case.opening_by_two_h)),
    }
    by.write(by.event(ALLOW, proposal.subject, payload))


SIGNERS[ALLOW] = _sign_opening


def take_back(by: By, text: str, *, reason: str = "") -> Taken:
    """Take back what was asked or agreed, whoever asked: nothing sealed is opened by it any more.

    Args:
        by: who takes it back, with a key of their own.
        text: id of the request, or code of the alert or case: then the last one about it.
        reason: why; kept.

    Raises:
        ProposalUnknown, OwnHandMissing: as they say.
    """
    wanted = "".join(text.split()).replace("-", "").upper()
    waiting = [(one.subject, one.what, one.id) for one in proposals(by.rows) if one.decision == ALLOW]
    given = [(one.subject, one.what, one.id) for one in leaves(by.rows) if instant(by.now) < one.until]
    named = [one for one in [*given, *waiting] if wanted in {one[2], one[1].replace("-", "")}]
    if not named:
        raise ProposalUnknown(what=text.strip())
    subject, what, name = named[-1]
    require_own_hand(by, what)
    by.write(by.event(WITHDRAW, subject, {"proposal": name, "reason": reason.strip()}))
    return Taken(what, name, named[-1] in given)
