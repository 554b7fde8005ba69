"""A service within hours is no routine: no edit on a phone takes its reminder away or moves it later; people and later visits do."""

from __future__ import annotations

from typing import Any

import pytest

from sync_scripts.register.directory.providers import set_provider
from sync_scripts.store.database import Register
from tests import every_decision
from tests.decisions.test_left_cases import leave
from tests.decisions.work import CASE_CODE, OWNER, Work, begin
from tests.register.beginnings import played_once
from tests.register.field import CASE, FOLLOWUP, changed, dealt, flags, known, service

AT_ONCE = service(CASE_CODE, "planned", timeframe="1_hour")
REFERRED = service(CASE_CODE, "referred", timeframe="1_hour")
EMPTY = changed(FOLLOWUP, {"header": {"case_code": CASE_CODE}})


@pytest.fixture
@played_once
def work(sqlite_register: Register) -> Work:
    """A register with a case, and a provider."""
    made = begin(sqlite_register)
    made.do(set_provider, "PRE-01", {"name": "Clinique A", "services": "health"})
    return made


def asked(work: Work) -> list[tuple[str, str, str]]:
    """Return the open reminders of services: kind, due time, step up."""
    rows = [row for kind in ("referral_due", "referral_answer") for row in work.tasks(kind)]
    return [(row["kind"], row["due_at"], row["escalated_at"]) for row in rows]


def edited(work: Work, *versions: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Send a visit and its edits; return the reminders of the first version."""
    work.field.send("followup", "f1", versions[0])
    first = asked(work)
    for number, said in enumerate(versions[1:], start=1):
        work.field.send("followup", "f1", said, edit=number)
    return first


LESS: dict[str, dict[str, Any]] = {
    "more time": {"intervention": {"timeframe": "14_days"}},
    "no time": {"intervention": {"timeframe": None}},
    "another day": {"intervention": {"timeframe": "3_days", "requested_on": None}},
}


@pytest.mark.parametrize("less", LESS)
@pytest.mark.parametrize("first", [AT_ONCE, REFERRED], ids=["planned", "referred"])
def test_an_edit_gives_no_service_within_hours_more_time(
    work: Work, first: dict[str, Any], less: str
) -> None:
    """The reminder is due, and goes up, as it was; a remark says so."""
    before = edited(work, first, changed(first, LESS[less]))

    assert asked(work) == before
    assert len(before) == 1
    assert "service_kept" in flags(work.field)


@pytest.mark.parametrize("first", [AT_ONCE, REFERRED], ids=["planned", "referred"])
def test_an_edit_that_takes_the_service_out_leaves_its_reminder(work: Work, first: dict[str, Any]) -> None:
    """Nothing else is made of it: no service in the case. A person ends the reminder, for good."""
    before = edited(work, first, EMPTY)
    assert asked(work) == before
    assert "service_kept" in flags(work.field)
    assert work.sound()
    work.do(every_decision.end_task, CASE_CODE, before[0][0], reason="Nobody needs it", by=OWNER)
    work.field.send("followup", "f1", changed(EMPTY, {"result": {"fu_note": "Seen"}}), edit=2)

    assert asked(work) == []


def test_an_edit_tells_what_became_of_it(work: Work) -> None:
    """It was referred since, then done: that counts as before."""
    before = edited(work, AT_ONCE, REFERRED)
    assert [row[0] for row in asked(work)] == ["referral_answer"]
    assert asked(work)[0][1:] == before[0][1:]
    work.field.send("followup", "f1", service(CASE_CODE, "done", timeframe="14_days"), edit=2)

    assert asked(work) == []
    assert "service_kept" not in flags(work.field)


def test_a_routine_service_follows_its_form(work: Work) -> None:
    """Nobody is in danger by a day more."""
    routine = service(CASE_CODE, "planned", timeframe="3_days")
    (before,) = edited(work, routine, changed(routine, {"intervention": {"timeframe": "14_days"}}))
    assert asked(work)[0][1] > before[1]
    work.field.send("followup", "f1", EMPTY, edit=2)

    assert asked(work) == []
    assert "service_kept" not in flags(work.field)


def test_a_person_and_a_later_visit_give_it_another_time(work: Work) -> None:
    """A decision before or after the edit; a visit of its own."""
    later = changed(AT_ONCE, {"intervention": {"timeframe": "14_days"}})
    (before,) = edited(work, AT_ONCE, later)
    work.do(every_decision.set_service, CASE_CODE, 1, timeframe="3_days")
    assert asked(work)[0][1] > before[1]
    work.field.send("followup", "f2", service(CASE_CODE, "planned", timeframe="7_days"))
    work.field.send("followup", "f2", EMPTY, edit=1)

    assert asked(work)[0][1] > before[1]


def test_what_leaves_for_another_case_is_asked_for_there(work: Work) -> None:
    """It was sent with a wrong code: nothing of it stays behind."""
    work.field.send("case", "c9", known(dealt(1, "DK"), CASE))
    (before,) = edited(work, AT_ONCE, changed(AT_ONCE, {"header": {"case_code": dealt(1, "DK")}}))
    assert [row[1] for row in asked(work)] == [before[1]]
    assert "service_kept" not in flags(work.field)


@pytest.mark.parametrize("code", ["DK-?", None])
def test_a_visit_that_leaves_for_no_case_leaves_its_reminder(work: Work, code: str | None) -> None:
    """Its code cannot be read any more: the service is asked for where it was, until it is back or a person ends that."""
    gone = changed(AT_ONCE, {"header": {"case_code": code}})
    before = edited(work, AT_ONCE, gone)
    assert asked(work) == before
    assert work.sound()
    work.field.send("followup", "f1", AT_ONCE, edit=2)
    assert asked(work) == before
    assert work.sound()
    work.field.send("followup", "f1", gone, edit=3)
    work.do(every_decision.end_task, CASE_CODE, "referral_due", reason="It was a slip", by=OWNER)

    assert asked(work) == []


def test_a_case_that_is_left_asks_for_nothing_more(work: Work) -> None:
    """The reminder ends with the work, as every one."""
    edited(work, AT_ONCE, EMPTY)
    leave(work, "closed")

    assert asked(work) == []
