"""What medicine and law set a limit to: reminders before it, ended by what was done, all of one custody by one word."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from sync_scripts.register.lifecycle.errors import GuardFails
from sync_scripts.register.model.errors import OwnHandMissing
from sync_scripts.register.obligations.legal_limits import same_matter
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.schema import register as tables
from tests import every_decision
from tests.decisions.test_case_moves import to_follow_up
from tests.decisions.work import ALERT_CODE, CASE_CODE, OWNER, SUPERVISOR, Work, begin
from tests.register.beginnings import played_once
from tests.register.field import CASE, FOLLOWUP, act, changed, closing, known, service, victim
from tests.register.test_critical import ARRESTED, legal


def raped(register: Register, day: str, **incident: str) -> Work:
    """Return a register with one case of rape; the first form arrives on 20 November about noon."""
    work = begin(register, consent=False)
    said = {
        "header": {"alert_code": ALERT_CODE},
        "incident": {"incident_date": day, **incident},
        "acts": [act(1, violation="rape")],
    }
    work.field.send("case", "c1", changed(CASE, said))
    return work


def test_care_is_due_before_each_limit_from_the_earliest_hour_that_can_be_meant(register: Register) -> None:
    """Prophylaxis 72 hours, contraception 120 hours after the evening of the day before; 48, 24 and 6 hours ahead."""
    work = raped(register, "2026-11-19", time_of_day="evening")

    assert sorted(task["due_at"][:16] for task in work.tasks("clinical_limit")) == [
        "2026-11-20T17:00",
        "2026-11-21T17:00",
        "2026-11-22T11:00",
        "2026-11-22T17:00",
        "2026-11-23T17:00",
        "2026-11-24T11:00",
    ]
    assert {task["assigned_to"] for task in work.tasks("clinical_limit")} == {"RD-01"}
    assert work.sound()


def test_care_that_was_given_or_declined_ends_them(register: Register) -> None:
    """A provider that says no ends nothing."""
    work = raped(register, "2026-11-19")
    one = work.do(every_decision.plan_service, CASE_CODE, "health").number
    assert work.tasks("clinical_limit")
    work.do(every_decision.move_service, CASE_CODE, one, "declined")

    assert not work.tasks("clinical_limit")
    assert work.sound()


def still_waiting(work: Work) -> set[str]:
    """Return the acts before whose limits somebody is still reminded."""
    return {task["subject"] for task in work.tasks("clinical_limit")}


def of_two(register: Register, *acts: dict[str, Any]) -> Work:
    """Return a register with one case of two women."""
    work = begin(register, consent=False)
    said = {
        "header": {"alert_code": ALERT_CODE},
        "incident": {"incident_date": "2026-11-19"},
        "victims": [victim(1), victim(2)],
        "acts": list(acts),
    }
    work.field.send("case", "c1", changed(CASE, said))
    return work


@pytest.mark.parametrize("became", ["done", "declined"])
def test_care_of_one_woman_is_none_of_another(sqlite_register: Register, became: str) -> None:
    """What V1 got, or did not want, leaves the reminders of V2 as they are; only her own service ends them."""
    work = of_two(
        sqlite_register, act(1, "V1", violation="rape"), act(2, "V2", violation="rape"), act(3, "V2")
    )
    for person, left in (("V1", {"act:a2"}), ("V2", set())):
        made = work.do(every_decision.plan_service, CASE_CODE, "health", person=person)
        if became == "done":
            work.do(every_decision.move_service, CASE_CODE, made.number, "ongoing")
        work.do(every_decision.move_service, CASE_CODE, made.number, became)
        assert still_waiting(work) == left
    assert work.sound()


def test_an_act_against_two_waits_for_both(sqlite_register: Register) -> None:
    """It ends when the second one was cared for, and by another service never."""
    work = of_two(sqlite_register, act(1, "V1 V2", violation="rape"))
    for kind, person in (("health", "V1"), ("legal", "V2")):
        made = work.do(every_decision.plan_service, CASE_CODE, kind, person=person)
        work.do(every_decision.move_service, CASE_CODE, made.number, "declined")
        assert still_waiting(work) == {"act:a1"}
    made = work.do(every_decision.plan_service, CASE_CODE, "health", person="V2")
    work.do(every_decision.move_service, CASE_CODE, made.number, "declined")
    last = work.events()[-1].at

    assert {task["done_at"] for task in work.tasks("clinical_limit", done=True)} == {last}
    assert work.sound()


def test_an_act_against_nobody_that_is_there_waits_for_everybody_of_its_form(
    sqlite_register: Register,
) -> None:
    """A wrong number on the form takes no reminder away."""
    work = of_two(sqlite_register, act(1, "V7", violation="rape"))
    for person, left in (("V1", {"act:a1"}), ("V2", set())):
        made = work.do(every_decision.plan_service, CASE_CODE, "health", person=person)
        work.do(every_decision.move_service, CASE_CODE, made.number, "declined")
        assert still_waiting(work) == left


def test_care_of_before_an_act_is_none_for_it(sqlite_register: Register) -> None:
    """She was cared for in November; she is raped in December, and her reminders begin anew and end with care of then."""
    work = begin(sqlite_register)
    work.field.send("followup", "f1", service(CASE_CODE, "done"))
    work.field.later(days=30)
    said = {
        "incident": {"incident_date": "2026-12-20"},
        "victims": [victim(1)],
        "acts": [act(2, "V1", violation="rape")],
    }
    work.field.send("case", "c2", known(CASE_CODE, changed(CASE, said)))
    assert still_waiting(work) == {"act:a2"}
    made = work.do(every_decision.plan_service, CASE_CODE, "health", person="V1")
    work.do(every_decision.move_service, CASE_CODE, made.number, "declined")

    assert not still_waiting(work)
    assert {task["done_at"] for task in work.tasks("clinical_limit", done=True)} == {work.events()[-1].at}
    assert work.sound()


def test_what_a_decision_ended_ended_then_and_not_with_the_visit_before_it(sqlite_register: Register) -> None:
    """The visit of the morning planned the service; she declined it in the evening."""
    work = raped(sqlite_register, "2026-11-19")
    work.field.send("followup", "f1", service(CASE_CODE, "planned"))
    work.do(every_decision.move_service, CASE_CODE, 1, "declined")

    assert {task["done_at"] for task in work.tasks("clinical_limit", done=True)} == {work.events()[-1].at}
    assert work.sound()


@pytest.mark.parametrize("asked_for", [None, "2026-12-24", "2026-11-19"])
def test_no_day_that_is_typed_moves_care_behind_its_limit(register: Register, asked_for: str | None) -> None:
    """A service said to be asked for in a month is due with the first limit all the same."""
    work = raped(register, "2026-11-19", time_of_day="evening")
    day = date.fromisoformat(asked_for) if asked_for else None
    made = work.do(every_decision.plan_service, CASE_CODE, "health", timeframe="14_days", requested_on=day)
    work.do(every_decision.set_service, CASE_CODE, made.number, due_at="2026-12-31T22:59:59.000000Z")
    (row,) = work.field.rows(tables.intervention)

    assert row["due_at"] == "2026-11-22T17:00:00.000000Z"
    assert work.sound()


@pytest.mark.parametrize(
    "incident",
    [
        {"day": "2026-11-10"},
        {"day": "2026-10-19", "date_precision": "unknown_day"},
        {"day": "2025-11-19", "date_precision": "unknown_month"},
    ],
)
def test_a_limit_that_had_passed_raises_nothing(register: Register, incident: dict[str, str]) -> None:
    """There is nothing left to do before it; care is still offered. Without a day it had passed if it had on the last one.

    That an unknown day of this very month raised nothing either stood here before: she may have been raped yesterday.
    """
    work = raped(register, **incident)

    assert not work.tasks("clinical_limit")


def test_an_open_clinical_task_keeps_a_case_from_its_closure(register: Register) -> None:
    """It is ended by care, or by somebody who says why there is none."""
    work = raped(register, "2026-11-19")
    work.do(every_decision.set_urgency, CASE_CODE, None)
    to_follow_up(work)
    work.field.send("closure", "k1", closing(CASE_CODE))
    work.do(every_decision.move, CASE_CODE, "closure_pending", by=OWNER)
    words = work.refused(GuardFails, every_decision.move, CASE_CODE, "closed", by=SUPERVISOR)
    assert "clinical limit" in words
    while work.tasks("clinical_limit"):
        work.do(every_decision.end_task, CASE_CODE, "clinical_limit", reason="She was treated elsewhere")
    work.do(every_decision.set_urgency, CASE_CODE, "high", reason="Treated elsewhere")
    work.do(every_decision.move, CASE_CODE, "closed", by=SUPERVISOR)

    assert work.case()["state"] == "closed"


def test_an_appeal_is_due_before_its_last_day(register: Register) -> None:
    """Seven, three days and one day ahead; ended by the step that says that it was made."""
    work = begin(register)
    judged = {
        "header": {"case_code": CASE_CODE, "fu_type": "legal"},
        "legal": {
            "legal_step": "judgment",
            "court": "tpi",
            "decision": "acquittal",
            "decided_on": "2026-11-19",
        },
    }
    work.field.send("followup", "f1", changed(FOLLOWUP, judged))
    assert sorted(task["due_at"][:10] for task in work.tasks("appeal_limit")) == [
        "2026-11-21",
        "2026-11-25",
        "2026-11-27",
    ]
    made = {
        "header": {"case_code": CASE_CODE, "fu_type": "legal"},
        "legal": {"legal_step": "appeal", "court": "tpi"},
    }
    work.field.send("followup", "f2", changed(FOLLOWUP, made))

    assert not work.tasks("appeal_limit")
    assert work.sound()


def test_a_plan_that_was_made_ends_its_task(register: Register) -> None:
    """By the move, before anything is served."""
    work = begin(register)
    work.do(every_decision.move, CASE_CODE, "assessment")
    assert work.tasks("plan")
    work.do(every_decision.move, CASE_CODE, "action_plan")

    assert not work.tasks("plan")


HELD = {"arrested_at": ARRESTED, "legal_basis": "preliminary"}
TYPED = Actor("CO-01", "claimed")
SAID: dict[str, Any] = {"reason": "Brought before the prosecutor on Saturday"}


@pytest.fixture
@played_once
def work(sqlite_register: Register) -> Work:
    """A case of two men who are held and one rape, with two hearings ahead."""
    made = begin(sqlite_register)
    acts = [
        act(1, violation="arrest_arbitrary", detention=HELD),
        act(2, violation="arrest_arbitrary", detention={**HELD, "legal_basis": "flagrante"}),
        act(3, violation="rape"),
    ]
    made.field.send("case", "c2", known(CASE_CODE, changed(CASE, {"acts": acts})))
    for number, days in enumerate((20, 40)):
        at = (made.field.now + timedelta(days=days)).isoformat()
        made.field.send(
            "followup", f"f{number}", legal(CASE_CODE, court=("tgi", "ca")[number], hearing_at=at)
        )
    return made


def left(work: Work) -> dict[tuple[str, str], int]:
    """Return how many reminders are open, by kind and subject."""
    found: dict[tuple[str, str], int] = {}
    for kind in ("custody_limit", "clinical_limit", "hearing"):
        for row in work.tasks(kind):
            place = (kind, row["subject"])
            found[place] = found.get(place, 0) + 1
    return found


def test_all_reminders_of_one_custody_end_and_of_no_other(work: Work) -> None:
    """Without it one ends, and how many stay is said; a rebuild comes to the same."""
    before = left(work)
    first = work.do(every_decision.end_task, CASE_CODE, "custody_limit", **SAID)
    (held,) = (place for place in before if left(work).get(place) != before[place])
    assert (first.also, first.left, left(work)[held]) == (0, 7, 7)
    done = work.do(every_decision.end_task, CASE_CODE, next_of(work, held), whole=True, **SAID)

    assert (done.also, done.left) == (6, 0)
    assert left(work) == {place: count for place, count in before.items() if place != held}


def next_of(work: Work, place: tuple[str, str]) -> str:
    """Return the id of an open reminder of a matter."""
    return next(str(row["task_id"]) for row in work.tasks(place[0]) if row["subject"] == place[1])


def test_one_hearing_ends_and_not_the_other(work: Work) -> None:
    """Both stand under the case."""
    done = work.do(every_decision.end_task, CASE_CODE, "hearing", whole=True, **SAID)

    assert (done.also, len(work.tasks("hearing"))) == (1, 2)
    assert {row["about"] for row in work.tasks("hearing")} == {"followup/f1"}


def test_what_was_said_by_mistake_is_taken_back_whole(work: Work) -> None:
    """Only what people ended: every reminder stands as it did."""
    before = left(work)
    work.do(every_decision.end_task, CASE_CODE, "custody_limit", whole=True, **SAID)
    opened = work.do(
        every_decision.open_task, CASE_CODE, "custody_limit", reason="It was the other one", whole=True
    )

    assert opened.also == 7
    assert left(work) == before


def test_only_a_proved_person_says_so(work: Work) -> None:
    """Of an appeal, too."""
    day = work.field.now.date().isoformat()
    work.field.send(
        "followup", "f9", legal(CASE_CODE, "judgment", "tpi", decision="conviction", decided_on=day)
    )
    for kind in ("custody_limit", "appeal_limit"):
        work.refused(OwnHandMissing, every_decision.end_task, CASE_CODE, kind, by=TYPED, whole=True, **SAID)


def test_a_task_that_is_no_reminder_is_alone(work: Work) -> None:
    """However many of its kind there are."""
    row = work.tasks("plan")[0]

    assert same_matter(row, [row, {**row, "task_id": "x"}]) == []
