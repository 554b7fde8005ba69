"""Tasks of custody, of hearings and of sources in danger: raised by answers, ended by answers, due by their clocks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_scripts.register.care import rebuild
from sync_scripts.register.case import custody
from sync_scripts.register.case.tasks import Holder, tasks_of
from sync_scripts.register.forms.record_reader import Reader
from sync_scripts.register.forms.submissions import Filed, by_entity
from sync_scripts.register.rules import clocks
from sync_scripts.register.rules.ruleset import load
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Register
from sync_scripts.store.schema import register as tables
from tests.register import alone as decisions
from tests.register.field import (
    CASE,
    COORDINATOR,
    FOLLOWUP,
    START,
    Field,
    act,
    changed,
    dealt,
    flags,
    map_of,
    tree,
)

RULES = load()
READER = Reader(map_of("case"))
ZONE = RULES.zone
ARRESTED = "2026-11-20T09:00:00.000+01:00"


@pytest.fixture
def field(register: Register) -> Field:
    """Give a field over a register, on both databases."""
    return Field(register)


def detained(**answers: str) -> dict[str, Any]:
    """Return a case with one arrest."""
    return changed(CASE, {"acts": [act(1, violation="arrest_arbitrary", detention=answers)]})


def legal(case: str, step: str = "hearing", court: str = "tgi", **more: str) -> dict[str, Any]:
    """Return a follow-up on a step before a court."""
    return changed(
        FOLLOWUP,
        {
            "header": {"case_code": case, "fu_type": "legal"},
            "legal": {"legal_step": step, "court": court, **more},
        },
    )


def source(at_risk: str, number: int = 1) -> dict[str, str]:
    """Return one repetition of sources."""
    return {
        "source_uid": f"s{number}",
        "source_no": str(number),
        "source_relation": "witness",
        "reliability": "b",
        "source_at_risk": at_risk,
    }


def tasks(field: Field, kind: str) -> list[dict[str, Any]]:
    """Return the tasks of a kind by due time."""
    return sorted(
        (row for row in field.rows(tables.task) if row["kind"] == kind), key=lambda row: row["due_at"]
    )


def local(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> str:
    """Return a stored instant of a local time."""
    return instant(datetime(year, month, day, hour, minute, tzinfo=ZONE))


# --- custody ------------------------------------------------------------------------------------------------------


def test_custody_is_watched_before_each_limit(field: Field) -> None:
    """The worked example: arrested on 20 November at 09:00; tasks on the 21st at 21:00 and the 22nd at 06:00."""
    field.send("case", "c1", detained(arrested_at=ARRESTED, legal_basis="preliminary"))
    found = tasks(field, "custody_limit")

    assert [row["due_at"] for row in found[:2]] == [local(2026, 11, 21, 21), local(2026, 11, 22, 6)]
    assert len(found) == 8, "four limits, two reminders each"
    assert {(row["subject"], row["done_at"]) for row in found} == {("detention:a1", None)}
    assert [found[0][name] for name in ("about", "variant", "before_h")] == ["case/c1", "48h", 12]


@pytest.mark.parametrize("basis", sorted(RULES.custody))
def test_each_basis_has_its_own_limits(field: Field, basis: str) -> None:
    """Exactly the limits of the rules; an answer that is no basis counts as unknown."""
    field.send("case", "c1", detained(arrested_at=ARRESTED, legal_basis=basis))
    arrested = datetime.fromisoformat(ARRESTED)
    wanted = {
        instant(arrested + timedelta(hours=limit - before))
        for limit in RULES.custody[basis].limits_h
        for before in (12, 3)
    }

    assert {row["due_at"] for row in tasks(field, "custody_limit")} == wanted


@pytest.mark.parametrize("how", ["prosecutor_seen", "release_date"])
def test_custody_ends_before_the_prosecutor_or_free(field: Field, how: str) -> None:
    """The tasks end on the day that the form says, not before it and not after it was told."""
    field.send("case", "c1", detained(arrested_at=ARRESTED, legal_basis="flagrante"))
    field.later(days=4)
    field.send(
        "case", "c1", detained(arrested_at=ARRESTED, legal_basis="flagrante", **{how: "2026-11-22"}), edit=1
    )
    found = tasks(field, "custody_limit")

    assert len(found) == 8
    assert {row["done_at"] for row in found} == {local(2026, 11, 22, 23, 59)[:-10] + "59.000000Z"}


def test_an_end_on_the_day_it_is_told_is_not_in_the_future(field: Field) -> None:
    """Told at ten in the morning: done by then."""
    field.send("case", "c1", detained(arrested_at=ARRESTED, release_date="2026-11-20"))

    assert {row["done_at"] for row in tasks(field, "custody_limit")} == {instant(field.now)}


def test_limits_that_had_passed_on_arrival_raise_nothing(field: Field) -> None:
    """What can no longer be done is no task; what is due within the hour is late at once."""
    field.now = datetime(
        2026, 11, 22, 6, 30, tzinfo=UTC
    )  # arrives at 07:30, half an hour before the first limit
    field.send("case", "c1", detained(arrested_at=ARRESTED, legal_basis="preliminary"))
    field.now = datetime(2026, 11, 22, 7, 30, tzinfo=UTC)  # and this one half an hour after it
    field.send("case", "c2", detained(arrested_at=ARRESTED, legal_basis="preliminary"))
    by_form: dict[str, set[tuple[str, int]]] = {"c1": set(), "c2": set()}
    for row in tasks(field, "custody_limit"):
        by_form[row["about"].removeprefix("case/")].add((row["variant"], row["before_h"]))

    assert by_form["c1"] - by_form["c2"] == {("48h", 12), ("48h", 3)}
    assert len(by_form["c2"]) == 6


def test_a_later_edit_takes_no_task_away(field: Field) -> None:
    """The clock runs from the version that first told of the arrest."""
    field.send("case", "c1", detained(arrested_at=ARRESTED, legal_basis="preliminary"))
    before = [row["task_id"] for row in tasks(field, "custody_limit")]
    field.later(days=3)
    field.send(
        "case", "c1", detained(arrested_at=ARRESTED, legal_basis="preliminary", lawyer_access="no"), edit=1
    )

    assert [row["task_id"] for row in tasks(field, "custody_limit")] == before


def test_an_arrest_without_its_hour_counts_from_the_beginning_of_the_day_of_the_facts(field: Field) -> None:
    """Never later than the law, whether no hour was asked for or it cannot be read; a person is told that it is assumed."""
    field.send("case", "c1", detained(legal_basis="preliminary"))
    for number, text in enumerate(("9999-12-31T23:00:00.000+01:00", "0001-01-01T00:00:00.000+01:00", "?")):
        field.send("case", f"x{number}", detained(arrested_at=text, legal_basis="preliminary"))
    found = [row for row in tasks(field, "custody_limit") if row["about"] == "case/c1"]

    assert [row["due_at"] for row in found[:2]] == [local(2026, 11, 21, 12), local(2026, 11, 21, 21)]
    assert [(row["variant"], row["before_h"]) for row in found[:2]] == [
        ("assumed 96h", 12),
        ("assumed 96h", 3),
    ]
    assert len(tasks(field, "custody_limit")) == 4 * len(found) == 24, "the first limit had passed"
    assert flags(field).count("custody_hour_assumed") == 4
    assert flags(field).count("value_unreadable") == 3


@pytest.mark.parametrize("said", [{"incident_date": None}, {"date_precision": "unknown_day"}])
def test_without_a_day_either_it_counts_from_when_it_was_first_told(
    field: Field, said: dict[str, str | None]
) -> None:
    """An edit that comes later moves nothing; facts that were over long before have no clock."""
    without = changed(detained(legal_basis="preliminary"), {"incident": said})
    field.send("case", "c1", without)
    told = field.now
    field.later(days=1)
    field.send("case", "c1", changed(without, {"header": {"interview_language": "eng"}}), edit=1)
    old = {"incident": {"incident_date": "2019-03-01", "date_precision": "unknown_day"}}
    field.send("case", "c2", changed(without, old))

    assert [row["due_at"] for row in tasks(field, "custody_limit")][:2] == [
        instant(told + timedelta(hours=36)),
        instant(told + timedelta(hours=45)),
    ]
    assert len(tasks(field, "custody_limit")) == 8
    assert flags(field).count("custody_hour_assumed") == 1


def test_the_hour_of_an_arrest_takes_the_place_of_what_was_assumed(field: Field) -> None:
    """Once it is known: its reminders are others, so that nobody ended them with those of before."""
    field.send("case", "c1", detained(legal_basis="preliminary"))
    before = {row["task_id"] for row in tasks(field, "custody_limit")}
    field.send("case", "c1", detained(arrested_at=ARRESTED, legal_basis="preliminary"), edit=1)
    found = tasks(field, "custody_limit")

    assert found[0]["due_at"] == local(2026, 11, 21, 21)
    assert before.isdisjoint(row["task_id"] for row in found)
    assert "custody_hour_assumed" not in flags(field)


def test_a_custody_that_ended_is_not_asked_about(field: Field) -> None:
    """Whoever is free needs no hour."""
    field.send("case", "c1", detained(legal_basis="preliminary", release_date="2026-11-20"))

    assert {row["done_at"] is None for row in tasks(field, "custody_limit")} == {False}
    assert "custody_hour_assumed" not in flags(field)


# --- hearings -----------------------------------------------------------------------------------------------------


def test_a_hearing_is_recalled_seven_and_two_days_before(field: Field) -> None:
    """At the hour of the hearing, with the case as the subject."""
    field.send("case", "c1", CASE)
    field.send("followup", "f1", legal(dealt(0, "DK"), hearing_at="2026-12-10T09:00:00.000+01:00"))
    found = tasks(field, "hearing")

    assert [row["due_at"] for row in found] == [local(2026, 12, 3, 9), local(2026, 12, 8, 9)]
    assert {(row["subject"], row["done_at"]) for row in found} == {(f"case:{dealt(0, 'DK')}", None)}


def test_a_hearing_ends_with_the_next_step_before_that_court(field: Field) -> None:
    """Put off: the old reminders end, the new date has its own; another court's step ends nothing."""
    case = dealt(0, "DK")
    field.send("case", "c1", CASE)
    field.send("followup", "f1", legal(case, hearing_at="2026-12-10T09:00:00.000+01:00"))
    field.send("followup", "f2", legal(case, "complaint_police", "tm"))
    assert {row["done_at"] for row in tasks(field, "hearing")} == {None}
    field.send("followup", "f3", legal(case, "adjourned", hearing_at="2026-12-20T09:00:00.000+01:00"))
    by_form = {row["about"]: row["done_at"] for row in tasks(field, "hearing")}

    assert by_form == {
        "followup/f1": instant(field.now - timedelta(minutes=30)),
        "followup/f3": None,
    }


