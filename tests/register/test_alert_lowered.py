"""An edit on a phone lowers no alert by itself: its clock, messages and level go by the most urgent version until a person decides."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sync_scripts.register.building.notices import escalate
from sync_scripts.store.canonical import moment
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.schema import register as tables
from tests import every_decision
from tests.daily.telling import ALL, held, listening
from tests.decisions.work import SUPERVISOR, Work, begin
from tests.register.beginnings import played_once
from tests.register.field import ALERT, changed, dealt, told

CODE = dealt(1, "AL")
SUBJECT = "alert:alert/r2"
DANGER = changed(ALERT, {"danger": {"danger_now": "yes"}})
TYPED = Actor("RD-01", "claimed")


@pytest.fixture
@played_once
def work(sqlite_register: Register) -> Work:
    """A register with a critical alert that was edited twenty minutes later, and then tells of no danger."""
    made = begin(sqlite_register)
    made.field.send("alert", "r2", DANGER)
    came = made.field.now
    made.field.send("alert", "r2", ALERT, edit=1, received=came + timedelta(minutes=20))
    return made


def task(work: Work, kind: str) -> dict[str, Any]:
    """Return a task of the alert."""
    return next(
        row for row in work.field.rows(tables.task) if (row["subject"], row["kind"]) == (SUBJECT, kind)
    )


def remarks(work: Work) -> list[str]:
    """Return the flags of the alert."""
    return [told(row) for row in work.field.rows(tables.flag) if row["subject"] == SUBJECT]


def hours(work: Work, instant: str) -> float:
    """Return how long after the arrival of the alert an instant lies."""
    (filing,) = (row for row in work.field.rows(tables.filing) if row["root_id"] == "r2")
    return (moment(instant) - moment(filing["first_received_at"])) / timedelta(hours=1)


def test_an_edit_before_the_triage_makes_no_clock_later(work: Work) -> None:
    """Three hours for the first contact, half of them until it goes up; a remark says both levels."""
    row, contact = work.alert(CODE), task(work, "first_contact")

    assert (row["urgency"], hours(work, row["contact_due_at"]), hours(work, row["action_due_at"])) == (
        "critical",
        3,
        24,
    )
    assert (hours(work, contact["due_at"]), hours(work, contact["escalated_at"])) == (3, 1.5)
    assert hours(work, task(work, "triage")["due_at"]) == 3
    assert row["danger_now"] == "no"
    assert remarks(work) == ["level_kept|critical|medium"]


def test_what_is_undone_is_told_at_the_level_that_was_told(work: Work) -> None:
    """At half of three hours, as of what is critical."""
    register = work.field.register
    listening(register, ALL)
    at = moment(task(work, "first_contact")["escalated_at"])
    with register.writing() as rows:
        escalate(rows, at)

    assert {(one.subject, one.level) for one in held(register)} == {(SUBJECT, "critical")}


def test_a_proved_person_lowers_it_and_a_typed_code_does_not(work: Work) -> None:
    """Also not by letting stand what it says by now."""
    work.refused(
        every_decision.OwnHandMissing,
        every_decision.triage,
        CODE,
        urgency="medium",
        reason="It was a slip",
        by=TYPED,
    )
    work.do(every_decision.triage, CODE, by=TYPED)
    assert hours(work, work.alert(CODE)["contact_due_at"]) == 3
    work.do(every_decision.triage, CODE, urgency="medium", reason="It was a slip, she says")

    row = work.alert(CODE)
    assert (row["urgency"], row["urgency_decided"], hours(work, row["contact_due_at"])) == (
        "medium",
        "medium",
        72,
    )
    assert "level_kept" not in "".join(remarks(work))
    assert work.tasks("danger_check") == []


def test_what_every_version_said_was_seen_by_who_decides(work: Work) -> None:
    """The same danger said again is no news; another one is."""
    work.field.send("alert", "r2", changed(ALERT, {"danger": {"danger_now": "unknown"}}), edit=2)
    work.do(every_decision.triage, CODE, urgency="low", reason="Nothing is left of it, she says")
    assert work.tasks("danger_check") == []
    work.field.send("alert", "r2", DANGER, edit=3)
    assert work.tasks("danger_check") == []
    work.field.send("alert", "r2", changed(ALERT, {"what": {"alert_icon": "missing"}}), edit=4)

    assert [row["level"] for row in work.tasks("danger_check")] == ["critical"]


def test_danger_that_came_after_a_decision_does_not_go_by_a_further_edit(work: Work) -> None:
    """Somebody still looks at it."""
    work.do(every_decision.triage, CODE, urgency="medium", reason="It was a slip, she says")
    work.field.send("alert", "r2", changed(ALERT, {"what": {"alert_icon": "missing"}}), edit=2)
    work.field.send("alert", "r2", ALERT, edit=3)
    assert [row["level"] for row in work.tasks("danger_check")] == ["critical"]
    work.do(every_decision.triage, CODE, urgency="medium", reason="He is back, she says")

    assert work.tasks("danger_check") == []


def test_a_correction_at_the_desk_lowers_as_ever(sqlite_register: Register) -> None:
    """It is a person's word, and lies over every version."""
    work = begin(sqlite_register)
    work.field.send("alert", "r2", DANGER)
    work.field.send("alert", "r2", changed(DANGER, {"who": {"victim_count": "2_5"}}), edit=1)
    work.do(every_decision.correct, CODE, "alert.danger_now", "no", reason="Mistyped")

    assert (work.alert(CODE)["urgency"], remarks(work)) == ("medium", [])
    assert work.sound()


