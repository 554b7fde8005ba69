"""A danger that an edit of an earlier interview newly tells is never silent, whatever a later interview says."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from sync_scripts.register.rules.kinds import AWAY
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.schema import register as tables
from tests import every_decision
from tests.daily.telling import NIGHT_DESK, held
from tests.decisions.work import OWNER, SUPERVISOR, Work
from tests.register.beginnings import played_once
from tests.register.field import CASE, Field, act, changed, dealt, known

CODE = dealt(0, "DK")
KIND = "danger_check"
TYPED = Actor("RD-01", "claimed")
DYING = changed(CASE, {"needs": {"suicide_risk": "yes"}})
SAFE = known(CODE, changed(CASE, {"needs": {"suicide_risk": "no"}}))
NEAR = {"threats_continue": "yes", "perp_near": "yes"}


@pytest.fixture
@played_once
def work(register: Register) -> Work:
    """Give a case of two interviews that tell of no danger, in somebody's charge."""
    made = Work(Field(register))
    made.field.register.destinations = (NIGHT_DESK,)
    for code, roles in (("CO-01", "coordinator"), ("SU-01", "supervisor"), ("RD-01", "case_owner")):
        made.do(every_decision.name_worker, code, roles)
    made.field.send("case", "c1", CASE)
    made.do(every_decision.assign, CODE, "RD-01")
    made.field.send("case", "c2", SAFE)
    return made


def levels(work: Work) -> tuple[str, str | None]:
    """Return the level of the case by the rules and by decision."""
    row = work.case(CODE)
    return row["urgency"], row["urgency_decided"]


def open_kinds(work: Work) -> set[str]:
    """Return which of the tasks about a level are open."""
    asked = {KIND, "danger_check", "urgency_check", AWAY}
    return {row["kind"] for row in work.field.rows(tables.task) if row["done_at"] is None} & asked


@pytest.mark.parametrize(
    "said",
    [{"needs": {"suicide_risk": "yes"}}, {"risk": NEAR}, {"risk": {"retaliation_risk": "high"}}],
)
def test_it_is_told_with_the_clock_of_its_level(work: Work, said: dict[str, Any]) -> None:
    """Suicide, danger now, high retaliation: a task of whoever is in charge, and the level counts until somebody decides."""
    assert (levels(work), open_kinds(work)) == (("medium", None), set())
    work.field.send("case", "c1", changed(CASE, said), edit=1)
    (asked,) = work.tasks(KIND)
    level, hours = ("high", 24) if "retaliation_risk" in said.get("risk", {}) else ("critical", 3)

    assert (levels(work), open_kinds(work)) == ((level, None), {KIND})
    assert asked["due_at"] == instant(work.field.now + timedelta(hours=hours))
    assert asked["assigned_to"] == "RD-01"
    assert [(one.level, one.subject) for one in held(work.field.register)] == [(level, f"case:{CODE}")]


def test_what_the_later_interview_says_stays(work: Work) -> None:
    """Her risk, and both answers as they were given."""
    before = work.case(CODE)["risk"]
    work.field.send("case", "c1", DYING, edit=1)

    said = [row["suicide_risk"] for row in work.field.rows(tables.assessment)]
    assert (said, work.case(CODE)["risk"]) == (["yes", "no"], before)


def test_a_decision_that_had_read_it_ends_it(work: Work) -> None:
    """By a proved person; a code that was only typed ends nothing."""
    work.field.send("case", "c1", DYING, edit=1)
    work.refused(every_decision.OwnHandMissing, every_decision.end_task, CODE, KIND, reason="x", by=TYPED)
    work.do(every_decision.set_urgency, CODE, "medium", reason="She is with her sister", by=OWNER)
    (asked,) = work.tasks(KIND, done=True)

    assert (levels(work), open_kinds(work)) == (("critical", "medium"), set())
    assert asked["done_at"] == work.events()[-1].at


def test_a_level_that_was_decided_before_counts_no_more(work: Work) -> None:
    """As with any new danger somebody decides again; one task asks for it."""
    work.do(every_decision.set_urgency, CODE, "low", reason="She is safe", by=OWNER)
    work.field.send("case", "c1", DYING, edit=1)
    (asked,) = work.tasks("danger_check")

    assert (levels(work), open_kinds(work)) == (("critical", "low"), {"danger_check"})
    assert asked["due_at"] == instant(work.field.now + timedelta(hours=3))
    work.do(every_decision.set_urgency, CODE, "low", reason="Asked her today", by=OWNER)
    assert open_kinds(work) == set()


def test_a_level_that_is_as_high_already_hides_it_not(work: Work) -> None:
    """Somebody decided that it is critical, for something else."""
    work.do(every_decision.set_urgency, CODE, "critical", reason="Her brother was taken", by=OWNER)
    work.field.send("case", "c1", DYING, edit=1)

    assert (levels(work), open_kinds(work)) == (("critical", "critical"), {KIND})
    work.do(every_decision.end_task, CODE, KIND, reason="A nurse is with her", by=SUPERVISOR)
    assert open_kinds(work) == set()


def test_a_decision_that_had_not_read_it_ends_nothing(work: Work) -> None:
    """A server had the edit before; this laptop read it only afterwards."""
    at = work.field.later()
    work.do(every_decision.set_urgency, CODE, "critical", reason="Her brother was taken", by=OWNER)
    work.field.send("case", "c1", DYING, edit=1, received=at)

    assert open_kinds(work) == {KIND}


