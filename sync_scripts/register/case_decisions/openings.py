"""Whether what is sealed may be opened, and asking a second person for it where two are needed (C4). Opens nothing.

Nothing opens after the person withdrew, or refused: the work stops. Two exceptions: of a case in which others go on, what is hers
alone stays closed and the rest opens; and while an override for a vital interest lasts, which two people signed, nothing of its
case stays closed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import and_, select

from sync_scripts.errors import Declined, UsageProblem, When
from sync_scripts.register.case_decisions.joint_opening import leave_needed, leaves, require_leave
from sync_scripts.register.consents.agreements import of_cases
from sync_scripts.register.consents.other_records import NOBODY, CaseAgreed
from sync_scripts.register.decisions.authority import require_own_hand
from sync_scripts.register.decisions.base import By
from sync_scripts.register.decisions.found import alert_of, alert_subject, case_of
from sync_scripts.register.decisions.proposals import SIGNERS, Proposal, check_still, propose
from sync_scripts.register.disclosure.sharing import Asked, may_leave, stopped
from sync_scripts.register.history.erasures import Unit, scopes_of, units_of
from sync_scripts.register.history.visibility import ALLOW, WITHDRAW, proposals
from sync_scripts.register.model import codes
from sync_scripts.register.model.errors import ProposalUnknown
from sync_scripts.register.rules.clocks import local_day
from sync_scripts.register.rules.ruleset import load
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Actor, Rows
from sync_scripts.store.schema.raw import scope, submission
from sync_scripts.store.schema.register import alert

OneIsEnough: Final = UsageProblem.declare(
    "DK-R91",
    "{what} is not kept by two (C4), so nobody else has to agree. Nothing was changed. Open it with a reason: --open, on the "
    "page of the alert or the case.",
)
_ENDED: Final = frozenset({"refused", "withdrawn"})
_OVERRIDDEN: Final = Asked("services")


OpeningStopped: Final = Declined.declare(
    "DK-R92",
    "Whom {what} is about withdrew, or refused, so the work stops and nothing sealed of it is opened. Nothing was opened. "
    "dikalo consent show {what} says who agreed to what. If a life is at stake, two people can override it in the case for a "
    "few hours: dikalo consent override CODE --reason TEXT.",
    instead=(
        When(
            "erased",
            True,
            "What was sealed of {what} was erased, so nothing of it opens any more. Nothing was opened. dikalo log {what} says when it "
            "was erased, and why.",
        ),
    ),
    erased=False,
)


def require_openable(rows: Rows, what: str, now: datetime) -> None:
    """Let an alert or a case pass, by its code, of which something may still be opened, or nothing is sealed.

    Raises:
        OpeningStopped: all of it stays closed, or was erased.
    """
    scopes = scopes_of(rows, what)
    if scopes and _erased(rows, scopes):
        raise OpeningStopped(what=what, erased=True)
    if scopes and not set(scopes) - stays_closed(rows, scopes, now).keys():
        raise OpeningStopped(what=what)


def may_open(
    rows: Rows, scopes: Sequence[str], now: datetime, *, actor: Actor, reason: str
) -> dict[str, Any]:
    """Let an opening pass; return what is written down beside it. What is shown to anybody is asked for here.

    Args:
        rows: the transaction in which the opening is written down.
        scopes: of everything that would be opened.
        now: aware.
        actor: who opens.
        reason: what for.

    Raises:
        OpeningStopped: something of it stays closed.
        OwnKeyMissing, OpeningNeedsTwo, OpeningWaits, OpeningOver, OpeningForOther: a second person has to agree.
    """
    for what in stays_closed(rows, scopes, now).values():
        raise OpeningStopped(what=what)
    return require_leave(rows, scopes, now, actor=actor, reason=reason)


def stays_closed(rows: Rows, scopes: Iterable[str], now: datetime) -> Mapping[str, str]:
    """Return, of some scopes, those that nobody opens at an instant: scope -> code of the alert or case."""
    units = list(units_of(rows, scopes))
    agreed = of_cases(rows, sorted({one.case for one in units if one.case}))
    said, people = _said(rows, {one.alert for one in units if one.alert}), _people(rows, units)
    return {
        one.scope: one.alert or one.case or ""
        for one in units
        if _closed(one, agreed.get(one.case or "", NOBODY), said, people, now)
    }


def _closed(
    one: Unit, agreed: CaseAgreed, said: Mapping[str, str | None], people: Mapping[str, str], now: datetime
) -> bool:
    day = local_day(now, load())
    if any(may_leave(_OVERRIDDEN, her, now, day).by_override for her in agreed.people.values()):
        return False
    if agreed.given_up(now) or (one.alert and said.get(one.alert) in _ENDED):
        return True
    her = agreed.people.get(people.get(one.scope, ""))
    return her is not None and stopped([her], now)


def _said(rows: Rows, codes: set[str]) -> dict[str, str | None]:
    """Return what alerts say of consent, by code."""
    asked = select(alert.c.code, alert.c.consent_state)
    return {row.code: row.consent_state for row in rows.among(asked, alert.c.code, codes)}


def _erased(rows: Rows, scopes: Sequence[str]) -> bool:
    """Tell whether every submission behind some scopes was erased."""
    same = and_(
        submission.c.server == scope.c.server,
        submission.c.form == scope.c.form,
        submission.c.root_id == scope.c.root_id,
    )
    asked = select(submission.c.status).join(scope, same).distinct()
    found = {status for (status,) in rows.among(asked.where(submission.c.current), scope.c.id, scopes)}
    return found == {"erased"}


def _people(rows: Rows, units: Iterable[Unit]) -> dict[str, str]:
    """Return the uid of the person whose own a scope is."""
    asked = select(scope.c.id, scope.c.row).where(scope.c.kind == "person")
    return {
        row.id: row.row.partition(":")[2]
        for row in rows.among(asked, scope.c.id, {one.scope for one in units})
    }


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
