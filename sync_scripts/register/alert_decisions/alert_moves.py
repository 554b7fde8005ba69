"""What else becomes of an alert: reached, asked about, referred to somebody else, moved, found twice, given to a worker."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from sync_scripts.register.alert_decisions.alerts import CARRIED, Decided, free_code
from sync_scripts.register.alert_decisions.services import provider_of
from sync_scripts.register.case.moved_submissions import hold_follows
from sync_scripts.register.consent_decisions.of_alerts import all_read
from sync_scripts.register.consents.agreements import goes_on, require_going_on, require_handled
from sync_scripts.register.consents.confidentiality import DEFAULT
from sync_scripts.register.consents.withdrawals import GOES_ON
from sync_scripts.register.decisions.base import By
from sync_scripts.register.decisions.found import (
    alert_of,
    alert_subject,
    case_of,
    require_open,
    survivor,
    worker_of,
)
from sync_scripts.register.decisions.guard_facts import alert_facts, today_of, undoing
from sync_scripts.register.decisions.levels import (
    alert_level,
    case_level,
    ever_urgent,
    highest_ever,
    known_of,
    raised_with,
    shown_of,
)
from sync_scripts.register.decisions.proposals import SIGNERS, Proposal, check_still, propose
from sync_scripts.register.history.person_decisions import KEEP
from sync_scripts.register.lifecycle.errors import ReasonMissing, check, check_alert_move
from sync_scripts.register.lifecycle.moves import CASE_OPEN
from sync_scripts.register.links.alerts import same_event_with
from sync_scripts.register.model.errors import AlertHasNoCase, AlertThereAlready, TimeImpossible
from sync_scripts.register.rules.ruleset import load
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.database import PROGRAM
from sync_scripts.store.events import NewEvent
from sync_scripts.store.schema import register as tables


def contacted(by: By, alert: str, *, at: datetime | None = None, reason: str = "") -> Decided:
    """Say that the person was reached; now, or earlier. The first time counts, and ends the task of the first contact.

    Raises:
        AlertUnknown, ConsentRefused, TimeImpossible: as they say.
    """
    found = alert_of(by.rows, alert)
    when = at or by.now
    if when > by.now or instant(when) < _received(by, found):
        raise TimeImpossible(what=found["code"])
    payload = {
        "was": found["contacted_at"],
        "at": instant(when),
        **({"reason": said} if (said := reason.strip()) else {}),
    }
    by.write(by.event("alert.contacted", alert_subject(found), payload))
    return Decided(found["code"], found["state"], found["state"], found["case_code"])


def undo_contacted(by: By, alert: str, *, reason: str, at: datetime | None = None) -> Decided:
    """Take back that the person was reached: the contact written down last, or the one of a time. What it ended rises again.

    Raises:
        AlertUnknown, ConsentRefused, ReasonMissing, ContactUnknown: as they say.
    """
    found = alert_of(by.rows, alert)
    subject = alert_subject(found)
    payload = undoing(by.rows, subject, "alert.contacted", code=found["code"], reason=reason, at=at)
    by.write(by.event("alert.contact_undo", subject, payload))
    return Decided(found["code"], found["state"], found["state"], found["case_code"])


def _received(by: By, found: Mapping[str, Any]) -> str:
    filing = tables.filing
    query = filing.select().where(filing.c.filing_no == found["filing_no"])
    first = str(by.rows.execute(query).mappings().one()["first_received_at"])
    return instant(moment(first) - timedelta(hours=load().clock.skew_flag_h))


def ask(by: By, alert: str, *, reason: str = "") -> Decided:
    """Ask the focal point for more before deciding; not where contact is not safe.

    Raises:
        AlertUnknown, ConsentRefused, MoveNotListed, GuardFails: as they say.
    """
    found = alert_of(by.rows, alert)
    require_handled(by.rows, found, today_of(by))
    check("alert", found["code"], found["state"], "info_requested", alert_facts(by, found, reason))
    payload = {"was": found["state"], "reason": reason.strip()}
    by.write(by.event("alert.ask", alert_subject(found), payload))
    return Decided(found["code"], found["state"], "info_requested")


def refer_out(by: By, alert: str, provider: str, *, reason: str = "", vital: bool = False) -> Decided:
    """Refer an alert to a provider instead of opening a case. Final.

    Without consent, or with a form that nobody could read, only a vital interest counts; then it is only proposed, and a second person signs it.

    Raises:
        AlertUnknown, ConsentRefused, ProviderUnknown, MoveNotListed, GuardFails, OwnKeyMissing, ReasonMissing,
            ProposalWaits: as they say.
    """
    found = alert_of(by.rows, alert)
    require_handled(by.rows, found, today_of(by))
    to = provider_of(by, provider)
    if vital and not (found["consent_state"] == "given" and all_read(by.rows, found)):
        check(
            "alert", found["code"], found["state"], "referred_out", _facts(by, found, to, reason, vital=True)
        )
        about = alert_subject(found), found["code"]
        said = {"provider_code": to, "reason": reason}
        made = propose(by, "alert.refer", about, said=said, seen=_seen(by, found))
        return Decided(found["code"], found["state"], found["state"], None, made.id)
    check("alert", found["code"], found["state"], "referred_out", _facts(by, found, to, reason))
    _refer(by, found, to, reason, {})
    return Decided(found["code"], found["state"], "referred_out")


def _facts(by: By, found: Mapping[str, Any], provider: str, reason: str, *, vital: bool = False) -> Any:
    return alert_facts(
        by, found, reason, provider=provider, override=vital, all_read=all_read(by.rows, found)
    )


def _seen(by: By, found: Mapping[str, Any]) -> dict[str, Any]:
    return {**shown_of(by, found), "consent_state": found["consent_state"]}


def _refer(by: By, found: Mapping[str, Any], to: str, reason: str, two: Mapping[str, Any]) -> None:
    payload = {
        "was": found["state"],
        "urgency": alert_level(found),
        "provider_code": to,
        **known_of(by, found),
        "reason": reason.strip(),
        **two,
    }
    by.write(by.event("alert.refer", alert_subject(found), payload))


def _sign_referral(by: By, proposal: Proposal) -> None:
    found = alert_of(by.rows, proposal.what)
    check_still(proposal, _seen(by, found))
    to, reason = provider_of(by, proposal.said["provider_code"]), proposal.said["reason"]
    check("alert", found["code"], found["state"], "referred_out", _facts(by, found, to, reason, vital=True))
    two = {"vital": True, "first": proposal.first.code, "second": by.actor.code, "proposal": proposal.id}
    _refer(by, found, to, reason, two)


SIGNERS["alert.refer"] = _sign_referral


def move_alert(by: By, alert: str, case: str, *, reason: str) -> Decided:
    """Move an alert that is settled to another case, an open one: how a wrong link, opening or referral is put right.

    Raises the case as `link` does.

    Raises:
        AlertUnknown, ConsentRefused, CaseUnknown, AlertHasNoCase, AlertThereAlready, CaseMerged, CaseNotOpen, CaseStopped,
            ReasonMissing: as they say.
    """
    found, to = alert_of(by.rows, alert), case_of(by.rows, case)
    _require_settled(by, found)
    if to["case_code"] == found["case_code"]:
        raise AlertThereAlready(alert=found["code"], case=to["case_code"])
    require_open(by.rows, to)
    require_going_on(by.rows, to["case_code"], by.now)
    if not reason.strip():
        raise ReasonMissing(alert=found["code"])
    by.write(*_moving(by, found, to["case_code"], reason), *raised_with(by, to, alert_level(found), reason))
    return _moved(found, to["case_code"])


def move_to_new_case(
    by: By, alert: str, *, owner: str, reason: str, new: bool | None = None, case_code: str | None = None
) -> Decided:
    """Move an alert that is settled to a case of its own, which is opened with its owner; no other case need be open.

    ``case_code`` and ``new``: see `open_case`.

    Raises:
        AlertUnknown, ConsentRefused, AlertHasNoCase, CaseCodeTaken, WorkerUnknown, WorkerRetired, ReasonMissing: as they say.
    """
    found = alert_of(by.rows, alert)
    _require_settled(by, found)
    require_handled(by.rows, found, today_of(by))
    if not reason.strip():
        raise ReasonMissing(alert=found["code"])
    code = free_code(by.rows, by.draw("DK", found["alert_id"]) if case_code is None else case_code)
    held = worker_of(by, owner, "case_owner", new=new)
    opened = {"alert": f"{found['stamp']}/{found['alert_id']}", "owner_code": held}
    by.write(by.event("case.open", f"case:{code}", opened), *_moving(by, found, code, reason))
    return _moved(found, code)


def _require_settled(by: By, found: Mapping[str, Any]) -> None:
    """Let an alert pass that has a case, or was referred out and can still be worked on."""
    if found["state"] == "referred_out":
        require_handled(by.rows, found, today_of(by))
    elif found["case_code"] is None:
        raise AlertHasNoCase(alert=found["code"])


def _moving(by: By, found: Mapping[str, Any], to: str, reason: str) -> list[NewEvent]:
    """Return the events of a move; the case that is left stays as close, and what was held stays held."""
    left = found["case_code"]
    payload = {"was": left, "case_code": to, "reason": reason.strip()}
    return [
        by.event("alert.move", alert_subject(found), payload),
        *(_kept_as_before(by, left) if left else ()),
        *hold_follows(by.rows, [(left, to)]),
    ]


def _moved(found: Mapping[str, Any], to: str) -> Decided:
    state = found["state"] if found["case_code"] else "linked"
    return Decided(found["code"], found["state"], state, to)


def _kept_as_before(by: By, code: str) -> list[NewEvent]:
    """Return the event, by rule, that keeps a case as closely as it was while the alert was in it, where that is more than usual.

    Moving an alert is nobody's decision that less is enough; what asks for less then waits for one.
    """
    by.catch_up(f"case:{code}")
    level = case_of(by.rows, code)["confidentiality"]
    if level is None or level < DEFAULT:
        return []
    return [NewEvent(KEEP, f"case:{code}", PROGRAM, {"confidentiality": level})]


def duplicate(by: By, alert: str, of: str | None = None, *, reason: str = "") -> Decided:
    """Set an alert aside as a duplicate of one that was taken up and decided to be the same event.

    One that was ever urgent is only proposed, and a second person signs it, unless the work on the alert that is kept
    goes on at its level. ``of`` names the one that is kept; without it the first such alert is taken.

    Raises:
        AlertUnknown, ConsentRefused, MoveNotListed, GuardFails, OwnKeyMissing, ReasonMissing, ProposalWaits: as they say.
    """
    found = alert_of(by.rows, alert)
    kept = _kept(by, found, of)
    known = {"ever_urgent": ever_urgent(by.rows, found), "kept_as_urgent": _as_urgent(by, found, kept)}
    alone = alert_facts(by, found, reason, same_event=kept is not None, **known)
    if kept is not None and known == {"ever_urgent": True, "kept_as_urgent": False}:
        check(
            "alert", found["code"], found["state"], "duplicate", msgspec.structs.replace(alone, second=True)
        )
        said, about = {"of": kept, "reason": reason}, (alert_subject(found), found["code"])
        made = propose(by, "alert.duplicate", about, said=said, seen=shown_of(by, found))
        return Decided(found["code"], found["state"], found["state"], None, made.id)
    check("alert", found["code"], found["state"], "duplicate", alone)
    _set_aside(by, found, kept, reason, {})
    return Decided(found["code"], found["state"], "duplicate")


def _kept(by: By, found: Mapping[str, Any], of: str | None) -> str | None:
    """Return the code of the alert that is kept beside a duplicate, None when there is none: the named one, else the first."""
    others = same_event_with(by.rows, found["filing_no"])
    named = None if of is None else alert_of(by.rows, of)["code"]
    return next((one for one in others if named in {None, one}), None)


def _as_urgent(by: By, found: Mapping[str, Any], kept: str | None) -> bool:
    """Tell whether the case of the alert that is kept is worked on, at no lower level than an alert ever had."""
    level = highest_ever(by.rows, found)
    if kept is None or level is None:
        return False
    case, rules = _case_of(by, kept), load()
    going = case["state"] in CASE_OPEN and goes_on(by.rows, case["case_code"], by.now)
    return going and rules.rank(case_level(by.rows, case)) >= rules.rank(level)


def _case_of(by: By, kept: str) -> Mapping[str, Any]:
    """Return the case in which the work on the alert that is kept goes on."""
    first = case_of(by.rows, alert_of(by.rows, kept)["case_code"])
    return case_of(by.rows, survivor(by.rows, first)) if first["merged_into"] else first


def _set_aside(by: By, found: Mapping[str, Any], of: str | None, reason: str, two: Mapping[str, Any]) -> None:
    known = known_of(by, found)
    payload = {
        "urgency": alert_level(found),
        "was": found["state"],
        "of": of,
        GOES_ON: of is None or goes_on(by.rows, _case_of(by, of)["case_code"], by.now),
        **known,
        "reason": reason.strip(),
        **two,
    }
    by.write(by.event("alert.duplicate", alert_subject(found), payload))


def _sign_duplicate(by: By, proposal: Proposal) -> None:
    found = alert_of(by.rows, proposal.what)
    check_still(proposal, shown_of(by, found))
    said, kept = proposal.said, _kept(by, found, proposal.said["of"])
    facts = alert_facts(by, found, said["reason"], same_event=kept is not None, second=True)
    check("alert", found["code"], found["state"], "duplicate", facts)
    two = {"first": proposal.first.code, "second": by.actor.code, "proposal": proposal.id}
    _set_aside(by, found, kept, said["reason"], two)


SIGNERS["alert.duplicate"] = _sign_duplicate


def unlink(by: By, alert: str, *, reason: str) -> Decided:
    """Take back that an alert is a duplicate: it is triaged again. A link to a case is put right with `move_alert`.

    Raises:
        AlertUnknown, ConsentRefused, MoveRefused, ReasonMissing: as they say.
    """
    found = alert_of(by.rows, alert)
    if found["state"] != "duplicate":
        if (
            found["state"] != "triaged"
        ):  # that one is tied to nothing; "it cannot become what it is" would say less
            check_alert_move(found, "triaged")
        raise AlertHasNoCase(alert=found["code"])
    if not reason.strip():
        raise ReasonMissing(alert=found["code"])
    payload = {
        "was": found["state"],
        "rule": found["urgency"],
        "urgency": found["urgency_decided"],
        "reason": reason.strip(),
        "assigned_to": None,
        **(CARRIED if found["urgency_decided"] else {}),
    }
    by.write(by.event("alert.triage", alert_subject(found), payload))
    return Decided(found["code"], "duplicate", "triaged")


def assign_alert(by: By, alert: str, worker: str, *, new: bool | None = False) -> Decided:
    """Give an alert, and what is due in it, to a worker. In a case the one in charge of the case has it.

    Raises:
        AlertUnknown, ConsentRefused, WorkerUnknown, WorkerRetired: as they say.
    """
    found = alert_of(by.rows, alert)
    held = worker_of(by, worker, "case_owner", new=new)
    payload = {"was": found["assigned_to"], "assigned_to": held}
    by.write(by.event("alert.assign", alert_subject(found), payload))
    return Decided(found["code"], found["state"], found["state"], found["case_code"])
