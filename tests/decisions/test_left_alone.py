"""A duplicate is somebody's work again when the case of the alert that was kept stops: its own person said no such thing."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from sync_scripts.daily.round import Wish, _raised
from sync_scripts.register.alert_decisions.event_links import decide as decide_pair
from sync_scripts.register.consent_decisions import decide as consents
from sync_scripts.register.consent_decisions.of_alerts import withdraw_alert
from sync_scripts.register.consent_decisions.overriding import override
from sync_scripts.register.consents.withdrawals import LEFT_ALONE
from sync_scripts.register.queries.today import today
from sync_scripts.register.rules import clocks
from sync_scripts.register.rules.kinds import AWAY
from sync_scripts.register.rules.ruleset import load
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Register
from tests import every_decision
from tests.daily.telling import NIGHT_DESK, held, listening
from tests.decisions.work import ALERT_CODE, CASE_CODE, OTHER, SUPERVISOR, Work, begin
from tests.register.beginnings import played_once
from tests.register.field import ALERT, CASE, act, changed, dealt, known, victim

AGAIN = dealt(1, "AL")
NO: dict[str, str | None] = {"c_services": "no", "c_document": "no", "c_refer_identity": None}
INTERVIEW = changed(CASE, {"header": {"alert_code": ALERT_CODE}})


def told_twice(register: Register, *, consent: bool = False) -> Work:
    """Two people tell of one event; the case of the first alert is critical and worked on, and somebody is told at night."""
    made = begin(register, consent=consent, urgency="critical")
    made.do(every_decision.set_urgency, CASE_CODE, "critical", reason="As the alert")
    listening(made.field.register, NIGHT_DESK)
    made.field.send("alert", "r2", changed(ALERT, {"danger": {"danger_now": "yes"}}))
    made.do(every_decision.triage, AGAIN)
    made.do(decide_pair, AGAIN, ALERT_CODE, "same_event", reason="Same house, same night")
    return made


@pytest.fixture
@played_once
def work(sqlite_register: Register) -> Work:
    """Return the same, with the second alert set aside as a duplicate."""
    made = told_twice(sqlite_register)
    made.do(every_decision.duplicate, AGAIN)
    return made


@pytest.fixture
@played_once
def interviewed(sqlite_register: Register) -> Work:
    """Return the same, with the first person interviewed."""
    made = told_twice(sqlite_register, consent=True)
    made.do(every_decision.duplicate, AGAIN)
    return made


def alert_withdrawn(work: Work) -> None:
    """The person of the first alert wants nothing done."""
    work.do(withdraw_alert, ALERT_CODE, reason="She asked")


def test_it_is_decided_again_within_a_first_contact(work: Work) -> None:
    """Of its own level, counted from when the case stopped; with a message and on the page of the day."""
    before = len(held(work.field.register))
    alert_withdrawn(work)
    (task,) = work.tasks(AWAY)
    with work.field.register.reading() as rows:
        page = today(rows, work.field.now)

    assert task["subject"] == f"alert:alert/{work.alert(AGAIN)['alert_id']}"
    assert task["due_at"][:19] == instant(clocks.due("critical", work.field.now, load()).contact)[:19]
    assert AGAIN in {one.code for one in page.of("critical")}
    assert len(held(work.field.register)) > before
    assert work.alert(AGAIN)["state"] == "duplicate"


def sent_again(work: Work) -> None:
    """Her interview is sent again with a no."""
    work.field.later()
    work.field.send("case", "c1", changed(INTERVIEW, {"consent": NO}), edit=1)


def withdrawn(work: Work) -> None:
    """She withdraws everything."""
    work.do(consents.withdraw, CASE_CODE, reason="She asked")


def corrected(work: Work) -> None:
    """A no is laid over her interview at the desk."""
    work.do(every_decision.correct, CASE_CODE, "interview.consent_case", "no", reason="She told the team")


@pytest.mark.parametrize("says_no", [withdrawn, sent_again, corrected])
def test_a_case_that_stops_by_any_road_leaves_it_alone(
    interviewed: Work, says_no: Callable[[Work], None]
) -> None:
    """Once each: what is said again of the same case asks for nothing new."""
    says_no(interviewed)
    assert len(interviewed.tasks(AWAY)) == 1
    interviewed.field.later()
    interviewed.field.send("case", "c1", changed(INTERVIEW, {"consent": NO}), edit=3)
    assert len(interviewed.tasks(AWAY)) == 1
    assert [one.op for one in interviewed.events()].count(LEFT_ALONE) == 1


def test_taking_it_back_ends_it(work: Work) -> None:
    """It is triaged again; set aside once more, by two who know that the case stopped, it asks for nothing."""
    alert_withdrawn(work)
    work.do(every_decision.unlink, AGAIN, reason="Nobody works on it")
    assert (work.tasks(AWAY), work.alert(AGAIN)["state"]) == ([], "triaged")
    made = work.do(every_decision.duplicate, AGAIN, reason="The same person told it twice")
    work.do(every_decision.sign, made.proposal, by=SUPERVISOR)
    work.field.send("alert", "r1", changed(ALERT, {"who": {"victim_count": "2_5"}}), edit=1)

    assert work.alert(AGAIN)["state"] == "duplicate"
    assert work.tasks(AWAY) == []


def test_who_said_no_herself_is_left_alone(work: Work) -> None:
    """Nobody calls her: there is nothing to decide again."""
    work.do(withdraw_alert, AGAIN, reason="She asked")
    alert_withdrawn(work)
    assert work.tasks(AWAY) == []
    assert LEFT_ALONE not in {one.op for one in work.events()}


def test_her_own_no_ends_it(work: Work) -> None:
    """Said after the case stopped."""
    alert_withdrawn(work)
    work.do(withdraw_alert, AGAIN, reason="She asked")
    assert work.tasks(AWAY) == []


def test_nothing_is_asked_while_somebody_goes_on(interviewed: Work) -> None:
    """Another person of the case, or of one that was merged into it; then the last one withdraws."""
    other = begin_other(interviewed)
    withdrawn(interviewed)
    assert interviewed.tasks(AWAY) == []
    interviewed.do(consents.withdraw, other, reason="She asked")
    assert len(interviewed.tasks(AWAY)) == 1


def raised(work: Work) -> None:
    """Go the part of a round in which tasks are raised."""
    there = SimpleNamespace(register=work.field.register)
    _raised(there, Wish(clock=lambda: work.field.now))  # type: ignore[arg-type]  # nothing else of a workspace is asked


def without_her(work: Work) -> None:
    """She refuses by telephone; two people have her served for a day, and the duplicate is set aside meanwhile."""
    withdrawn(work)
    waits = work.do(override, CASE_CODE, hours=24, reason="She cannot be reached and is in danger")
    work.do(every_decision.sign, waits.proposal, by=SUPERVISOR)


def test_an_override_that_runs_out_leaves_it_alone(sqlite_register: Register) -> None:
    """Nothing else happens at that hour: the round says so, once, and there is time from then on."""
    work = told_twice(sqlite_register, consent=True)
    without_her(work)
    work.do(every_decision.duplicate, AGAIN)
    raised(work)
    assert work.tasks(AWAY) == []  # she is served
    before = len(held(work.field.register))
    work.field.later(hours=30)
    raised(work)
    (task,) = work.tasks(AWAY)

    assert task["due_at"][:19] == instant(clocks.due("critical", work.field.now, load()).contact)[:19]
    assert len(held(work.field.register)) > before
    assert work.sound()
    events, rows = len(work.events()), work.field.everything()
    work.field.later()
    raised(work)
    assert (len(work.events()), work.field.everything()) == (events, rows)


def test_an_override_that_another_one_follows_leaves_nothing_alone(sqlite_register: Register) -> None:
    """She is served on."""
    work = told_twice(sqlite_register, consent=True)
    without_her(work)
    work.do(every_decision.duplicate, AGAIN)
    work.field.later(hours=20)
    waits = work.do(override, CASE_CODE, hours=24, reason="Still not reached")
    work.do(every_decision.sign, waits.proposal, by=OTHER)
    work.field.later(hours=10)
    raised(work)
    assert work.tasks(AWAY) == []


def begin_other(work: Work) -> str:
    """Merge a case with an interview of V9 into the kept one; return its code."""
    work.field.send("alert", "r3", ALERT)
    work.do(every_decision.triage, dealt(2, "AL"))
    other = str(work.do(every_decision.open_case, dealt(2, "AL"), owner="RD-02").case)
    said: dict[str, Any] = {"victims": [victim(9)], "acts": [act(9, "V9")]}
    work.field.send("case", "c9", known(other, changed(CASE, said)))
    work.do(every_decision.merge, other, CASE_CODE, reason="Same facts", by=OTHER)
    return other


def test_a_case_that_was_closed_had_done_its_work(interviewed: Work) -> None:
    """Who withdraws afterwards takes nothing away from the one who told of the same."""
    with every_decision.deciding(interviewed.field.register, SUPERVISOR, interviewed.field.later()) as by:
        by.write(
            by.event("case.move", f"case:{CASE_CODE}", {"was": "follow_up", "to": "closed", "reason": "x"})
        )
    withdrawn(interviewed)
    assert interviewed.tasks(AWAY) == []