@pytest.mark.parametrize(
    ("step", "court"),
    [("bail", "tgi"), ("complaint_prosecutor", "tgi"), ("judgment", "unknown"), ("judgment", "tm")],
)
def test_no_other_step_ends_a_hearing_before_its_day(field: Field, step: str, court: str) -> None:
    """An application in between is not the hearing; a court that nobody named may be another one.

    This test said the contrary of an unnamed court: so the reminders of a hearing three weeks ahead ended in silence.
    """
    case = dealt(0, "DK")
    field.send("case", "c1", CASE)
    field.send("followup", "f1", legal(case, hearing_at="2026-12-10T09:00:00.000+01:00"))
    field.send("followup", "f2", legal(case, step, court))

    assert [row["done_at"] for row in tasks(field, "hearing")] == [None, None]


@pytest.mark.parametrize(
    ("step", "court", "ends"),
    [
        ("bail", "tgi", True),
        ("judgment", "unknown", True),
        ("unknown", "unknown", True),
        ("judgment", "tm", False),
    ],
)
def test_a_step_dated_on_the_day_of_a_hearing_or_after_it_can_be_the_hearing(
    field: Field, step: str, court: str, ends: bool
) -> None:
    """Who reports may not know the court, or what exactly happened there; another court's step is none of it."""
    case = dealt(0, "DK")
    field.send("case", "c1", CASE)
    field.send("followup", "f1", legal(case, hearing_at="2026-12-10T09:00:00.000+01:00"))
    field.now = datetime(2026, 12, 10, 11, tzinfo=UTC)
    field.send("followup", "f2", legal(case, step, court))

    told = instant(field.now - timedelta(minutes=30))
    assert {row["done_at"] for row in tasks(field, "hearing")} == {told if ends else None}


