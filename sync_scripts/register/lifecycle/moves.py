"""Where an alert, a case, an incident, an intervention, a piece of evidence, a consent and a link can go. Tables; nothing else is possible.

Each move names the guards that all must hold; `guards` says what each asks and what would be needed. `AFTERWARDS` says what may
still be decided about a case that was left. The work on it is over; what does not end with the work is what the person is owed,
what was found out of the facts, and how long and how closely it is all kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, Literal, NamedTuple

CASE_OPEN: Final = (
    "open_intake",
    "assessment",
    "action_plan",
    "intervention",
    "follow_up",
    "closure_pending",
    "reopened",
)
"""States in which a case is worked on."""

TO_DO: Final = ("received", "triaged", "info_requested")
"""States of an alert in which something is to be decided."""

CASE_LEFT: Final = frozenset({"closed", "merged", "transferred"})
"""States in which a case is no longer worked on."""

CASE_MOVES: Final = (
    "assessment",
    "action_plan",
    "intervention",
    "follow_up",
    "closure_pending",
    "closed",
    "reopened",
    "suspended",
    "back",
    "transferred",
)
"""Where a person moves a case to; ``back`` ends a suspension. A merge is a decision of its own."""


GONE: Final = "gone_at_server"
"""Code of the flag of a submission that every server which had it deleted."""

UNREADABLE: Final = "case_code_unreadable"
"""Code of the flag of a form that names no case, or by what is no code: unless it opens one, it waits and stands in no list."""


Matter = Literal["alert", "case", "incident", "intervention", "evidence", "consent", "link"]


class Move(NamedTuple):
    """One move: from a state to another, with the guards that must hold; ``by_rule`` is the program's own."""

    was: str
    to: str
    guards: tuple[str, ...] = ()
    by_rule: bool = False


INTERVENTION_FINAL: Final = frozenset({"rejected", "revoked", "done", "not_done", "declined"})
"""States that an intervention never leaves: another try is another intervention."""

_CASE_STATES: Final = (*CASE_OPEN, "closed", "suspended")

_ALERT: Final = (
    Move("received", "triaged", ("seen",)),
    Move("received", "dismissed", by_rule=True),
    Move("triaged", "info_requested", ("safe_to_contact",)),
    Move("info_requested", "triaged"),
    Move("triaged", "linked", ("case_open",)),
    Move("triaged", "opened", ("code_free",)),
    Move("triaged", "duplicate", ("same_event", "kept_if_urgent")),
    Move("triaged", "referred_out", ("provider", "alert_consent", "all_read")),
    Move("triaged", "dismissed", ("reason", "second_if_urgent")),
    Move("duplicate", "triaged", ("reason",)),
    Move("dismissed", "triaged", ("reason",)),
)

_CASE: Final = (
    Move("open_intake", "assessment", ("case_consent",)),
    Move("open_intake", "intervention", ("emergency", "reason")),
    Move("assessment", "action_plan", ("assessed", "safety_plan")),
    Move("action_plan", "intervention", ("planned",)),
    Move("intervention", "assessment", ("entered_as_emergency", "no_plan_yet")),
    Move("intervention", "follow_up", ("no_late_answer",)),
    Move("follow_up", "action_plan", ("need_or_risk",)),
    Move("follow_up", "closure_pending", ("own_key", "closure_asked", "withdrawal_written", "contact_lost")),
    *(
        Move(state, "closure_pending", ("own_key", "early_reason", "withdrawal_written", "contact_lost"))
        for state in CASE_OPEN
        if state not in {"follow_up", "closure_pending"}
    ),
    Move(
        "closure_pending",
        "closed",
        (
            "no_critical_task",
            "no_hearing_ahead",
            "nothing_new",
            "risk_allows",
            "feedback_answered",
            "own_key",
            "supervisor",
            "neither_owner_nor_requester",
        ),
    ),
    Move("closure_pending", "follow_up", ("reason",)),
    Move("closed", "reopened", ("reason",)),
    Move("reopened", "assessment"),
    *(Move(state, "suspended", ("suspend_reason", "tries_failed", "review_date")) for state in CASE_OPEN),
    *(Move("suspended", state, ("state_it_left",)) for state in CASE_OPEN),
    *(
        Move(state, "transferred", ("own_key", "danger_decided", "accepted", "transfer_consent"))
        for state in CASE_OPEN
    ),
    *(Move(state, "merged", ("kept_case", "owner_or_coordinator", "reason")) for state in _CASE_STATES),
)

_SURE: Final = (
    "unverified",
    "in_progress",
    "likely",
    "possible",
    "unlikely",
    "verified",
    "not_violation",
    "false",
)

