"""A form that is sent again moves no clock of law or medicine later, and takes none away: nothing proves who sends it."""

from __future__ import annotations

from typing import Any

import pytest

from sync_scripts.register import rebuild
from sync_scripts.store.database import Register
from sync_scripts.store.schema import register as tables
from tests.register.field import CASE, Field, act, changed
from tests.register.test_critical import ARRESTED, detained

LATER = "2026-11-20T13:00:00.000+01:00"


def due(field: Field, kind: str) -> set[str]:
    """Return when the open reminders of a kind are due."""
    return {
        row["due_at"] for row in field.rows(tables.task) if row["kind"] == kind and row["done_at"] is None
    }


def raped(day: str, violation: str = "rape", **incident: str) -> dict[str, Any]:
    """Return an interview about one act on one day."""
    facts = {"incident_date": day, **incident}
    return changed(CASE, {"incident": facts, "acts": [act(1, violation=violation)]})


@pytest.mark.parametrize(
    "again",
    [
        {"arrested_at": LATER, "legal_basis": "preliminary"},
        {"arrested_at": ARRESTED, "legal_basis": "terrorism"},
        {"arrested_at": LATER, "legal_basis": "terrorism"},
    ],
)
def test_a_custody_keeps_its_limits(sqlite_register: Register, again: dict[str, str]) -> None:
    """A later arrest, or a basis that allows more, is watched beside what the first version said."""
    field = Field(sqlite_register)
    field.send("case", "c1", detained(arrested_at=ARRESTED, legal_basis="preliminary"))
    before = due(field, "custody_limit")
    field.send("case", "c1", detained(**again), edit=1)

    assert len(before) == 8
    assert before <= due(field, "custody_limit")
    assert rebuild.check(field.register, field.later()).differing == ()


def test_an_earlier_arrest_has_its_earlier_limits(sqlite_register: Register) -> None:
    """Caps move earlier, and never later; of one limit the earliest reminder is kept."""
    field = Field(sqlite_register)
    field.send("case", "c1", detained(arrested_at=LATER, legal_basis="preliminary"))
    before = due(field, "custody_limit")
    field.send("case", "c1", detained(arrested_at=ARRESTED, legal_basis="preliminary"), edit=1)

    assert min(due(field, "custody_limit")) < min(before)
    assert len(due(field, "custody_limit")) == len(before)


@pytest.mark.parametrize(
    "again",
    [
        raped("2026-11-20", time_of_day="evening"),
        raped("2026-11-20", "threat", time_of_day="morning"),
        raped("2026-11-20", date_precision="unknown_day"),
    ],
)
def test_care_keeps_its_limits(sqlite_register: Register, again: dict[str, Any]) -> None:
    """A later hour, another act, a day that nobody knows any more: what was told first is watched."""
    field = Field(sqlite_register)
    field.send("case", "c1", raped("2026-11-20", time_of_day="morning"))
    before = due(field, "clinical_limit")
    field.send("case", "c1", again, edit=1)

    assert len(before) == 6
    assert before <= due(field, "clinical_limit")
    assert rebuild.check(field.register, field.later()).differing == ()