@pytest.mark.parametrize("step", ["judgment", "withdrawn"])
def test_a_judgment_or_a_withdrawal_before_the_court_ends_a_hearing_that_was_to_come(
    field: Field, step: str
) -> None:
    """There is nothing left to be heard."""
    case = dealt(0, "DK")
    field.send("case", "c1", CASE)
    field.send("followup", "f1", legal(case, hearing_at="2026-12-10T09:00:00.000+01:00"))
    field.send("followup", "f2", legal(case, step))

    assert {row["done_at"] for row in tasks(field, "hearing")} == {instant(field.now - timedelta(minutes=30))}


def test_a_hearing_put_off_to_a_day_that_is_over_keeps_the_day_of_before(field: Field) -> None:
    """A slip of the year would end one reminder and raise none."""
    case = dealt(0, "DK")
    field.send("case", "c1", CASE)
    field.send("followup", "f1", legal(case, hearing_at="2026-12-10T09:00:00.000+01:00"))
    field.send("followup", "f2", legal(case, "adjourned", hearing_at="2025-12-20T09:00:00.000+01:00"))

    assert [row["done_at"] for row in tasks(field, "hearing")] == [None, None]


def test_a_hearing_that_is_over_raises_nothing(field: Field) -> None:
    """It was told too late to prepare it; a hearing in three days has its first reminder at once."""
    case = dealt(0, "DK")
    field.send("case", "c1", CASE)
    field.send("followup", "f1", legal(case, hearing_at="2026-11-20T08:00:00.000+01:00"))
    assert tasks(field, "hearing") == []
    field.send("followup", "f2", legal(case, "adjourned", hearing_at="2026-11-23T08:00:00.000+01:00"))

    assert [row["due_at"] < instant(field.now) for row in tasks(field, "hearing")] == [True, False]