_INCIDENT: Final = tuple(
    Move(was, to, ("reason", "two_sources") if to == "verified" else ("reason",))
    for was in _SURE
    for to in _SURE
    if was != to
)

_INTERVENTION: Final = (
    Move("planned", "referred", ("consent_ok", "by_others")),
    Move("planned", "ongoing", ("consent_ok", "by_us")),
    Move("referred", "accepted"),
    Move("referred", "rejected"),
    Move("referred", "revoked"),
    Move("accepted", "ongoing", ("consent_ok",)),
    Move("ongoing", "done"),
    Move("ongoing", "not_done"),
    *(Move(state, "declined") for state in ("planned", "referred", "accepted", "ongoing")),
)
INTERVENTION_MOVES: Final = tuple(dict.fromkeys(one.to for one in _INTERVENTION))
"""Where a person moves an intervention to."""

_EVIDENCE: Final = (
    Move("received", "sealed", ("commitment",)),
    Move("sealed", "working_copy"),
    Move("working_copy", "shared", ("share_consent", "faces")),
    Move("working_copy", "retained"),
    Move("retained", "purged", ("no_hold",)),
    Move("shared", "purged", ("no_hold",)),
)

_CONSENT: Final = (
    *(Move(state, "withdrawn") for state in ("given", "guardian", "assent")),
    *(Move("refused", state, ("asked_again",)) for state in ("given", "guardian", "assent")),
    *(Move("not_asked", state) for state in ("given", "guardian", "assent", "refused", "unable")),
    *(Move("unable", state, ("asked_again",)) for state in ("given", "guardian", "assent", "refused")),
)

_DECIDED: Final = ("same_event", "related", "not_same")

_LINK: Final = (
    *(Move("pending", state) for state in _DECIDED),
    *(Move(was, to, ("reason",)) for was in _DECIDED for to in _DECIDED if was != to),
)

MOVES: Final[dict[Matter, tuple[Move, ...]]] = {
    "alert": _ALERT,
    "case": _CASE,
    "incident": _INCIDENT,
    "intervention": _INTERVENTION,
    "evidence": _EVIDENCE,
    "consent": _CONSENT,
    "link": _LINK,
}
"""Every move that there is."""

BY_RULE: Final = {(one.was, one.to) for one in _ALERT if one.by_rule}
"""Moves of an alert that no person makes."""

ALERT_MOVES: Final[dict[str, tuple[str, ...]]] = {
    state: tuple(one.to for one in _ALERT if one.was == state)
    for state in (*dict.fromkeys(one.was for one in _ALERT), "linked", "opened", "referred_out")
}
"""State of an alert -> where it can go."""


def listed(matter: Matter, was: str, to: str | None = None) -> Iterator[Move]:
    """Yield the moves of a matter from a state, to one state if it is given."""
    return (one for one in MOVES[matter] if one.was == was and to in (None, one.to))


_REPORTED: Final[dict[str, frozenset[str]]] = {
    "planned": frozenset({"referred", "accepted", "ongoing"}) | INTERVENTION_FINAL,
    "referred": frozenset({"accepted", "ongoing"}) | INTERVENTION_FINAL,
    "accepted": frozenset({"ongoing"}) | INTERVENTION_FINAL,
    "ongoing": INTERVENTION_FINAL,
}


def can_follow(state: str, reported: str) -> bool:
    """Tell whether a follow-up may report a state after another: forwards, steps left out included."""
    return state == reported or reported in _REPORTED.get(state, frozenset())


_MERGED: Final = frozenset({"merged"})

AFTERWARDS: Final[Mapping[str, frozenset[str]]] = {
    # how it is kept
    "case.confidentiality": CASE_LEFT,
    "case.retention": CASE_LEFT,
    "case.hold": CASE_LEFT,
    # the facts, and the proofs
    "value.correct": CASE_LEFT,
    "value.restore": CASE_LEFT,
    "incident.verify": CASE_LEFT,
    "incident.other": CASE_LEFT,
    "evidence.move": CASE_LEFT,
    "evidence.redacted": CASE_LEFT,
    # what people agreed to
    "consent.record": CASE_LEFT,
    "consent.withdraw": CASE_LEFT,
    "consent.override": _MERGED,
    "person.same": CASE_LEFT,
    # what is due, or to be looked at, in its rows
    "task.done": CASE_LEFT,
    "task.assign": CASE_LEFT,
    "task.open": _MERGED,
    "case.contact_undo": _MERGED,
    "flag.resolve": CASE_LEFT,
    "flag.open": CASE_LEFT,
    "intervention.move": _MERGED,
    "intervention.set": _MERGED,
}
"""Op of a decision -> states of a case that was left in which it is taken all the same; an op that is not here, in none."""
