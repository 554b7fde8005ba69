"""A case was closed, and visits go on: each that brings a limit or a service within hours is told; the same growing risk once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sync_scripts.register.building import build
from sync_scripts.register.care import rebuild
from sync_scripts.register.directory.providers import set_provider
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Register
from tests import every_decision
from tests.daily.telling import NIGHT_DESK, held, listening
from tests.decisions.work import CASE_CODE, OWNER, SUPERVISOR, Work, begin
from tests.register.beginnings import played_once
from tests.register.field import FOLLOWUP, changed, service
from tests.register.test_critical import legal

TOLD = ("case", "high")
GROWN = changed(FOLLOWUP, {"header": {"case_code": CASE_CODE}, "result": {"risk_change": "up"}})


@pytest.fixture
@played_once
def work(sqlite_register: Register) -> Work:
    """A register with a closed case, and somebody who is told."""
    made = begun(sqlite_register)
    close(made)
    return made


def begun(register: Register) -> Work:
    """Return a register with a case, and a provider."""
    made = begin(register)
    made.do(set_provider, "PRE-01", {"name": "Clinique A", "services": "health"})
    return made


def close(work: Work) -> None:
    """Close the case; from then on somebody is told."""
    said = {"because": "survivor_request", "reason": "As said", "feedback": "yes", "risk": "low"}
    work.do(every_decision.move, CASE_CODE, "closure_pending", by=OWNER, **said)
    work.do(every_decision.move, CASE_CODE, "closed", by=SUPERVISOR)
    listening(work.field.register, NIGHT_DESK)


def told(work: Work) -> list[tuple[str, str]]:
    """Return the kind and level of every message."""
    return [(one.reason, one.level) for one in held(work.field.register)]


def again(work: Work, *roots: str) -> None:
    """Build some visits a second time, and the whole register: that is no news."""
    for _time in range(2):
        with work.field.register.writing() as rows:
            build.apply(rows, [("followup", root) for root in roots], work.field.draw, work.field.now)
        rebuild.rebuild(work.field.register, work.field.now)


def test_a_growing_risk_that_a_second_visit_reports_too_is_told_once(work: Work) -> None:
    """Whoever is told decides on the case as it is then, and finds both visits."""
    work.field.send("followup", "f1", GROWN)
    work.field.send("followup", "f2", GROWN)
    again(work, "f1", "f2")

    assert told(work) == [TOLD]
    assert len(work.tasks("set_aside_check")) == 1


def test_each_visit_that_brings_a_limit_is_told(work: Work) -> None:
    """A hearing after the growing risk, and another one after that; the task keeps its clock, and asks no later for it."""
    work.field.send("followup", "f1", GROWN)
    (first,) = work.tasks("set_aside_check")
    work.field.send("followup", "f2", legal(CASE_CODE, hearing_at="2026-11-23T09:00:00.000+01:00"))
    assert told(work) == [TOLD] * 2
    again(work, "f1", "f2")
    work.field.send(
        "followup", "f3", legal(CASE_CODE, court="tm", hearing_at="2026-12-15T09:00:00.000+01:00")
    )
    again(work, "f3", "f2")
    last = min(work.tasks("set_aside_check"), key=lambda one: one["due_at"])

    assert told(work) == [TOLD] * 3
    assert last["due_at"] <= first["due_at"]


def test_both_visits_in_one_pull_are_one_message(work: Work) -> None:
    """Nobody was told of the first one before."""
    work.field.send("followup", "f1", GROWN, build_it=False)
    work.field.send(
        "followup", "f2", legal(CASE_CODE, hearing_at="2026-12-15T09:00:00.000+01:00"), build_it=False
    )
    again(work, "f1", "f2")

    assert told(work) == [TOLD]


def test_a_second_service_within_hours_is_told(work: Work) -> None:
    """Somebody else needs care now."""
    for root, number in (("f1", "1"), ("f2", "2")):
        said = service(CASE_CODE, "referred", timeframe="1_hour", intervention_no=number)
        work.field.send("followup", root, said)
    again(work, "f1", "f2")

    assert told(work) == [("case", "critical")] * 2


# --- what an edit adds to an earlier visit ----------------------------------------------------------------------------

HEARING = {"legal_step": "hearing", "court": "tgi", "hearing_at": "2026-12-15T09:00:00.000+01:00"}
WITH_HEARING = changed(GROWN, {"header": {"fu_type": "legal"}, "legal": HEARING})


def test_a_hearing_that_an_edit_adds_is_told(work: Work) -> None:
    """Who was told of the growing risk cannot know of it; a further edit that adds nothing is no news."""
    work.field.send("followup", "f1", GROWN)
    (first,) = work.tasks("set_aside_check")
    work.field.send("followup", "f1", WITH_HEARING, edit=1)
    assert told(work) == [TOLD] * 2
    work.field.send("followup", "f1", changed(WITH_HEARING, {"result": {"fu_note": "Seen"}}), edit=2)
    again(work, "f1")
    last = min(work.tasks("set_aside_check"), key=lambda one: one["due_at"])

    assert told(work) == [TOLD] * 2
    assert last["due_at"] <= first["due_at"]


def test_a_hearing_that_a_correction_adds_is_told(work: Work) -> None:
    """The visit had told of none."""
    work.field.send("followup", "f1", changed(WITH_HEARING, {"legal": {"hearing_at": None}}))
    work.do(
        every_decision.correct,
        CASE_CODE,
        "legal_event.hearing_at",
        HEARING["hearing_at"],
        reason="Read",
        by=OWNER,
    )
    again(work, "f1")

    assert told(work) == [TOLD] * 2


ROUTINE = service(CASE_CODE, "planned", timeframe="14_days")
AT_ONCE = service(CASE_CODE, "planned", timeframe="1_hour")
VISIT = changed(FOLLOWUP, {"header": {"case_code": CASE_CODE}})


@pytest.mark.parametrize("before", [VISIT, ROUTINE], ids=["no service", "routine"])
def test_a_service_within_hours_that_an_edit_adds_to_a_known_visit_is_told(
    sqlite_register: Register, before: dict[str, object]
) -> None:
    """Whoever closed the case had read the visit, and not this."""
    work = begun(sqlite_register)
    work.field.send("followup", "f1", before)
    close(work)
    work.field.send("followup", "f1", AT_ONCE, edit=1)
    again(work, "f1")
    (task,) = work.tasks("set_aside_check")

    assert told(work) == [("case", "critical")]
    assert task["due_at"] <= instant(work.field.now + timedelta(hours=1))
    assert work.sound()


def test_a_visit_that_asks_within_hours_for_a_service_of_before_is_told(sqlite_register: Register) -> None:
    """The service has the number that it had, and less time."""
    work = begun(sqlite_register)
    work.field.send("followup", "f1", ROUTINE)
    close(work)
    work.field.send("followup", "f2", AT_ONCE)
    again(work, "f2", "f1")
    (task,) = work.tasks("set_aside_check")

    assert told(work) == [("case", "critical")]
    assert task["due_at"] <= instant(work.field.now + timedelta(hours=1))
    assert work.sound()


def test_a_service_within_hours_that_was_known_is_no_news(sqlite_register: Register) -> None:
    """Neither by an edit of the visit nor by a visit that says the same again."""
    work = begun(sqlite_register)
    work.field.send("followup", "f1", AT_ONCE)
    close(work)
    work.field.send("followup", "f1", changed(AT_ONCE, {"result": {"fu_note": "Seen"}}), edit=1)
    work.field.send("followup", "f2", AT_ONCE)
    again(work, "f1", "f2")

    assert told(work) == []
    assert work.tasks("set_aside_check") == []
    assert work.sound()
