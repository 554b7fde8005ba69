"""Facts of a case whose day nobody knows are rated as if it were near, whatever is known of the day of others."""

from __future__ import annotations

from typing import Any

import pytest

from sync_scripts.register.care import rebuild
from sync_scripts.store.database import Register
from sync_scripts.store.schema import register as tables
from tests.register.field import CASE, Field, act, changed, dealt

CODE = dealt(0, "DK")
OLD = {"incident": {"incident_date": "2026-03-02"}}


def told(field: Field, root: str, violation: str, **incident: str) -> str | None:
    """Let an interview of the same case arrive; return its level by then."""
    header = {} if root == "c1" else {"header": {"case_known": "yes", "case_code": CODE}}
    acts: dict[str, Any] = {"acts": [act(1, violation=violation, act_uid=f"a-{root}")]}
    field.send("case", root, changed(CASE, header, acts, {"incident": incident}))
    level: str | None = field.one(tables.case)["urgency"]
    return level


@pytest.mark.parametrize("violation", ["rape", "disappearance"])
def test_an_old_day_of_other_facts_says_nothing_of_those_without_a_day(
    sqlite_register: Register, violation: str
) -> None:
    """It is critical alone, and so it is in a case that tells of something old besides."""
    field = Field(sqlite_register)
    assert told(field, "c1", "threat", incident_date="2026-03-02") != "critical"
    assert told(field, "c2", violation, date_precision="unknown_day") == "critical"
    assert rebuild.check(field.register, field.later()).differing == ()


def test_a_month_that_is_over_is_no_later_than_a_day_that_is_known(sqlite_register: Register) -> None:
    """A disappearance of February, told without its day, is not of this week because a threat of March has one."""
    field = Field(sqlite_register)
    told(field, "c1", "threat", incident_date="2026-03-02")

    assert (
        told(field, "c2", "disappearance", incident_date="2026-02-11", date_precision="unknown_day") == "high"
    )


def test_what_is_known_to_be_near_stays_near(sqlite_register: Register) -> None:
    """A day of this week counts for more than none."""
    field = Field(sqlite_register)
    told(field, "c1", "disappearance")

    assert told(field, "c2", "threat", date_precision="unknown_day") == "critical"
