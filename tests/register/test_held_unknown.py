"""A custody of which nobody knows since when it goes on is as urgent as the rules say: held for an unknown time is critical (R3c)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sync_scripts.register.care import rebuild
from sync_scripts.register.urgency.claims import of_case
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Register
from sync_scripts.store.schema import register as tables
from tests.register.field import CASE, Field, act, changed, dealt
from tests.register.test_critical import ARRESTED, detained, local

CODE = dealt(0, "DK")
UNREADABLE = {"arrested_at": "0001-01-01T00:00:00.000+01:00", "legal_basis": "preliminary"}
NO_HOUR = {"legal_basis": "preliminary"}


@pytest.fixture
def field(sqlite_register: Register) -> Field:
    """Give a field over a register."""
    return Field(sqlite_register)


@pytest.mark.parametrize("said", [NO_HOUR, UNREADABLE])
def test_held_for_an_unknown_time_is_critical(field: Field, said: dict[str, str]) -> None:
    """Whether no hour was asked for or it cannot be read; the reason is said in words, and a rebuild comes to the same."""
    field.send("case", "c1", detained(**said))

    assert field.one(tables.case)["urgency"] == "critical"
    with field.register.reading() as rows:
        assert any("unknown time" in text for text in of_case(rows, CODE, "en"))
    assert rebuild.check(field.register, field.later()).differing == ()


def test_one_of_two_whose_time_nobody_knows_is_enough(field: Field) -> None:
    """Beside one whose first 48 hours run."""
    known = {"arrested_at": ARRESTED, "legal_basis": "preliminary"}
    acts = [act(1, violation="arrest_arbitrary", detention=known)]
    field.send("case", "c1", changed(CASE, {"acts": acts}))
    assert field.one(tables.case)["urgency"] == "high"
    acts += [act(2, violation="detention_arbitrary", detention=NO_HOUR)]
    field.send("case", "c1", changed(CASE, {"acts": acts}), edit=1)

    assert field.one(tables.case)["urgency"] == "critical"


@pytest.mark.parametrize("how", ["prosecutor_seen", "release_date"])
def test_whoever_is_free_or_was_brought_to_a_prosecutor_is_not_held(field: Field, how: str) -> None:
    """A custody that ended, whenever it began, asks for no floor."""
    field.send("case", "c1", detained(**NO_HOUR, **{how: "2026-11-20"}))

    assert field.one(tables.case)["urgency"] == "medium"


# --- its limits -------------------------------------------------------------------------------------------------------


def limits(field: Field) -> tuple[str | None, str | None]:
    """Return the next limit of the custody, and until when it can be lawful."""
    row = field.one(tables.detention)
    return row["next_limit_at"], row["lawful_until"]


def assumed(field: Field) -> list[str]:
    """Return what the remark about an assumed hour says of the last limit."""
    return [row["detail"] for row in field.rows(tables.flag) if row["code"] == "custody_hour_assumed"]


def test_the_limits_counted_from_an_assumed_hour_stand_in_its_row(field: Field) -> None:
    """From the beginning of the day of the facts, marked as assumed; the first one had passed on arrival."""
    field.send("case", "c1", detained(**NO_HOUR))

    assert limits(field) == (local(2026, 11, 22, 0), local(2026, 11, 24, 0))
    assert assumed(field) == ["2026-11-24 00:00"]
    assert rebuild.check(field.register, field.later()).differing == ()


def test_an_edit_moves_no_assumed_limit_later(field: Field) -> None:
    """Neither with a later day of the facts nor with a basis that allows more."""
    field.send("case", "c1", detained(**NO_HOUR))
    before = limits(field)
    later = changed(detained(legal_basis="terrorism"), {"incident": {"incident_date": "2026-11-20"}})
    field.send("case", "c1", later, edit=1)

    assert limits(field) == before


def test_the_hour_of_whoever_was_held_already_is_no_later_than_that(field: Field) -> None:
    """An edit that names a later arrest than the form that first told of it counts from that form, and says so."""
    field.send("case", "c1", detained(**NO_HOUR))
    told = field.now
    field.later(days=3)
    later = "2026-11-22T09:00:00.000+01:00"
    field.send("case", "c1", detained(arrested_at=later, legal_basis="preliminary"), edit=1)

    assert limits(field)[1] == instant(told + timedelta(hours=144))
    assert assumed(field) == []
    assert ("date_ahead", "arrested_at") in {(row["code"], row["detail"]) for row in field.rows(tables.flag)}
    assert field.one(tables.case)["urgency"] == "critical", "it was until that edit, and nobody has decided"
    assert rebuild.check(field.register, field.later()).differing == ()


def test_a_custody_that_ended_has_no_assumed_limit(field: Field) -> None:
    """Nothing is to be done before it, and nobody gave its hour."""
    field.send("case", "c1", detained(**NO_HOUR, release_date="2026-11-20"))

    assert (limits(field), assumed(field)) == ((None, None), [])
