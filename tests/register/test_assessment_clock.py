"""The assessment is due from when a server first had the alert: how long it waited for its case gives nobody more time."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Register
from tests import every_decision
from tests.decisions.work import Work
from tests.register.beginnings import played_once
from tests.register.field import ALERT, CASE, Field, changed, dealt

DANGER = changed(ALERT, {"danger": {"danger_now": "yes"}})
FIRST, SECOND, CASE_CODE = dealt(0, "AL"), dealt(1, "AL"), dealt(0, "DK")
BARE = {"risk": dict.fromkeys(("threats_continue", "perp_near", "retaliation_risk", "safety_plan"))}


@pytest.fixture
@played_once
def work(sqlite_register: Register) -> Work:
    """A register with one worker and nothing else."""
    made = Work(Field(sqlite_register))
    made.do(every_decision.name_worker, "RD-01", "case_owner")
    return made


def due(work: Work) -> str:
    """Return when the only assessment is due."""
    (one,) = work.tasks("assessment") + work.tasks("assessment", done=True)
    return str(one["due_at"])


def opened(work: Work, said: dict[str, object] = DANGER) -> datetime:
    """Let an alert arrive, and open a case of it five days later; return when it arrived."""
    work.field.send("alert", "r1", said)
    heard = work.field.now
    work.field.later(days=5)
    work.do(every_decision.triage, FIRST)
    work.do(every_decision.open_case, FIRST, owner="RD-01")
    return heard


def test_a_case_that_was_opened_late_is_assessed_as_early(work: Work) -> None:
    """72 hours from the alert, so it is overdue on the day on which the case is opened."""
    heard = opened(work)

    assert due(work) == instant(heard + timedelta(hours=72)) < instant(work.field.now)


def test_the_time_is_that_of_the_level(work: Work) -> None:
    """Of one that is not urgent seven days from the alert."""
    heard = opened(work, changed(ALERT))

    assert due(work) == instant(heard + timedelta(days=7))


def test_an_older_alert_that_is_linked_makes_it_earlier_and_a_newer_one_no_later(work: Work) -> None:
    """The first that a server had counts."""
    work.field.send("alert", "r2", DANGER)
    older = work.field.now
    work.field.later(days=2)
    work.field.send("alert", "r1", DANGER)
    heard = work.field.now
    work.do(every_decision.triage, SECOND)
    case = work.do(every_decision.open_case, SECOND, owner="RD-01").case
    assert due(work) == instant(heard + timedelta(hours=72))
    work.do(every_decision.triage, FIRST)
    work.do(every_decision.link, FIRST, case)
    assert due(work) == instant(older + timedelta(hours=72))
    work.field.send("alert", "r3", DANGER)
    work.do(every_decision.triage, dealt(2, "AL"))
    work.do(every_decision.link, dealt(2, "AL"), case)

    assert due(work) == instant(older + timedelta(hours=72))


def test_an_interview_without_an_alert_counts_from_its_arrival_on_the_server(work: Work) -> None:
    """Not from when this laptop read it and opened its case."""
    read = work.field.later(days=3)
    heard = read - timedelta(days=2)
    work.field.send("case", "c1", changed(CASE, BARE), received=heard)
    hours = {"critical": 72, "high": 72, "medium": 168, "low": 168}[work.case(CASE_CODE)["urgency"]]

    assert due(work) == instant(heard + timedelta(hours=hours))
