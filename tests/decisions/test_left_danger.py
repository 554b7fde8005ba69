"""A case that was closed or handed over, and of which a form then tells of danger, reaches a person within a first contact."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any, Final

import pytest

from sync_scripts.register.building import notices
from sync_scripts.register.consent_decisions import decide as consents
from sync_scripts.register.consents.errors import NothingToWithdraw
from sync_scripts.register.lifecycle.errors import GuardFails
from sync_scripts.register.lifecycle.replay import case_now
from sync_scripts.register.model.errors import OwnHandMissing
from sync_scripts.register.queries.today import today
from sync_scripts.register.rules.kinds import AWAY
from sync_scripts.register.rules.kinds import DANGER as LOOK
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.database import Actor, Register
from tests import every_decision
from tests.daily.telling import NIGHT_DESK, held, listening
from tests.decisions.test_left_cases import leave
from tests.decisions.test_new_danger import DANGER, SOON, THREATS
from tests.decisions.test_other_danger import DYING
from tests.decisions.work import ALERT_CODE, CASE_CODE, OWNER, Work, begin
from tests.register.field import CASE, FOLLOWUP, act, changed, flags, known

QUIET: Final = known(CASE_CODE)


@pytest.fixture
def work(sqlite_register: Register) -> Work:
    """Return a register with a case of no danger, and somebody who is told at night."""
    made = begin(sqlite_register)
    listening(made.field.register, NIGHT_DESK)
    return made


def transferred(work: Work) -> None:
    """Hand the case over, which is final; on danger that waits the level that counts is decided first."""
    if any(one["done_at"] is None for one in work.tasks(LOOK)):
        work.do(every_decision.set_urgency, CASE_CODE, work.case()["level"], reason="They know", by=OWNER)
    work.do(every_decision.move, CASE_CODE, "transferred", receiver="PART-01", accepted_on=date(2026, 11, 20))


LEFT: Final[dict[str, Callable[[Work], None]]] = {
    "closed": lambda work: leave(work, "closed"),
    "transferred": transferred,
}


def again(work: Work) -> dict[str, Any]:
    """Return of the tasks to decide again the one that is due first."""
    return min(work.tasks(AWAY), key=lambda one: one["due_at"])


def shown(work: Work) -> list[tuple[str, str | None, str]]:
    """Return what the page of the day says of the case."""
    with work.field.register.reading() as rows:
        items = today(rows, work.field.now).items
    return [(one.bucket, one.kind, one.level) for one in items if one.code == CASE_CODE]


SAYS: Final[dict[str, Callable[[Work], None]]] = {
    "a new interview": lambda work: work.field.send("case", "c2", THREATS),
    "an edit": lambda work: work.field.send(
        "case", "c1", changed(THREATS, {"header": {"case_known": "no", "alert_code": ALERT_CODE}}), edit=1
    ),
    "an edit of its alert": lambda work: work.field.send("alert", "r1", DANGER, edit=1),
}


@pytest.mark.parametrize("says", SAYS)
def test_a_case_is_not_handed_over_with_danger_on_which_nobody_decided(work: Work, says: str) -> None:
    """Who hands it over decides on no level: the danger would be asked of nobody any more."""
    work.do(every_decision.set_urgency, CASE_CODE, "low", reason="Calm", by=OWNER)
    SAYS[says](work)
    said: dict[str, Any] = {"receiver": "PART-01", "accepted_on": date(2026, 11, 20)}
    assert "level" in work.refused(GuardFails, every_decision.move, CASE_CODE, "transferred", **said)
    work.do(every_decision.set_urgency, CASE_CODE, "high", reason="The receiver knows", by=OWNER)
    transferred(work)

    assert work.case()["level"] == "high"
    assert work.sound()


def test_what_ends_the_work_lowers_no_level_and_leaving_the_case_neither(work: Work) -> None:
    """Everybody withdraws: danger that waits is asked of nobody any more. Nobody decided on the level, who closes the case neither."""
    work.do(every_decision.set_urgency, CASE_CODE, "low", reason="Calm", by=OWNER)
    SAYS["a new interview"](work)
    for person in ("V1", "V2"):
        with suppress(NothingToWithdraw):
            work.do(consents.withdraw, CASE_CODE, person=person, reason="Asked")
    levels = [work.case()["level"]]
    open_still = [one for one in work.tasks(LOOK) if one["done_at"] is None]
    leave(work, "closed")
    levels.append(work.case()["level"])

    assert (levels, open_still) == (["critical", "critical"], [])
    assert work.sound()


@pytest.mark.parametrize("says", SAYS)
@pytest.mark.parametrize("state", LEFT)
def test_danger_in_a_case_that_was_left_reaches_a_person(work: Work, state: str, says: str) -> None:
    """A task due in three hours, a message, the page of the day; the case stays where people put it."""
    LEFT[state](work)
    assert shown(work) == []
    count = len(held(work.field.register))
    SAYS[says](work)

    assert work.case()["state"] == state
    task = again(work)
    assert task["due_at"] == instant(work.field.now + SOON)
    assert task["escalated_at"] < task["due_at"]
    told = held(work.field.register)[count:]
    assert [(one.reason, one.level, one.due_at) for one in told] == [("case", "critical", task["due_at"])]
    assert shown(work) == [("critical", AWAY, "critical")]
    with work.field.register.writing() as rows:
        assert notices.escalate(rows, moment(task["escalated_at"])) == 1


LATE: Final[dict[str, Callable[[Work, datetime], None]]] = {
    "a new interview": lambda work, at: work.field.send("case", "c2", THREATS, received=at),
    "an edit": lambda work, at: work.field.send(
        "case",
        "c1",
        changed(THREATS, {"header": {"case_known": "no", "alert_code": ALERT_CODE}}),
        edit=1,
        received=at,
    ),
    "an edit of its alert": lambda work, at: work.field.send("alert", "r1", DANGER, edit=1, received=at),
}


@pytest.mark.parametrize("says", LATE)
@pytest.mark.parametrize("state", LEFT)
def test_danger_that_a_server_had_and_nobody_had_read_reaches_a_person(
    work: Work, state: str, says: str
) -> None:
    """A laptop without network closed it, and reads the danger of before only then; the time is counted from the decision."""
    at = work.field.later()
    LEFT[state](work)
    count = len(held(work.field.register))
    LATE[says](work, at)

    left = case_now(one for one in work.events() if one.subject == f"case:{CASE_CODE}").left_at
    assert left is not None
    assert again(work)["due_at"] == instant(moment(left) + SOON)
    told = held(work.field.register)[count:]
    assert [(one.reason, one.level) for one in told] == [("case", "critical")]
    assert shown(work) == [("critical", AWAY, "critical")]


def test_a_form_that_is_read_after_the_closure_carries_a_remark(work: Work) -> None:
    """Also one that a server had before, and that tells of no danger."""
    at = work.field.later()
    leave(work, "closed")
    work.field.send("case", "c2", QUIET, received=at)
    assert "case_closed" in flags(work.field)
    assert not work.tasks(AWAY)


def test_danger_in_an_alert_that_a_later_edit_takes_back_stays(work: Work) -> None:
    """It was said while nobody looked; only a person knows which of the two is true."""
    quiet = changed(DANGER, {"danger": {"danger_now": "no"}, "what": {"alert_icon": "threat"}})
    leave(work, "closed")
    work.field.send("alert", "r1", DANGER, edit=1)
    due = again(work)["due_at"]
    work.field.send("alert", "r1", quiet, edit=2)
    assert again(work)["due_at"] == due


def test_what_comes_again_by_another_road_is_no_news(work: Work) -> None:
    """The same interview from another server was known when the case was closed."""
    at = work.field.later()
    work.field.send("case", "c2", THREATS)
    work.do(every_decision.set_urgency, CASE_CODE, "critical")
    leave(work, "closed")
    work.field.send("case", "c2", THREATS, server="central", received=at)
    assert not work.tasks(AWAY)
    assert "case_closed" not in flags(work.field)


def test_only_reopening_ends_it(work: Work) -> None:
    """Then it is worked on as a case in danger."""
    leave(work, "closed")
    work.field.send("case", "c2", THREATS)
    work.refused(every_decision.LevelNotDecided, every_decision.end_task, CASE_CODE, AWAY, reason="looked")
    work.do(every_decision.move, CASE_CODE, "reopened", reason="threats go on")
    assert not work.tasks(AWAY)
    assert shown(work)[0][2] == "critical"


def test_of_a_case_that_was_handed_over_the_receiver_is_told(work: Work) -> None:
    """That it was done says a proved person."""
    transferred(work)
    work.field.send("case", "c2", THREATS)
    typed = Actor("RD-01", "claimed")
    work.refused(OwnHandMissing, every_decision.end_task, CASE_CODE, AWAY, reason="called them", by=typed)
    work.do(every_decision.end_task, CASE_CODE, AWAY, reason="called them", by=OWNER)
    assert not work.tasks(AWAY)


def test_what_was_known_at_the_closure_is_no_news_by_an_edit(work: Work) -> None:
    """The same danger in an edited form asks nobody; another one does, and so does any danger in a new interview."""
    work.field.send("case", "c2", THREATS)
    work.do(every_decision.set_urgency, CASE_CODE, "low", reason="she is abroad")
    leave(work, "closed")
    work.field.send("case", "c2", changed(THREATS, {"incident": {"place_type": "road"}}), edit=1)
    assert not work.tasks(AWAY)
    work.field.send("case", "c2", DYING, edit=2)
    due = again(work)["due_at"]
    work.field.send("case", "c3", THREATS)
    assert again(work)["due_at"] <= due
    assert not work.tasks(LOOK)


@pytest.mark.parametrize("says", [QUIET, changed(CASE, {"header": {"alert_code": ALERT_CODE}})])
def test_a_form_without_danger_is_a_remark(work: Work, says: dict[str, Any]) -> None:
    """It is kept and said, and nobody is woken."""
    leave(work, "closed")
    work.field.send("case", "c2", says)
    assert not work.tasks(AWAY)
    assert shown(work) == []


# --- the receiver was told, and more comes ------------------------------------------------------------------------


def told(work: Work) -> None:
    """Say that the receiver of the case was told."""
    work.do(every_decision.end_task, CASE_CODE, AWAY, reason="called them", by=OWNER)


MORE: Final[dict[str, Callable[[Work, datetime | None], None]]] = {
    "a new interview": lambda work, at: work.field.send("case", "c3", THREATS, received=at),
    "an edit": lambda work, at: work.field.send("case", "c2", DYING, edit=1, received=at),
    "an edit of its alert": lambda work, at: work.field.send("alert", "r1", DANGER, edit=1, received=at),
}


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("more", MORE)
def test_a_second_danger_after_the_receiver_was_told_is_told_as_well(
    work: Work, more: str, late: bool
) -> None:
    """Another task and another message, also where a server had it before the receiver was told; the first one stays done."""
    transferred(work)
    work.field.send("case", "c2", THREATS)
    first = again(work)
    at = work.field.later()
    told(work)
    done = work.events()[-1]
    assert (done.op, done.payload["rule"]) == ("task.done", "critical")
    assert not work.tasks(AWAY)
    count = len(held(work.field.register))
    MORE[more](work, at if late else None)

    second = again(work)
    assert second["task_id"] != first["task_id"]
    since = moment(done.at) if late else work.field.now
    assert second["due_at"] == instant(since + SOON)
    assert [one["task_id"] for one in work.tasks(AWAY, done=True)] == [first["task_id"]]
    assert [one.reason for one in held(work.field.register)[count:]] == ["case"]
    assert work.sound()
    told(work)
    assert not work.tasks(AWAY)
    assert len(work.tasks(AWAY, done=True)) == 2


def test_what_the_receiver_was_told_is_no_news(work: Work) -> None:
    """The same danger in an edited form asks nobody again."""
    transferred(work)
    work.field.send("case", "c2", THREATS)
    told(work)
    work.field.send("case", "c2", changed(THREATS, {"incident": {"place_type": "road"}}), edit=1)
    assert not work.tasks(AWAY)


def test_that_the_receiver_was_told_with_an_earlier_version_covers_what_had_come_by_then(work: Work) -> None:
    """Such a decision keeps the task alone: a new interview is news, and an edit that is of a higher level."""
    transferred(work)
    work.field.send("case", "c2", THREATS)
    task = again(work)
    with every_decision.deciding(work.field.register, OWNER, work.field.later()) as by:
        said = {"task": task["task_id"], "kind": AWAY, "reason": "called them"}
        by.write(by.event("task.done", f"case:{CASE_CODE}", said))
    assert not work.tasks(AWAY)
    work.field.send("case", "c2", changed(THREATS, {"incident": {"place_type": "road"}}), edit=1)
    assert not work.tasks(AWAY)
    work.field.send("case", "c3", THREATS)
    assert again(work)["due_at"] == instant(work.field.now + SOON)


# --- a visit ------------------------------------------------------------------------------------------------------


def visit(**result: str) -> dict[str, Any]:
    """Return a visit to the case."""
    return changed(FOLLOWUP, {"header": {"case_code": CASE_CODE}, "result": result})


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("state", LEFT)
def test_a_growing_risk_in_a_case_that_was_left_reaches_a_person(work: Work, state: str, late: bool) -> None:
    """Within the first contact of a high level, with a message; a visit after which all is as it was is a remark."""
    at = work.field.later()
    LEFT[state](work)
    work.field.send("followup", "f1", visit(risk_change="same"))
    assert not work.tasks(AWAY)
    count = len(held(work.field.register))
    work.field.send("followup", "f2", visit(risk_change="up"), received=at if late else None)

    left = next(one.at for one in reversed(work.events()) if one.op == "case.move")
    since = moment(left) if late else work.field.now
    assert again(work)["due_at"] == instant(since + timedelta(hours=24))
    assert [(one.reason, one.level) for one in held(work.field.register)[count:]] == [("case", "high")]
    assert [(kind, level) for _bucket, kind, level in shown(work)] == [(AWAY, "high")]
    due = again(work)["due_at"]
    work.field.send("followup", "f2", visit(risk_change="same"), edit=1)
    assert again(work)["due_at"] == due


def test_a_growing_risk_in_a_case_of_a_critical_level_is_critical(work: Work) -> None:
    """The rules are asked again over what is documented."""
    work.field.send("case", "c2", THREATS)
    transferred(work)
    assert not work.tasks(AWAY)
    work.field.send("followup", "f1", visit(risk_change="up"))
    assert again(work)["due_at"] == instant(work.field.now + SOON)
    told(work)
    assert not work.tasks(AWAY)
    work.field.send("followup", "f2", visit(risk_change="up"))
    assert again(work)["due_at"] == instant(work.field.now + SOON)


def test_a_visit_that_is_corrected_to_a_growing_risk_counts(work: Work) -> None:
    """And one that is corrected to the contrary does not: a correction is a person's word."""
    work.field.send("followup", "f1", visit(risk_change="same"))
    leave(work, "closed")
    work.do(every_decision.correct, CASE_CODE, "followup.risk_change", "up", reason="misheard")
    assert again(work)["due_at"] == instant(work.field.now + timedelta(hours=24))
    work.do(every_decision.correct, CASE_CODE, "followup.risk_change", "down", reason="misheard")
    assert not work.tasks(AWAY)


