"""A custody ends only on a day that can be its end; held for an unknown time is critical, and facts without a day are rated as if it were near."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

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


UNREADABLE = {"arrested_at": "0001-01-01T00:00:00.000+01:00", "legal_basis": "preliminary"}
NO_HOUR = {"legal_basis": "preliminary"}


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


OLD = {"incident": {"incident_date": "2026-03-02"}}


def rated(field: Field, root: str, violation: str, **incident: str) -> str | None:
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
    assert rated(field, "c1", "threat", incident_date="2026-03-02") != "critical"
    assert rated(field, "c2", violation, date_precision="unknown_day") == "critical"
    assert rebuild.check(field.register, field.later()).differing == ()


def test_a_month_that_is_over_is_no_later_than_a_day_that_is_known(sqlite_register: Register) -> None:
    """A disappearance of February, told without its day, is not of this week because a threat of March has one."""
    field = Field(sqlite_register)
    rated(field, "c1", "threat", incident_date="2026-03-02")

    assert (
        rated(field, "c2", "disappearance", incident_date="2026-02-11", date_precision="unknown_day")
        == "high"
    )


def test_what_is_known_to_be_near_stays_near(sqlite_register: Register) -> None:
    """A day of this week counts for more than none."""
    field = Field(sqlite_register)
    rated(field, "c1", "disappearance")

    assert rated(field, "c2", "threat", date_precision="unknown_day") == "critical"