def test_a_form_without_a_case_raises_no_task(field: Field) -> None:
    """There is nobody to do it for, until its code is known."""
    field.send("followup", "f1", legal("no code", hearing_at="2026-12-10T09:00:00.000+01:00"))

    assert field.rows(tables.task) == []


# --- sources ------------------------------------------------------------------------------------------------------


def test_a_source_in_danger_is_a_critical_matter(field: Field) -> None:
    """Due as the first action of a critical alert, and one step up after half of that time; the others raise none."""
    answers = ["yes", "no", "unknown", "prefer_not"]
    sources = [source(answer, number) for number, answer in enumerate(answers)]
    field.send("case", "c1", changed(CASE, {"sources": sources}))
    (found,) = tasks(field, "source_risk")

    assert (found["subject"], found["done_at"]) == ("source:s0", None)
    assert found["due_at"] == instant(field.now + timedelta(hours=24))
    assert found["escalated_at"] == instant(field.now + timedelta(hours=12))


def test_a_source_is_safe_when_the_form_says_so(field: Field) -> None:
    """A corrected form ends the task and keeps it; not knowing ends nothing; danger again opens it again."""
    versions = ["yes", "unknown", "no", "yes"]
    ends = []
    for number, answer in enumerate(versions):
        field.send("case", "c1", changed(CASE, {"sources": [source(answer)]}), edit=number)
        ends.append([row["done_at"] for row in tasks(field, "source_risk")])

    assert ends == [[None], [None], [instant(START + timedelta(hours=3))], [None]]


@pytest.mark.parametrize("again", [CASE, {"gate": {"interview_private": "yes", "consent_case": "no"}}])
def test_a_source_that_an_edit_takes_out_stays_in_danger(field: Field, again: dict[str, Any]) -> None:
    """Nothing proves who sent it; nor does a no of the person interviewed: the source took nothing back. A remark says so."""
    field.send("case", "c1", changed(CASE, {"sources": [source("yes")]}))
    field.send("case", "c1", again, edit=1)

    assert [row["done_at"] for row in tasks(field, "source_risk")] == [None]
    assert "source_left_out" in flags(field)
    assert rebuild.check(field.register, field.later()).differing == ()


def test_a_follow_up_on_security_is_the_first_action(field: Field) -> None:
    """Another kind of visit is none, nor is one that was made before the danger was known, however late it arrived.

    This test looked only at the arrival: a visit of before from a phone without network ended the task before it began.
    """
    case = dealt(0, "DK")
    security = changed(FOLLOWUP, {"header": {"case_code": case, "fu_type": "security"}})
    field.send("case", "c0", CASE)
    field.send("followup", "f0", security)
    field.send(
        "case",
        "c1",
        changed(CASE, {"header": {"case_known": "yes", "case_code": case}, "sources": [source("yes")]}),
    )
    field.send("followup", "f1", changed(FOLLOWUP, {"header": {"case_code": case}}))
    field.send("followup", "late", security, ended=START + timedelta(minutes=10))
    assert [row["done_at"] for row in tasks(field, "source_risk")] == [None]
    field.send("followup", "f2", security)

    assert [row["done_at"] for row in tasks(field, "source_risk")] == [
        instant(field.now - timedelta(minutes=30))
    ]


