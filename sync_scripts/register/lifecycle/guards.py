"""What must hold before a move: one guard a line of the table, each with what would be needed. Pure.

Guards read levels 0 to 2 only. What is not known does not hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Final

import msgspec

from sync_scripts.errors import N_
from sync_scripts.register.disclosure.sharing import alert_may_be_referred
from sync_scripts.register.lifecycle.moves import CASE_LEFT, CASE_OPEN, Move

WITHDRAWN: Final = "consent_withdrawn"
"""Reason for which a case may be closed only once nobody in it agrees any more."""

EARLY: Final = (
    "survivor_request",
    "lost_contact",
    "deceased",
    "not_in_mandate",
    "unfounded",
    "safety",
    WITHDRAWN,
)
"""Reasons for which a case may be closed before its follow-up."""

SUSPEND: Final = ("safety", "lost_contact")
"""Reasons for which a case may be suspended."""

GUARDED_ROLES: Final = frozenset({"supervisor", "coordinator"})
"""Roles that open guards: who decides on closures and merges."""


class Facts(msgspec.Struct, frozen=True):
    """What guards may know of what is moved, of who moves it, and of what was said with the move.

    Attributes:
        by_person, own_key: a person acts, and is proved by a slot or account of their own.
        roles: the roles of whoever acts, known only with a key of their own.
        reason: why, in the decider's words.
        today: day of the decision.
        second: a second person signed.
        urgency: the level that stands; ``ever_urgent`` the alert ever had one that one person does not dismiss.
        consent_state, safe_to_contact: as the alert says, or as decided later.
        all_read: everything that came of the alert could be read, or its consent was asked for on a later day.
        override: a valid override covers it, signed by two people.
        case_state: of the case that an alert is tied to; None when there is none.
        code_free: nobody opened a case under the code.
        same_event: somebody proved decided that it is the same event as an alert that is linked or opened;
            ``kept_as_urgent`` the case of that one is worked on, at no lower level than the alert ever had.
        provider: the code of a provider that this register knows.
        agreed: the recorded consent to document, or to services, holds today.
        emergency: it was said to be one; ``as_emergency`` that the case came to interventions that way.
        assessed, safety_plan, planned, plan_made: an assessment exists, with a safety plan; an intervention is planned;
            the case had an action plan.
        late_answers: interventions that wait for an answer past their date.
        new_need, risk_up: something new to plan for.
        closure_form: a closure was asked for on a phone and not decided.
        closure_reason: reason given for a closure.
        said_lost: the reason given for a closure or a suspension is that contact was lost, also by form.
        tries_failed, unreached: enough tries in a row to reach the person failed, and for long enough nobody reached her.
        critical_tasks: open tasks of custody, clinical limits, hearings, sources in danger, and danger after a merge.
        dangers: danger that came and on which nobody has decided.
        hearings_ahead: hearings that are still to come.
        came_since: what came to the case since its closure was asked for, and may change it.
        risk, feedback: as last reported.
        is_owner, is_requester: whoever acts is in charge of the case, or asked for the closure.
        requester_proved: whoever moved the case to its closure was proved by a key of their own.
        review_on: day on which a suspended case is looked at again; ``review_until`` the last that it may be.
        left: state that a suspended case left; ``wanted`` where it is to go.
        accepted_on: day on which the receiver accepted the hand-over; ``accept_from`` the first on which that could be: the
            case was there, and the consents that allow it were given.
        transfer_consent: consent to be served by the receiver, with identity.
        kept_state: state of the case into which another is merged; None for the same case or an unknown one.
        sources, proofs: how many sources informed about an incident, and how many pieces of evidence show it.
        consent_ok: the recorded consent covers the service; ``by_others`` another organisation gives it.
        commitment: a salted commitment to the original is written down.
        share_consent: everybody whom a piece of evidence involves agreed to its purpose, and to pictures and sound.
        faces, redacted, purpose: of a piece of evidence and whom it goes to.
        hold: nothing of the case may be purged.
    """

    by_person: bool = False
    own_key: bool = False
    roles: frozenset[str] = frozenset()
    reason: str = ""
    today: date = date.min
    second: bool = False
    urgency: str | None = None
    ever_urgent: bool = True
    consent_state: str | None = None
    all_read: bool = False
    safe_to_contact: str | None = None
    override: bool = False
    case_state: str | None = None
    code_free: bool = False
    same_event: bool = False
    kept_as_urgent: bool = False
    provider: str | None = None
    agreed: bool = False
    emergency: bool = False
    as_emergency: bool = False
    assessed: bool = False
    safety_plan: bool = False
    planned: bool = False
    plan_made: bool = False
    late_answers: int = 0
    new_need: bool = False
    risk_up: bool = False
    closure_form: bool = False
    closure_reason: str | None = None
    said_lost: bool = False
    tries_failed: bool = False
    unreached: bool = False
    critical_tasks: int = 0
    dangers: int = 0
    hearings_ahead: int = 0
    came_since: int = 0
    risk: str | None = None
    feedback: str | None = None
    is_owner: bool = False
    is_requester: bool = False
    requester_proved: bool = False
    review_on: date | None = None
    review_until: date | None = None
    left: str | None = None
    wanted: str | None = None
    accepted_on: date | None = None
    accept_from: date = date.min
    transfer_consent: bool = False
    kept_state: str | None = None
    sources: int = 0
    proofs: int = 0
    consent_ok: bool = False
    by_others: bool = False
    commitment: bool = False
    share_consent: bool = False
    faces: str | None = None
    redacted: bool = False
    purpose: str | None = None
    hold: bool = False


class Guard(msgspec.Struct, frozen=True):
    """One guard: the question it asks of the facts, and the sentence that says what would be needed."""

    holds: Callable[[Facts], bool]
    needed: str


_URGENT: Final = ("critical", "high")

GUARDS: Final[dict[str, Guard]] = {
    "seen": Guard(lambda f: f.by_person, N_("a person must have seen the result of the rules")),
    "reason": Guard(lambda f: bool(f.reason.strip()), N_('a reason, with --reason "…"')),
    "own_key": Guard(
        lambda f: f.own_key,
        N_(
            "whoever decides must sign in with a passphrase of their own: leave --as out (dikalo keys passphrase)"
        ),
    ),
    # alerts
    "safe_to_contact": Guard(
        lambda f: f.safe_to_contact != "no",
        N_("the alert says that contacting the person is not safe: wait, or decide with what the alert says"),
    ),
    "case_open": Guard(
        lambda f: f.case_state in CASE_OPEN,
        N_("the case must be open: choose an open one, or open a new one from the alert"),
    ),
    "code_free": Guard(lambda f: f.code_free, N_("the new case needs a code of its own: leave the code out")),
    "same_event": Guard(
        lambda f: f.same_event,
        N_(
            "somebody signed in with a passphrase of their own must have decided that it is the same event as an alert that "
            "has a case (dikalo alerts decide CODE CODE DECISION)"
        ),
    ),
    "kept_if_urgent": Guard(
        lambda f: not f.ever_urgent or f.kept_as_urgent or f.second,
        N_(
            "the case of the alert that is kept must be worked on at this urgency (dikalo cases set CODE --urgency LEVEL); else a second person "
            "must agree, signed in with a passphrase of their own (dikalo approve)"
        ),
    ),
    "provider": Guard(
        lambda f: f.provider is not None, N_("a provider that this register knows must be chosen")
    ),
    "alert_consent": Guard(
        lambda f: alert_may_be_referred(f.consent_state, f.today) or f.override,
        N_(
            "the person must have given consent; without it only a vital interest counts, and two people sign "
            "(--vital, then dikalo approve)"
        ),
    ),
    "all_read": Guard(
        lambda f: f.all_read or f.override,
        N_(
            "a submission of this alert is not read yet and may contain a refusal: see what to do with dikalo alerts show CODE; "
            "until it is read, or the person agreed again on a later day (dikalo consent record CODE PURPOSE=ANSWER), only a vital interest "
            "counts, and two people sign (--vital, then dikalo approve)"
        ),
    ),
    "second_if_urgent": Guard(
        lambda f: not f.ever_urgent or f.second,
        N_("a second person must agree, signed in with a passphrase of their own (dikalo approve)"),
    ),
    # cases
    "case_consent": Guard(
        lambda f: f.agreed or f.override,
        N_("the person's consent to document or to services must be recorded and valid, or an override"),
    ),
    "emergency": Guard(lambda f: f.emergency, N_("it must be an emergency: add --emergency")),
    "assessed": Guard(lambda f: f.assessed, N_("an assessment must have come (form CASE)")),
    "safety_plan": Guard(
        lambda f: f.urgency not in _URGENT or f.safety_plan,
        N_("at this urgency the assessment must hold a safety plan"),
    ),
    "planned": Guard(
        lambda f: f.planned, N_("at least one intervention must be planned (dikalo cases refer CODE SERVICE)")
    ),
    "entered_as_emergency": Guard(
        lambda f: f.as_emergency, N_("only a case that came to interventions as an emergency goes back")
    ),
    "no_plan_yet": Guard(
        lambda f: not f.plan_made, N_("the case has had its plan already: go on to the follow-up")
    ),
    "no_late_answer": Guard(
        lambda f: f.late_answers == 0 or bool(f.reason.strip()),
        N_('a referral waits for its answer past its date: obtain it, or say why not with --reason "…"'),
    ),
    "need_or_risk": Guard(
        lambda f: f.new_need or f.risk_up,
        N_("there must be a need that no intervention answers, or a follow-up that reports a growing risk"),
    ),
    "closure_asked": Guard(
        lambda f: f.closure_form or f.closure_reason is not None,
        N_("the closure must be asked for: by a CLOSURE form, or with --because"),
    ),
    "early_reason": Guard(
        lambda f: f.closure_reason in EARLY,
        N_(
            "before its follow-up a case is closed for one of these reasons only (--because): at the person's request, "
            "contact lost, death, not in the mandate, unfounded, safety, consent withdrawn"
        ),
    ),
    "withdrawal_written": Guard(
        lambda f: f.closure_reason != WITHDRAWN or not f.agreed,
        N_(
            "the consent on which the case is worked still stands: write the withdrawal down first (dikalo consent withdraw "
            'CODE --reason "…")'
        ),
    ),
    "contact_lost": Guard(
        lambda f: not f.said_lost or (f.tries_failed and f.unreached),
        N_(
            "contact counts as lost after {tries} tries in a row that failed, each written down (dikalo cases contacted "
            "CODE --failed), and {days} days in which nobody reached the person"
        ),
    ),
    "tries_failed": Guard(
        lambda f: not f.said_lost or f.tries_failed,
        N_(
            "for lost contact {tries} tries in a row to reach the person must have failed, each written down (dikalo cases "
            "contacted CODE --failed)"
        ),
    ),
    "no_critical_task": Guard(
        lambda f: f.critical_tasks == 0,
        N_(
            "a task of a custody, a clinical limit, a hearing or a source in danger is open: end it first; where danger came on which "
            "nobody has decided, here or in a case that was merged into this one, decide the level (dikalo cases set CODE --urgency LEVEL)"
        ),
    ),
    "danger_decided": Guard(
        lambda f: f.dangers == 0,
        N_(
            "danger came on which nobody has decided, here or in a case that was merged into this one: make sure that the receiver knows of "
            "it, and decide the level (dikalo cases set CODE --urgency LEVEL)"
        ),
    ),
    "no_hearing_ahead": Guard(lambda f: f.hearings_ahead == 0, N_("a court hearing is still ahead")),
    "nothing_new": Guard(
        lambda f: f.came_since == 0,
        N_(
            "an alert, an interview, a growing risk or a merged case came after the closure was asked for: refuse the closure "
            '(dikalo approve CODE --withdraw --reason "…"), look at what came, and ask for it again'
        ),
    ),
    "risk_allows": Guard(
        lambda f: f.risk in {"low", "medium"}, N_("the risk must be low or medium, and known")
    ),
    "feedback_answered": Guard(
        lambda f: f.feedback is not None,
        N_("it must be said whether the person was told the outcome (--feedback, or the CLOSURE form)"),
    ),
    "supervisor": Guard(
        lambda f: bool(f.roles & GUARDED_ROLES), N_("a supervisor or the coordinator must decide")
    ),
    "neither_owner_nor_requester": Guard(
        lambda f: not f.is_owner and not f.is_requester and f.requester_proved,
        N_("whoever decides must be neither in charge of the case nor the one who asked for its closure"),
    ),
    "suspend_reason": Guard(
        lambda f: f.reason.strip() != "" and f.closure_reason in SUSPEND,
        N_('a case is suspended for safety or because contact was lost: add --because and --reason "…"'),
    ),
    "review_date": Guard(
        lambda f: f.review_on is not None and f.today < f.review_on <= (f.review_until or f.review_on),
        N_(
            "a day to come, within {days} days, must be given on which the case is looked at again (--review)"
        ),
    ),
    "state_it_left": Guard(
        lambda f: f.left is not None and f.left == f.wanted,
        N_("a suspended case goes back to the state that it left, and to no other"),
    ),
    "accepted": Guard(
        lambda f: f.accepted_on is not None and f.accept_from <= f.accepted_on <= f.today,
        N_(
            "the receiver must have accepted the hand-over, not before the case was opened and the consents for it were last "
            "written down (consent asked anew wants a new acceptance): give the receiver (--to) and the day (--accepted)"
        ),
    ),
    "transfer_consent": Guard(
        lambda f: f.transfer_consent,
        N_("the person's consent to services by others, with their identity, must be recorded and valid"),
    ),
    "kept_case": Guard(
        lambda f: f.kept_state is not None and f.kept_state not in CASE_LEFT,
        N_("the case that is kept must be another one, and open"),
    ),
    "owner_or_coordinator": Guard(
        lambda f: f.own_key and (f.is_owner or "coordinator" in f.roles),
        N_(
            "whoever is in charge of the case, or the coordinator, must decide, with a passphrase of their own"
        ),
    ),
    # incidents
    "two_sources": Guard(
        lambda f: f.sources >= 2 or f.proofs >= 1,
        N_(
            "two independent sources must have informed about the incident, or one piece of evidence must show it "
            "(form CASE, dikalo evidence add FILE --case CODE --type TYPE)"
        ),
    ),
    # interventions
    "consent_ok": Guard(
        lambda f: f.consent_ok or f.override,
        N_("the recorded consent must cover this service, or a valid override"),
    ),
    "by_others": Guard(
        lambda f: f.by_others, N_("a referral needs the provider it goes to (--to); our own service is begun")
    ),
    "by_us": Guard(
        lambda f: not f.by_others, N_("a service of others is referred, and begins once they accepted")
    ),
    # evidence
    "commitment": Guard(
        lambda f: f.commitment, N_("the commitment to the original must be written down first")
    ),
    "share_consent": Guard(
        lambda f: f.share_consent,
        N_("everybody whom it involves must have agreed to this purpose, and to pictures and sound"),
    ),
    "faces": Guard(
        lambda f: f.faces == "no" or f.redacted or f.purpose == "justice",
        N_("faces can be seen: make a redacted copy first, unless it goes to a court"),
    ),
    "no_hold": Guard(lambda f: not f.hold, N_("a legal hold stops every purge of this case")),
    # consent
    "asked_again": Guard(lambda f: f.by_person, N_("the person must have been asked again")),
}
"""Name of a guard -> what it asks. Every guard that the table names is here, and no other."""


def lacking(move: Move, facts: Facts) -> Iterator[str]:
    """Yield the names of the guards of a move that do not hold."""
    return (name for name in move.guards if not GUARDS[name].holds(facts))
