"""Within six hours a new danger is told, whatever was told before it; what was told already is not."""

from __future__ import annotations

import pytest

from sync_scripts.register.building import build
from sync_scripts.register.care import rebuild
from sync_scripts.store.database import Register
from tests import every_decision
from tests.daily.telling import DANGER, NIGHT_DESK, held, listening
from tests.decisions.work import CASE_CODE, OWNER, Work, begin
from tests.register.field import ALERT, changed, dealt, known

CODE = dealt(1, "AL")
GONE = {"what": {"alert_icon": "missing"}}
BOTH = changed(DANGER, GONE)
NEAR = {"risk": {"threats_continue": "yes", "perp_near": "yes"}}
DYING = {"needs": {"suicide_risk": "yes"}}
ALERT_TOLD = ("alert", "critical")
CASE_TOLD = ("case", "critical")


@pytest.fixture
def work(sqlite_register: Register) -> Work:
    """A register with one case, and somebody who is told."""
    made = begin(sqlite_register)
    listening(sqlite_register, NIGHT_DESK)
    return made


def told(work: Work) -> list[tuple[str, str]]:
    """Return the kind and level of every message."""
    return [(one.reason, one.level) for one in held(work.field.register)]


def again(work: Work, *roots: tuple[str, str]) -> None:
    """Build some forms a second time, and the whole register: that is no news."""
    for _time in range(2):
        with work.field.register.writing() as rows:
            build.apply(rows, list(roots), work.field.draw, work.field.now)
        rebuild.rebuild(work.field.register, work.field.now)


# --- an alert -----------------------------------------------------------------------------------------------------------


def test_another_danger_before_anybody_looked(work: Work) -> None:
    """Critical already, and told of; the edit tells of something else."""
    work.field.send("alert", "r2", DANGER)
    work.field.send("alert", "r2", BOTH, edit=1)
    assert told(work) == [ALERT_TOLD] * 2
    again(work, ("alert", "r2"))
    work.field.send("alert", "r2", changed(BOTH, {"who": {"victim_count": "6_20"}}), edit=2)
    work.field.send("alert", "r2", DANGER, edit=3)
    work.field.send("alert", "r2", BOTH, edit=4)
    work.do(every_decision.triage, CODE, assigned_to="RD-01")

    assert told(work) == [ALERT_TOLD] * 2


def test_both_in_one_pull_are_one_message(work: Work) -> None:
    """Nobody was told of the first one before."""
    work.field.send("alert", "r2", DANGER, build_it=False)
    work.field.send("alert", "r2", BOTH, edit=1)
    again(work, ("alert", "r2"))

    assert told(work) == [ALERT_TOLD]


def test_a_second_danger_in_an_alert_that_was_set_aside(work: Work) -> None:
    """The task to decide again stands since the first one; nobody has come back."""
    work.field.send("alert", "r2", ALERT)
    work.do(every_decision.triage, CODE, urgency="low", reason="A rumour")
    work.do(every_decision.dismiss, CODE, reason="A rumour")
    work.field.send("alert", "r2", DANGER, edit=1)
    first = told(work)
    again(work, ("alert", "r2"))
    assert told(work) == first == [*first[:-1], ALERT_TOLD]
    work.field.send("alert", "r2", BOTH, edit=2)
    assert told(work) == [*first, ALERT_TOLD]
    again(work, ("alert", "r2"))
    work.field.send("alert", "r2", DANGER, edit=3)

    assert told(work) == [*first, ALERT_TOLD]


def test_a_second_danger_while_a_decided_level_is_looked_at_again(work: Work) -> None:
    """One task asks for both; a message tells of each."""
    work.field.send("alert", "r2", ALERT)
    work.do(every_decision.triage, CODE, urgency="low", reason="A rumour")
    before = told(work)
    work.field.send("alert", "r2", DANGER, edit=1)
    assert told(work) == [*before, ALERT_TOLD]
    work.field.send("alert", "r2", BOTH, edit=2)
    again(work, ("alert", "r2"))

    assert told(work) == [*before, *[ALERT_TOLD] * 2]


