"""A decided level covers the danger that was known, and no other one of the same level."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pytest

from sync_scripts.register.case.triage import Facts, triage
from sync_scripts.register.case_decisions.case_facts import see
from sync_scripts.register.decisions.levels import case_level
from sync_scripts.register.rules.kinds import DANGER as LOOK
from sync_scripts.register.rules.ruleset import load
from sync_scripts.register.urgency.alerts import read, seen_of, unseen
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Register
from tests import every_decision
from tests.daily.telling import NIGHT_DESK, held, listening
from tests.decisions.test_new_danger import DANGER, SECOND, SOON, THREATS, listed, look
from tests.decisions.work import CASE_CODE, OWNER, SUPERVISOR, Work, begin
from tests.register.beginnings import played_once
from tests.register.field import CASE, act, changed, known

DYING: Final = changed(THREATS, {"needs": {"suicide_risk": "yes"}})
TAKEN: Final = changed(DANGER, {"what": {"alert_icon": "killing missing"}, "when": {"when_rel": "today"}})


@pytest.fixture
@played_once
def work(sqlite_register: Register) -> Work:
    """Return a case that the rules call critical and of which somebody decided that it is of middle urgency."""
    made = begin(sqlite_register)
    listening(made.field.register, NIGHT_DESK)
    made.field.send("case", "c2", THREATS)
    assert made.case()["urgency"] == "critical"
    made.do(every_decision.set_urgency, CASE_CODE, "medium", reason="she is with her sister, in another town")
    assert listed(made, CASE_CODE) == "medium"
    return made


# --- a case ---------------------------------------------------------------------------------------------------------


def test_another_danger_of_the_same_level_is_told(work: Work) -> None:
    """The rules said critical before and say so again, for another reason: three hours to look, and a message of its own."""
    before = [one.subject for one in held(work.field.register)]
    work.field.send("case", "c3", DYING)

    assert listed(work, CASE_CODE) == "critical"
    assert look(work)["due_at"] == instant(work.field.now + SOON)
    assert look(work)["escalated_at"] < look(work)["due_at"]
    told = held(work.field.register)[len(before) :]
    assert [(one.reason, one.level, one.subject) for one in told] == [
        ("case", "critical", f"case:{CASE_CODE}")
    ]


def test_an_edit_that_brings_another_danger_is_told(work: Work) -> None:
    """The same of an interview that is sent again."""
    work.field.send("case", "c2", DYING, edit=1)
    assert listed(work, CASE_CODE) == "critical"
    assert look(work)["due_at"] == instant(work.field.now + SOON)


def test_the_same_danger_said_again_is_no_news(work: Work) -> None:
    """A further interview, and an edit that changes nothing of it, ask nobody to look."""
    count = len(held(work.field.register))
    work.field.send("case", "c3", THREATS)
    work.field.send("case", "c2", changed(THREATS, {"incident": {"place_type": "road"}}), edit=1)
    assert not work.tasks(LOOK)
    assert listed(work, CASE_CODE) == "medium"
    assert len(held(work.field.register)) == count


def test_deciding_again_covers_what_is_known_by_then(work: Work) -> None:
    """The same level again, with a reason: after that the other danger is no news either."""
    work.field.send("case", "c3", DYING)
    said = work.refused(
        every_decision.LevelNotDecided, every_decision.end_task, CASE_CODE, LOOK, reason="looked"
    )
    assert CASE_CODE in said
    done = work.do(every_decision.set_urgency, CASE_CODE, "medium", reason="the nurse is with her", by=OWNER)
    assert done.written
    assert not work.tasks(LOOK)
    work.field.send("case", "c4", DYING)
    assert not work.tasks(LOOK)


def test_what_is_taken_back_by_an_edit_before_anybody_looked_is_looked_at(work: Work) -> None:
    """What a phone takes back in silence was said all the same."""
    work.field.send("case", "c3", DYING)
    due = look(work)["due_at"]
    work.field.send("case", "c3", THREATS, edit=1)
    assert listed(work, CASE_CODE) == "critical"
    assert look(work)["due_at"] <= due


def test_a_linked_alert_that_tells_of_another_danger_is_told(work: Work) -> None:
    """Also where it is an alert of the case that is sent again."""
    work.field.send("alert", "r1", TAKEN, edit=1)
    assert listed(work, CASE_CODE) == "critical"
    assert look(work)["due_at"] == instant(work.field.now + SOON)


def test_the_level_that_counts_is_the_one_that_guards_read(work: Work) -> None:
    """Whether a safety plan is needed goes by the danger, whatever was decided before it came."""
    work.field.send("case", "c3", DYING)
    assert work.do(see, CASE_CODE).urgency == "critical"
    assert work.do(lambda by, row: case_level(by.rows, row), work.case()) == "critical"


# --- an alert -------------------------------------------------------------------------------------------------------


def alerted(work: Work, first: Mapping[str, Any], level: str) -> None:
    """Let an alert arrive, and somebody decide on its level."""
    work.field.send("alert", "r2", first)
    work.do(every_decision.triage, SECOND, urgency=level, reason="known", assigned_to="RD-02")


def test_an_alert_that_tells_of_another_danger_is_told(work: Work) -> None:
    """Within six hours of the first message too: it is another one."""
    alerted(work, DANGER, "medium")
    count = len(held(work.field.register))
    work.field.send("alert", "r2", TAKEN, edit=1)

    assert listed(work, SECOND) == "critical"
    assert look(work)["due_at"] == instant(work.field.now + SOON)
    told = held(work.field.register)[count:]
    assert [(one.reason, one.level) for one in told] == [("alert", "critical")]
    assert work.sound()
    work.do(every_decision.triage, SECOND, urgency="medium", reason="they are back", by=SUPERVISOR)
    assert not work.tasks(LOOK)
    assert listed(work, SECOND) == "medium"


@pytest.mark.parametrize(
    "then",
    [
        DANGER,
        changed(DANGER, {"danger": {"danger_now": "unknown"}}),
        changed(DANGER, {"when": {"when_rel": "month"}}),
        changed(DANGER, {"known": {"info_source": "rumour"}}),
    ],
    ids=["the same", "no longer certain", "longer ago", "a rumour"],
)
def test_an_edit_that_says_the_same_or_less_is_no_news(work: Work, then: Mapping[str, Any]) -> None:
    """Nobody is woken by what was known."""
    alerted(work, DANGER, "low")
    work.field.send("alert", "r2", then, edit=1)
    assert not work.tasks(LOOK)
    assert listed(work, SECOND) == "low"


# --- reasons, one by one --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("decided", "then", "now", "new"),
    [
        ("low", {"alert_icon": {"sexual"}, "hours_since": "lt72"}, {"hours_since": "gt120"}, False),
        ("low", {"alert_icon": {"missing"}, "when_rel": "week"}, {"when_rel": "month"}, False),
        ("low", {"held_since": "24_48"}, {"held_since": "2_6d"}, True),
        ("low", {"held_since": "gt6d"}, {"held_since": "2_6d"}, False),
        ("medium", {"danger_now": "yes"}, {"danger_now": "unknown"}, False),
        ("medium", {"danger_now": "yes"}, {"retaliation_risk": "high"}, True),
        ("high", {"danger_now": "yes"}, {"retaliation_risk": "high"}, False),
        ("medium", {"danger_now": "yes", "alert_icon": {"beating"}}, {"alert_icon": {"killing"}}, True),
        (
            "medium",
            {"danger_now": "yes", "alert_icon": {"killing"}, "victim_count": "1"},
            {"victim_count": "6_20"},
            False,
        ),
        (
            "medium",
            {"alert_icon": {"killing"}, "when_rel": "now", "special": {"older"}},
            {"perp_near": "yes"},
            True,
        ),
        ("medium", {"alert_icon": {"other"}, "when_rel": "older"}, {"perp_near": "yes"}, False),
    ],
)
def test_what_is_another_danger(
    decided: str, then: Mapping[str, Any], now: Mapping[str, Any], new: bool
) -> None:
    """A floor above the decision, or points where these alone lead above it; a milder form of what was seen is none."""

    def facts(said: Mapping[str, Any]) -> Facts:
        some: dict[str, Any] = {
            key: frozenset(value) if isinstance(value, set) else value for key, value in said.items()
        }
        return Facts(**some)

    seen = seen_of([triage(facts(then)).reasons])
    verdict = triage(facts({**then, **now}))
    assert unseen(decided, seen, verdict.reasons, load()) is new
    assert not unseen(decided, seen_of([verdict.reasons]), verdict.reasons, load())
    assert read(verdict.stored()) == verdict.reasons


def test_a_decision_sees_what_the_register_derives(work: Work) -> None:
    """What is kept with a decision is what a building reads by then: nothing is new right after it."""
    for turn, said in enumerate(
        (DYING, known(CASE_CODE, changed(CASE, {"acts": [act(1, violation="rape")]})))
    ):
        work.field.send("case", f"n{turn}", said)
        work.do(every_decision.set_urgency, CASE_CODE, "low", reason="looked at it")
        assert not work.tasks(LOOK)
    work.field.later(days=3)
