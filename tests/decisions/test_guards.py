"""Every guard of every move, in both directions: without what it asks the move is refused, with it the move passes."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from sync_scripts.register.lifecycle.errors import GuardFails, MoveNotListed, check
from sync_scripts.register.lifecycle.guards import GUARDS, Facts, lacking
from sync_scripts.register.lifecycle.moves import CASE_OPEN, MOVES, Matter, Move
from sync_scripts.register.rules.ruleset import load

TODAY = date(2026, 11, 25)

HOLDS: dict[str, dict[str, Any]] = {
    "seen": {"by_person": True},
    "reason": {"reason": "Checked by telephone"},
    "own_key": {"own_key": True},
    "safe_to_contact": {"safe_to_contact": "yes"},
    "case_open": {"case_state": "assessment"},
    "code_free": {"code_free": True},
    "same_event": {"same_event": True},
    "kept_if_urgent": {"ever_urgent": True, "kept_as_urgent": True},
    "provider": {"provider": "PRE-01"},
    "alert_consent": {"consent_state": "given"},
    "all_read": {"all_read": True},
    "second_if_urgent": {"ever_urgent": True, "second": True},
    "case_consent": {"agreed": True},
    "emergency": {"emergency": True},
    "assessed": {"assessed": True},
    "safety_plan": {"urgency": "high", "safety_plan": True},
    "planned": {"planned": True},
    "entered_as_emergency": {"as_emergency": True},
    "no_plan_yet": {"plan_made": False},
    "no_late_answer": {"late_answers": 0},
    "need_or_risk": {"new_need": True},
    "closure_asked": {"closure_form": True},
    "early_reason": {"closure_reason": "lost_contact"},
    "withdrawal_written": {"closure_reason": "lost_contact"},
    "contact_lost": {"said_lost": True, "tries_failed": True, "unreached": True},
    "tries_failed": {"said_lost": True, "tries_failed": True},
    "no_critical_task": {"critical_tasks": 0},
    "danger_decided": {"dangers": 0},
    "no_hearing_ahead": {"hearings_ahead": 0},
    "nothing_new": {"came_since": 0},
    "risk_allows": {"risk": "medium"},
    "feedback_answered": {"feedback": "no"},
    "supervisor": {"roles": frozenset({"supervisor"})},
    "neither_owner_nor_requester": {"requester_proved": True},
    "suspend_reason": {"reason": "Roads closed", "closure_reason": "safety"},
    "review_date": {"today": TODAY, "review_on": date(2026, 12, 1)},
    "state_it_left": {"left": "follow_up", "wanted": "follow_up"},
    "accepted": {"today": TODAY, "accepted_on": TODAY},
    "transfer_consent": {"transfer_consent": True},
    "kept_case": {"kept_state": "assessment"},
    "owner_or_coordinator": {"own_key": True, "is_owner": True},
    "two_sources": {"sources": 2},
    "consent_ok": {"consent_ok": True},
    "by_others": {"by_others": True},
    "by_us": {"by_others": False},
    "commitment": {"commitment": True},
    "share_consent": {"share_consent": True},
    "faces": {"faces": "no"},
    "no_hold": {"hold": False},
    "asked_again": {"by_person": True},
}
"""Guard -> facts with which it holds."""

FAILS: dict[str, list[dict[str, Any]]] = {
    "seen": [{"by_person": False}],
    "reason": [{"reason": "  "}],
    "own_key": [{"own_key": False}],
    "safe_to_contact": [{"safe_to_contact": "no"}],
    "case_open": [
        {"case_state": None},
        {"case_state": "closed"},
        {"case_state": "merged"},
        {"case_state": "suspended"},
    ],
    "code_free": [{"code_free": False}],
    "same_event": [{"same_event": False}],
    "kept_if_urgent": [{"ever_urgent": True, "kept_as_urgent": False, "second": False}],
    "provider": [{"provider": None}],
    "alert_consent": [{"consent_state": "not_asked"}, {"consent_state": "unable"}],
    "all_read": [{"all_read": False}],
    "second_if_urgent": [{"ever_urgent": True, "second": False}, {"second": False}],
    "case_consent": [{"agreed": False}],
    "emergency": [{"emergency": False}],
    "assessed": [{"assessed": False}],
    "safety_plan": [
        {"urgency": "high", "safety_plan": False},
        {"urgency": "critical", "safety_plan": False},
    ],
    "planned": [{"planned": False}],
    "entered_as_emergency": [{"as_emergency": False}],
    "no_plan_yet": [{"plan_made": True}],
    "no_late_answer": [{"late_answers": 1, "reason": ""}],
    "need_or_risk": [{"new_need": False, "risk_up": False}],
    "closure_asked": [{"closure_form": False, "closure_reason": None}],
    "early_reason": [{"closure_reason": "goals_met"}, {"closure_reason": None}],
    "withdrawal_written": [{"closure_reason": "consent_withdrawn", "agreed": True}],
    "contact_lost": [
        {"said_lost": True, "tries_failed": False, "unreached": True},
        {"said_lost": True, "tries_failed": True, "unreached": False},
    ],
    "tries_failed": [{"said_lost": True, "tries_failed": False}],
    "no_critical_task": [{"critical_tasks": 1}],
    "danger_decided": [{"dangers": 1}],
    "no_hearing_ahead": [{"hearings_ahead": 1}],
    "nothing_new": [{"came_since": 1}],
    "risk_allows": [{"risk": "high"}, {"risk": "unknown"}, {"risk": None}],
    "feedback_answered": [{"feedback": None}],
    "supervisor": [{"roles": frozenset({"case_owner"})}, {"roles": frozenset()}],
    "neither_owner_nor_requester": [
        {"is_owner": True, "requester_proved": True},
        {"is_requester": True, "requester_proved": True},
        {"requester_proved": False},
    ],
    "suspend_reason": [
        {"reason": "", "closure_reason": "safety"},
        {"reason": "Roads closed", "closure_reason": "goals_met"},
    ],
    "review_date": [
        {"today": TODAY, "review_on": None},
        {"today": TODAY, "review_on": TODAY},
        {"today": TODAY, "review_on": date(2026, 11, 1)},
        {"today": TODAY, "review_on": date(2027, 2, 2), "review_until": date(2027, 2, 1)},
    ],
    "state_it_left": [{"left": "follow_up", "wanted": "assessment"}, {"left": None, "wanted": "assessment"}],
    "accepted": [
        {"today": TODAY, "accepted_on": None},
        {"today": TODAY, "accepted_on": date(2026, 11, 26)},
        {"today": TODAY, "accepted_on": date(2026, 11, 24), "accept_from": TODAY},
    ],
    "transfer_consent": [{"transfer_consent": False}],
    "kept_case": [{"kept_state": None}, {"kept_state": "closed"}],
    "owner_or_coordinator": [
        {"own_key": True, "is_owner": False, "roles": frozenset({"supervisor"})},
        {"own_key": False, "is_owner": True},
    ],
    "two_sources": [{"sources": 1, "proofs": 0}, {"sources": 0}],
    "consent_ok": [{"consent_ok": False}],
    "by_others": [{"by_others": False}],
    "by_us": [{"by_others": True}],
    "commitment": [{"commitment": False}],
    "share_consent": [{"share_consent": False}],
    "faces": [{"faces": "yes"}, {"faces": None}],
    "no_hold": [{"hold": True}],
    "asked_again": [{"by_person": False}],
}
"""Guard -> facts with which it does not hold, one kind of lack each."""

ALSO_HOLDS: list[tuple[str, dict[str, Any]]] = [
    ("safe_to_contact", {"safe_to_contact": None}),
    ("alert_consent", {"consent_state": "not_asked", "override": True}),
    ("all_read", {"all_read": False, "override": True}),
    ("second_if_urgent", {"ever_urgent": False}),
    ("kept_if_urgent", {"ever_urgent": False}),
    ("kept_if_urgent", {"ever_urgent": True, "second": True}),
    ("case_consent", {"override": True}),
    ("safety_plan", {"urgency": "medium"}),
    ("no_late_answer", {"late_answers": 2, "reason": "They answer on Monday"}),
    ("need_or_risk", {"risk_up": True}),
    ("closure_asked", {"closure_reason": "goals_met"}),
    ("withdrawal_written", {"closure_reason": "goals_met", "agreed": True}),
    ("review_date", {"today": TODAY, "review_on": date(2027, 2, 1), "review_until": date(2027, 2, 1)}),
    ("contact_lost", {"said_lost": False}),
    ("tries_failed", {"said_lost": False}),
    ("supervisor", {"roles": frozenset({"coordinator"})}),
    ("owner_or_coordinator", {"own_key": True, "roles": frozenset({"coordinator"})}),
    ("two_sources", {"sources": 0, "proofs": 1}),
    ("consent_ok", {"override": True}),
    ("faces", {"faces": "yes", "redacted": True}),
    ("faces", {"faces": "yes", "purpose": "justice"}),
]
"""The other ways in which a guard holds."""


def test_every_guard_of_the_table_is_written_and_none_is_idle() -> None:
    """The table and the guards name each other, and so does this test."""
    named = {guard for moves in MOVES.values() for one in moves for guard in one.guards}

    assert named == GUARDS.keys() == HOLDS.keys() == FAILS.keys()


@pytest.mark.parametrize(("guard", "facts"), [*HOLDS.items(), *ALSO_HOLDS])
def test_a_guard_holds_with_what_it_asks(guard: str, facts: dict[str, Any]) -> None:
    """And every other way in which it may hold."""
    assert not list(lacking(Move("a", "b", (guard,)), Facts(**facts)))


@pytest.mark.parametrize(("guard", "facts"), [(name, one) for name, some in FAILS.items() for one in some])
def test_a_guard_fails_without_it(guard: str, facts: dict[str, Any]) -> None:
    """Each lack alone."""
    assert list(lacking(Move("a", "b", (guard,)), Facts(**facts))) == [guard]


EVERY = [
    (matter, one, guard)
    for matter, moves in MOVES.items()
    for one in moves
    if not one.by_rule
    for guard in one.guards
]


@pytest.mark.parametrize(
    ("matter", "one", "guard"),
    EVERY,
    ids=[f"{matter}-{one.was}-{one.to}-{guard}" for matter, one, guard in EVERY],
)
def test_a_move_is_refused_for_one_guard_alone_and_says_what_is_needed(
    matter: Matter, one: Move, guard: str
) -> None:
    """With all other guards holding; with this one too it passes."""
    facts: dict[str, Any] = {}
    for name in one.guards:
        facts |= HOLDS[name]
    if one.was == "suspended":
        facts |= {"left": one.to, "wanted": one.to}
    check(matter, "X", one.was, one.to, Facts(**facts))
    lacks = {**facts, **FAILS[guard][0]}
    with pytest.raises(GuardFails) as caught:
        check(matter, "X", one.was, one.to, Facts(**lacks))

    assert guard in caught.value.lacking
    rules = load().case
    needed = GUARDS[guard].needed.format(tries=rules.suspend_after_failed_contacts, days=rules.lost_contact_d)
    assert needed in caught.value.words()


@pytest.mark.parametrize("matter", list(MOVES))
def test_what_is_not_listed_is_refused(matter: Matter) -> None:
    """Every pair of states that the table does not have, whatever is true."""
    states = {state for one in MOVES[matter] for state in (one.was, one.to)}
    listed = {(one.was, one.to) for one in MOVES[matter] if not one.by_rule}
    everything: dict[str, Any] = {}
    for facts in HOLDS.values():
        everything |= facts
    for was in states:
        for to in states:
            if (was, to) not in listed:
                with pytest.raises(MoveNotListed) as caught:
                    check(matter, "X", was, to, Facts(**everything))
                assert '"' in caught.value.words()


PAGE: dict[str, dict[str, str]] = {
    "alert": {
        "received triaged": "seen",
        "triaged info_requested": "safe_to_contact",
        "info_requested triaged": "",
        "triaged linked": "case_open",
        "triaged opened": "code_free",
        "triaged duplicate": "same_event kept_if_urgent",
        "triaged referred_out": "provider alert_consent all_read",
        "triaged dismissed": "reason second_if_urgent",
        "duplicate triaged": "reason",
        "dismissed triaged": "reason",
    },
    "case": {
        "open_intake assessment": "case_consent",
        "open_intake intervention": "emergency reason",
        "assessment action_plan": "assessed safety_plan",
        "action_plan intervention": "planned",
        "intervention assessment": "entered_as_emergency no_plan_yet",
        "intervention follow_up": "no_late_answer",
        "follow_up action_plan": "need_or_risk",
        "follow_up closure_pending": "own_key closure_asked withdrawal_written contact_lost",
        **dict.fromkeys(
            (
                f"{state} closure_pending"
                for state in ("open_intake", "assessment", "action_plan", "intervention", "reopened")
            ),
            "own_key early_reason withdrawal_written contact_lost",
        ),
        "closure_pending closed": (
            "no_critical_task no_hearing_ahead nothing_new risk_allows feedback_answered own_key supervisor "
            "neither_owner_nor_requester"
        ),
        "closure_pending follow_up": "reason",
        "closed reopened": "reason",
        "reopened assessment": "",
        **{f"{state} suspended": "suspend_reason tries_failed review_date" for state in CASE_OPEN},
        **{f"suspended {state}": "state_it_left" for state in CASE_OPEN},
        **{f"{state} transferred": "own_key danger_decided accepted transfer_consent" for state in CASE_OPEN},
        **{
            f"{state} merged": "kept_case owner_or_coordinator reason"
            for state in (*CASE_OPEN, "closed", "suspended")
        },
    },
    "intervention": {
        "planned referred": "consent_ok by_others",
        "planned ongoing": "consent_ok by_us",
        "referred accepted": "",
        "referred rejected": "",
        "referred revoked": "",
        "accepted ongoing": "consent_ok",
        "ongoing done": "",
        "ongoing not_done": "",
        **{f"{state} declined": "" for state in ("planned", "referred", "accepted", "ongoing")},
    },
    "evidence": {
        "received sealed": "commitment",
        "sealed working_copy": "",
        "working_copy shared": "share_consent faces",
        "working_copy retained": "",
        "retained purged": "no_hold",
        "shared purged": "no_hold",
    },
}
"""The tables of the domain page, said once more: from and to -> the guards. Each guard has its own test above."""


@pytest.mark.parametrize("matter", PAGE)
def test_the_table_is_that_of_the_page(matter: Matter) -> None:
    """A move or a guard that is lost, or that nobody asked for, fails here, whatever else agrees with itself."""
    table = {f"{one.was} {one.to}": " ".join(one.guards) for one in MOVES[matter] if not one.by_rule}

    assert table == PAGE[matter]


def test_no_state_but_the_final_ones_is_a_dead_end() -> None:
    """No case can be stuck: from every state in which it is worked on there is a way to its closure."""
    ways = {(one.was, one.to) for one in MOVES["case"]}
    for state in (*CASE_OPEN, "suspended"):
        reached, before = {state}, set[str]()
        while reached != before:
            before = set(reached)
            reached |= {to for was, to in ways if was in reached}
        assert "closed" in reached
    assert {one.was for one in MOVES["case"]}.isdisjoint({"merged", "transferred"})
