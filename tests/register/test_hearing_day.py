"""A hearing of which no day can be read is somebody's work: the clock of a court needs it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sync_scripts.register.care import rebuild
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Register
from tests.register.beginnings import played_once
from tests.register.field import CASE, Field, dealt
from tests.register.test_critical import legal, tasks

CODE = dealt(0, "DK")
AHEAD = "2026-12-15T09:00:00.000+01:00"


@pytest.fixture
@played_once
def field(sqlite_register: Register) -> Field:
    """Give a field over a register with one case."""
    found = Field(sqlite_register)
    found.send("case", "c1", CASE)
    return found


def hearing(
    field: Field,
    root: str,
    day: str | None = None,
    *,
    step: str = "hearing",
    court: str = "tgi",
    edit: int = 0,
) -> None:
    """Let a visit tell of a step before a court, with or without the day of a hearing."""
    said: dict[str, str] = {"hearing_at": day} if day else {}
    field.send("followup", root, legal(CODE, step, court, **said), edit=edit)


def open_ones(field: Field) -> list[tuple[str, str | int]]:
    """Return the reminders of hearings that are open: of which visit, and how many hours before, or that the day is asked for."""
    found = [row for row in tasks(field, "hearing") if row["done_at"] is None]
    return [(row["about"].removeprefix("followup/"), row["variant"] or row["before_h"]) for row in found]


@pytest.mark.parametrize("day", [None, "?"])
@pytest.mark.parametrize("step", ["hearing", "adjourned"])
def test_the_day_of_a_hearing_is_asked_for_within_a_day(field: Field, step: str, day: str | None) -> None:
    """It is asked of whoever is in charge; the day, once it is told, takes the place of the question."""
    hearing(field, "l1", day, step=step)
    (asked,) = tasks(field, "hearing")
    assert (asked["due_at"], asked["done_at"]) == (instant(field.now + timedelta(hours=24)), None)
    assert asked["escalated_at"] < asked["due_at"]
    hearing(field, "l1", AHEAD, step=step, edit=1)

    assert open_ones(field) == [("l1", 7 * 24), ("l1", 2 * 24)]
    assert rebuild.check(field.register, field.later()).differing == ()


@pytest.mark.parametrize(
    ("step", "court", "day", "ends"),
    [
        ("hearing", "tgi", AHEAD, True),
        ("adjourned", "tgi", AHEAD, True),
        ("judgment", "tgi", None, True),
        ("withdrawn", "tgi", None, True),
        ("hearing", "tgi", None, False),
        ("bail", "tgi", None, False),
        ("hearing", "tm", AHEAD, False),
        ("judgment", "tm", None, False),
        ("hearing", "unknown", AHEAD, True),
    ],
)
def test_the_question_ends_with_what_tells_of_that_hearing(
    field: Field, step: str, court: str, day: str | None, *, ends: bool
) -> None:
    """A day, a judgment or a withdrawal before that court; or by nobody knows whom, while no other court is named."""
    hearing(field, "l1")
    hearing(field, "l2", day, step=step, court=court)

    assert (("l1", "at_once") not in open_ones(field)) == ends


def test_of_two_courts_the_unnamed_one_is_neither(field: Field) -> None:
    """Where two courts are named, a day by nobody knows whom can be about either."""
    hearing(field, "l1")
    hearing(field, "l2", AHEAD, court="tm")
    hearing(field, "l3", AHEAD, court="unknown")

    assert ("l1", "at_once") in open_ones(field)


def test_an_edit_takes_the_question_away_by_no_other_step(field: Field) -> None:
    """Whoever sends a form again is proved by nothing: a hearing without its day that an edit makes a complaint stays one."""
    hearing(field, "l1")
    hearing(field, "l1", step="complaint", edit=1)
    assert open_ones(field) == [("l1", "at_once")]
    hearing(field, "l2", step="complaint")

    assert open_ones(field) == [("l1", "at_once")]


def test_a_day_that_is_over_is_not_asked_for(field: Field) -> None:
    """It can be read; nothing before a court is ahead by it."""
    hearing(field, "l1", "2026-11-12T09:00:00.000+01:00")

    assert open_ones(field) == []
