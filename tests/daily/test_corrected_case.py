"""A correction at the desk that adds a danger to a case is told, whatever the level of the case was; what was told is not."""

from __future__ import annotations

from typing import Any

import pytest

from sync_scripts.register.building import build
from sync_scripts.register.care import rebuild
from sync_scripts.store.database import Register
from sync_scripts.store.schema import register as tables
from tests import every_decision
from tests.daily.telling import NIGHT_DESK, held, listening
from tests.decisions.work import ALERT_CODE, CASE_CODE, OWNER, Work, begin
from tests.register.beginnings import played_once
from tests.register.field import ALERT, act, changed, dealt, known

NEAR = {"risk": {"threats_continue": "yes", "perp_near": "yes"}}
DYING = {"needs": {"suicide_risk": "yes"}}
CASE_TOLD = ("case", "critical")


@pytest.fixture
@played_once
def work(sqlite_register: Register) -> Work:
    """A register with one case, critical already, of which somebody was told."""
    made = begin(sqlite_register)
    listening(sqlite_register, NIGHT_DESK)
    made.field.send("case", "c2", changed(known(CASE_CODE), NEAR))
    assert told(made) == [CASE_TOLD]
    return made


def told(work: Work) -> list[tuple[str, str]]:
    """Return the kind and level of every message."""
    return [(one.reason, one.level) for one in held(work.field.register)]


def correct(work: Work, field: str, value: str, code: str = CASE_CODE, **more: Any) -> None:
    """Correct one answer."""
    work.do(every_decision.correct, code, field, value, reason="She rang", **more)


def again(work: Work) -> None:
    """Build everything a second time: that is no news."""
    for _time in range(2):
        with work.field.register.writing() as rows:
            build.apply(rows, [("case", "c1"), ("case", "c2")], work.field.draw, work.field.now)
        rebuild.rebuild(work.field.register, work.field.now)


def test_another_danger_of_the_same_level_is_told(work: Work) -> None:
    """Once; and nothing is told of an answer from which no danger follows, or of more points."""
    correct(work, "assessment.2.suicide_risk", "yes")
    assert told(work) == [CASE_TOLD] * 2
    again(work)
    correct(work, "assessment.2.health_now", "yes")
    correct(work, "assessment.2.retaliation_risk", "low")

    assert told(work) == [CASE_TOLD] * 2


def test_what_the_case_was_told_is_no_news(work: Work) -> None:
    """By whatever form: typed into another interview it is the same danger."""
    work.field.send("case", "c3", changed(known(CASE_CODE), NEAR, DYING))
    before = told(work)
    correct(work, "assessment.2.suicide_risk", "yes")

    assert told(work) == before


def test_what_is_taken_back_and_typed_again_is_told_once(work: Work) -> None:
    """The same news: its task stands again, with the clock of the first time, and nobody is told twice."""
    correct(work, "assessment.2.suicide_risk", "yes")
    work.do(every_decision.restore, CASE_CODE, "assessment.2.suicide_risk", reason="A slip")
    assert told(work) == [CASE_TOLD] * 2
    correct(work, "assessment.2.suicide_risk", "yes")

    assert told(work) == [CASE_TOLD] * 2


@pytest.mark.parametrize("by", ["form", "desk"])
def test_what_is_corrected_back_after_a_decision_is_told(work: Work, by: str) -> None:
    """Whoever decided had seen the form without that danger; typed away and back with nobody deciding in between, it is told once."""
    field = "assessment.2.suicide_risk"
    if by == "form":
        work.field.send("case", "c2", changed(known(CASE_CODE), NEAR, DYING), edit=1)
        correct(work, field, "no")
    else:
        correct(work, field, "yes")
        work.do(every_decision.restore, CASE_CODE, field, reason="A slip")
    work.do(every_decision.set_urgency, CASE_CODE, "medium", reason="He went away", by=OWNER)
    before = told(work)
    assert (work.case(CASE_CODE)["level"], work.tasks("danger_check")) == ("medium", [])
    for _time in range(2):
        correct(work, field, "yes")
        assert (work.case(CASE_CODE)["level"], len(work.tasks("danger_check"))) == ("critical", 1)
        assert told(work) == [*before, CASE_TOLD]
        correct(work, field, "no")
        assert (work.case(CASE_CODE)["level"], work.tasks("danger_check")) == ("medium", [])
    again(work)

    assert told(work) == [*before, CASE_TOLD]
    assert work.sound()


