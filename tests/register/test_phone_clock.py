"""A phone's clock that runs ahead makes nothing later and ends nothing that is to come."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from sync_scripts.store.database import Register
from sync_scripts.store.schema import register as tables
from tests import every_decision
from tests.decisions.work import CASE_CODE, begin
from tests.register.field import ALERT, CASE, FOLLOWUP, Field, changed, dealt, service

AHEAD = [timedelta(hours=2), timedelta(days=40), timedelta(days=400)]
DANGER = changed(ALERT, {"danger": {"danger_now": "yes"}})


def due(field: Field, kind: str) -> list[str]:
    """Return when the open tasks of a kind are due."""
    return sorted(
        row["due_at"] for row in field.rows(tables.task) if row["kind"] == kind and row["done_at"] is None
    )


@pytest.mark.parametrize("ahead", AHEAD)
def test_a_referral_is_due_no_later(sqlite_register: Register, ahead: timedelta) -> None:
    """One asked for within a day counts from the arrival at the latest."""
    field = Field(sqlite_register)
    field.send("case", "c1", CASE)
    said = service(dealt(0, "DK"), "planned", timeframe="1_day", requested_on=None)
    field.send("followup", "f1", said, ended=field.now + ahead)

    assert field.one(tables.intervention)["due_at"] <= (field.now + timedelta(days=2)).isoformat()


@pytest.mark.parametrize("ahead", AHEAD)
def test_the_next_visit_is_due_no_later_and_a_real_one_ends_it_when_it_was(
    sqlite_register: Register, ahead: timedelta
) -> None:
    """Two cases, one seen by a phone that is right: the other's next visit is due as soon after its own."""
    field = Field(sqlite_register)
    for number in (0, 1):
        field.send("case", f"c{number}", CASE)
    right, wrong = (
        changed(FOLLOWUP, {"header": {"case_code": dealt(number, "DK")}, "result": {"next_due": None}})
        for number in (0, 1)
    )
    field.send("followup", "f0", right, ended=field.now)
    field.send("followup", "f1", wrong, ended=field.now + ahead)
    honest, told = (datetime.fromisoformat(one) for one in due(field, "followup"))
    assert told - honest <= timedelta(
        hours=2
    )  # as much later as it arrived, and the phone of the first one was right

    field.send("followup", "f2", wrong)
    done = [row["done_at"] for row in field.rows(tables.task) if row["done_at"] is not None]
    assert all(one <= field.now.isoformat() for one in done)


@pytest.mark.parametrize("ahead", AHEAD)
def test_a_visit_that_is_to_come_is_no_first_contact(sqlite_register: Register, ahead: timedelta) -> None:
    """A critical alert that arrives after the visit is still to be called."""
    work = begin(sqlite_register)
    visit = changed(FOLLOWUP, {"header": {"case_code": CASE_CODE}})
    work.field.send("followup", "v1", visit, ended=work.field.now + ahead)
    work.field.send("alert", "r2", DANGER)
    work.do(every_decision.triage, dealt(1, "AL"))
    work.do(every_decision.link, dealt(1, "AL"), CASE_CODE)
    (contact,) = [
        row
        for row in work.field.rows(tables.task)
        if row["subject"] == "alert:alert/r2" and row["kind"] == "first_contact"
    ]

    assert contact["done_at"] is None
