"""A no that a correction lays over an interview at the desk does what the same no from a phone does; and somebody else looks."""

from __future__ import annotations

import pytest

from sync_scripts.publish.audiences import may_leave
from sync_scripts.publish.lists import cases_of
from sync_scripts.register.consent_decisions.decide import record
from sync_scripts.register.consents.doors import answer_for
from sync_scripts.register.consents.errors import LookedAtByAnother
from sync_scripts.register.disclosure.sharing import Asked
from sync_scripts.register.purging.person import erase_person
from sync_scripts.register.rules.kinds import STOPPED_TASKS
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.schema import register as tables
from tests import every_decision
from tests.decisions.work import SUPERVISOR, Work
from tests.register.beginnings import played_once
from tests.register.field import CASE, Field, known
from tests.register.test_critical import local
from tests.register.test_late_no import CODE, GRAVE, KIND, NO, OWNERS, open_kinds

GATE = "interview.consent_case"


@pytest.fixture
@played_once
def work(sqlite_register: Register) -> Work:
    """A critical case of nothing but its interview."""
    made = Work(Field(sqlite_register))
    for code, roles in (("CO-01", "coordinator"), ("SU-01", "supervisor"), ("RD-01", "case_owner")):
        made.do(every_decision.name_worker, code, roles)
    made.field.send("case", "c1", GRAVE)
    made.do(every_decision.assign, CODE, "RD-01")
    return made


def refuse(work: Work, field: str = GATE) -> None:
    """Lay a no over the gate of the interview."""
    work.do(every_decision.correct, CODE, field, "no", reason="The documenter says that she refused")


def may_refer(work: Work) -> bool:
    """Tell whether she may be referred for her health."""
    with work.field.register.reading() as rows:
        return answer_for(
            rows, CODE, Asked("referral", "other_ngo", service="health"), work.field.now
        ).allowed


@pytest.mark.parametrize("field", [GATE, "interview.is_private"])
def test_it_stops_the_work_and_holds_the_level(work: Work, field: str) -> None:
    """Nothing leaves any more, what was due ends at that instant, and somebody looks before the limit of medicine that ran."""
    assert may_refer(work)
    refuse(work, field)
    (look,), at = work.tasks(KIND), work.field.now
    (plan,) = work.tasks("plan", done=True)
    why = {one.code: may_leave(one, OWNERS) for one in cases_of(work.field.register, at)}

    assert not may_refer(work)
    assert {row["state"] for row in work.field.rows(tables.consent)} == {"refused"}
    assert (work.case()["urgency"], why[CODE]) == ("critical", "withdrawn")
    assert (look["subject"], look["due_at"]) == (f"case:{CODE}", local(2026, 11, 20, 18)), "6 h before it"
    assert plan["done_at"][:16] == instant(at)[:16]
    assert open_kinds(work).isdisjoint(STOPPED_TASKS)


def test_somebody_else_looks_than_who_wrote_it(work: Work) -> None:
    """Whoever corrected the gate does not say that somebody looked, nor does a code that was typed."""
    refuse(work)
    work.refused(LookedAtByAnother, every_decision.end_task, CODE, KIND, reason="Seen")
    work.refused(
        every_decision.OwnHandMissing,
        every_decision.end_task,
        CODE,
        KIND,
        reason="Seen",
        by=Actor("SU-01", "claimed"),
    )
    work.do(every_decision.end_task, CODE, KIND, reason="She was asked", by=SUPERVISOR)

    assert work.tasks(KIND) == []


def test_who_wrote_it_does_not_erase_it_alone(work: Work) -> None:
    """Somebody else does, also where nobody said before that they looked."""
    refuse(work)
    work.refused(LookedAtByAnother, erase_person, CODE, "V1", reason="she asked")
    work.do(erase_person, CODE, "V1", reason="she asked", by=SUPERVISOR)

    assert work.field.rows(tables.interview)[0]["language"] is None


def test_taken_back_it_goes_on_as_before(work: Work) -> None:
    """It was a slip of the pen."""
    before, stood = open_kinds(work), work.field.rows(tables.consent)
    refuse(work)
    work.do(every_decision.restore, CODE, GATE, reason="Another case")

    assert (open_kinds(work), work.field.rows(tables.consent)) == (before, stood)


def test_a_yes_of_before_does_not_lift_it(work: Work) -> None:
    """What was recorded at the desk before she refused all of it; asked again afterwards, she agrees anew."""
    work.do(record, CODE, {"services": "yes"})
    refuse(work)
    assert not may_refer(work)
    work.do(record, CODE, {"services": "yes"})

    assert may_refer(work)


def test_a_yes_of_before_does_not_lift_the_no_of_a_phone_either(work: Work) -> None:
    """The phone's no came later."""
    work.do(record, CODE, {"services": "yes"})
    work.field.send("case", "c1", NO, edit=1)

    assert not may_refer(work)


def test_the_same_no_from_the_phone_asks_nothing_anew(work: Work) -> None:
    """Who looked at it looked at it; taken back at the desk, what the phone says asks for its own look."""
    refuse(work)
    work.do(every_decision.end_task, CODE, KIND, reason="She was asked", by=SUPERVISOR)
    work.field.send("case", "c1", NO, edit=1)
    assert (work.tasks(KIND), work.case()["urgency"]) == ([], "critical")
    work.do(every_decision.restore, CODE, GATE, reason="x")

    assert [row["workspace"] for row in work.tasks(KIND)] == [None], "no event raised it"


def test_over_a_no_of_the_phone_a_yes_at_the_desk_lets_it_go_on(work: Work) -> None:
    """She was asked again, and the gate corrected."""
    work.field.send("case", "c1", {**GRAVE, **NO}, edit=1)
    assert work.tasks(KIND)
    work.do(every_decision.correct, CODE, GATE, "yes", reason="The documenter's finger slipped")

    assert (work.tasks(KIND), may_refer(work)) == ([], True)


def test_of_what_was_never_urgent_nobody_else_is_asked(sqlite_register: Register) -> None:
    """As of the same no from a phone."""
    work = Work(Field(sqlite_register))
    work.field.send("case", "c1", CASE)
    refuse(work)

    assert (work.case()["urgency"], work.tasks(KIND)) == ("medium", [])
    assert work.sound()


def test_with_somebody_else_who_agrees_the_work_goes_on(work: Work) -> None:
    """One interview of two is refused: the other woman's work does not stop."""
    work.field.send(
        "case", "c2", known(CODE, {**GRAVE, "victims": [{**GRAVE["victims"][0], "victim_uid": "w1"}]})
    )
    before = open_kinds(work)
    refuse(work, "interview.1.consent_case")

    assert before - open_kinds(work) == set()
    assert len(work.tasks(KIND)) == 1