def test_a_visit_brings_its_hearing_along(work: Work) -> None:
    """Two days before it somebody is reminded, which is before the first contact of a high level."""
    leave(work, "closed")
    hearing = work.field.now + timedelta(hours=1 + 48 + 5)
    said = {
        "header": {"case_code": CASE_CODE, "fu_type": "legal"},
        "result": {"risk_change": "up"},
        "legal": {"legal_step": "hearing", "court": "tgi", "hearing_at": hearing.isoformat()},
    }
    work.field.send("followup", "f1", changed(FOLLOWUP, said))
    assert again(work)["due_at"] == instant(work.field.now + timedelta(hours=5))


# --- limits of law and medicine -----------------------------------------------------------------------------------


def held_for(work: Work, hours: float) -> dict[str, Any]:
    """Return an interview of somebody who was arrested so long before the next form arrives."""
    at = work.field.now + timedelta(hours=1 - hours)
    answers = {"arrested_at": at.isoformat(), "legal_basis": "preliminary"}
    return known(
        CASE_CODE, changed(CASE, {"acts": [act(1, violation="arrest_arbitrary", detention=answers)]})
    )


@pytest.mark.parametrize(("hours", "due"), [(2, 24), (30, 6), (47, 0), (60, 24)])
@pytest.mark.parametrize("state", LEFT)
def test_a_custody_in_a_case_that_was_left_is_due_before_its_limit(
    work: Work, state: str, hours: float, due: float
) -> None:
    """The reminders of the custody end with the case; so this is due with the first of them that is ahead, never later than else."""
    LEFT[state](work)
    work.field.send("case", "c2", held_for(work, hours))
    assert again(work)["due_at"] == instant(work.field.now + timedelta(hours=due))
    assert again(work)["escalated_at"] <= again(work)["due_at"]


