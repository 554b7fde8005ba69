"""An override: acting without consent because a life is at stake. One person proposes, another one signs; then it ends by itself.

It ends before that with any no of hers that is later: see `talks` and `refusals`.

Never for court, advocacy, the United Nations, media or statistics. It is no way to go on without asking: for the same person
and purpose it comes once more within thirty days when somebody else signs, and then no more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sync_scripts.register.consent_decisions.decide import Someone, check_purposes, someone, standing
from sync_scripts.register.consents.errors import (
    LongerThanAllowed,
    OverrideNeedsOther,
    OverrideNotFor,
    OverrideOfAlert,
    OverrideTooOften,
    ReasonForConsent,
)
from sync_scripts.register.decisions.base import By
from sync_scripts.register.decisions.found import case_of, require_worked_on
from sync_scripts.register.decisions.proposals import SIGNERS, Proposal, check_still, propose
from sync_scripts.register.disclosure.sharing import OVERRIDABLE
from sync_scripts.register.history.person_decisions import OVERRIDE, decided_about
from sync_scripts.register.model import codes
from sync_scripts.register.rules.ruleset import load
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Rows
from sync_scripts.store.events import Event

_FIRST_ACCOUNT: Final = "first_account"
"""Name in the payload, on a database server: through which account it was proposed; the event keeps the second one's."""


@dataclass(frozen=True, slots=True)
class Overridden:
    """What was proposed: case, person, purposes, how long it would last, and the proposal that a second person signs.

    ``before`` names who signed one lately: then it needs somebody else.
    """

    case: str
    person: str
    purposes: tuple[str, ...]
    hours: int
    proposal: str
    before: tuple[str, ...] = ()


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
        CaseUnknown, CaseMerged, CaseLeft, PersonUnknown, PurposeUnknown, OverrideNotFor, LongerThanAllowed,
            ReasonForConsent, OverrideTooOften, OwnKeyMissing, ProposalWaits: as they say.
        OverrideOfAlert: the code is that of an alert.
    """
    if (alert := codes.read(case, "AL")) is not None:
        raise OverrideOfAlert(alert=alert)
    found = case_of(by.rows, case)
    require_worked_on(by.rows, found, OVERRIDE)
    code = found["case_code"]
    who = someone(by.rows, code, person)
    _check_override(code, purposes, hours, reason)
    before = _before(by, who, purposes)
    said = {
        "person": who.pseudonym,
        "purposes": list(purposes),
        "hours": hours,
        "reason": reason.strip(),
    }
    about = f"case:{code}", code
    made = propose(by, OVERRIDE, about, said=said, seen=_seen(by.rows, who))
    signed = tuple(sorted({one for pair in before for one in pair}))
    return Overridden(code, who.pseudonym, tuple(purposes), hours, made.id, signed)


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


def _before(by: By, who: Someone, purposes: Sequence[str]) -> list[tuple[str, str]]:
    """Return who signed the overrides of late for the same person and one of these purposes.

    Raises:
        OverrideTooOften: there were as many as there may be.
    """
    rules = load().case
    found = [(str(one.payload["first"]), str(one.payload["second"])) for one in _lately(by, who, purposes)]
    if len(found) >= rules.override_most:
        days, most = rules.override_again_d, rules.override_most
        raise OverrideTooOften(case=who.case, person=who.pseudonym, days=days, most=most)
    return found


def _lately(by: By, who: Someone, purposes: Sequence[str]) -> list[Event]:
    """Return the overrides of late for the same person and one of these purposes."""
    since = instant(by.now - timedelta(days=load().case.override_again_d))
    return [
        event
        for event in decided_about(by.rows, [who.case], [OVERRIDE]).get(who.case, ())
        if event.payload["person_uid"] == who.uid
        and event.payload["until"] > since
        and not set(purposes).isdisjoint(event.payload["purposes"])
    ]


def _check_other(by: By, who: Someone, proposal: Proposal, before: Sequence[tuple[str, str]]) -> None:
    """Let two signatures pass of which one is not of those who signed before: by code, and on a server by account."""
    signed = {code.strip().upper() for pair in before for code in pair}
    again = {proposal.first.code.strip().upper(), by.actor.code.strip().upper()} <= signed
    if before and (again or _same_accounts(by, who, proposal)):
        raise OverrideNeedsOther(
            case=who.case,
            person=who.pseudonym,
            days=load().case.override_again_d,
            earlier=", ".join(sorted(signed)),
        )


def _same_accounts(by: By, who: Someone, proposal: Proposal) -> bool:
    """Tell whether both would sign through accounts of the database through which it was signed before."""
    earlier = _lately(by, who, proposal.said["purposes"])
    used = {account for one in earlier for account in (one.account, one.payload.get(_FIRST_ACCOUNT))}
    return by.rows.account is not None and {proposal.account, by.rows.account} <= used


def _seen(rows: Rows, who: Someone) -> dict[str, Any]:
    """Return what the first person saw.

    That is the states of the consents that can be overridden, and when she last took back what is done with or without her.
    """
    stands = standing(rows, who)
    return {
        "person_uid": who.uid,
        **{one: stands[one].state if one in stands else None for one in sorted(OVERRIDABLE)},
        "no_at": max((stands[one].withdrawn_at or "" for one in OVERRIDABLE & stands.keys()), default=""),
    }


def _sign_override(by: By, proposal: Proposal) -> None:
    said = proposal.said
    found = case_of(by.rows, proposal.what)
    require_worked_on(by.rows, found, OVERRIDE)
    code = found["case_code"]
    who = someone(by.rows, code, said["person"])
    check_still(proposal, _seen(by.rows, who))
    _check_override(code, said["purposes"], said["hours"], said["reason"])
    _check_other(by, who, proposal, _before(by, who, said["purposes"]))
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
    if proposal.account is not None:
        payload[_FIRST_ACCOUNT] = proposal.account
    by.write(by.event(OVERRIDE, f"case:{code}", payload))


SIGNERS[OVERRIDE] = _sign_override
