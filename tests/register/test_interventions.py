"""What the register makes of follow-ups: interventions, their consent, their limits, the risk."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Register
from sync_scripts.store.schema import register as tables
from tests.register.field import (
    CASE,
    FOLLOWUP,
    Field,
    act,
    changed,
    dealt,
    flags,
    names,
    service,
)


@pytest.fixture
def field(sqlite_register: Register) -> Field:
    """Give a field over a register on SQLCipher."""
    return Field(sqlite_register)


def test_follow_ups_fold_into_interventions(field: Field) -> None:
    """Without a number the open one of the same service is meant; one that ended is not opened again."""
    field.send("case", "c1", CASE)
    case = dealt(0, "DK")
    field.send("followup", "f1", service(case, "referred"))
    field.send("followup", "f2", service(case, "accepted", provider_code="PRE-02"))
    field.send("followup", "f3", service(case, "done"))
    field.send("followup", "f4", service(case, "planned"))
    field.send("followup", "f5", service(case, "referred", service="legal"))

    assert names(field.rows(tables.intervention), "number", "service", "status", "provider_code") == [
        (1, "health", "done", "PRE-01"),
        (2, "health", "planned", "PRE-01"),
        (3, "legal", "referred", "PRE-01"),
    ]
    assert names(field.rows(tables.followup), "followup_id", "intervention_id") == [
        ("f1", "f1"),
        ("f2", "f1"),
        ("f3", "f1"),
        ("f4", "f4"),
        ("f5", "f5"),
    ]
    answers = [row for row in field.rows(tables.task) if row["kind"] == "referral_answer"]
    assert [row["done_at"] is None for row in answers] == [False, True]
    met = {row["service"]: row["met_on"] for row in field.rows(tables.need)}
    assert met == {"health": "2026-11-20", "legal": None}


def test_a_number_that_ended_or_was_never_given_is_remarked(field: Field) -> None:
    """The state of what ended is kept."""
    field.send("case", "c1", CASE)
    case = dealt(0, "DK")
    field.send("followup", "f1", service(case, "declined"))
    field.send("followup", "f2", service(case, "ongoing", intervention_no="1"))
    field.send("followup", "f3", service(case, "ongoing", intervention_no="7"))
    field.send("followup", "f4", service(case, "planned", intervention_no="7"))

    assert names(field.rows(tables.intervention), "number", "status") == [(1, "declined"), (7, "ongoing")]
    assert flags(field) == ["intervention_backwards", "intervention_ended", "intervention_unknown"]


@pytest.mark.parametrize(
    ("consent", "header", "asked", "ok"),
    [
        ({}, {}, {}, True),
        ({"c_services": "no"}, {}, {}, False),
        ({"withhold_from": "other_ngos"}, {}, {}, False),
        ({"withhold_from": "other_ngos"}, {}, {"provider_code": None}, True),
        ({"withhold_from": "authorities"}, {}, {"service": "police"}, False),
        ({"withhold_from": "family"}, {}, {"service": "police"}, True),
        ({}, {"doc_date": "2025-11-19"}, {}, False),
    ],
)
def test_the_recorded_consent_says_whether_a_referral_is_covered(
    field: Field, consent: dict[str, str], header: dict[str, str], asked: dict[str, Any], ok: bool
) -> None:
    """Not the phone's word of the day: services refused, a body excluded, consent run out."""
    field.send("case", "c1", changed(CASE, {"consent": consent, "header": header}))
    field.send("followup", "f1", service(dealt(0, "DK"), "referred", **asked))

    assert field.one(tables.intervention)["consent_ok"] is ok
    assert ("consent_not_covering" in flags(field)) is not ok


def test_a_health_referral_is_due_before_the_clinical_limit(field: Field) -> None:
    """Fourteen days were given; the 72 h of the act come first, also once its day is edited; an act long past caps nothing."""
    recent = changed(CASE, {"acts": [act(1, violation="rape")], "incident": {"incident_date": "2026-11-19"}})
    field.send("case", "c1", recent)
    field.send("followup", "f1", service(dealt(0, "DK"), "planned", timeframe="14_days"))
    assert field.one(tables.intervention)["due_at"] == "2026-11-21T23:00:00.000000Z"

    old = changed(recent, {"incident": {"incident_date": "2026-10-01"}})
    field.send("case", "c1", old, edit=1)
    assert field.one(tables.intervention)["due_at"] == "2026-11-21T23:00:00.000000Z"

    field.send("case", "c2", old)
    field.send("followup", "f2", service(dealt(1, "DK"), "planned", timeframe="14_days"))
    due_at = {row["case_code"]: row["due_at"] for row in field.rows(tables.intervention)}
    assert due_at[dealt(1, "DK")] > "2026-12-03"


@pytest.mark.parametrize("first", ["2026-11-20", "2026-12-24", None])
@pytest.mark.parametrize("then", ["2026-11-20", "2026-11-23", "2026-12-24"])
def test_no_later_visit_and_no_day_to_come_moves_a_health_referral_behind_its_limit(
    field: Field, first: str | None, then: str
) -> None:
    """A limit that was ahead when the service was first asked for caps it for good, whatever day is typed."""
    recent = changed(CASE, {"acts": [act(1, violation="rape")], "incident": {"incident_date": "2026-11-19"}})
    field.send("case", "c1", recent)
    field.send("followup", "f1", service(dealt(0, "DK"), "planned", timeframe="14_days", requested_on=first))
    assert field.one(tables.intervention)["due_at"] == "2026-11-21T23:00:00.000000Z"
    field.later(days=3)
    field.send("followup", "f2", service(dealt(0, "DK"), "planned", timeframe="3_days", requested_on=then))

    assert field.one(tables.intervention)["due_at"] <= "2026-11-21T23:00:00.000000Z"


def test_a_visit_that_tells_the_same_request_again_gives_nobody_more_time(field: Field) -> None:
    """On the same day an hour later, and on the next day; a request of another day is another one."""
    field.send("case", "c1", CASE)
    at_once = service(dealt(0, "DK"), "planned", timeframe="1_hour")
    field.send("followup", "f1", at_once)
    due = field.one(tables.intervention)["due_at"]
    field.send("followup", "f2", at_once)
    assert field.one(tables.intervention)["due_at"] == due
    field.later(days=1)
    field.send("followup", "f3", at_once)
    assert field.one(tables.intervention)["due_at"] <= due
    field.send("followup", "f4", changed(at_once, {"intervention": {"requested_on": "2026-11-21"}}))

    assert field.one(tables.intervention)["due_at"] == instant(field.now + timedelta(minutes=30))


def test_a_follow_up_that_moves_to_another_case_takes_its_intervention_along(field: Field) -> None:
    """Both cases are built again."""
    field.send("case", "c1", CASE)
    field.send("case", "c2", CASE)
    field.send("followup", "f1", service(dealt(0, "DK"), "planned"))
    field.send("followup", "f1", service(dealt(1, "DK"), "planned"), edit=1)

    assert names(field.rows(tables.intervention), "case_code") == [(dealt(1, "DK"),)]


def test_risk_follows_assessment_and_follow_ups(field: Field) -> None:
    """Low, then growing: medium; and the case is rated again as of that visit."""
    field.send("case", "c1", CASE)
    up = changed(FOLLOWUP, {"header": {"case_code": dealt(0, "DK")}, "result": {"risk_change": "up"}})
    assert field.one(tables.case)["risk"] == "low"
    field.send("followup", "f1", up)

    assert field.one(tables.case)["risk"] == "medium"
