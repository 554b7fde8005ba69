"""A custody ends only on a day that can be its end, and begins no later than the form that tells of it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sync_scripts.register.care import rebuild
from sync_scripts.register.case.flags import in_words
from sync_scripts.register.decisions.base import deciding
from sync_scripts.register.urgency.claims import of_case
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Register
from sync_scripts.store.schema import register as tables
from tests import every_decision
from tests.register.field import CASE, COORDINATOR, START, Field, act, changed, dealt, flags, told
from tests.register.test_critical import ARRESTED, detained, local, tasks

CODE = dealt(0, "DK")


@pytest.fixture
def field(sqlite_register: Register) -> Field:
    """Give a field over a register."""
    return Field(sqlite_register)


def held(**answers: str) -> dict[str, object]:
    """Return a case of somebody arrested at nine on 20 November, the day on which the form arrives."""
    return detained(**{"arrested_at": ARRESTED, "legal_basis": "preliminary", **answers})


def ends(field: Field) -> set[str | None]:
    """Return when the reminders of all limits ended."""
    return {row["done_at"] for row in tasks(field, "custody_limit")}


def messages(field: Field) -> set[str]:
    """Return what all flags say."""
    return {told(row) for row in field.rows(tables.flag)}


@pytest.mark.parametrize("how", ["prosecutor_seen", "release_date"])
@pytest.mark.parametrize("on", ["2026-11-10", "2026-11-19", "2026-11-21", "2027-11-20"])
def test_a_day_that_cannot_be_the_end_ends_nothing(field: Field, how: str, on: str) -> None:
    """Before the arrest, or still to come when it was told: planned, or a slip of the year. It is said, and watched on."""
    field.send("case", "c1", held(**{how: on}))
    column = {"prosecutor_seen": "prosecutor_seen_on", "release_date": "released_on"}[how]

    assert ends(field) == {None}
    assert messages(field) == {f"custody_end_impossible|{column}"}
    assert column not in in_words({"code": "custody_end_impossible", "detail": column}), "said in words"
    assert field.one(tables.case)["urgency"] == "high", "somebody is still held"
    assert field.one(tables.detention)[column] == on, "what was collected stays as it is"
    assert field.one(tables.detention)["next_limit_at"] == local(2026, 11, 22, 9)
    assert rebuild.check(field.register, field.later()).differing == ()


def test_the_reasons_of_a_level_are_those_of_the_register(field: Field) -> None:
    """The page of a case asks the rules again, of the rows alone."""
    field.send("case", "c1", held(release_date="2027-11-20"))
    with field.register.reading() as rows:
        words = of_case(rows, CODE, "en")

    assert any("custody: first 48 h limit running" in text for text in words)


@pytest.mark.parametrize(
    ("answers", "wanted"),
    [
        ({"prosecutor_seen": "2026-11-21", "release_date": "2027-11-22"}, local(2026, 11, 21, 23, 59)),
        ({"prosecutor_seen": "2026-11-20", "release_date": "2026-11-22"}, local(2026, 11, 20, 23, 59)),
    ],
)
def test_of_two_ends_the_first_that_can_be_one_counts(
    field: Field, answers: dict[str, str], wanted: str
) -> None:
    """Also on the day of the arrest itself."""
    field.now = datetime(2026, 11, 23, 8, tzinfo=UTC)
    field.send("case", "c1", held(**answers))

    assert {(end or "")[:16] for end in ends(field)} == {wanted[:16]}


def test_a_planned_day_is_an_end_once_a_form_or_a_person_says_it_when_it_is_over(field: Field) -> None:
    """The phone sends the form again with the day on which it was; or somebody at the desk says that it was that day."""
    field.send("case", "c1", held(prosecutor_seen="2026-11-22"))
    field.now = datetime(2026, 11, 23, 8, tzinfo=UTC)
    field.send("case", "c1", held(prosecutor_seen="2026-11-22", lawyer_access="no"), edit=1)
    assert ends(field) == {None}, "nobody said anything new of it"
    with deciding(field.register, COORDINATOR, field.later()) as by:
        every_decision.correct(
            by, CODE, "detention.prosecutor_seen_on", "2026-11-22", reason="Her sister saw her there"
        )
    assert {(end or "")[:10] for end in ends(field)} == {"2026-11-22"}
    assert messages(field) == set()
    with deciding(field.register, COORDINATOR, field.later()) as by:
        every_decision.restore(by, CODE, "detention.prosecutor_seen_on", reason="It was somebody else")
    assert ends(field) == {None}
    field.send("case", "c1", held(prosecutor_seen="2026-11-23"), edit=2)

    assert ends(field) == {instant(field.now)}
    assert rebuild.check(field.register, field.later()).differing == ()


def test_an_end_that_a_person_writes_down_later_ended_on_that_day(field: Field) -> None:
    """Not when the form arrived, in which it did not stand."""
    field.send("case", "c1", held())
    field.now = datetime(2026, 11, 24, 8, tzinfo=UTC)
    with deciding(field.register, COORDINATOR, field.later()) as by:
        every_decision.correct(by, CODE, "detention.released_on", "2026-11-22", reason="She called")

    assert {(end or "")[:10] for end in ends(field)} == {"2026-11-22"}


def test_what_was_planned_without_network_is_no_end_when_it_arrives(field: Field) -> None:
    """The form was finished on the 20th and says the 22nd; it arrived on the 23rd. A wild clock of the phone says nothing."""
    field.now = datetime(2026, 11, 23, 8, tzinfo=UTC)
    field.send("case", "c1", held(prosecutor_seen="2026-11-22"), ended=START)
    assert ends(field) == {None}
    field.send("case", "c2", held(prosecutor_seen="2026-11-22"), ended=datetime(2020, 1, 1, tzinfo=UTC))

    by_form = {row["about"]: row["done_at"] is not None for row in tasks(field, "custody_limit")}
    assert by_form == {"case/c1": False, "case/c2": True}


def test_a_correction_of_the_arrest_lets_an_end_stand_again(field: Field) -> None:
    """The slip was in the arrest: released on the 20th, arrested on the 19th."""
    field.now = datetime(2026, 11, 21, 8, tzinfo=UTC)
    field.send("case", "c1", held(arrested_at="2026-11-21T08:00:00.000+01:00", release_date="2026-11-20"))
    assert ends(field) == {None}
    with deciding(field.register, COORDINATOR, field.later()) as by:
        every_decision.correct(
            by, CODE, "detention.arrested_at", "2026-11-19T08:00:00.000+01:00", reason="Read again"
        )

    assert {(end or "")[:10] for end in ends(field)} == {"2026-11-20"}
    assert messages(field) == set()


def test_two_people_held_are_watched_each_by_her_own_days(field: Field) -> None:
    """The end of one is none of the other."""
    acts = [
        act(number, violation="arrest_arbitrary", detention={"arrested_at": ARRESTED, **more})
        for number, more in ((1, {"release_date": "2026-11-20"}), (2, {"release_date": "2027-11-20"}))
    ]
    field.send("case", "c1", changed(CASE, {"acts": acts}))
    by_act = {row["subject"]: row["done_at"] is not None for row in tasks(field, "custody_limit")}

    assert by_act == {"detention:a1": True, "detention:a2": False}
    assert [(row["subject"], told(row)) for row in field.rows(tables.flag)] == [
        ("detention:a2", "custody_end_impossible|released_on")
    ]


# --- what lies after the form that tells of it --------------------------------------------------------------------


def test_an_arrest_still_to_come_counts_from_the_form_that_tells_of_it(field: Field) -> None:
    """A slip of the month gives nobody five weeks; it is said, and a correction puts it right."""
    field.send("case", "c1", held(arrested_at="2026-12-25T08:00:00.000+01:00"))
    told = field.now
    assert tasks(field, "custody_limit")[0]["due_at"] == local(2026, 11, 21, 22)
    assert messages(field) == {"date_ahead|arrested_at"}
    assert field.one(tables.detention)["next_limit_at"] == local(2026, 11, 22, 10)
    assert field.one(tables.case)["urgency"] == "high"
    with deciding(field.register, COORDINATOR, field.later()) as by:
        every_decision.correct(
            by, CODE, "detention.arrested_at", "2026-11-20T08:00:00.000+01:00", reason="Read again"
        )

    assert told < field.now
    assert tasks(field, "custody_limit")[0]["due_at"] == local(2026, 11, 21, 20)
    assert messages(field) == set()
    assert rebuild.check(field.register, field.later()).differing == ()


def test_a_level_counts_a_slip_of_the_arrest_from_the_form_too(field: Field) -> None:
    """A week later somebody is held for more than six days: critical, and the page says why."""
    field.send("case", "c1", held(arrested_at="2026-12-25T08:00:00.000+01:00"))
    field.later(days=7)
    said = changed(CASE, {"header": {"case_known": "yes", "case_code": CODE}, "acts": []})
    field.send("case", "c2", said)
    with field.register.reading() as rows:
        words = of_case(rows, CODE, "en")

    assert field.one(tables.case)["urgency"] == "critical"
    assert any("held for more than 6 days" in text for text in words)


def test_facts_still_to_come_count_from_the_form_that_tells_of_them(field: Field) -> None:
    """Care is due within 72 hours of the form at the latest; the hour of a day may be later than the form without a word."""
    rape = [act(1, violation="rape")]
    field.send("case", "c1", changed(CASE, {"incident": {"incident_date": "2026-12-25"}, "acts": rape}))
    assert max(row["due_at"] for row in tasks(field, "clinical_limit")) < local(2026, 11, 25, 10)
    assert messages(field) == {"date_ahead|date"}
    field.send(
        "case", "c1", changed(CASE, {"incident": {"incident_date": "2026-11-20"}, "acts": rape}), edit=1
    )

    assert flags(field) == []
