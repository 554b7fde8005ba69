"""An alert that was set aside, and whose form then tells of danger, reaches a person within the time of a first contact."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pytest

from sync_scripts.register.alert_decisions.event_links import decide
from sync_scripts.register.building import notices
from sync_scripts.register.directory.providers import set_provider
from sync_scripts.register.queries import views
from sync_scripts.register.queries.today import today
from sync_scripts.register.rules.kinds import AWAY
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.database import Register
from tests import every_decision
from tests.daily.telling import NIGHT_DESK, held, listening
from tests.decisions.test_new_danger import DANGER, SECOND, SOON
from tests.decisions.test_other_danger import TAKEN
from tests.decisions.work import ALERT_CODE, OTHER, SUPERVISOR, Work, begin
from tests.register.beginnings import played_once
from tests.register.field import ALERT, changed

QUIET: Final = changed(ALERT, {"danger": {"danger_now": "no"}})


@pytest.fixture
@played_once
def work(sqlite_register: Register) -> Work:
    """Return a register with a case and a second alert, triaged and of no danger."""
    made = begin(sqlite_register)
    listening(made.field.register, NIGHT_DESK)
    made.field.send("alert", "r2", QUIET)
    made.do(every_decision.triage, SECOND, urgency="medium", assigned_to="RD-02")
    return made


def dismissed(work: Work) -> None:
    """Let one person dismiss it."""
    work.do(every_decision.dismiss, SECOND, "a rumour")


def duplicate(work: Work) -> None:
    """Let it be found to be the same event as the alert of the case."""
    work.do(decide, ALERT_CODE, SECOND, "same_event", "The same caller")
    work.do(every_decision.duplicate, SECOND)


def referred(work: Work) -> None:
    """Let it be given to a provider, which is final."""
    work.do(set_provider, "PRE-01", {"name": "Clinique A", "services": "health"})
    work.do(every_decision.refer_out, SECOND, "PRE-01")


ASIDE: Final[dict[str, Callable[[Work], None]]] = {
    "dismissed": dismissed,
    "duplicate": duplicate,
    "referred_out": referred,
}


def again(work: Work) -> dict[str, Any]:
    """Return of the tasks to decide again on an alert that was set aside the one that is due first."""
    return min(work.tasks(AWAY), key=lambda one: one["due_at"])


def shown(work: Work) -> list[tuple[str, str | None, str]]:
    """Return what the page of the day says of the alert."""
    with work.field.register.reading() as rows:
        items = today(rows, work.field.now).items
    return [(one.bucket, one.kind, one.level) for one in items if one.code == SECOND]


@pytest.mark.parametrize("state", ASIDE)
def test_danger_in_an_alert_that_was_set_aside_reaches_a_person(work: Work, state: str) -> None:
    """A task due in three hours, a message, the page of the day and the list; it stays where a person put it."""
    ASIDE[state](work)
    assert shown(work) == []
    count = len(held(work.field.register))
    work.field.send("alert", "r2", DANGER, edit=1)

    assert work.alert(SECOND)["state"] == state  # no rule takes it back
    task = again(work)
    assert task["due_at"] == instant(work.field.now + SOON)
    assert task["escalated_at"] < task["due_at"]
    assert task["assigned_to"] == "RD-02"
    (told,) = held(work.field.register)[count:]
    assert (told.reason, told.level, told.due_at) == ("alert", "critical", task["due_at"])
    assert shown(work) == [("critical", AWAY, "critical")]
    with work.field.register.reading() as rows:
        lines = [one for one in views.alerts(rows) if one.code == SECOND]
        assert today(rows, work.field.now).alerts == 1
    assert [(one.urgency, one.due_at) for one in lines] == [("critical", task["due_at"])]


def test_nobody_having_looked_it_goes_one_step_up(work: Work) -> None:
    """As a first contact of that level does."""
    dismissed(work)
    work.field.send("alert", "r2", DANGER, edit=1)
    with work.field.register.writing() as rows:
        assert notices.escalate(rows, moment(again(work)["escalated_at"])) == 1
    told = [one for one in held(work.field.register) if one.reason == "escalation"]
    assert [(one.level, one.subject) for one in told] == [("critical", "alert:alert/r2")]


def test_only_taking_it_back_ends_the_task(work: Work) -> None:
    """Then it is triaged again, at the level of the danger, and dismissed by two or not at all."""
    dismissed(work)
    work.field.send("alert", "r2", DANGER, edit=1)
    work.refused(every_decision.LevelNotDecided, every_decision.end_task, SECOND, AWAY, reason="looked")

    work.do(every_decision.triage, SECOND, reason="it is true")
    assert not work.tasks(AWAY)
    assert work.alert(SECOND)["state"] == "triaged"
    assert shown(work)[0][2] == "critical"
    made = work.do(every_decision.dismiss, SECOND, "she is safe, I saw her")
    assert made.proposal
    work.do(every_decision.sign, made.proposal, by=SUPERVISOR)
    assert work.alert(SECOND)["state"] == "dismissed"
    assert not work.tasks(AWAY)


def test_what_was_known_when_it_was_dismissed_asks_nobody(work: Work) -> None:
    """The same danger again; and danger that an edit had taken away before, and that two people knew of."""
    work.field.send("alert", "r2", DANGER, edit=1)
    work.field.send("alert", "r2", QUIET, edit=2)
    work.do(every_decision.triage, SECOND, urgency="low", reason="taken back")
    made = work.do(every_decision.dismiss, SECOND, "a rumour")
    work.do(every_decision.sign, made.proposal, by=SUPERVISOR)
    for edit, said in ((3, DANGER), (4, changed(DANGER, {"what": {"alert_icon": "threat"}}))):
        work.field.send("alert", "r2", said, edit=edit)
        assert not work.tasks(AWAY)
    work.field.send("alert", "r2", TAKEN, edit=5)  # another danger of the same level
    assert again(work)["due_at"] == instant(work.field.now + SOON)


def test_what_one_person_may_dismiss_alone_is_a_remark(work: Work) -> None:
    """An edit that makes it less than high asks nobody to come back."""
    dismissed(work)
    work.field.send("alert", "r2", changed(QUIET, {"danger": {"danger_now": "unknown"}}), edit=1)
    assert not work.tasks(AWAY)
    assert shown(work) == []


def test_danger_that_an_edit_takes_back_before_anybody_looked_stays(work: Work) -> None:
    """It was said, and only a person knows which of the two is true. What comes later gives nobody more time."""
    dismissed(work)
    work.field.send("alert", "r2", DANGER, edit=1)
    due = again(work)["due_at"]
    work.field.send("alert", "r2", QUIET, edit=2)
    assert again(work)["due_at"] == due
    work.field.send("alert", "r2", TAKEN, edit=3)
    assert again(work)["due_at"] == due


def test_that_the_receiver_was_told_ends_it_where_nothing_is_taken_back(work: Work) -> None:
    """An alert that was referred out is somebody else's for good: a proved person says how they were told."""
    referred(work)
    work.field.send("alert", "r2", DANGER, edit=1)
    done = work.do(every_decision.end_task, SECOND, AWAY, reason="called the clinic", by=OTHER)
    assert done.kind == AWAY
    assert not work.tasks(AWAY)
    assert shown(work) == []


