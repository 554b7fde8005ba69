"""The last day of an appeal is watched until something is said of that very judgment."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sync_scripts.register.care import rebuild
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Register
from sync_scripts.store.schema import register as tables
from tests.register.beginnings import played_once
from tests.register.field import CASE, Field, dealt
from tests.register.test_critical import legal, tasks

CODE = dealt(0, "DK")


@pytest.fixture
@played_once
def field(sqlite_register: Register) -> Field:
    """Give a field over a register with one case and a judgment of yesterday."""
    found = Field(sqlite_register)
    found.send("case", "c1", CASE)
    judge(found, "l1", "tgi")
    return found


def judge(field: Field, root: str, court: str) -> None:
    """Let a conviction of 19 November be told."""
    field.send(
        "followup", root, legal(CODE, "judgment", court, decided_on="2026-11-19", decision="conviction")
    )


def open_ones(field: Field) -> set[str]:
    """Return the judgments of which the appeal is still watched, by form."""
    found = [row for row in tasks(field, "appeal_limit") if row["done_at"] is None]
    return {row["about"] for row in found}


@pytest.mark.parametrize(
    ("step", "court", "ends"),
    [
        ("appeal", "tgi", True),
        ("appeal", "ca", True),
        ("appeal", "unknown", True),
        ("cassation", "cs", True),
        ("withdrawn", "tgi", True),
        ("withdrawn", "unknown", False),
        ("withdrawn", "tm", False),
        ("appeal", "tm", False),
        ("appeal", "cs", False),
        ("enforcement", "tm", False),
        ("bail", "tgi", False),
    ],
)
def test_an_appeal_ends_with_a_step_about_that_judgment(
    field: Field, step: str, court: str, *, ends: bool
) -> None:
    """Before its court; an appeal may also name the court above, or none, while only one court has judged."""
    assert open_ones(field) == {"followup/l1"}
    field.send("followup", "l2", legal(CODE, step, court))

    assert open_ones(field) == (set() if ends else {"followup/l1"})


@pytest.mark.parametrize(
    ("court", "left"),
    [
        ("tgi", {"followup/l2"}),
        ("tm", {"followup/l1"}),
        ("ca", {"followup/l1", "followup/l2"}),
        ("unknown", {"followup/l1", "followup/l2"}),
    ],
)
def test_of_two_judgments_the_one_before_the_named_court_is_meant(
    field: Field, court: str, left: set[str]
) -> None:
    """Where two courts have judged, a step that could be about either is about neither."""
    judge(field, "l2", "tm")
    field.send("followup", "l3", legal(CODE, "appeal", court))

    assert open_ones(field) == left


def test_a_judgment_by_nobody_knows_whom_ends_with_any_appeal(field: Field) -> None:
    """There is no other one that could be meant."""
    other = dealt(1, "DK")
    field.send("case", "c2", CASE)
    said = legal(other, "judgment", "unknown", decided_on="2026-11-19", decision="conviction")
    field.send("followup", "m1", said)
    field.send("followup", "m2", legal(other, "appeal", "ca"))

    assert open_ones(field) == {"followup/l1"}
    assert {row["subject"] for row in field.rows(tables.task) if row["kind"] == "appeal_limit"} == {
        f"case:{CODE}",
        f"case:{other}",
    }


def undated(root: str, field: Field, court: str = "tgi", edit: int = 0, day: str | None = None) -> None:
    """Let a conviction be told of which the form gives no day, or one that cannot be read."""
    said = legal(CODE, "judgment", court, decision="conviction", **({"decided_on": day} if day else {}))
    field.send("followup", root, said, edit=edit)


@pytest.mark.parametrize("day", [None, "?"])
def test_a_judgment_without_its_day_is_asked_about_within_a_day(
    sqlite_register: Register, day: str | None
) -> None:
    """Its last day can be any of the next ones; the day, once it is told, takes its place."""
    field = Field(sqlite_register)
    field.send("case", "c1", CASE)
    undated("l1", field, day=day)
    (asked,) = tasks(field, "appeal_limit")
    assert (asked["due_at"], asked["done_at"]) == (instant(field.now + timedelta(hours=24)), None)
    assert asked["escalated_at"] < asked["due_at"]
    undated("l1", field, edit=1, day="2026-11-19")

    assert [row["before_h"] for row in tasks(field, "appeal_limit")] == [7 * 24, 3 * 24, 24]
    assert rebuild.check(field.register, field.later()).differing == ()


def test_an_appeal_ends_what_is_asked_of_its_day(sqlite_register: Register) -> None:
    """A step that says that it was made; a day that an edit empties stays the day that was told."""
    field = Field(sqlite_register)
    field.send("case", "c1", CASE)
    undated("l1", field)
    field.send("followup", "l2", legal(CODE, "appeal", "tgi"))
    assert open_ones(field) == set()
    judge(field, "l3", "tm")
    undated("l3", field, "tm", edit=1)

    left = [row for row in tasks(field, "appeal_limit") if row["done_at"] is None]
    assert {(row["about"], row["before_h"]) for row in left} == {
        ("followup/l3", 24 * days) for days in (7, 3, 1)
    }
