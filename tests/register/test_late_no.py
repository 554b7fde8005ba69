"""A no that an edit lays over an interview: the work stops, the level stays until somebody decides, and somebody looks."""

from __future__ import annotations

import pytest

from sync_scripts.publish.audiences import Audience, Team, may_leave
from sync_scripts.publish.lists import cases_of
from sync_scripts.register.consent_decisions import decide as consents
from sync_scripts.register.rules.kinds import STOPPED_TASKS
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.schema import register as tables
from tests import every_decision
from tests.decisions.work import OWNER, SUPERVISOR, Work
from tests.register.beginnings import played_once
from tests.register.field import CASE, Field, act, changed, dealt, known, victim
from tests.register.test_critical import local

KIND = "withdrawal_check"
CODE = dealt(0, "DK")
NO = {"gate": {"interview_private": "yes", "consent_case": "no"}}
GRAVE = changed(CASE, {"victims": [victim(1, victim_is_child="1")], "acts": [act(1, violation="rape")]})
SERVICES = changed(CASE, {"consent": {"c_document": "no"}, "incident": {}, "victims": [], "acts": []})
OWNERS = Audience((Team("nw", frozenset({"CM007002"}), frozenset({"rd-01"})),))


@pytest.fixture
@played_once
def work(register: Register) -> Work:
    """A critical case of nothing but its interview."""
    made = Work(Field(register))
    for code, roles in (("CO-01", "coordinator"), ("SU-01", "supervisor"), ("RD-01", "case_owner")):
        made.do(every_decision.name_worker, code, roles)
    made.field.send("case", "c1", GRAVE)
    made.do(every_decision.assign, CODE, "RD-01")
    return made


def open_kinds(work: Work) -> set[str]:
    """Return the kinds of the tasks that are open."""
    return {row["kind"] for row in work.field.rows(tables.task) if row["done_at"] is None}


def test_the_level_stands_and_somebody_looks(work: Work) -> None:
    """Before the limit of medicine that ran; what was due ends when the no came, and the case leaves the phones."""
    assert (work.case()["urgency"], work.tasks(KIND)) == ("critical", [])
    work.field.send("case", "c1", NO, edit=1)
    (look,), at = work.tasks(KIND), work.field.now
    (plan,) = work.tasks("plan", done=True)
    why = {one.code: may_leave(one, OWNERS) for one in cases_of(work.field.register, work.field.now)}

    assert (work.case()["urgency"], work.case()["service_only"]) == ("critical", False)
    assert (work.field.rows(tables.act), work.field.rows(tables.person)) == ([], [])
    assert (look["subject"], look["due_at"]) == (f"case:{CODE}", local(2026, 11, 20, 18)), "6 h before it"
    assert plan["done_at"] == instant(at)
    assert open_kinds(work).isdisjoint(STOPPED_TASKS)
    assert why[CODE] == "withdrawn"


def test_a_second_edit_asks_nothing_anew(work: Work) -> None:
    """Who looked at the no looked at it; only a proved person does, and lowers the level with a reason."""
    work.field.send("case", "c1", NO, edit=1)
    typed = Actor("SU-01", "claimed")
    work.refused(every_decision.OwnHandMissing, every_decision.end_task, CODE, KIND, reason="Seen", by=typed)
    work.refused(
        every_decision.OwnHandMissing, every_decision.set_urgency, CODE, "low", reason="Refused", by=typed
    )
    work.do(every_decision.end_task, CODE, KIND, reason="The documenter says that she refused", by=SUPERVISOR)
    work.field.send("case", "c1", changed(NO, {"gate": {"interview_private": "no"}}), edit=2)
    work.do(every_decision.set_urgency, CODE, "low", reason="Refused", by=OWNER)

    assert work.tasks(KIND) == []
    assert (work.case()["urgency"], work.case()["urgency_decided"]) == ("medium", "low")


def test_a_yes_that_comes_back_waits_for_a_person(work: Work) -> None:
    """A slip of the finger, or somebody else's hand: somebody looks within a first contact, and writes her answer down."""
    before = open_kinds(work)
    work.field.send("case", "c1", NO, edit=1)
    work.field.send("case", "c1", GRAVE, edit=2)
    (look,) = work.tasks(KIND)
    (remark,) = (row for row in work.field.rows(tables.flag) if row["code"] == "refusal_kept")

    assert look["due_at"] == local(2026, 11, 20, 18), "6 h before the limit, and less than 3 h from now"
    assert (work.case()["urgency"], remark["subject"]) == ("critical", "interview:case/c1")
    assert open_kinds(work).isdisjoint(STOPPED_TASKS)
    assert work.sound()
    work.do(consents.record, CODE, {"services": "yes", "document": "yes"}, reason="She was asked again")
    assert open_kinds(work) == before


def test_a_talk_that_was_held_after_all_goes_on(work: Work) -> None:
    """It could not be held in private at first, or the form began with a refusal: nothing had been said in it yet."""
    for number, gate in enumerate(({"interview_private": "no"}, NO["gate"])):
        work.field.send("case", f"d{number}", {"gate": gate})
        work.field.send("case", f"d{number}", GRAVE, edit=1)
    work.field.send("case", "c1", {"gate": {"interview_private": "no"}}, edit=1)
    work.field.send("case", "c1", GRAVE, edit=2)
    states = {row["state"] for row in work.field.rows(tables.consent) if row["purpose"] == "services"}

    assert (states, work.tasks(KIND)) == ({"given"}, [])


def test_with_somebody_else_who_agrees_the_work_goes_on(work: Work) -> None:
    """What both had said holds the level; once the second one refuses, too, it ends at that instant."""
    other = changed(CASE, {"victims": [{**victim(1), "victim_uid": "w1"}], "acts": []})
    work.field.send("case", "c2", known(CODE, other))
    work.field.send("case", "c1", NO, edit=1)
    assert work.case()["urgency"] == "critical"
    assert "plan" in open_kinds(work)
    assert len(work.tasks(KIND)) == 1
    work.field.send("case", "c2", changed(NO, {"header": {"case_known": "yes", "case_code": CODE}}), edit=1)
    (plan,) = work.tasks("plan", done=True)

    assert plan["done_at"] == instant(work.field.now)
    assert len(work.tasks(KIND)) == 2


def test_whoever_refused_first_does_not_end_the_work_of_another(work: Work) -> None:
    """She agreed until the edit came."""
    refuses = {"c_document": "no", "c_services": "no", "c_refer_identity": "no"}
    other = changed(CASE, {"victims": [{**victim(1), "victim_uid": "w1"}], "acts": [], "consent": refuses})
    work.field.send("case", "c2", known(CODE, other))
    work.field.send("case", "c1", NO, edit=1)
    (plan,) = work.tasks("plan", done=True)

    assert plan["done_at"] == instant(work.field.now)


def test_what_was_never_urgent_asks_for_nobody_else(register: Register) -> None:
    """As an alert that one person may dismiss."""
    work = Work(Field(register))
    work.field.send("case", "c1", CASE)
    level = work.case()["urgency"]
    work.field.send("case", "c1", NO, edit=1)

    assert (work.case()["urgency"], work.tasks(KIND)) == (level, [])
    assert work.sound()


def test_a_case_of_services_only_does_not_vanish_either(register: Register) -> None:
    """Nobody stands in its form, and it was held all the same."""
    work = Work(Field(register))
    work.field.send("case", "c1", SERVICES)
    assert work.case()["service_only"]
    work.field.send("case", "c1", NO, edit=1)

    assert work.case()["case_code"] == CODE
    assert work.sound()
