"""One submission that cannot be built, for a fault of the program, keeps no other one back, and nobody takes it for seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from sync_scripts.config import NotifySettings
from sync_scripts.register.building import alert_unit, case_unit, marks, portions, situation_unit
from sync_scripts.register.building.portions import NotBuilt, NotCompared
from sync_scripts.register.care import rebuild
from sync_scripts.register.decisions.base import deciding
from sync_scripts.register.history.arrivals import Known, held_by_now
from sync_scripts.register.model import codes
from sync_scripts.register.model.build_backlog import set_apart, unbuilt
from sync_scripts.store import events as store_events
from sync_scripts.store import outbox
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Register, Rows
from sync_scripts.store.errors import DiskFull, StoreBusy
from sync_scripts.store.schema import register as tables
from sync_scripts.store.schema.raw import submission, to_build
from tests.intake.scene import draw
from tests.register import alone as decisions
from tests.register.field import ALERT, CASE, COORDINATOR, SITUATION, Field, changed, service

CASE_CODE = draw("DK", "c1")
SENT = {
    "r1": "alert",
    "r2": "alert",
    "c1": "case",
    "c2": "case",
    "f1": "followup",
    "f2": "followup",
    "s1": "situation",
}
NAMED = "Nobody At All"

Plant = Callable[..., None]


@pytest.fixture
def plant(monkeypatch: pytest.MonkeyPatch) -> Plant:
    """Give what lets the program fail whenever some versions are read."""
    wrong: set[str] = set()

    def fails(module: Any, read: Callable[..., Iterator[Any]]) -> None:
        real = module.derive

        def derive(*given: Any) -> None:
            if wrong & {one.instance_id for one in read(*given)}:
                raise KeyError(NAMED)
            real(*given)

        monkeypatch.setattr(module, "derive", derive)

    fails(alert_unit, lambda filed, *_: iter([filed]))
    fails(situation_unit, lambda filed, *_: iter([filed]))
    fails(case_unit, lambda given, *_: iter(given.filed))

    def set_(*versions: str) -> None:
        wrong.clear()
        wrong.update(versions)

    return set_


def sent(register: Register) -> Field:
    """Return a field in which alerts, a case with its visits and a report are stored and marked, and not built."""
    field = Field(register)
    field.send("alert", "r1", changed(ALERT, {"danger": {"danger_now": "yes"}}), build_it=False)
    field.send("alert", "r2", ALERT, build_it=False)
    field.send("case", "c1", CASE, build_it=False)
    field.send("case", "c2", changed(CASE, {"header": {"alert_code": draw("AL", "r1")}}), build_it=False)
    field.send("followup", "f1", service(CASE_CODE, "referred"), build_it=False)
    field.send("followup", "f2", service(CASE_CODE, "done"), build_it=False)
    field.send("situation", "s1", SITUATION, build_it=False)
    with register.writing() as rows:
        marks.mark(rows, {(SENT[root], root): order for order, root in enumerate(SENT, 1)}, {"alert"})
    return field


def build(register: Register, field: Field) -> None:
    """Build what arrived."""
    with register.writing() as rows:
        marks.build_arrived(rows, draw, field.now)


def apart(register: Register) -> list[str]:
    """Return the units that could not be built."""
    with register.reading() as rows:
        asked = select(to_build.c.unit).where(to_build.c.fault.is_not(None)).distinct()
        return list(rows.execute(asked.order_by(to_build.c.unit)).scalars())


@pytest.mark.parametrize("root", SENT)
def test_all_others_are_built_as_if_it_had_not_come(
    sqlite_register: Register, plant: Plant, root: str
) -> None:
    """Whatever it is: an alert, the interview that opens a case, a visit of a case that has others, a report."""
    field = sent(sqlite_register)
    plant(root)
    build(sqlite_register, field)

    kind = "alert" if SENT[root] == "alert" else "submission"
    assert apart(sqlite_register) == [f"{kind}:{SENT[root]}/{root}"]
    with sqlite_register.reading() as rows:
        assert unbuilt(rows) == (0, 0, 1)
        (one,) = set_apart(rows)
    assert one.fault.startswith("KeyError register/building/")
    assert NAMED not in str(one)
    assert one.alert == (kind == "alert")

    before = field.everything()
    with sqlite_register.writing() as rows:
        rows.execute(update(submission).values(status="waiting").where(submission.c.root_id == root))
        rows.execute(delete(to_build))
    assert rebuild.check(sqlite_register, field.now).differing == ()
    assert len(before["filing"]) == len(SENT) - 1


@pytest.mark.parametrize("root", SENT)
def test_once_the_fault_is_mended_it_is_built(sqlite_register: Register, plant: Plant, root: str) -> None:
    """The next pull does it, and so does a rebuild; a check finds no difference before and after."""
    field = sent(sqlite_register)
    plant(root)
    build(sqlite_register, field)
    assert rebuild.check(sqlite_register, field.now).differing == ()
    plant()
    with sqlite_register.writing() as rows:
        marks.build_set_apart(
            rows, codes.draw, field.now
        )  # a code that others named meanwhile is given to nobody

    assert apart(sqlite_register) == []
    assert len(field.rows(tables.filing)) == len(SENT)
    assert rebuild.check(sqlite_register, field.now).differing == ()


def test_what_still_cannot_be_built_stays_apart_and_keeps_its_place(
    sqlite_register: Register, plant: Plant
) -> None:
    """Tried again and again, it costs others nothing; a rebuild, too, leaves it where it is."""
    field = sent(sqlite_register)
    plant("c2")
    build(sqlite_register, field)
    before = field.everything()
    with sqlite_register.writing() as rows:
        marks.build_set_apart(rows, draw, field.later())
    done = rebuild.rebuild(sqlite_register, field.later(), draw=draw)

    assert len(done.faults) == 1
    assert apart(sqlite_register) == ["submission:case/c2"]
    assert field.everything() == before


def test_an_alert_waits_behind_no_visit_and_no_visit_behind_alerts(
    sqlite_register: Register, plant: Plant
) -> None:
    """A pull tries some of each kind: the newest alert among many visits, and the newest visit among many alerts."""
    field, kinds = Field(sqlite_register), {"alert": ALERT, "situation": SITUATION}
    every = [(kind, f"{kind}{number:02}") for kind in kinds for number in range(marks.TRIED_AGAIN + 1)]
    for kind, root in every:
        field.send(kind, root, kinds[kind], build_it=False)
    plant(*(root for _kind, root in every))
    with sqlite_register.writing() as rows:
        marks.mark(rows, {one: order for order, one in enumerate(every, 1)}, {"alert"})
    build(sqlite_register, field)
    plant()
    with sqlite_register.writing() as rows:
        marks.build_set_apart(rows, codes.draw, field.later())

    assert [unit.partition(":")[0] for unit in apart(sqlite_register)] == ["alert", "submission"]


def told(register: Register) -> list[tuple[str, str, str]]:
    """Return what waits to be sent: reason, level and what it is about."""
    with register.reading() as rows:
        return [(one.reason, one.level, one.subject) for one in outbox.waiting(rows)]


def test_somebody_is_told_of_an_alert_that_cannot_be_built(sqlite_register: Register, plant: Plant) -> None:
    """At night, too, and once: nobody knows how urgent it is. Once it is built it is told as any other."""
    sqlite_register.destinations = (NotifySettings(name="desk"),)
    field = Field(sqlite_register)
    field.send("alert", "r1", changed(ALERT, {"danger": {"danger_now": "yes"}}), build_it=False)
    field.send("case", "c1", CASE, build_it=False)
    plant("r1", "c1")
    with sqlite_register.writing() as rows:
        marks.mark(rows, {("alert", "r1"): 1, ("case", "c1"): 2}, {"alert"})
    build(sqlite_register, field)
    unread = [("unbuilt", "critical", "alert:alert/r1"), ("unbuilt", "high", "submission:case/c1")]
    assert sorted(told(sqlite_register)) == unread

    with sqlite_register.writing() as rows:
        marks.build_set_apart(rows, draw, field.later(hours=7))
    assert sorted(told(sqlite_register)) == unread
    plant()
    with sqlite_register.writing() as rows:
        marks.build_set_apart(rows, draw, field.later())
    alert = ("alert", *unread[0][1:])
    assert [one for one in told(sqlite_register) if one[1] == "critical"] == [unread[0], alert]


def test_an_edit_that_cannot_be_built_is_told_of_and_what_was_built_is_not(
    sqlite_register: Register, plant: Plant
) -> None:
    """It may be the worse version; a rebuild that fails brings nothing new."""
    field = sent(sqlite_register)
    build(sqlite_register, field)
    sqlite_register.destinations = (NotifySettings(name="desk"),)
    plant("r1-1")
    field.send("alert", "r1", ALERT, edit=1, build_it=False)
    with sqlite_register.writing() as rows:
        marks.mark(rows, {("alert", "r1"): field.arrived}, {"alert"})
    build(sqlite_register, field)
    assert told(sqlite_register) == [("unbuilt", "critical", "alert:alert/r1")]

    plant("r2")
    rebuild.rebuild(sqlite_register, field.later(), draw=draw)
    assert [subject for _reason, _level, subject in told(sqlite_register)].count("alert:alert/r2") == 0


def test_an_edit_that_cannot_be_built_leaves_the_version_before(
    sqlite_register: Register, plant: Plant
) -> None:
    """The case goes on with what is known of it, also where others of it arrive later; the edit is built once it can be."""
    field = sent(sqlite_register)
    build(sqlite_register, field)
    plant("c1-1")
    field.send(
        "case", "c1", changed(CASE, {"incident": {"incident_date": "2026-11-17"}}), edit=1, build_it=False
    )
    with sqlite_register.writing() as rows:
        marks.mark(rows, {("case", "c1"): field.arrived}, {"alert"})
    build(sqlite_register, field)
    field.send("followup", "f3", service(CASE_CODE, "declined"), build_it=False)
    with sqlite_register.writing() as rows:
        marks.mark(rows, {("followup", "f3"): field.arrived}, {"alert"})
    build(sqlite_register, field)

    assert apart(sqlite_register) == ["submission:case/c1"]
    assert [row["date"] for row in field.rows(tables.incident) if row["filing_no"] == 3] == ["2026-11-18"]
    assert len(field.rows(tables.followup)) == 3
    assert rebuild.check(sqlite_register, field.now).differing == ()

    plant()
    with sqlite_register.writing() as rows:
        marks.build_set_apart(rows, draw, field.now)
    assert [row["date"] for row in field.rows(tables.incident) if row["filing_no"] == 3] == ["2026-11-17"]


def test_one_that_keeps_another_back_is_found(sqlite_register: Register, plant: Plant) -> None:
    """An edit and a visit of the same case in one portion: the visit is built, with the version before the edit."""
    field = sent(sqlite_register)
    build(sqlite_register, field)
    plant("c1-1")
    field.send("case", "c1", CASE, edit=1, build_it=False)
    field.send("followup", "a1", service(CASE_CODE, "declined"), build_it=False)
    with sqlite_register.writing() as rows:
        marks.mark(rows, {("case", "c1"): 8, ("followup", "a1"): 9}, {"alert"})
    build(sqlite_register, field)

    assert apart(sqlite_register) == ["submission:case/c1"]
    assert len(field.rows(tables.followup)) == 3


# --- decisions -----------------------------------------------------------------------------------------------------


def edited_alert(register: Register, plant: Plant) -> Field:
    """Return a field with an alert of which a version that makes it critical cannot be built."""
    field = Field(register)
    field.send("alert", "r1", changed(ALERT, {"danger": {"danger_now": "no"}}), build_it=False)
    with register.writing() as rows:
        marks.mark(rows, {("alert", "r1"): 1}, {"alert"})
    build(register, field)
    plant("r1-1")
    worse = changed(ALERT, {"danger": {"danger_now": "yes"}, "what": {"alert_icon": "killing"}})
    field.send("alert", "r1", worse, edit=1, build_it=False)
    with register.writing() as rows:
        marks.mark(rows, {("alert", "r1"): 2}, {"alert"})
    return field


def test_a_decision_is_taken_and_covers_nothing_that_is_not_built(
    sqlite_register: Register, plant: Plant
) -> None:
    """Who is responsible for an alert can act on it; what she had not seen is news once it is built, and danger stands."""
    field = edited_alert(sqlite_register, plant)
    decisions.triage(
        sqlite_register, draw("AL", "r1"), COORDINATOR, field.later(), urgency="low", reason="talked to her"
    )
    assert field.one(tables.alert)["level"] == "low"
    with sqlite_register.reading() as rows:
        (event,) = (one for one in store_events.read(rows) if one.op == "alert.triage")
    assert Known.of(event) == Known(event.at, 2, (2,))

    plant()
    with sqlite_register.writing() as rows:
        marks.build_set_apart(rows, draw, field.later())
    assert field.one(tables.alert)["level"] == "critical"
    assert any(row["code"] == "edited_after_triage" for row in field.rows(tables.flag))


def test_what_is_known_leaves_out_what_was_not_built() -> None:
    """Neither held nor seen, though its number lies below the highest."""
    known = Known("2026-12-01T00:00:00Z", 9, (4,))

    assert [known.missed("", order) for order in (3, 4, 9, 10)] == [False, True, False, True]
    assert [known.held(order) for order in (3, 4, 9, 10)] == [True, False, True, False]


def test_where_very_many_are_not_built_cover_ends_before_the_first(
    sqlite_register: Register, plant: Plant
) -> None:
    """They are not named one by one in each decision."""
    field = Field(sqlite_register)
    for number in range(103):
        field.send("alert", f"r{number:03}", ALERT, build_it=False)
    plant(*(f"r{number:03}" for number in range(2, 103)))
    with sqlite_register.writing() as rows:
        marks.mark(rows, {("alert", f"r{number:03}"): number + 1 for number in range(103)}, {"alert"})
    build(sqlite_register, field)

    with sqlite_register.reading() as rows:
        assert held_by_now(rows) == {"arrival": 2}

    field.send("alert", "r103", ALERT, build_it=False)
    with sqlite_register.writing() as rows:
        marks.mark(rows, {("alert", "r000"): 1}, {"alert"})
        assert held_by_now(rows) == {"arrival": 0}, "what is still to come ends it earlier"


def test_a_decision_whose_own_unit_cannot_be_built_is_refused(
    sqlite_register: Register, plant: Plant
) -> None:
    """Nothing of it is kept; others are decided on as ever."""
    field = sent(sqlite_register)
    build(sqlite_register, field)
    before = field.everything()
    plant("r1")
    with pytest.raises(NotBuilt) as refused:
        decisions.triage(sqlite_register, draw("AL", "r1"), COORDINATOR, field.later())

    assert NAMED not in refused.value.words()
    assert "KeyError" in refused.value.words()
    assert field.everything() == before
    decisions.triage(sqlite_register, draw("AL", "r2"), COORDINATOR, field.later())


def test_who_decides_is_not_kept_back_by_another_submission(sqlite_register: Register, plant: Plant) -> None:
    """Deciding builds first what arrived; what cannot be built is set apart there, too."""
    field = sent(sqlite_register)
    plant("f2")
    with deciding(sqlite_register, COORDINATOR, field.later(), draw=draw) as by:
        assert len(by.rows.execute(select(tables.alert)).all()) == 2
    decisions.assign(sqlite_register, CASE_CODE, "RD-02", COORDINATOR, field.later(), new=True)

    assert apart(sqlite_register) == ["submission:followup/f2"]


def test_what_a_clock_moved_and_cannot_be_built_stops_nothing(
    sqlite_register: Register, plant: Plant
) -> None:
    """Once the clock is right again what it moved is built beside what arrives: all but the one, which a rebuild builds."""
    field = sent(sqlite_register)
    build(sqlite_register, field)
    wrong = field.now + timedelta(days=400)
    for root in ("r1", "r2"):
        decisions.triage(sqlite_register, draw("AL", root), COORDINATOR, wrong)
    plant("r1")
    field.send("alert", "r9", ALERT, build_it=False)
    with sqlite_register.writing() as rows:
        marks.mark(rows, {("alert", "r9"): field.arrived}, {"alert"})
    build(sqlite_register, field)

    assert apart(sqlite_register) == ["alert:alert/r1"]
    triaged = {row["alert_id"]: row["triaged_at"] for row in field.rows(tables.alert)}
    assert triaged["r2"] < instant(wrong) == triaged["r1"]
    assert "r9" in triaged
    plant()
    rebuild.rebuild(sqlite_register, field.later(), draw=draw)
    assert apart(sqlite_register) == []
    assert rebuild.check(sqlite_register, field.later()).differing == ()


# --- a rebuild -----------------------------------------------------------------------------------------------------


def test_a_rebuild_keeps_the_rows_of_what_it_cannot_build(sqlite_register: Register, plant: Plant) -> None:
    """The whole case stays as it was, all else is made anew, and it is said; a check does not call that sound."""
    field = sent(sqlite_register)
    build(sqlite_register, field)
    with sqlite_register.writing() as rows:
        rows.execute(update(tables.case).values(urgency="low"))
        rows.execute(update(tables.alert).values(score=1))
    stale = {row["case_code"]: row["urgency"] for row in field.rows(tables.case)}
    plant("c1")
    done = rebuild.rebuild(sqlite_register, field.later(), draw=draw)

    assert done.faults
    assert {row["case_code"]: row["urgency"] for row in field.rows(tables.case)}[CASE_CODE] == stale[
        CASE_CODE
    ]
    assert {row["score"] for row in field.rows(tables.alert)} != {1}
    with sqlite_register.reading() as rows:
        assert unbuilt(rows)[:2] == (0, 0)
        assert {one.before for one in set_apart(rows)} == {True}
    with pytest.raises(NotCompared):
        rebuild.require_same(rebuild.check(sqlite_register, field.later()))

    plant()
    assert rebuild.rebuild(sqlite_register, field.later(), draw=draw).faults == ()
    assert apart(sqlite_register) == []
    assert rebuild.check(sqlite_register, field.later()).differing == ()


# --- what is no fault of the program -------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [OSError(), MemoryError(), KeyboardInterrupt(), StoreBusy(), DiskFull()])
def test_what_is_not_of_the_submission_stops_as_ever(
    sqlite_register: Register, monkeypatch: pytest.MonkeyPatch, fault: BaseException
) -> None:
    """Nothing is set apart for it, and nothing is lost."""
    field = sent(sqlite_register)

    def derive(*_: Any) -> None:
        raise fault

    monkeypatch.setattr(case_unit, "derive", derive)
    with pytest.raises(type(fault)):
        build(sqlite_register, field)
    monkeypatch.undo()

    assert apart(sqlite_register) == []
    build(sqlite_register, field)
    with sqlite_register.reading() as rows:
        assert unbuilt(rows) == (0, 0, 0)


def test_a_row_that_the_database_refuses_is_the_submissions_own(register: Register) -> None:
    """A rule of the schema that is broken by what is built for it, on both databases."""

    def act(rows: Rows, units: list[str]) -> None:
        if "wrong" in units:
            rows.many(to_build, [{"priority": None, "unit": "x", "arrival": 0}])

    with register.writing() as rows:
        found = portions.each_alone(rows, ["a", "wrong", "b"], lambda units: act(rows, list(units)))
    assert list(found) == ["wrong"]
