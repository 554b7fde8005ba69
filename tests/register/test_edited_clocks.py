"""A form that is sent again moves no clock of law or medicine later, and takes none away: nothing proves who sends it."""

from __future__ import annotations

from typing import Any

import pytest

from sync_scripts.register.care import rebuild
from sync_scripts.register.consent_decisions.decide import withdraw
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.schema import register as tables
from tests import every_decision
from tests.decisions.work import CASE_CODE, OWNER, Work
from tests.register.field import CASE, FOLLOWUP, Field, Said, act, changed, flags, service
from tests.register.test_critical import ARRESTED, detained, legal

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
    before, row = due(field, "custody_limit"), field.one(tables.detention)
    field.send("case", "c1", detained(**again), edit=1)
    after = field.one(tables.detention)

    assert len(before) == 8
    assert before <= due(field, "custody_limit")
    assert (after["next_limit_at"], after["lawful_until"]) == (row["next_limit_at"], row["lawful_until"])
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


# --- an edit that takes the act itself away -----------------------------------------------------------------------

HELD = detained(arrested_at=ARRESTED, legal_basis="preliminary")
RAPED = raped("2026-11-20", time_of_day="morning")
NO_ACT: dict[str, Any] = {**RAPED, "acts": []}


def other_act(said: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return the same interview with another act, of another uid, in the place of the first."""
    return changed(said, {"acts": [act(1, **{**said["acts"][0], "act_uid": "b1", **more})]})


def a_case(register: Register, said: Said) -> Work:
    """Return a case of one interview, in somebody's charge."""
    work = Work(Field(register))
    for code, roles in (("CO-01", "coordinator"), ("SU-01", "supervisor"), ("RD-01", "case_owner")):
        work.do(every_decision.name_worker, code, roles)
    work.field.send("case", "c1", said)
    work.do(every_decision.assign, CASE_CODE, "RD-01")
    return work


@pytest.mark.parametrize(
    "again",
    [
        NO_ACT,
        changed(CASE, {"acts": [act(1)]}),
        other_act(HELD, detention=None),
        other_act(HELD, detention={"arrested_at": LATER, "legal_basis": "terrorism"}),
    ],
)
def test_a_custody_that_an_edit_takes_out_keeps_its_limits(register: Register, again: dict[str, Any]) -> None:
    """Without the act, without its custody, with another act in its place: on both databases a rebuild comes to the same."""
    work = a_case(register, HELD)
    before = work.tasks("custody_limit")
    work.field.send("case", "c1", again, edit=1)
    kept = [row for row in work.tasks("custody_limit") if row["subject"] == "detention:a1"]

    assert (len(before), kept) == (8, before), "as they were: time, message and who has them"
    assert all(row["escalated_at"] == row["due_at"] for row in kept)
    assert "act_left_out" in flags(work.field)
    assert work.sound()


@pytest.mark.parametrize(
    "again",
    [
        NO_ACT,
        other_act(RAPED),
        other_act(RAPED, violation="threat"),
        {**RAPED, "incident": {}},
        {**NO_ACT, "incident": {}, "victims": []},
    ],
)
def test_care_for_an_act_that_an_edit_takes_out_keeps_its_limits(
    register: Register, again: dict[str, Any]
) -> None:
    """Without the act or the facts, with another act in its place."""
    work = a_case(register, RAPED)
    before = work.tasks("clinical_limit")
    work.field.send("case", "c1", again, edit=1)
    kept = [row for row in work.tasks("clinical_limit") if row["subject"] == "act:a1"]

    assert (len(before), kept) == (6, before)
    assert work.sound()


def test_a_referral_keeps_the_limit_of_such_an_act(sqlite_register: Register) -> None:
    """A service that was asked for is due no later because the act is told no more."""
    work = a_case(sqlite_register, RAPED)
    work.field.send("followup", "f1", service(CASE_CODE, "planned", timeframe="14_days"))
    before = work.field.one(tables.intervention)["due_at"]
    work.field.send("case", "c1", NO_ACT, edit=1)

    assert work.field.one(tables.intervention)["due_at"] == before
    assert work.sound()


def test_further_edits_take_nothing_away_either(sqlite_register: Register) -> None:
    """What comes back is there once; what goes again stays watched, by the earliest that any version told."""
    work = a_case(sqlite_register, HELD)
    before = work.tasks("custody_limit")
    work.field.send("case", "c1", NO_ACT, edit=1)
    work.field.send("case", "c1", detained(arrested_at=LATER, legal_basis="preliminary"), edit=2)
    assert work.tasks("custody_limit") == before
    assert "act_left_out" not in flags(work.field)
    work.field.send("case", "c1", NO_ACT, edit=3)

    assert work.tasks("custody_limit") == before
    assert work.sound()


def test_a_correction_of_before_counts_as_well(sqlite_register: Register) -> None:
    """Somebody at the desk had put the hour of the arrest earlier: it stays earlier once the act is gone."""
    work = a_case(sqlite_register, detained(arrested_at=LATER, legal_basis="preliminary"))
    work.do(
        every_decision.correct, CASE_CODE, "detention.arrested_at", ARRESTED, reason="Heard of the lawyer"
    )
    before = work.tasks("custody_limit")
    work.field.send("case", "c1", NO_ACT, edit=1)

    assert work.tasks("custody_limit") == before
    assert work.sound()


@pytest.mark.parametrize(("said", "kind"), [(HELD, "custody_limit"), (RAPED, "clinical_limit")])
def test_a_person_with_a_key_ends_it(sqlite_register: Register, said: dict[str, Any], kind: str) -> None:
    """Once somebody looked at the change; whoever only typed a code does not."""
    work = a_case(sqlite_register, said)
    work.field.send("case", "c1", NO_ACT, edit=1)
    names = [row["task_id"] for row in work.tasks(kind)]
    typed = Actor("SU-01", "claimed")
    work.refused(
        every_decision.OwnHandMissing, every_decision.end_task, CASE_CODE, names[0], reason="x", by=typed
    )
    for name in names:
        work.do(every_decision.end_task, CASE_CODE, name, reason="Asked the enumerator", by=OWNER)

    assert (work.tasks(kind), len(work.tasks(kind, done=True))) == ([], len(names))
    assert work.sound()


def test_a_service_for_whoever_suffered_it_ends_its_care(sqlite_register: Register) -> None:
    """As if the act were told still."""
    work = a_case(sqlite_register, RAPED)
    work.field.send("case", "c1", NO_ACT, edit=1)
    work.field.send("followup", "f1", service(CASE_CODE, "done"))

    assert work.tasks("clinical_limit") == []
    assert work.sound()


def test_a_withdrawal_ends_it(sqlite_register: Register) -> None:
    """Nobody works on without her."""
    work = a_case(sqlite_register, RAPED)
    work.field.send("case", "c1", NO_ACT, edit=1)
    work.do(withdraw, CASE_CODE, reason="She said so")

    assert work.tasks("clinical_limit") == []
    assert work.sound()


@pytest.mark.parametrize("corrected", [True, False])
def test_a_no_ends_it(sqlite_register: Register, *, corrected: bool) -> None:
    """By an edit or at the desk: nothing of the interview is documented any more, and somebody looks at that no."""
    work = a_case(sqlite_register, RAPED)
    work.field.send("case", "c1", NO_ACT, edit=1)
    if corrected:
        work.do(every_decision.correct, CASE_CODE, "interview.consent_case", "no", reason="She said so")
    else:
        work.field.send("case", "c1", {"gate": {"consent_case": "no"}}, edit=2)

    assert work.tasks("clinical_limit") == []
    assert work.sound()


# --- courts -------------------------------------------------------------------------------------------------------

HEARING, PUT_OFF = "2026-12-10T09:00:00.000+01:00", "2026-12-20T09:00:00.000+01:00"
JUDGED = {"decided_on": "2026-11-19", "decision": "conviction"}


def before_a_court(register: Register, *, step: str = "hearing", **said: str) -> Work:
    """Return a case with one step before a court."""
    work = a_case(register, CASE)
    work.field.send("followup", "f1", legal(CASE_CODE, step, **said))
    return work


@pytest.mark.parametrize(
    "day", [PUT_OFF, "2025-12-10T09:00:00.000+01:00", "2026-12-05T09:00:00.000+01:00", None]
)
def test_a_hearing_keeps_its_reminders(register: Register, day: str | None) -> None:
    """A later day, one that is over, an earlier one or none: the day that was told first is recalled as well."""
    work = before_a_court(register, hearing_at=HEARING)
    before = work.tasks("hearing")
    work.field.send("followup", "f1", legal(CASE_CODE, **({"hearing_at": day} if day else {})), edit=1)
    after = work.tasks("hearing")

    assert len(before) == 2
    assert all(row in after for row in before)
    assert len(after) == (4 if day and day > "2026-12" else 2), "what may be right is recalled, too"
    assert work.sound()


def test_each_day_of_a_hearing_has_its_own_reminders(sqlite_register: Register) -> None:
    """What a person ended stays ended, and nothing else with it."""
    work = before_a_court(sqlite_register, hearing_at=HEARING)
    for row in work.tasks("hearing"):
        work.do(every_decision.end_task, CASE_CODE, row["task_id"], reason="The court put it off", by=OWNER)
    for number, day in enumerate((PUT_OFF, "2026-12-15T09:00:00.000+01:00", HEARING), start=1):
        work.field.send("followup", "f1", legal(CASE_CODE, hearing_at=day), edit=number)

    assert {row["due_at"][:10] for row in work.tasks("hearing")} == {
        "2026-12-08",
        "2026-12-13",
        "2026-12-18",
    }
    assert (len(work.tasks("hearing")), len(work.tasks("hearing", done=True))) == (4, 2)
    assert work.sound()


def test_a_person_moves_a_hearing_to_an_earlier_day(sqlite_register: Register) -> None:
    """A correction is somebody's word: what it lies over gives way, as without the edit."""
    work = before_a_court(sqlite_register, hearing_at=HEARING)
    work.field.send("followup", "f1", legal(CASE_CODE, "bail", hearing_at=HEARING), edit=1)
    field, day = "legal_event.hearing_at", "2026-12-05T09:00:00.000+01:00"
    work.do(every_decision.correct, CASE_CODE, field, day, reason="The clerk called")

    assert {row["due_at"][:10] for row in work.tasks("hearing")} == {"2026-11-28", "2026-12-03"}
    assert work.sound()


@pytest.mark.parametrize(
    "again",
    [
        {"decided_on": "2026-11-20", "decision": "conviction"},
        {"decided_on": "2026-11-19", "decision": "other"},
        {"decided_on": "2025-11-19", "decision": "conviction"},
        {},
    ],
)
def test_an_appeal_keeps_its_limit(register: Register, again: dict[str, str]) -> None:
    """A later judgment, one against which there is no appeal, one of which the time is over, none."""
    work = before_a_court(register, step="judgment", **JUDGED)
    before = work.tasks("appeal_limit")
    work.field.send("followup", "f1", legal(CASE_CODE, "judgment", **again), edit=1)

    assert before
    assert work.tasks("appeal_limit") == before
    assert work.sound()


@pytest.mark.parametrize(
    ("kind", "step", "said"),
    [("hearing", "hearing", {"hearing_at": HEARING}), ("appeal_limit", "judgment", JUDGED)],
)
def test_a_step_that_an_edit_takes_out_keeps_its_reminders(
    register: Register, kind: str, step: str, said: dict[str, str]
) -> None:
    """The visit tells of no court any more: somebody asks, and a later step before that court ends them as before."""
    work = before_a_court(register, step=step, **said)
    before = work.tasks(kind)
    contact = changed(FOLLOWUP, {"header": {"case_code": CASE_CODE}})
    work.field.send("followup", "f1", contact, edit=1)

    assert before
    assert work.tasks(kind) == before
    assert "step_left_out" in flags(work.field)
    assert work.sound()
    work.field.send("followup", "f2", legal(CASE_CODE, "appeal" if kind == "appeal_limit" else "judgment"))
    assert work.tasks(kind) == []
    assert work.sound()


def test_a_step_that_is_told_no_more_ends_nothing(sqlite_register: Register) -> None:
    """Whoever takes a judgment out of a form says that there was none."""
    work = before_a_court(sqlite_register, hearing_at=HEARING)
    before = work.tasks("hearing")
    work.field.send("followup", "f2", legal(CASE_CODE, "judgment", **JUDGED))
    assert work.tasks("hearing") == []
    work.field.send("followup", "f2", changed(FOLLOWUP, {"header": {"case_code": CASE_CODE}}), edit=1)

    assert (work.tasks("hearing"), bool(work.tasks("appeal_limit"))) == (before, True)
    assert work.sound()
