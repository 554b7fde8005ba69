"""A case was closed, and visits go on: each that brings a limit or a service within hours is told; the same growing risk once."""

from __future__ import annotations

import pytest

from sync_scripts.register import build, rebuild
from sync_scripts.register import decisions as d
from sync_scripts.register.providers import set_provider
from sync_scripts.store.database import Register
from tests.daily.telling import NIGHT_DESK, held, listening
from tests.decisions.work import CASE_CODE, OWNER, SUPERVISOR, Work, begin
from tests.register.field import FOLLOWUP, changed, service
from tests.register.test_critical import legal

TOLD = ("case", "high")
GROWN = changed(FOLLOWUP, {"header": {"case_code": CASE_CODE}, "result": {"risk_change": "up"}})


@pytest.fixture
def work(sqlite_register: Register) -> Work:
    """A register with a closed case, and somebody who is told."""
    made = begin(sqlite_register)
    made.do(set_provider, "PRE-01", {"name": "Clinique A", "services": "health"})
    said = {"because": "survivor_request", "reason": "As said", "feedback": "yes", "risk": "low"}
    made.do(d.move, CASE_CODE, "closure_pending", by=OWNER, **said)
    made.do(d.move, CASE_CODE, "closed", by=SUPERVISOR)
    listening(sqlite_register, NIGHT_DESK)
    return made


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
    assert work.sound()


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
    (last,) = work.tasks("set_aside_check")

    assert told(work) == [TOLD] * 3
    assert last["due_at"] <= first["due_at"]
    assert work.sound()


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