def test_what_was_told_before_is_nothing_new(work: Work) -> None:
    """The first interview said so, the second no more; an edit of the first about something else asks nobody."""
    other = dealt(1, "DK")
    work.field.send("case", "c3", known("DK-X", DYING))
    work.field.later(days=1)
    work.field.send("case", "c4", known(other, changed(CASE, {"needs": {"suicide_risk": "no"}})))
    work.field.send(
        "case", "c3", changed(DYING, {"header": {"interview_language": "eng", "case_known": "no"}}), edit=1
    )

    assert open_kinds(work) == set()
    assert work.case(other)["urgency"] == "medium"


def test_what_the_later_interview_says_too_is_nothing_new(work: Work) -> None:
    """Its own danger counts already, and is asked about once."""
    work.field.send("case", "c2", known(CODE, DYING), edit=1)
    before = work.tasks(KIND)
    work.field.send("case", "c1", DYING, edit=1)

    assert (levels(work), len(before), work.tasks(KIND)) == (("critical", None), 1, before)


def test_an_edit_that_came_before_the_later_interview_is_followed_by_it(work: Work) -> None:
    """What an edit newly told stands beside what a new interview says of today, until somebody decides; that is asked once."""
    work.field.send("case", "c2", DYING | {"header": SAFE["header"]}, edit=1)
    before = work.tasks(KIND)
    work.field.later(days=1)
    work.field.send("case", "c3", SAFE)

    assert (levels(work), len(before), work.tasks(KIND)) == (("critical", None), 1, before)


def test_a_later_edit_takes_nothing_back_and_a_correction_does(work: Work) -> None:
    """Nobody had looked; a correction is a person's word, and lies over every version."""
    work.field.send("case", "c1", DYING, edit=1)
    work.field.send("case", "c1", CASE, edit=2)
    assert (levels(work), open_kinds(work)) == (("critical", None), {KIND})
    work.do(every_decision.correct, CODE, "assessment.1.suicide_risk", "no", reason="Chosen by mistake")

    assert (levels(work), open_kinds(work)) == (("medium", None), set())


def test_in_a_closed_case_somebody_decides_again(work: Work) -> None:
    """As for any danger that comes there."""
    work.do(every_decision.move, CODE, "transferred", receiver="PART-01", accepted_on=date(2026, 11, 20))
    assert open_kinds(work) == set()
    work.field.send("case", "c1", DYING, edit=1)

    assert open_kinds(work) == {AWAY}


def test_a_correction_that_tells_less_asks_nobody(work: Work) -> None:
    """She was taken six weeks ago, and not this week: the same danger, in a milder form."""
    taken = changed(CASE, {"acts": [act(1, violation="abduction")]})
    work.field.send("case", "c3", known("DK-X", taken))
    code, count = dealt(1, "DK"), len(held(work.field.register))
    assert work.case(code)["level"] == "critical"
    work.do(every_decision.correct, code, "incident.date", "2026-10-01", reason="Her sister knows the day")

    assert (work.case(code)["level"], open_kinds(work), len(held(work.field.register))) == (
        "high",
        set(),
        count,
    )


def test_where_a_decided_level_counts_no_more_the_task_is_of_the_level_that_does(work: Work) -> None:
    """Somebody had set a killing down to low; whatever else comes then, the case is critical, and so is what is asked."""
    killed = changed(CASE, {"acts": [act(1, violation="abduction"), act(2, violation="killing")]})
    work.field.send("case", "c2", known(CODE, killed), edit=1)
    work.do(every_decision.set_urgency, CODE, "low", reason="It was long ago", by=OWNER)
    work.field.send("case", "c2", changed(SAFE, {"risk": {"threats_continue": "yes"}}), edit=2)
    (asked,) = work.tasks(KIND)

    assert (work.case(CODE)["level"], asked["level"]) == ("critical", "critical")
    assert asked["due_at"] == instant(work.field.now + timedelta(hours=3))


def test_an_earlier_version_that_is_read_late_asks_once(work: Work) -> None:
    """It came by another road: whoever decides on its danger decides on that an edit had taken it back, too."""
    taken = changed(CASE, {"acts": [act(1, violation="abduction")]})
    work.field.send("case", "c3", known("DK-X", CASE), edit=1)
    work.field.send("case", "c3", known("DK-X", taken))

    assert (work.case(dealt(1, "DK"))["level"], open_kinds(work)) == ("critical", {KIND})


def test_whoever_only_typed_a_code_answers_no_danger_by_repeating_the_level(work: Work) -> None:
    """As they end no task about it; whoever is proved may say that the level stays."""
    work.do(every_decision.set_urgency, CODE, "critical", reason="Her brother was taken", by=OWNER)
    work.field.send("case", "c1", DYING, edit=1)
    work.refused(
        every_decision.OwnHandMissing, every_decision.set_urgency, CODE, "critical", reason="x", by=TYPED
    )
    assert open_kinds(work) == {KIND}
    work.do(every_decision.set_urgency, CODE, "critical", reason="A nurse is with her", by=OWNER)

    assert open_kinds(work) == set()
