"""A danger that an interview or an edit newly tells reaches somebody, also where the level was as high already."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sync_scripts.register.building import notices
from sync_scripts.register.care import rebuild
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Register
from sync_scripts.store.schema import register as tables
from tests import every_decision
from tests.daily.telling import NIGHT_DESK, held
from tests.decisions.work import ALERT_CODE, CASE_CODE, OWNER, SUPERVISOR, Work
from tests.register.beginnings import played_once
from tests.register.field import ALERT, CASE, Field, changed, dealt, known

CODE = dealt(0, "DK")
KIND = "danger_check"
NEAR = changed(CASE, {"risk": {"threats_continue": "yes", "perp_near": "yes"}})
DYING = {"needs": {"suicide_risk": "yes"}}
LATER = known(CODE, changed(NEAR, DYING))
MISSING = {"what": {"alert_icon": "threat missing"}}


@pytest.fixture
@played_once
def work(register: Register) -> Work:
    """Give people, and somebody who is told."""
    made = Work(Field(register))
    made.field.register.destinations = (NIGHT_DESK,)
    for code, roles in (("CO-01", "coordinator"), ("SU-01", "supervisor"), ("RD-01", "case_owner")):
        made.do(every_decision.name_worker, code, roles)
    return made


def began(work: Work, said: Any) -> None:
    """Let a case begin with an interview, in somebody's charge, and 20 days go by."""
    work.field.send("case", "c1", said)
    work.do(every_decision.assign, CODE, "RD-01")
    work.field.later(days=20)


def told(work: Work) -> list[tuple[str, str]]:
    """Return which messages were written."""
    return [(one.reason, one.level) for one in held(work.field.register)]


def open_kinds(work: Work) -> set[str]:
    """Return which of the tasks about a level are open."""
    asked = {KIND, "danger_check", "urgency_check", "set_aside_check"}
    return {row["kind"] for row in work.field.rows(tables.task) if row["done_at"] is None} & asked


def test_a_second_danger_in_a_critical_case_is_told(work: Work) -> None:
    """A task with the clock of a first contact, a message, and a reminder if nobody looks."""
    began(work, NEAR)
    assert (work.case(CODE)["urgency"], open_kinds(work), told(work)) == (
        "critical",
        set(),
        [("case", "critical")],
    )
    work.field.send("case", "c2", LATER)
    (asked,) = work.tasks(KIND)

    assert asked["due_at"] == instant(work.field.now + timedelta(hours=3))
    assert (asked["assigned_to"], asked["subject"]) == ("RD-01", f"case:{CODE}")
    assert told(work) == [("case", "critical")] * 2
    with work.field.register.writing() as rows:
        at = work.field.now + timedelta(hours=2)
        assert [one.due_at for one in notices.undone(rows, at) if one.due_at == asked["due_at"]]


def test_a_case_that_rises_undecided_has_a_clock(work: Work) -> None:
    """From medium to critical: one message, and the task beside it."""
    began(work, CASE)
    work.field.send("case", "c2", known(CODE, changed(CASE, DYING)))
    (asked,) = work.tasks(KIND)

    assert (work.case(CODE)["urgency"], open_kinds(work)) == ("critical", {KIND})
    assert asked["due_at"] == instant(work.field.now + timedelta(hours=3))
    assert told(work) == [("case", "critical")]


def test_an_edit_of_the_only_interview_tells_too(work: Work) -> None:
    """Its first version is rated with the case; what the next one adds is new."""
    began(work, NEAR)
    work.field.send("case", "c1", changed(NEAR, DYING), edit=1)

    assert open_kinds(work) == {KIND}
    assert told(work) == [("case", "critical")] * 2


@pytest.mark.parametrize("by", ["decision", "task"])
def test_a_person_who_had_read_it_ends_it(work: Work, by: str) -> None:
    """With a decision on the level, the same one too, or by saying what was done; what is told again asks nobody."""
    began(work, NEAR)
    work.field.send("case", "c2", LATER)
    if by == "decision":
        work.do(every_decision.set_urgency, CODE, "critical", reason="She is with her sister", by=OWNER)
    else:
        work.do(every_decision.end_task, CODE, KIND, reason="A nurse is with her", by=SUPERVISOR)
    assert open_kinds(work) == set()
    work.field.send("case", "c3", LATER)
    work.field.send("case", "c2", changed(LATER, {"facts": {"narrative": "x"}}), edit=1)

    assert open_kinds(work) == set()
    assert len(work.tasks(KIND, done=True)) == 1
    assert told(work) == [("case", "critical")] * 2


def test_a_decision_that_had_not_read_it_ends_nothing(work: Work) -> None:
    """A server had the interview before; this laptop read it only afterwards."""
    began(work, NEAR)
    at = work.field.later()
    work.do(every_decision.set_urgency, CODE, "critical", reason="He is near", by=OWNER)
    work.field.send("case", "c2", LATER, received=at)

    assert open_kinds(work) == {KIND}


def test_a_later_interview_takes_it_from_nobody(work: Work) -> None:
    """Nobody had looked when the third one said no: the level falls, the question stays, and its reminder is as grave."""
    began(work, CASE)
    work.field.send("case", "c2", known(CODE, changed(CASE, DYING)))
    work.field.later(days=1)
    work.field.send("case", "c3", known(CODE, changed(CASE, {"needs": {"suicide_risk": "no"}})))

    assert (work.case(CODE)["urgency"], open_kinds(work)) == ("medium", {KIND})
    with work.field.register.writing() as rows:
        assert [one.level for one in notices.undone(rows, work.field.later())][:1] == ["critical"]


