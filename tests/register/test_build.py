"""From forms that arrive to rows of the register: alerts, cases and what they share."""

from __future__ import annotations

import pytest

from sync_scripts.store.database import Register
from sync_scripts.store.schema import register as tables
from tests.register.field import (
    ALERT,
    CASE,
    Field,
    changed,
    dealt,
    flags,
    names,
)


@pytest.fixture
def field(sqlite_register: Register) -> Field:
    """Give a field over a register on SQLCipher."""
    return Field(sqlite_register)


def test_an_alert_is_rated_and_stays_received(field: Field) -> None:
    """Pull computes the urgency; only a person makes it triaged."""
    field.send("alert", "r1", changed(ALERT, {"danger": {"danger_now": "yes"}}))
    row = field.one(tables.alert)

    assert (row["state"], row["urgency"], row["urgency_decided"]) == ("received", "critical", None)
    assert row["code"] == dealt(0, "AL")
    assert row["contact_due_at"] == "2026-11-20T12:00:00.000000Z"
    assert sorted(names(field.rows(tables.task), "kind", "done_at")) == [
        ("first_action", None),
        ("first_contact", None),
        ("triage", None),
    ]
    assert row["contact_tag"] == 9
    assert (row["date_min"], row["date_max"], row["week"]) == ("2026-11-13", "2026-11-18", "2026-W47")


def test_a_documented_case_without_code_gets_one(field: Field) -> None:
    """The register opens a case for an interview that names none."""
    field.send("case", "c1", CASE)
    case = field.one(tables.case)

    assert case["case_code"] == dealt(0, "DK")
    assert (case["state"], case["region"], case["confidentiality"]) == ("open_intake", "CM007", "C2")
    assert names(field.rows(tables.person), "uid", "pseudonym", "kind") == [("v1", "V1", "woman")]
    assert names(field.rows(tables.act_victim), "act_uid", "person_uid") == [("a1", "v1")]
    assert names(field.rows(tables.need), "service", "rank") == [("health", 2), ("legal", 1)]
    assert flags(field) == []