# --- all of them --------------------------------------------------------------------------------------------------


def busy(field: Field) -> None:
    """Let one case have all three, edited and answered."""
    case = dealt(0, "DK")
    field.send("case", "c1", changed(detained(arrested_at=ARRESTED), {"sources": [source("yes")]}))
    field.send("followup", "f1", legal(case, hearing_at="2026-12-10T09:00:00.000+01:00"))
    field.send(
        "case",
        "c1",
        changed(detained(arrested_at=ARRESTED, release_date="2026-11-21"), {"sources": [source("no")]}),
        edit=1,
    )
    field.send("followup", "f2", legal(case, "adjourned", hearing_at="2026-12-20T09:00:00.000+01:00"))


def test_they_are_with_the_owner_and_move_the_next_date(field: Field) -> None:
    """A critical matter is the first thing due."""
    field.send("case", "c1", detained(arrested_at=ARRESTED, legal_basis="preliminary"))
    decisions.assign(field.register, dealt(0, "DK"), "RD-01", COORDINATOR, field.later(), new=True)

    assert {row["assigned_to"] for row in tasks(field, "custody_limit")} == {"RD-01"}
    assert field.one(tables.case)["next_due"] == "2026-11-21"


def test_a_rebuild_at_any_time_gives_the_same_tasks(field: Field) -> None:
    """Nothing stored depends on today: rebuilt ten years later, the register is the same to the byte."""
    busy(field)
    before = field.everything()
    for days in (0, 3650):
        rebuild.rebuild(field.register, field.now + timedelta(days=days))
        assert field.everything() == before


def _filed(said: Mapping[str, Any], arrived: datetime) -> Filed:
    """Return a case's form that arrived at an instant, without a register."""
    reading = READER.read(READER.open_tree(tree(said), lambda _kind, _text: None), "c1")
    return Filed(
        root=("case", "c1"),
        number=1,
        server="folder",
        form="case",
        instance_id="c1",
        form_version=map_of("case").version,
        kind="interview",
        reading=reading,
        records=by_entity(reading),
        received=(arrived, arrived),
        ended=None,
        versions=1,
        roads=1,
        maybe_draft=False,
        gone=None,
        encryption=None,
        history=((arrived, reading),),
    )


@given(
    basis=st.sampled_from([*sorted(RULES.custody), None, "martial"]),
    hours=st.integers(-2000, 2000),
    stopped=st.sampled_from([None, "2026-11-19", "2026-11-20", "2026-11-22", "2027-01-01"]),
)
def test_no_custody_task_is_due_after_its_limit_or_for_one_that_is_over(
    basis: str | None, hours: int, stopped: str | None
) -> None:
    """A clock is never later than the law, nor begins after the form; an end that can be one ends all, never after it was told.

    This test took any day for an end, also one that was to come or lay before the arrest.
    """
    arrested = datetime.fromisoformat(ARRESTED).astimezone(UTC)
    arrived = arrested + timedelta(hours=hours)
    filed = _filed(detained(arrested_at=ARRESTED, release_date=stopped or ""), arrived)
    row = {
        "filing_no": 1,
        "act_uid": "a1",
        "arrested_at": instant(arrested),
        "legal_basis": basis,
        "prosecutor_seen_on": None,
        "released_on": stopped,
    }
    holder = Holder(1, "case:X", None, RULES)
    table = (("custody_limit", lambda _one: custody.custody_limits([filed], [row], [], RULES)),)
    found = list(tasks_of(filed, holder, table))
    began = min(arrested, arrived)
    limits = clocks.custody(began, basis if basis in RULES.custody else None, RULES).limits
    is_over = stopped is not None and "2026-11-20" <= stopped <= arrived.astimezone(ZONE).date().isoformat()

    assert len(found) == 2 * sum(limit > arrived for limit in limits)
    assert all(one["due_at"] < instant(max(limits)) for one in found)
    assert all((one["done_at"] is not None) == is_over for one in found)
    assert all(one["done_at"] is None or one["done_at"] <= instant(arrived) for one in found)
