"""A hearing, an appeal, a custody or a service within hours that comes into a case that was left: somebody decides in time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from sync_scripts.register.rules.kinds import AWAY
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Register
from tests import every_decision
from tests.daily.telling import NIGHT_DESK, held, listening
from tests.decisions.test_left_cases import leave
from tests.decisions.test_left_danger import LEFT, again, held_for, shown, transferred
from tests.decisions.work import CASE_CODE, OWNER, Work, begin
from tests.register.field import FOLLOWUP, changed, dealt, flags, service

OTHER = dealt(1, "DK")
WITHIN = timedelta(hours=24)


@pytest.fixture
def work(sqlite_register: Register) -> Work:
    """Return a register with a case of no danger, and somebody who is told at night."""
    made = begin(sqlite_register)
    listening(made.field.register, NIGHT_DESK)
    return made


def step(work: Work, days: float, code: str = CASE_CODE, **more: str) -> dict[str, Any]:
    """Return a visit that tells of a hearing so many days after it arrives."""
    hearing = work.field.now + timedelta(hours=1, days=days)
    said = {"legal_step": "hearing", "court": "tgi", "hearing_at": hearing.isoformat(), **more}
    return changed(FOLLOWUP, {"header": {"case_code": code, "fu_type": "legal"}, "legal": said})


@pytest.mark.parametrize("state", LEFT)
def test_a_hearing_is_decided_on_within_a_day(work: Work, state: str) -> None:
    """A task with a message, on the page of the day; the case stays where people put it, the remark as well."""
    LEFT[state](work)
    count = len(held(work.field.register))
    work.field.send("followup", "f1", step(work, 20))

    assert again(work)["due_at"] == instant(work.field.now + WITHIN)
    assert [(one.reason, one.level) for one in held(work.field.register)[count:]] == [("case", "high")]
    assert [(kind, level) for _bucket, kind, level in shown(work)] == [(AWAY, "high")]
    assert work.case()["state"] == state
    assert "case_closed" in flags(work.field)


@pytest.mark.parametrize(("days", "hours"), [(2.5, 12), (1, 0), (-1, None)])
def test_it_is_due_before_the_next_reminder(work: Work, days: float, hours: float | None) -> None:
    """At once where all reminders are past; a hearing that is over asks for nobody."""
    leave(work, "closed")
    work.field.send("followup", "f1", step(work, days))
    due = [row["due_at"] for row in work.tasks(AWAY)]

    assert due == ([] if hours is None else [instant(work.field.now + timedelta(hours=hours))])


def test_a_judgment_that_can_be_appealed_asks_as_well(work: Work) -> None:
    """Its last day is ahead."""
    leave(work, "closed")
    day = work.field.now.date().isoformat()
    said = {"legal_step": "judgment", "court": "tgi", "decision": "conviction", "decided_on": day}
    header = {"case_code": CASE_CODE, "fu_type": "legal"}
    work.field.send("followup", "f1", changed(FOLLOWUP, {"header": header, "legal": said}))

    assert again(work)["due_at"] == instant(work.field.now + WITHIN)


def test_what_was_known_is_no_news_by_another_edit(work: Work) -> None:
    """A hearing of which whoever handed the case over had read; another day of it is."""
    said = step(work, 20)
    work.field.send("followup", "f1", said)
    transferred(work)
    work.field.send("followup", "f1", changed(said, {"result": {"fu_note": "Seen"}}), edit=1)
    assert work.tasks(AWAY) == []
    work.field.send("followup", "f1", step(work, 9), edit=2)

    assert again(work)["due_at"] <= instant(work.field.now + WITHIN)


def test_only_reopening_ends_it_and_the_reminders_stand_then(work: Work) -> None:
    """A later edit of the visit takes nothing back."""
    leave(work, "closed")
    said = step(work, 20)
    work.field.send("followup", "f1", said)
    due = again(work)["due_at"]
    work.field.send("followup", "f1", changed(said, {"legal": {"hearing_at": None}}), edit=1)
    assert again(work)["due_at"] == due
    work.refused(every_decision.LevelNotDecided, every_decision.end_task, CASE_CODE, AWAY, reason="Seen")
    work.do(every_decision.move, CASE_CODE, "reopened", reason="A hearing", by=OWNER)

    assert work.tasks(AWAY) == []
    assert len(work.tasks("hearing")) == 2


@pytest.mark.parametrize("more", ["a visit", "an edit"])
def test_what_the_receiver_was_told_of_stays_done(work: Work, more: str) -> None:
    """Another hearing comes afterwards: a task of its own; the first one is as it was."""
    transferred(work)
    said = step(work, 20)
    work.field.send("followup", "f1", said)
    work.do(every_decision.end_task, CASE_CODE, AWAY, reason="Told", by=OWNER)
    (done,) = work.tasks(AWAY, done=True)
    if more == "a visit":
        work.field.send("followup", "f2", step(work, 9, court="tm"))
    else:
        work.field.send("followup", "f1", step(work, 9), edit=1)

    assert work.tasks(AWAY, done=True) == [done]
    assert again(work)["due_at"] > done["done_at"]


def test_a_service_within_hours_is_decided_on_within_them(work: Work) -> None:
    """As critical, as its message is in a case that is worked on."""
    leave(work, "closed")
    work.field.send("followup", "f1", service(CASE_CODE, "planned", timeframe="1_hour"))

    assert shown(work)[0][1:] == (AWAY, "critical")
    assert again(work)["due_at"] <= instant(work.field.now + timedelta(hours=1))


# --- a form that is moved ---------------------------------------------------------------------------------------------


def moved(said: dict[str, Any], code: str) -> dict[str, Any]:
    """Return the same form with the code of another case."""
    return changed(said, {"header": {"case_code": code}})


@pytest.mark.parametrize("state", LEFT)
def test_a_hearing_that_is_moved_into_a_case_that_was_left(work: Work, state: str) -> None:
    """It was known, but not there."""
    work.field.send("case", "c9", held_for(work, 2000))
    said = step(work, 20, OTHER)
    work.field.send("followup", "f1", said)
    work.do(every_decision.set_urgency, CASE_CODE, "high", reason="Looked at")
    LEFT[state](work)
    work.field.send("followup", "f1", moved(said, CASE_CODE), edit=1)

    assert again(work)["due_at"] == instant(work.field.now + WITHIN)


@pytest.mark.parametrize("state", LEFT)
def test_a_custody_that_is_moved_into_a_case_that_was_left(work: Work, state: str) -> None:
    """Its next reminder is due sooner than a first contact of a high level."""
    said = changed(held_for(work, 29), {"header": {"case_known": "no", "case_code": None}})
    work.field.send("case", "c9", said)
    LEFT[state](work)
    late = work.field.now
    work.field.send(
        "case", "c9", changed(said, {"header": {"case_known": "yes", "case_code": CASE_CODE}}), edit=1
    )
    arrested = said["acts"][0]["detention"]["arrested_at"]
    reminders = [datetime.fromisoformat(arrested) + timedelta(hours=48 - before) for before in (12, 3)]
    ahead = min(one for one in reminders if one > late)

    assert again(work)["due_at"] == instant(max(ahead, work.field.now))


def test_a_custody_that_is_moved_into_a_case_that_goes_on_keeps_its_reminders(work: Work) -> None:
    """With the clock of the form that told of it, for whoever has that case."""
    said = changed(held_for(work, 2), {"header": {"case_known": "no", "case_code": None}})
    work.field.send("case", "c9", said)
    before = {(row["task_id"], row["due_at"]) for row in work.tasks("custody_limit")}
    work.field.send(
        "case", "c9", changed(said, {"header": {"case_known": "yes", "case_code": CASE_CODE}}), edit=1
    )

    assert {(row["task_id"], row["due_at"]) for row in work.tasks("custody_limit")} == before
    assert {row["assigned_to"] for row in work.tasks("custody_limit")} == {"RD-01"}
    assert work.case()["urgency"] == "high"


# --- a visit that an edit takes out of every case -----------------------------------------------------------------------


@pytest.mark.parametrize("code", ["DK-?", None])
def test_a_visit_that_leaves_for_no_case_leaves_its_reminders(work: Work, code: str | None) -> None:
    """Its code cannot be read any more, or is gone: a hearing is recalled where it was until a person ends that."""
    said = step(work, 20)
    work.field.send("followup", "f1", said)
    before = {(row["task_id"], row["due_at"]) for row in work.tasks("hearing")}
    work.field.send("followup", "f1", changed(said, {"header": {"case_code": code}}), edit=1)

    assert {(row["task_id"], row["due_at"]) for row in work.tasks("hearing")} == before
    assert {row["assigned_to"] for row in work.tasks("hearing")} == {"RD-01"}
    assert work.sound()
    work.do(every_decision.end_task, CASE_CODE, "hearing", reason="It was a slip", whole=True)
    assert work.tasks("hearing") == []


def test_a_visit_that_comes_back_has_its_own(work: Work) -> None:
    """Each reminder once, however often it goes and comes."""
    said = step(work, 20)
    work.field.send("followup", "f1", said)
    work.field.send("followup", "f1", moved(said, "DK-?"), edit=1)
    work.field.send("followup", "f1", said, edit=2)
    assert len(work.tasks("hearing")) == 2
    work.field.send("followup", "f1", moved(said, "DK-?"), edit=3)
    assert len(work.tasks("hearing")) == 2
