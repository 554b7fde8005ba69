"""A custody of which nobody knows since when it goes on is as urgent as the rules say: held for an unknown time is critical (R3c)."""

from __future__ import annotations

import pytest

from sync_scripts.register import rebuild
from sync_scripts.register.why import of_case
from sync_scripts.store.database import Register
from sync_scripts.store.schema import register as tables
from tests.register.field import CASE, Field, act, changed, dealt
from tests.register.test_critical import ARRESTED, detained

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
