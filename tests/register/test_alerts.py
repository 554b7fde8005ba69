"""What the register makes of an alert: rated, due, flagged, and never decided by a rule."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sync_scripts.store.database import Register
from sync_scripts.store.schema import register as tables
from sync_scripts.store.schema.raw import submission
from tests.register import alone as decisions
from tests.register.field import (
    ALERT,
    COORDINATOR,
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
        ("retention_review", None),
        ("triage", None),
    ]
    assert row["contact_tag"] == 9
    assert (row["date_min"], row["date_max"], row["week"]) == ("2026-11-13", "2026-11-18", "2026-W47")


def test_a_refused_alert_is_dismissed_by_rule(field: Field) -> None:
    """No rating, no task but to erase what identifies somebody, only its count; and nobody can take it up again."""
    field.send("alert", "r1", {"gate": {"consent_alert": "refused"}})
    row = field.one(tables.alert)

    assert (row["state"], row["urgency"], row["triaged_at"]) == ("dismissed", None, None)
    (kept,) = field.rows(tables.task)
    assert (kept["kind"], kept["due_at"]) == ("retention_review", "2026-12-20T09:00:00.000000Z")
    with pytest.raises(decisions.ConsentRefused):
        decisions.triage(field.register, row["code"], COORDINATOR, field.now, reason="again")


def test_consent_that_was_not_asked_must_be_asked_within_seven_days(field: Field) -> None:
    """Else what identifies must go."""
    field.send("alert", "r1", changed(ALERT, {"gate": {"consent_alert": "not_asked"}}))
    due = {row["kind"]: row["due_at"] for row in field.rows(tables.task)}

    assert due["consent_ask"] == "2026-11-27T09:00:00.000000Z"


@pytest.mark.parametrize(
    ("ended", "expected"),
    [(-23, []), (-30, ["clock_skew"]), (30, ["clock_ahead"]), (3 * 365 * 24, ["clock_wrong"])],
)
def test_a_phone_whose_clock_is_off_by_more_than_a_day_is_remarked(
    field: Field, ended: int, expected: list[str]
) -> None:
    """Either way; three years off, the dates are counted from the time of arrival."""
    arrives = field.now + timedelta(hours=1)
    field.send("alert", "r1", ALERT, ended=arrives + timedelta(hours=ended))
    row = field.one(tables.alert)

    assert flags(field) == expected
    assert row["clock_skew_h"] == -ended
    if ended > 0:
        assert row["date_max"] == "2026-11-18"


def test_an_edit_is_rated_anew_and_keeps_code_and_first_arrival(field: Field) -> None:
    """A person's decision stays to be read, but covers no danger that came after it: the deadline becomes earlier."""
    field.send("alert", "r1", ALERT)
    before = field.one(tables.alert)
    decisions.triage(field.register, before["code"], COORDINATOR, field.later(), urgency="high")
    field.send("alert", "r1", changed(ALERT, {"danger": {"danger_now": "yes"}}), edit=1)
    after = field.one(tables.alert)

    assert (after["code"], after["urgency"], after["urgency_decided"]) == (before["code"], "critical", "high")
    assert after["date_min"] == before["date_min"]
    assert (
        after["contact_due_at"] == "2026-11-20T12:00:00.000000Z"
    )  # 3 hours: what was decided had not seen this danger
    assert flags(field) == ["edited_after_triage"]


def test_an_edit_that_was_read_after_the_triage_is_said(field: Field) -> None:
    """Also one that a server had before: whoever triaged on a laptop without network had not seen it."""
    field.send("alert", "r1", ALERT)
    at = field.later()
    code = field.one(tables.alert)["code"]
    decisions.triage(field.register, code, COORDINATOR, field.later(), urgency="high")
    field.send("alert", "r1", ALERT, edit=1, received=at)
    assert flags(field) == ["edited_after_triage"]


def test_one_submission_by_two_roads_is_one_alert_and_a_flag(field: Field) -> None:
    """Both raw rows are kept; the register counts once."""
    field.send("alert", "r1", ALERT)
    field.send("alert", "r1", ALERT, server="central")

    assert len(field.rows(submission)) == 2
    assert len(field.rows(tables.alert)) == 1
    assert flags(field) == ["two_roads"]


def test_an_edit_that_came_by_one_road_only_still_counts(field: Field) -> None:
    """Of two roads the one that holds the newer version is read."""
    field.send("alert", "r1", changed(ALERT, {"danger": {"danger_now": "yes"}}), edit=1, server="central")
    field.send("alert", "r1", ALERT, server="folder")

    assert field.one(tables.alert)["danger_now"] == "yes"
