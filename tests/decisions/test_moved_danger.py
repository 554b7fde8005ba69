"""Danger in a form that is moved to another case is news to the people of that case: nobody there had read it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import pytest

from sync_scripts.register.rules.kinds import AWAY, DANGER
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Register
from tests import every_decision
from tests.decisions.test_case_moves import second_case
from tests.decisions.test_left_cases import leave
from tests.decisions.test_new_danger import DANGER as ALERT_OF_DANGER
from tests.decisions.test_new_danger import SOON, THREATS
from tests.decisions.work import CASE_CODE, OWNER, Work, begin
from tests.register.field import CASE, FOLLOWUP, changed, dealt, known

MOVES: Final[dict[str, Callable[[Work, str], None]]] = {
    "an edit": lambda work, _old: work.field.send("case", "c9", known(CASE_CODE, THREATS), edit=1),
    "by hand": lambda work, old: work.do(
        every_decision.correct, old, "interview.case_code", CASE_CODE, reason="Of that case", by=OWNER
    ),
}


@pytest.fixture
def old(sqlite_register: Register) -> tuple[Work, str]:
    """Return a register with a case of no danger, and another one of which an interview tells of threats."""
    work = begin(sqlite_register)
    code = second_case(work)
    work.field.send("case", "c9", known(code, THREATS))
    return work, code


@pytest.mark.parametrize("moves", MOVES)
def test_it_is_news_where_a_level_was_decided(old: tuple[Work, str], moves: str) -> None:
    """Whoever decided had not read it; their next decision answers it."""
    work, code = old
    work.do(every_decision.set_urgency, CASE_CODE, "low", reason="calmer")
    MOVES[moves](work, code)

    assert work.case()["level"] == "critical"
    (task,) = work.tasks(DANGER)
    assert task["due_at"][:19] == instant(work.field.now + SOON)[:19]
    assert work.sound()
    work.do(every_decision.set_urgency, CASE_CODE, "low", reason="It was about somebody else")
    assert (work.case()["level"], work.tasks(DANGER)) == ("low", [])
    assert work.sound()


@pytest.mark.parametrize(
    "codes", [["by the case", "by the alert"], ["by the alert"]], ids=["edited", "first"]
)
def test_an_interview_that_follows_its_alert_is_news_there(
    sqlite_register: Register, codes: list[str]
) -> None:
    """It names no case by now; whoever decided in the other case had not read it, whenever it was edited so."""
    work = begin(sqlite_register)
    header = {
        "by the case": {"case_known": "yes", "case_code": second_case(work)},
        "by the alert": {"case_known": "no", "case_code": None, "alert_code": dealt(1, "AL")},
    }
    for edit, code in enumerate(codes):
        work.field.send("case", "c9", changed(THREATS, {"header": header[code]}), edit=edit)
    work.do(every_decision.set_urgency, CASE_CODE, "low", reason="calmer")
    work.do(every_decision.move_alert, dealt(1, "AL"), CASE_CODE, reason="Same event")

    assert work.case()["level"] == "critical"
    (task,) = work.tasks(DANGER)
    assert task["due_at"][:19] == instant(work.field.now + SOON)[:19]
    assert work.sound()


@pytest.mark.parametrize("moves", MOVES)
def test_it_is_news_where_nobody_works_any_more(old: tuple[Work, str], moves: str) -> None:
    """As a new form there."""
    work, code = old
    leave(work, "closed")
    MOVES[moves](work, code)

    (task,) = work.tasks(AWAY)
    assert task["due_at"][:19] == instant(work.field.now + SOON)[:19]
    assert work.sound()


def test_a_level_that_is_only_raised_answers_nothing_that_waits(sqlite_register: Register) -> None:
    """Whoever links an alert has not looked at what an interview told."""
    work = begin(sqlite_register)
    work.do(every_decision.set_urgency, CASE_CODE, "low", reason="calmer")
    work.field.send("case", "c9", known(CASE_CODE, changed(CASE, {"risk": {"retaliation_risk": "high"}})))
    (task,) = work.tasks(DANGER)
    work.field.send("alert", "r3", ALERT_OF_DANGER)
    work.do(every_decision.triage, dealt(1, "AL"))
    work.do(every_decision.link, dealt(1, "AL"), CASE_CODE)

    assert work.case()["urgency_decided"] == "critical"
    assert work.tasks(DANGER) == [task]
    assert work.sound()


@pytest.mark.parametrize("by_hand", [False, True])
def test_so_is_a_growing_risk_that_a_visit_reports(old: tuple[Work, str], by_hand: bool) -> None:
    """It was known, but not there."""
    work, code = old
    said = changed(FOLLOWUP, {"header": {"case_code": code}, "result": {"risk_change": "up"}})
    work.field.send("followup", "f1", said)
    leave(work, "closed")
    if by_hand:
        work.do(
            every_decision.correct, code, "followup.case_code", CASE_CODE, reason="Of that case", by=OWNER
        )
    else:
        work.field.send("followup", "f1", changed(said, {"header": {"case_code": CASE_CODE}}), edit=1)

    assert len(work.tasks(AWAY)) == 1
    assert work.sound()