def test_what_another_form_was_rated_beside_is_told_when_it_is_corrected_back(work: Work) -> None:
    """An interview that came in between says nothing of it by itself."""
    facts = {"acts": [act(9, violation="rape")]}
    work.field.send("case", "c2", changed(known(CASE_CODE), facts), edit=1)
    correct(work, "act.a9.violation", "burning")
    work.field.send("case", "c3", known(CASE_CODE))
    work.do(every_decision.set_urgency, CASE_CODE, "low", reason="He went away", by=OWNER)
    before = told(work)
    work.do(every_decision.restore, CASE_CODE, "act.a9.violation", reason="A slip")

    assert (len(work.tasks("danger_check")), told(work)) == (1, [*before, CASE_TOLD])


def test_an_alert_that_is_corrected_back_after_a_decision(work: Work) -> None:
    """As a case."""
    code = dealt(1, "AL")
    work.field.send("alert", "r2", changed(ALERT, {"what": {"alert_icon": "missing"}}))
    correct(work, "alert.icons", "other", code)
    work.do(every_decision.triage, code, urgency="low", reason="He came home")
    before = told(work)
    work.do(every_decision.restore, code, "alert.icons", reason="A slip")

    (row,) = (one for one in work.field.rows(tables.alert) if one["code"] == code)
    asked = [one for one in work.tasks("danger_check") if one["subject"].startswith("alert:")]
    assert (row["level"], len(asked)) == ("critical", 1)
    assert told(work) == [*before, ("alert", "critical")]


def test_what_was_decided_on_is_no_news_when_it_is_typed_away_and_back(work: Work) -> None:
    """Whoever decided had seen it."""
    correct(work, "assessment.2.suicide_risk", "yes")
    work.do(every_decision.set_urgency, CASE_CODE, "medium", reason="A nurse is with her", by=OWNER)
    before = told(work)
    correct(work, "assessment.2.suicide_risk", "no")
    correct(work, "assessment.2.suicide_risk", "yes")

    assert (work.case(CASE_CODE)["level"], work.tasks("danger_check"), told(work)) == ("medium", [], before)


def test_a_danger_in_an_alert_of_the_case(work: Work) -> None:
    """Of an alert that has a case, nobody else tells."""
    correct(work, "alert.icons", "missing", ALERT_CODE)
    assert told(work) == [CASE_TOLD] * 2
    correct(work, "alert.victim_count", "6_20", ALERT_CODE)

    assert told(work) == [CASE_TOLD] * 2


def test_an_alert_that_tells_what_the_case_was_told(work: Work) -> None:
    """Another alert of the case had told it."""
    work.field.send("alert", "r2", changed(ALERT, {"what": {"alert_icon": "missing"}}))
    work.do(every_decision.triage, dealt(1, "AL"))
    work.do(every_decision.link, dealt(1, "AL"), CASE_CODE)
    before = told(work)
    correct(work, "alert.icons", "missing", ALERT_CODE)

    assert told(work) == before


def test_a_second_danger_in_a_case_that_was_left(sqlite_register: Register) -> None:
    """The task to decide on it stands since the first correction, and nobody has come back."""
    work = begin(sqlite_register)
    listening(sqlite_register, NIGHT_DESK)
    work.field.send("case", "c2", known(CASE_CODE))
    work.field.send("alert", "r2", ALERT)
    work.do(every_decision.triage, dealt(1, "AL"))
    kept = str(work.do(every_decision.open_case, dealt(1, "AL"), owner="RD-02").case)
    work.do(every_decision.merge, CASE_CODE, kept, reason="Same facts", by=OWNER)
    before = told(work)
    correct(work, "assessment.2.suicide_risk", "yes")
    assert told(work) == [*before, CASE_TOLD]
    correct(work, "assessment.2.health_now", "yes")
    assert told(work) == [*before, CASE_TOLD]
    for field in ("threats_continue", "perp_near"):
        correct(work, f"assessment.2.{field}", "yes")

    assert told(work) == [*before, *[CASE_TOLD] * 2]
    assert work.sound()


def test_a_correction_above_a_decided_level_is_told_once(work: Work) -> None:
    """The level is to be looked at again; that task and the correction are one message."""
    work.do(every_decision.set_urgency, CASE_CODE, "low", reason="He went away")
    before = told(work)
    correct(work, "assessment.2.suicide_risk", "yes")

    assert work.tasks("danger_check")
    assert told(work) == [*before, CASE_TOLD]


def test_what_is_due_in_a_case_is_no_news_once_its_alert_is_built_again(sqlite_register: Register) -> None:
    """A level that is to be looked at again was told when it rose, and the task stands beside the alert; six hours later, too."""
    work = begin(sqlite_register)
    work.do(every_decision.set_urgency, CASE_CODE, "low", reason="He went away")
    listening(sqlite_register, NIGHT_DESK)
    work.field.send("case", "c2", changed(known(CASE_CODE), NEAR))
    assert told(work) == [CASE_TOLD]
    work.field.later(hours=7)
    correct(work, "alert.victim_count", "2_5", ALERT_CODE)

    assert work.tasks("danger_check")
    assert told(work) == [CASE_TOLD]
