"""An override: acting without consent because a life is at stake. One person proposes, another one signs; then it ends by itself.

Never for court, advocacy, the United Nations, media or statistics.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sync_scripts.register.agreeing import OVERRIDE
from sync_scripts.register.consents.decide import Someone, check_purposes, someone, standing
from sync_scripts.register.consents.refusals import LongerThanAllowed, OverrideNotFor, ReasonForConsent
from sync_scripts.register.decisions.base import By
from sync_scripts.register.decisions.found import case_of
from sync_scripts.register.decisions.proposals import SIGNERS, Proposal, check_still, propose
from sync_scripts.register.leaving import OVERRIDABLE
from sync_scripts.register.ruleset import load
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Rows

__all__ = ["Overridden", "override"]


@dataclass(frozen=True, slots=True)
class Overridden:
    """What was proposed: case, person, purposes, until when it would last, and the proposal that a second person signs."""

    case: str
    person: str
    purposes: tuple[str, ...]
    hours: int
    proposal: str


def override(
    by: By,
    case: str,
    *,
    person: str | None = None,
    purposes: Sequence[str] = ("services",),
    hours: int,
    reason: str,
) -> Overridden:
    """Propose to act without consent for a vital interest; it changes nothing before a second person signs.

    Raises:
        CaseUnknown, PersonUnknown, PurposeUnknown, OverrideNotFor, LongerThanAllowed, ReasonForConsent, OwnKeyMissing,
            ProposalWaits: as they say.
    """
    code = case_of(by.rows, case)["case_code"]
    who = someone(by.rows, code, person)
    _check_override(code, purposes, hours, reason)
    said = {
        "person": who.pseudonym,
        "purposes": list(purposes),
        "hours": hours,
        "reason": reason.strip(),
    }
    about = f"case:{code}", code
    made = propose(by, OVERRIDE, about, said=said, seen=_seen(by.rows, who))
    return Overridden(code, who.pseudonym, tuple(purposes), hours, made.id)


def _check_override(code: str, purposes: Sequence[str], hours: int, reason: str) -> None:
    check_purposes(purposes)
    for one in purposes:
        if one not in OVERRIDABLE:
            raise OverrideNotFor(purpose=one)
    most = load().case.override_max_h
    if not 1 <= hours <= most:
        raise LongerThanAllowed(hours=hours, most=most)
    if not reason.strip():
        raise ReasonForConsent(case=code)


def _seen(rows: Rows, who: Someone) -> dict[str, Any]:
    """Return what the first person saw: the states of the consents that can be overridden."""
    stands = standing(rows, who)
    return {
        "person_uid": who.uid,
        **{one: stands[one].state if one in stands else None for one in sorted(OVERRIDABLE)},
    }


def _sign_override(by: By, proposal: Proposal) -> None:
    said = proposal.said
    code = case_of(by.rows, proposal.what)["case_code"]
    who = someone(by.rows, code, said["person"])
    check_still(proposal, _seen(by.rows, who))
    _check_override(code, said["purposes"], said["hours"], said["reason"])
    payload = {
        "interview": who.interview,
        "person": who.pseudonym,
        "person_uid": who.uid,
        "purposes": said["purposes"],
        "reason": said["reason"],
        "first": proposal.first.code,
        "second": by.actor.code,
        "until": instant(by.now + timedelta(hours=said["hours"])),
        "proposal": proposal.id,
    }
    by.write(by.event(OVERRIDE, f"case:{code}", payload))


SIGNERS[OVERRIDE] = _sign_override
