"""A second danger is told also where the same level was told within six hours; the same danger is told once."""

from __future__ import annotations

import pytest

from sync_scripts.register.building import build
from sync_scripts.register.care import rebuild
from sync_scripts.store.database import Register
from tests import every_decision
from tests.daily.telling import DANGER, NIGHT_DESK, held, listening
from tests.decisions.work import CASE_CODE, Work, begin
from tests.register.beginnings import played_once
from tests.register.field import ALERT, changed, dealt, known

CODE = dealt(1, "AL")
GONE = changed(ALERT, {"what": {"alert_icon": "missing"}})


@pytest.fixture
@played_once
def work(sqlite_register: Register) -> Work:
    """A register that tells of a critical alert, of which the person was reached."""
    made = begin(sqlite_register)
    listening(sqlite_register, NIGHT_DESK)
    made.field.send("alert", "r2", DANGER)
    made.do(every_decision.contacted, CODE)
    return made


def told(work: Work) -> list[tuple[str, str]]:
    """Return the kind and level of every message."""
    return [(one.reason, one.level) for one in held(work.field.register)]


def again(work: Work, *roots: tuple[str, str]) -> None:
    """Build some forms a second time, and the whole register: that is no news."""
    with work.field.register.writing() as rows:
        build.apply(rows, list(roots), work.field.draw, work.field.now)
    rebuild.rebuild(work.field.register, work.field.now)
    with work.field.register.writing() as rows:
        build.apply(rows, list(roots), work.field.draw, work.field.now)


CRITICAL = ("alert", "critical")


def test_more_people_or_another_day_is_no_other_danger(work: Work) -> None:
    """Nor what was said more strongly before."""
    work.field.send("alert", "r2", changed(DANGER, {"who": {"victim_count": "6_20"}}), edit=1)
    work.field.send("alert", "r2", changed(ALERT, {"danger": {"danger_now": "unknown"}}), edit=2)

    assert told(work) == [CRITICAL]


def test_danger_after_a_person_lowered_it_is_told_within_the_six_hours(work: Work) -> None:
    """The level falls by a decision, and rises by another danger."""
    work.field.send("alert", "r2", ALERT, edit=1)
    work.do(every_decision.triage, CODE, urgency="medium", reason="It was a slip")
    work.field.send("alert", "r2", changed(ALERT, {"who": {"victim_count": "2_5"}}), edit=2)
    work.field.send("alert", "r2", GONE, edit=3)

    assert told(work) == [CRITICAL] * 2


def test_a_second_rise_of_a_case_is_told_once(sqlite_register: Register) -> None:
    """A later interview says that it is over, and the next one that it is not."""
    work = begin(sqlite_register)
    listening(sqlite_register, NIGHT_DESK)
    danger = {"risk": {"threats_continue": "yes", "perp_near": "yes"}}
    work.field.send("case", "c2", changed(known(CASE_CODE), danger))
    assert told(work) == [("case", "critical")]
    work.field.later(days=1)
    work.field.send("case", "c3", known(CASE_CODE))
    assert work.case()["urgency"] != "critical"
    work.field.later(days=1)
    work.field.send("case", "c4", changed(known(CASE_CODE), danger))
    assert told(work) == [("case", "critical")] * 2
    again(work, ("case", "c4"), ("case", "c2"))

    assert told(work) == [("case", "critical")] * 2