def test_the_same_again_and_more_people_are_no_danger(work: Work) -> None:
    """A second interview of the same facts."""
    began(work, NEAR)
    work.field.send("case", "c2", known(CODE, NEAR))

    assert open_kinds(work) == set()
    assert told(work) == [("case", "critical")]


def test_a_level_decided_before_has_its_own_task(work: Work) -> None:
    """One asks, not two; the decision ends both."""
    began(work, NEAR)
    work.do(every_decision.set_urgency, CODE, "medium", reason="He is gone", by=OWNER)
    work.field.send("case", "c2", LATER)
    assert open_kinds(work) == {"danger_check"}
    work.do(every_decision.set_urgency, CODE, "medium", reason="Asked her today", by=OWNER)

    assert open_kinds(work) == set()


def test_a_rebuild_tells_nobody(work: Work) -> None:
    """What it makes was told when it came."""
    began(work, NEAR)
    work.field.send("case", "c2", LATER)
    before = told(work)
    rebuild.rebuild(work.field.register, work.field.later())

    assert told(work) == before
    work.do(every_decision.assign, CODE, "SU-01")
    assert told(work) == before


def test_a_first_interview_that_tells_more_than_the_alert(work: Work) -> None:
    """The case was there, and somebody had it; what the alert told is nothing new."""
    work.field.send("alert", "r1", ALERT)
    work.do(every_decision.triage, ALERT_CODE)
    work.do(every_decision.open_case, ALERT_CODE, owner="RD-01")
    work.field.send("case", "c1", changed(CASE, {"header": {"alert_code": ALERT_CODE}}, DYING))

    assert open_kinds(work) == {KIND}
    assert told(work) == [("case", "critical")]


# --- an alert ---------------------------------------------------------------------------------------------------------


def reached(work: Work, said: Any) -> None:
    """Let an alert be triaged, and the person reached."""
    work.field.send("alert", "r1", said)
    work.do(every_decision.triage, ALERT_CODE)
    work.do(every_decision.contacted, ALERT_CODE)


def test_an_edit_of_an_alert_that_was_dealt_with_is_told(work: Work) -> None:
    """It was critical already, and the person had been reached."""
    reached(work, changed(ALERT, {"danger": {"danger_now": "yes"}}))
    work.field.send("alert", "r1", changed(ALERT, {"danger": {"danger_now": "yes"}}, MISSING), edit=1)
    (asked,) = work.tasks(KIND)

    assert asked["due_at"] == instant(work.field.now + timedelta(hours=3))
    assert told(work) == [("alert", "critical")] * 2
    assert work.sound()
    work.field.send("alert", "r1", changed(ALERT, {"danger": {"danger_now": "yes"}}, MISSING), edit=2)
    assert len(work.tasks(KIND)) == 1
    work.do(every_decision.triage, ALERT_CODE, assigned_to="RD-01")
    assert open_kinds(work) == {KIND}, "whoever has it now has not decided"
    work.do(every_decision.triage, ALERT_CODE, urgency="critical", reason="Police was told")
    assert open_kinds(work) == set()
    assert told(work) == [("alert", "critical")] * 2


def test_an_edit_before_anybody_looked_asks_nobody_twice(work: Work) -> None:
    """Its triage and first contact are due as they are."""
    work.field.send("alert", "r1", ALERT)
    work.field.send("alert", "r1", changed(ALERT, MISSING), edit=1)
    work.do(every_decision.triage, ALERT_CODE)

    assert open_kinds(work) == set()


def test_who_opens_the_case_had_read_it(work: Work) -> None:
    """The case begins with what its alert told; an edit after that is new in the case."""
    reached(work, ALERT)
    work.field.send("alert", "r1", changed(ALERT, MISSING), edit=1)
    assert open_kinds(work) == {KIND}
    work.do(every_decision.open_case, ALERT_CODE, owner="RD-01")
    assert open_kinds(work) == set()
    work.field.send("alert", "r1", changed(ALERT, MISSING, {"danger": {"danger_now": "yes"}}), edit=2)
    (asked,) = work.tasks(KIND)

    assert asked["subject"] == f"case:{CASE_CODE}"


def test_tying_an_alert_answers_nothing_that_waits_in_the_case(work: Work) -> None:
    """It tells of the same as a correction that nobody has decided on: both stand as they were, and the level."""
    work.field.send("case", "c1", CASE)
    work.field.send("alert", "r1", ALERT)
    work.do(every_decision.triage, ALERT_CODE, reason="x")
    work.do(every_decision.set_urgency, CODE, "high", reason="x", by=SUPERVISOR)
    work.field.send("alert", "r1", changed(ALERT, {"what": {"alert_icon": "sexual"}}), edit=1)
    work.do(every_decision.correct, CODE, "act.A1.violation", "rape", reason="She said so", by=OWNER)
    before = work.case(CODE)["level"], open_kinds(work)
    work.do(every_decision.link, ALERT_CODE, CODE)

    assert before == ("critical", {KIND}) == (work.case(CODE)["level"], open_kinds(work))