def test_a_case_of_it_starts_with_the_level_that_was_told(work: Work) -> None:
    """Whoever opened it had that before them."""
    work.do(every_decision.triage, CODE)
    made = work.do(every_decision.open_case, CODE, owner="RD-01")

    assert work.case(made.case)["urgency"] == "critical"
    assert hours(work, task(work, "first_contact")["due_at"]) == 3


def test_nor_does_an_edit_once_it_has_its_case_move_the_clock(sqlite_register: Register) -> None:
    """The task that asks for a decision on the level of the case is not the only thing that stays."""
    work = begin(sqlite_register)
    work.field.send("alert", "r2", DANGER)
    work.do(every_decision.triage, CODE)
    work.do(every_decision.open_case, CODE, owner="RD-01")
    work.field.send("alert", "r2", ALERT, edit=1)

    assert len(work.tasks("urgency_check")) == 1
    contact = task(work, "first_contact")
    assert (hours(work, contact["due_at"]), hours(work, contact["escalated_at"])) == (3, 1.5)
    assert work.sound()


def test_what_a_refused_version_left_out_holds_no_level(sqlite_register: Register) -> None:
    """An empty form is of medium level only because nothing was said."""
    work = begin(sqlite_register)
    low = changed(ALERT, {"what": {"alert_icon": "other"}, "when": {"when_rel": "month"}})
    work.field.send("alert", "r2", {"gate": {"consent_alert": "refused"}})
    work.field.send("alert", "r2", low, edit=1)

    assert (work.alert(CODE)["urgency"], remarks(work)) == ("low", [])


# --- once it is in a case ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("level", [None, "low"])
def test_an_edit_in_the_case_makes_no_clock_later(sqlite_register: Register, level: str | None) -> None:
    """Neither in the row of the alert nor in the task; also where a person had rated it before it told of danger."""
    work = begin(sqlite_register)
    work.field.send("alert", "r2", DANGER if level is None else ALERT)
    work.do(every_decision.triage, CODE, urgency=level, reason="As she says")
    work.do(every_decision.open_case, CODE, owner="RD-01")
    work.field.send("alert", "r2", DANGER, edit=1)
    before = work.alert(CODE)["contact_due_at"], work.alert(CODE)["action_due_at"]
    work.field.send("alert", "r2", ALERT, edit=2)
    row = work.alert(CODE)

    assert hours(work, before[0]) == 3
    assert (row["contact_due_at"], row["action_due_at"]) == before
    assert task(work, "first_contact")["due_at"] == before[0]
    assert work.case(dealt(1, "DK"))["urgency"] == "critical"
    assert work.sound()