def test_two_corrections_that_each_raise_an_alert(work: Work) -> None:
    """The first one was taken back in between; typing what was told is no news."""
    work.field.send("alert", "r2", ALERT)
    before = told(work)
    work.do(every_decision.correct, CODE, "alert.danger_now", "yes", reason="She rang")
    assert told(work) == [*before, ALERT_TOLD]
    work.do(every_decision.restore, CODE, "alert.danger_now", reason="Another one")
    work.do(every_decision.correct, CODE, "alert.icons", "missing", reason="Her son")
    again(work, ("alert", "r2"))

    assert told(work) == [*before, *[ALERT_TOLD] * 2]


def test_a_correction_that_adds_a_danger(work: Work) -> None:
    """The level is as high already."""
    work.field.send("alert", "r2", DANGER)
    work.do(every_decision.correct, CODE, "alert.icons", "missing", reason="Her son")
    again(work, ("alert", "r2"))
    work.do(every_decision.correct, CODE, "alert.victim_count", "6_20", reason="Seven")

    assert told(work) == [ALERT_TOLD] * 2


def test_taking_a_correction_back_tells_nothing_that_was_told(work: Work) -> None:
    """What the phone said was told when it came."""
    work.field.send("alert", "r2", DANGER)
    work.do(every_decision.correct, CODE, "alert.danger_now", "no", reason="A slip")
    work.do(every_decision.restore, CODE, "alert.danger_now", reason="It was none")

    assert told(work) == [ALERT_TOLD]


# --- a case -------------------------------------------------------------------------------------------------------------


def test_a_second_danger_while_a_decided_level_of_a_case_is_looked_at_again(work: Work) -> None:
    """A task and a message for each; the first keeps its time."""
    work.do(every_decision.set_urgency, CASE_CODE, "low", reason="He went away")
    before = told(work)
    work.field.send("case", "c2", changed(known(CASE_CODE), NEAR))
    (first,) = work.tasks("danger_check")
    assert told(work) == [*before, CASE_TOLD]
    work.field.send("case", "c3", changed(known(CASE_CODE), NEAR, DYING))
    second = min(work.tasks("danger_check"), key=lambda one: one["due_at"])
    again(work, ("case", "c3"), ("case", "c2"))
    work.field.send("case", "c4", changed(known(CASE_CODE), NEAR, DYING))

    assert second["due_at"] == first["due_at"]
    assert len(work.tasks("danger_check")) == 2
    assert told(work) == [*before, *[CASE_TOLD] * 2]


def test_a_second_danger_in_a_case_that_was_merged(sqlite_register: Register) -> None:
    """The task to decide on the kept case stands since the first one."""
    work = begin(sqlite_register)
    work.field.send("alert", "r2", ALERT)
    work.do(every_decision.triage, CODE)
    kept = str(work.do(every_decision.open_case, CODE, owner="RD-02").case)
    work.do(every_decision.merge, CASE_CODE, kept, reason="Same facts", by=OWNER)
    listening(work.field.register, NIGHT_DESK)
    work.field.send("case", "c3", changed(known(CASE_CODE), NEAR))
    (first,) = work.tasks("set_aside_check")
    assert told(work) == [CASE_TOLD]
    work.field.send("case", "c4", changed(known(CASE_CODE), NEAR, DYING))
    second = min(work.tasks("set_aside_check"), key=lambda one: one["due_at"])
    again(work, ("case", "c4"), ("case", "c3"))
    work.field.send("case", "c5", changed(known(CASE_CODE), NEAR, DYING))

    assert first["due_at"] == second["due_at"]
    assert told(work) == [CASE_TOLD] * 2
    assert work.sound()


def test_two_corrections_that_each_raise_a_case(work: Work) -> None:
    """The first one was taken back in between."""
    work.field.send("case", "c2", known(CASE_CODE))
    before = told(work)
    for field in ("assessment.2.threats_continue", "assessment.2.perp_near"):
        work.do(every_decision.correct, CASE_CODE, field, "yes", reason="She rang")
    assert told(work) == [*before, CASE_TOLD]
    work.do(every_decision.restore, CASE_CODE, "assessment.2.perp_near", reason="Another one")
    assert work.case()["urgency"] != "critical"
    work.do(every_decision.correct, CASE_CODE, "assessment.2.suicide_risk", "yes", reason="She rang again")
    again(work, ("case", "c2"))

    assert (work.case()["urgency"], told(work)) == ("critical", [*before, *[CASE_TOLD] * 2])
