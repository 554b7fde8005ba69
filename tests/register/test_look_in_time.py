"""What an edit or a no ends, somebody looks at before the limit that ran until then: the second look is capped, earlier only."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sync_scripts.register.consent_decisions import decide as consents
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.schema import register as tables
from tests import every_decision
from tests.decisions.work import Work, begin
from tests.register.field import ALERT, CASE, Field, act, changed, dealt
from tests.register.test_critical import ARRESTED, detained, legal, local

CODE = dealt(0, "DK")
HELD = detained(arrested_at=ARRESTED, legal_basis="preliminary")
NO = {"gate": {"interview_private": "yes", "consent_case": "no"}}
FREE = detained(arrested_at=ARRESTED, legal_basis="preliminary", release_date="2026-11-20")
TYPED = Actor("RD-01", "claimed")
FIRST = local(2026, 11, 21, 21)
"""The first reminder before the first limit of 48 hours."""


def a_case(register: Register, said: dict[str, Any] = HELD) -> Work:
    """Return a case of one interview, told on the day of the arrest, in somebody's charge."""
    work = Work(Field(register))
    for code, roles in (("CO-01", "coordinator"), ("SU-01", "supervisor"), ("RD-01", "case_owner")):
        work.do(every_decision.name_worker, code, roles)
    work.field.send("case", "c1", said)
    work.do(every_decision.assign, CODE, "RD-01")
    return work


def due(work: Work, kind: str) -> list[str]:
    """Return when the open tasks of a kind are due."""
    return sorted(row["due_at"] for row in work.tasks(kind))


@pytest.mark.parametrize(("again", "kind"), [(NO, "withdrawal_check"), (FREE, "urgency_check")])
def test_an_edit_that_ends_a_custody_is_looked_at_before_its_next_reminder(
    register: Register, again: dict[str, Any], kind: str
) -> None:
    """Not three days later; on both databases, and a rebuild comes to the same."""
    work = a_case(register)
    assert work.case()["urgency"] == "high"
    work.field.send("case", "c1", again, edit=1)

    assert work.tasks("custody_limit") == []
    assert due(work, kind) == [FIRST]
    assert work.sound()


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (datetime(2026, 11, 22, 3, 0, tzinfo=UTC), local(2026, 11, 22, 6)),
        (datetime(2026, 11, 22, 6, 0, tzinfo=UTC), "2026-11-22T06:00:00.000000Z"),
        (datetime(2026, 11, 22, 9, 0, tzinfo=UTC), local(2026, 11, 23, 21)),
    ],
)
def test_it_is_the_next_reminder_of_a_limit_that_is_ahead(
    sqlite_register: Register, at: datetime, expected: str
) -> None:
    """Where all of them are past and the limit is not, at once; a limit that is past counts for nothing."""
    work = a_case(sqlite_register)
    work.field.now = at - timedelta(hours=1)
    work.field.send("case", "c1", NO, edit=1)

    assert due(work, "withdrawal_check") == [expected]


@pytest.mark.parametrize("by", [TYPED, Actor("CO-01", "key")])
def test_a_withdrawal_that_is_written_down_too(sqlite_register: Register, by: Actor) -> None:
    """Of whoever is held, by whatever code."""
    work = a_case(sqlite_register)
    work.do(consents.withdraw, CODE, reason="She called", by=by)

    assert due(work, "withdrawal_check") == [FIRST]
    assert work.sound()


def test_a_custody_that_an_edit_had_taken_out_before_counts(sqlite_register: Register) -> None:
    """Its reminders had stayed until then."""
    work = a_case(sqlite_register)
    work.field.send("case", "c1", changed(CASE, {"acts": [act(1)]}), edit=1)
    work.field.send("case", "c1", NO, edit=2)

    assert due(work, "withdrawal_check") == [FIRST]
    assert work.sound()


def test_what_a_person_had_ended_caps_nothing(sqlite_register: Register) -> None:
    """He was brought before the prosecutor, and somebody said so."""
    work = a_case(sqlite_register)
    for _ in range(8):
        work.do(every_decision.end_task, CODE, "custody_limit", reason="Presented")
    work.field.send("case", "c1", NO, edit=1)

    assert due(work, "withdrawal_check") == [instant(work.field.now + timedelta(hours=72))]


def test_a_hearing_that_ends_with_a_no_caps_it(sqlite_register: Register) -> None:
    """The reminder of a day before a court."""
    work = a_case(sqlite_register, changed(CASE, {"acts": [act(1, violation="rape")]}))
    work.field.now = datetime(2026, 12, 1, 7, 0, tzinfo=UTC)
    work.field.send("followup", "f1", legal(CODE, hearing_at="2026-12-04T09:00:00.000+01:00"))
    work.field.send("case", "c1", NO, edit=1)

    assert due(work, "withdrawal_check") == [local(2026, 12, 2, 9)]


def test_care_at_once_after_an_alert_caps_the_look_at_its_no(sqlite_register: Register) -> None:
    """Three hours after the alert, and not a day after the no."""
    work = begin(sqlite_register)
    work.field.send("alert", "r2", changed(ALERT, {"what": {"alert_icon": "sexual"}}))
    came = work.field.now
    work.field.send("alert", "r2", changed(ALERT, {"gate": {"consent_alert": "refused"}}), edit=1)

    assert due(work, "withdrawal_check") == [instant(came + timedelta(hours=3))]
    assert work.sound()


@pytest.mark.parametrize("said", [HELD, changed(CASE, {"acts": [act(1, violation="rape")]})])
def test_it_is_never_later(sqlite_register: Register, said: dict[str, Any]) -> None:
    """Than the time of a supervision of the highest level that was told."""
    work = a_case(sqlite_register, said)
    hours = 24 if work.case()["urgency"] == "critical" else 72
    work.field.later(days=30)
    work.field.send("case", "c1", NO, edit=1)

    assert due(work, "withdrawal_check") == [instant(work.field.now + timedelta(hours=hours))]
    assert not [
        row for row in work.field.rows(tables.task) if row["done_at"] and row["kind"] == "withdrawal_check"
    ]