def test_a_correction_in_the_case_lowers_its_clock(sqlite_register: Register) -> None:
    """It is a person's word and lies over every version."""
    work = begin(sqlite_register)
    work.field.send("alert", "r2", DANGER)
    work.do(every_decision.triage, CODE)
    work.do(every_decision.open_case, CODE, owner="RD-01")
    work.field.send("alert", "r2", ALERT, edit=1)
    work.do(every_decision.correct, CODE, "alert.danger_now", "unknown", reason="A slip, she says")

    assert hours(work, work.alert(CODE)["contact_due_at"]) == 72
    assert work.sound()


def test_an_edit_takes_nothing_from_what_a_correction_told(work: Work) -> None:
    """What asked somebody within three hours stays so, whatever a phone says afterwards; nobody is told twice."""
    listening(work.field.register, ALL)
    work.field.send("alert", "r3", DANGER)
    work.do(every_decision.correct, dealt(2, "AL"), "alert.icons", "missing", reason="Her son")
    (asked,), count = work.tasks("danger_check"), len(held(work.field.register))
    work.field.send("alert", "r3", changed(ALERT, {"when": {"when_rel": "older"}}), edit=1)

    assert (asked["level"], moment(asked["due_at"]) - moment(asked["since"])) == (
        "critical",
        timedelta(hours=3),
    )
    assert (work.tasks("danger_check"), len(held(work.field.register))) == ([asked], count)


def test_an_edit_is_rated_with_the_correction_that_lies_under_it(sqlite_register: Register) -> None:
    """How many were hurt, corrected at the desk, and what happened, told since: together they ask for more than was decided."""
    work = begin(sqlite_register)
    work.field.send("alert", "r2", ALERT)
    work.do(every_decision.triage, CODE, urgency="medium", reason="One man")
    work.do(every_decision.correct, CODE, "alert.victim_count", "21_100", reason="A whole quarter")
    assert work.tasks("danger_check") == []
    work.field.send("alert", "r2", changed(ALERT, {"what": {"alert_icon": "child threat"}}), edit=1)

    assert (work.alert(CODE)["level"], len(work.tasks("danger_check"))) == ("high", 1)
    assert work.sound()


@pytest.mark.parametrize("road", ["corrected", "edited"])
def test_what_makes_it_worse_than_anybody_had_heard_is_asked(sqlite_register: Register, road: str) -> None:
    """How many were hurt and how long ago add points to reasons that were known: the level of the rules is new all the same."""
    work = begin(sqlite_register)
    work.field.send("alert", "r2", changed(ALERT, {"when": {"when_rel": "month"}}))
    work.do(every_decision.triage, CODE, urgency="low", reason="A month ago")
    if road == "corrected":
        work.do(every_decision.correct, CODE, "alert.victim_count", "21_100", reason="A whole quarter")
    else:
        work.field.send("alert", "r2", changed(ALERT, {"who": {"victim_count": "21_100"}}), edit=1)

    assert (work.alert(CODE)["level"], len(work.tasks("danger_check"))) == ("medium", 1)
    assert work.sound()


def test_setting_aside_decides_on_no_level(work: Work) -> None:
    """Danger that came after the triage counted; two people who dismiss the alert end the work and not what it was."""
    work.field.send("alert", "r3", ALERT)
    code = dealt(2, "AL")
    work.do(every_decision.triage, code, urgency="medium")
    work.field.send("alert", "r3", DANGER, edit=1)
    before = work.alert(code)
    work.do(
        every_decision.sign, work.do(every_decision.dismiss, code, "Another village").proposal, by=SUPERVISOR
    )
    after = work.alert(code)

    assert (before["level"], after["level"], after["state"]) == ("critical", "critical", "dismissed")
    assert after["contact_due_at"] == before["contact_due_at"]