def test_that_the_receiver_was_told_lowers_no_level(work: Work) -> None:
    """Who tells the receiver of danger decides on no level: it stays what the danger asked for."""
    work.do(every_decision.triage, SECOND, urgency="high")
    referred(work)
    work.field.send("alert", "r2", DANGER, edit=1)
    assert work.alert(SECOND)["level"] == "critical"
    work.do(every_decision.end_task, SECOND, AWAY, reason="called the clinic", by=OTHER)
    assert work.alert(SECOND)["level"] == "critical"
    assert not work.tasks(AWAY)


def test_a_second_danger_after_the_receiver_was_told_is_told_as_well(work: Work) -> None:
    """Another one of the same level: another task and message. The same one again asks nobody."""
    referred(work)
    work.field.send("alert", "r2", DANGER, edit=1)
    first = again(work)
    work.do(every_decision.end_task, SECOND, AWAY, reason="called the clinic", by=OTHER)
    work.field.send("alert", "r2", QUIET, edit=2)
    work.field.send("alert", "r2", DANGER, edit=3)
    assert not work.tasks(AWAY)
    count = len(held(work.field.register))
    work.field.send("alert", "r2", TAKEN, edit=4)
    assert again(work)["task_id"] != first["task_id"]
    assert again(work)["due_at"] == instant(work.field.now + SOON)
    assert [one["task_id"] for one in work.tasks(AWAY, done=True)] == [first["task_id"]]
    assert [one.reason for one in held(work.field.register)[count:]] == ["alert"]


def test_nobody_comes_back_to_a_person_who_refuses(work: Work) -> None:
    """An edit that says danger and refuses is looked at as a refusal."""
    dismissed(work)
    work.field.send("alert", "r2", changed(DANGER, {"gate": {"consent_alert": "refused"}}), edit=1)
    assert not work.tasks(AWAY)