def test_a_limit_that_was_known_when_the_case_was_left_moves_nothing(work: Work) -> None:
    """Whoever handed it over knew of it, and of its next reminder in three hours."""
    work.field.send("case", "c2", held_for(work, 33))
    transferred(work)
    work.field.send("case", "c3", THREATS)
    assert again(work)["due_at"] == instant(work.field.now + SOON)


# --- corrections --------------------------------------------------------------------------------------------------


def test_what_a_person_corrects_in_a_case_that_was_left_is_danger_as_well(work: Work) -> None:
    """Whoever typed it at the desk decided nothing about the closure; the correction that tells of danger starts the clock."""
    leave(work, "closed")
    for name in ("threats_continue", "perp_near"):
        work.do(every_decision.correct, CASE_CODE, f"assessment.{name}", "yes", reason="misheard")
    told_ = [one.at for one in work.events() if one.op == "value.correct"][-1]
    assert again(work)["due_at"] == instant(moment(told_) + SOON)


def test_a_corrected_alert_of_a_case_that_was_left_is_danger_as_well(work: Work) -> None:
    """The alert came once, and nobody had known."""
    leave(work, "closed")
    work.do(every_decision.correct, ALERT_CODE, "alert.danger_now", "yes", reason="misheard")
    assert again(work)["due_at"] == instant(work.field.now + SOON)
    assert work.sound()
    work.do(every_decision.restore, ALERT_CODE, "alert.danger_now", reason="it was right")
    assert not work.tasks(AWAY)
