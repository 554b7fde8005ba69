"""An alert that was ever critical or high does not vanish as a duplicate by one hand, unless the work goes on at its level."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sync_scripts.register.alert_decisions.event_links import decide as decide_link
from sync_scripts.register.consent_decisions import decide as consents
from sync_scripts.register.lifecycle.errors import GuardFails, ReasonMissing, SecondPersonSame
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.schema import register as tables
from tests import every_decision
from tests.decisions.work import ALERT_CODE, CASE_CODE, OTHER, OWNER, SUPERVISOR, Work, begin
from tests.register.beginnings import played_once
from tests.register.field import ALERT, changed, dealt

TWIN = dealt(1, "AL")


@pytest.fixture
@played_once
def work(register: Register) -> Work:
    """A register with one case of medium urgency, and an alert of the same event that is critical."""
    made = begin(register)
    made.field.send("alert", "r2", changed(ALERT, {"danger": {"danger_now": "yes"}}))
    made.do(every_decision.triage, TWIN)
    assert (made.case()["urgency"], made.alert(TWIN)["urgency"]) == ("medium", "critical")
    return made


def same(work: Work, by: Actor = OTHER) -> None:
    """Say that both tell of one event."""
    work.do(decide_link, ALERT_CODE, TWIN, "same_event", "The same caller", by=by)


def raised(work: Work) -> None:
    """Raise the case to the level of the alert."""
    work.do(every_decision.set_urgency, CASE_CODE, "critical")


def open_of_twin(work: Work) -> list[str]:
    """Return the kinds of the tasks that are open about the alert."""
    rows = work.field.rows(tables.task)
    return [row["kind"] for row in rows if row["subject"] == "alert:alert/r2" and row["done_at"] is None]


def test_a_critical_alert_becomes_a_duplicate_of_a_lesser_one_by_two_only(work: Work) -> None:
    """Proposed, with a reason: nothing is changed before somebody else signs."""
    same(work)
    work.refused(ReasonMissing, every_decision.duplicate, TWIN)
    work.refused(
        every_decision.OwnKeyMissing,
        every_decision.duplicate,
        TWIN,
        reason="One caller",
        by=Actor("RD-02", "claimed"),
    )
    made = work.do(every_decision.duplicate, TWIN, reason="One caller")
    assert (work.alert(TWIN)["state"], made.now) == ("triaged", "triaged")
    assert "first_action" in open_of_twin(work)
    work.refused(SecondPersonSame, every_decision.sign, made.proposal)
    work.do(every_decision.sign, made.proposal, by=SUPERVISOR)
    event = next(one for one in work.events() if one.op == "alert.duplicate")

    assert (work.alert(TWIN)["state"], work.alert(TWIN)["duplicate_of"]) == ("duplicate", ALERT_CODE)
    assert (event.payload["first"], event.payload["second"], event.payload["urgency"]) == (
        "CO-01",
        "SU-01",
        "critical",
    )


def test_one_person_sets_it_aside_where_the_work_goes_on_at_its_level(work: Work) -> None:
    """The case was raised first, which everybody may."""
    same(work)
    raised(work)
    done = work.do(every_decision.duplicate, TWIN)

    assert (done.now, done.proposal) == ("duplicate", None)


def lowered(work: Work) -> None:
    """The alert was lowered before: what it ever was counts."""
    work.do(every_decision.triage, TWIN, urgency="low", reason="Less grave than it seems")


def closed(work: Work) -> None:
    """The case is as urgent, and closed."""
    raised(work)
    said = {"because": "survivor_request", "reason": "As said", "feedback": "yes", "risk": "low"}
    work.do(every_decision.move, CASE_CODE, "closure_pending", by=OWNER, **said)
    work.do(every_decision.move, CASE_CODE, "closed", by=SUPERVISOR)


def stopped(work: Work) -> None:
    """The case is as urgent, and its person withdrew."""
    raised(work)
    work.do(consents.withdraw, CASE_CODE, reason="She asked")


def merged_into_a_lesser_one(work: Work) -> None:
    """The work on it goes on in another case, which takes its level along, and is lowered there."""
    raised(work)
    work.field.send("alert", "r3", ALERT)
    work.do(every_decision.triage, dealt(2, "AL"))
    other = work.do(every_decision.open_case, dealt(2, "AL"), owner="RD-02").case
    work.do(every_decision.merge, CASE_CODE, other, reason="Same facts")
    work.do(every_decision.set_urgency, other, "low", reason="Nothing is due any more")


@pytest.mark.parametrize("story", [lowered, closed, stopped, merged_into_a_lesser_one])
def test_no_road_leads_round_the_second_person(work: Work, story: Callable[[Work], None]) -> None:
    """Nobody works on the event at the level that the alert had."""
    same(work)
    story(work)
    made = work.do(every_decision.duplicate, TWIN, reason="One caller")

    assert (made.proposal is not None, work.alert(TWIN)["state"]) == (True, "triaged")


def test_what_was_never_urgent_is_set_aside_by_one(register: Register) -> None:
    """As it is dismissed by one."""
    work = begin(register)
    work.field.send("alert", "r2", ALERT)
    work.do(every_decision.triage, TWIN)
    same(work)

    assert work.do(every_decision.duplicate, TWIN).now == "duplicate"


def test_a_signature_looks_again(work: Work) -> None:
    """Meanwhile somebody decided that they are two events: the reason says what is needed."""
    same(work)
    made = work.do(every_decision.duplicate, TWIN, reason="One caller")
    work.do(decide_link, ALERT_CODE, TWIN, "not_same", "Two villages")
    words = work.refused(GuardFails, every_decision.sign, made.proposal, by=SUPERVISOR)

    assert "dikalo alerts decide" in words


def test_a_link_that_was_only_typed_opens_no_guard(work: Work) -> None:
    """Said again by somebody proved it does; said again under a typed code it is as it was."""
    raised(work)
    typed = Actor("RD-02", "claimed")
    same(work, typed)
    words = work.refused(GuardFails, every_decision.duplicate, TWIN, reason="x")
    assert "passphrase of their own" in words
    count = len(work.events())
    same(work, typed)
    assert len(work.events()) == count
    same(work)
    assert len(work.events()) == count + 1
    same(work)

    assert len(work.events()) == count + 1
    assert work.do(every_decision.duplicate, TWIN).now == "duplicate"


def test_it_is_not_signed_over_another_danger_of_the_same_level(work: Work) -> None:
    """An edit tells that she is missing now: nobody has decided about that."""
    same(work)
    made = work.do(every_decision.duplicate, TWIN, reason="One caller")
    said = {"danger": {"danger_now": "no"}, "what": {"alert_icon": "missing"}, "when": {"when_rel": "now"}}
    work.field.send("alert", "r2", changed(ALERT, said), edit=1)

    assert work.alert(TWIN)["urgency"] == "critical"
    work.refused(every_decision.ProposalStale, every_decision.sign, made.proposal, by=SUPERVISOR)
