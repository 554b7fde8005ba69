"""What else becomes of an alert, and what ends its tasks: facts, and decisions that say why."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sync_scripts.register.alert_decisions.event_links import decide
from sync_scripts.register.consent_decisions.of_alerts import withdraw_alert
from sync_scripts.register.directory.providers import set_provider
from sync_scripts.register.lifecycle.errors import GuardFails, MoveNotListed, MoveRefused, ReasonMissing
from sync_scripts.register.model.errors import (
    AlertHasNoCase,
    AlertThereAlready,
    AlertWithdrawn,
    TaskStaysEnded,
)
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Register
from sync_scripts.store.schema import register as tables
from tests import every_decision
from tests.decisions.work import Work
from tests.register.beginnings import played_once
from tests.register.field import ALERT, Field, changed, dealt

CODE, TWIN = dealt(0, "AL"), dealt(1, "AL")


@pytest.fixture
@played_once
def work(register: Register) -> Work:
    """A register with two alerts of one village."""
    made = Work(Field(register))
    for number in range(2):
        made.field.send("alert", f"r{number}", ALERT)
    return made


def test_reaching_the_person_ends_the_first_contact(work: Work) -> None:
    """At the time that was said; the first time counts, and no time to come."""
    early = work.field.now
    work.refused(every_decision.TimeImpossible, every_decision.contacted, CODE, at=early + timedelta(days=9))
    work.refused(every_decision.TimeImpossible, every_decision.contacted, CODE, at=early - timedelta(days=9))
    work.do(every_decision.contacted, CODE)
    work.do(every_decision.contacted, CODE, at=early)
    (task,) = [one for one in work.tasks("first_contact", done=True) if "r0" in one["subject"]]

    assert work.alert()["contacted_at"] == task["done_at"] == instant(early)
    assert len(work.tasks("first_contact")) == 1, "the other alert's is open still"


def test_more_is_asked_only_where_contact_is_safe(register: Register) -> None:
    """And the alert comes back to be triaged."""
    work = Work(Field(register))
    for number, safe in enumerate(("no", "yes")):
        work.field.send("alert", f"r{number}", changed(ALERT, {"contact": {"safe_to_contact": safe}}))
    work.refused(MoveNotListed, every_decision.ask, CODE)
    for code in (CODE, TWIN):
        work.do(every_decision.triage, code)
    assert "not safe" in work.refused(GuardFails, every_decision.ask, CODE)
    work.do(every_decision.ask, TWIN, reason="Which village?")
    assert work.alert(TWIN)["state"] == "info_requested"
    work.refused(MoveRefused, every_decision.open_case, TWIN, owner="RD-01")
    work.do(every_decision.triage, TWIN)

    assert work.alert(TWIN)["state"] == "triaged"
    assert work.sound()


def test_a_duplicate_needs_the_decision_that_it_is_the_same_event(work: Work) -> None:
    """With an alert that was taken up; it is taken back with a reason."""
    for code in (CODE, TWIN):
        work.do(every_decision.triage, code)
    work.refused(GuardFails, every_decision.duplicate, TWIN)
    work.do(decide, CODE, TWIN, "same_event", "The same caller")
    work.refused(GuardFails, every_decision.duplicate, TWIN)
    work.do(every_decision.open_case, CODE, owner="RD-01")
    work.do(every_decision.duplicate, TWIN)
    row = work.alert(TWIN)

    assert (row["state"], row["duplicate_of"]) == ("duplicate", CODE)
    left = [one for one in work.field.rows(tables.task) if "r1" in one["subject"] and not one["done_at"]]
    assert [one["kind"] for one in left] == ["retention_review"]
    assert work.sound()
    work.refused(ReasonMissing, every_decision.unlink, TWIN, reason="")
    work.do(every_decision.unlink, TWIN, reason="Two villages")
    assert (work.alert(TWIN)["state"], work.alert(TWIN)["duplicate_of"]) == ("triaged", None)


def test_a_wrong_link_is_put_right_by_moving_the_alert(work: Work) -> None:
    """Linked is final: the alert goes to another open case, with a reason."""
    for code in (CODE, TWIN):
        work.do(every_decision.triage, code)
    case = work.do(every_decision.open_case, CODE, owner="RD-01").case
    work.do(every_decision.link, TWIN, case)
    work.field.send("alert", "r2", ALERT)
    work.do(every_decision.triage, dealt(2, "AL"))
    work.refused(every_decision.AlertHasNoCase, every_decision.move_alert, dealt(2, "AL"), case, reason="x")
    other = work.do(every_decision.open_case, dealt(2, "AL"), owner="RD-02").case
    work.refused(MoveRefused, every_decision.unlink, TWIN, reason="Wrong case")
    assert case in work.refused(
        AlertThereAlready, every_decision.move_alert, TWIN, case, reason="Where it is already"
    )
    work.refused(ReasonMissing, every_decision.move_alert, TWIN, other, reason=" ")
    work.do(every_decision.move_alert, TWIN, other, reason="Another village")

    assert (work.alert(TWIN)["state"], work.alert(TWIN)["case_code"]) == ("linked", other)


def test_a_wrong_referral_is_put_right_by_moving_the_alert(work: Work) -> None:
    """Final as well, and given to somebody else by mistake it goes to an open case: its calls are due there as in any other."""
    work.do(set_provider, "PRE-01", {"name": "Clinique A", "services": "health"})
    for code in (CODE, TWIN):
        work.do(every_decision.triage, code)
    case = work.do(every_decision.open_case, TWIN, owner="RD-01").case
    work.do(every_decision.refer_out, CODE, "PRE-01")
    assert "dikalo alerts move" in work.refused(MoveRefused, every_decision.triage, CODE)
    assert not [one for one in work.tasks("first_contact") if "r0" in one["subject"]]
    work.refused(ReasonMissing, every_decision.move_alert, CODE, case, reason=" ")
    work.do(every_decision.move_alert, CODE, case, reason="Another alert was meant")
    row = work.alert()

    assert (row["state"], row["case_code"]) == ("linked", case)
    assert row["acted_at"] == instant(work.field.now), "the mistake was no first action"
    assert [one for one in work.tasks("first_contact") if "r0" in one["subject"]]
    other = work.do(every_decision.open_case, _third(work), owner="RD-02").case
    work.do(every_decision.move_alert, CODE, other, reason="Another village")
    assert (work.alert()["state"], work.alert()["case_code"]) == ("linked", other)
    work.do(withdraw_alert, CODE, reason="She called")
    assert work.tasks("tell_receiver"), "the provider has it all the same"


def test_a_wrong_referral_needs_no_other_open_case(work: Work) -> None:
    """Where no case is open at all, one is opened for it, and the refusal to open it as it was says by which command."""
    work.do(set_provider, "PRE-01", {"name": "Clinique A", "services": "health"})
    work.do(every_decision.triage, CODE)
    assert CODE in work.refused(
        AlertHasNoCase, every_decision.move_to_new_case, CODE, owner="RD-01", reason="x"
    )
    work.do(every_decision.refer_out, CODE, "PRE-01")
    assert "alerts move CODE --owner" in work.refused(
        MoveRefused, every_decision.open_case, CODE, owner="RD-01"
    )
    work.refused(ReasonMissing, every_decision.move_to_new_case, CODE, owner="RD-01", reason=" ")
    done = work.do(every_decision.move_to_new_case, CODE, owner="RD-01", reason="Another alert was meant")
    row, case = work.alert(), work.case(done.case)

    assert (done.was, done.now) == ("referred_out", "linked")
    assert (row["state"], row["case_code"]) == ("linked", case["case_code"])
    assert (case["state"], case["owner_code"]) == ("open_intake", "RD-01")
    assert [one for one in work.tasks("first_contact") if "r0" in one["subject"]]


def test_a_wrong_link_can_get_a_case_of_its_own(work: Work) -> None:
    """The case that it leaves stays, with what was held held in the new one; a person who took her yes back gets none."""
    for code in (CODE, TWIN):
        work.do(every_decision.triage, code)
    case = work.do(every_decision.open_case, CODE, owner="RD-01").case
    work.do(every_decision.link, TWIN, case)
    work.do(every_decision.set_hold, case, held=True, reason="A court asked")
    own = work.do(every_decision.move_to_new_case, TWIN, owner="RD-02", reason="Another village").case

    assert (work.alert(TWIN)["case_code"], work.alert(CODE)["case_code"]) == (own, case)
    assert work.case(own)["legal_hold"]
    work.do(withdraw_alert, TWIN, reason="She called")
    work.refused(AlertWithdrawn, every_decision.move_to_new_case, TWIN, owner="RD-02", reason="x")


def test_what_was_referred_out_comes_to_no_case_once_the_person_refused(work: Work) -> None:
    """Nobody works on what she took back, by whatever road."""
    work.do(set_provider, "PRE-01", {"name": "Clinique A", "services": "health"})
    for code in (CODE, TWIN):
        work.do(every_decision.triage, code)
    case = work.do(every_decision.open_case, TWIN, owner="RD-01").case
    work.do(every_decision.refer_out, CODE, "PRE-01")
    work.do(withdraw_alert, CODE, reason="She called")
    work.refused(AlertWithdrawn, every_decision.move_alert, CODE, case, reason="A mistake")


def _third(work: Work) -> str:
    work.field.send("alert", "r2", ALERT)
    work.do(every_decision.triage, dealt(2, "AL"))
    return dealt(2, "AL")


def test_a_misread_code_is_told_from_an_unknown_one(work: Work) -> None:
    """The last sign checks the others: when it does not fit, the refusal says so, with the nearest code."""
    typed = CODE[:-1] + ("A" if CODE[-1] != "A" else "B")
    misread = work.refused(every_decision.AlertUnknown, every_decision.triage, typed)
    unknown = work.refused(every_decision.AlertUnknown, every_decision.triage, "AL-7Q2M4X-B")

    assert "last sign" in misread
    assert CODE in misread
    assert "last sign" not in unknown
    assert "last sign" in work.refused(
        every_decision.CaseUnknown, every_decision.set_note, "DK-7Q2M4X-C", "x"
    )


def test_an_alert_is_given_to_a_worker_with_what_is_due(work: Work) -> None:
    """Only to somebody known."""
    work.refused(every_decision.WorkerUnknown, every_decision.assign_alert, CODE, "RD-01")
    work.do(every_decision.assign_alert, CODE, "RD-01", new=True)
    held = {one["assigned_to"] for one in work.field.rows(tables.task) if "r0" in one["subject"]}

    assert (work.alert()["assigned_to"], held) == ("RD-01", {"RD-01"})


def test_a_task_is_ended_and_opened_by_a_decision_with_its_reason(work: Work) -> None:
    """By kind or by the beginning of its id; what a fact ended stays ended."""
    known = work.refused(every_decision.ThingUnknown, every_decision.end_task, CODE, "hearing", reason="x")
    assert "First contact (first_contact, " in known
    work.refused(ReasonMissing, every_decision.end_task, CODE, "first_contact", reason=" ")
    work.do(every_decision.end_task, CODE, "first_contact", reason="The focal point went there")
    assert len(work.tasks("first_contact", done=True)) == 1
    assert work.sound()
    work.do(every_decision.open_task, CODE, "first_contact", reason="It was the other alert")
    assert not work.tasks("first_contact", done=True)
    task = next(one for one in work.tasks("first_action") if "r0" in one["subject"])
    work.do(every_decision.assign_task, CODE, task["task_id"][:6], "RD-05", new=True)

    (given,) = [one for one in work.tasks("first_action") if one["task_id"] == task["task_id"]]
    assert given["assigned_to"] == "RD-05"


def test_a_task_that_a_fact_ended_is_opened_by_no_decision(work: Work) -> None:
    """Neither alone nor when a decision had ended it before; the refusal says how it rises again."""
    work.do(every_decision.end_task, CODE, "first_contact", reason="The focal point went there")
    early = work.field.now - timedelta(minutes=30)
    work.do(every_decision.contacted, CODE, at=early)
    words = work.refused(
        TaskStaysEnded, every_decision.open_task, CODE, "first_contact", reason="It was the other alert"
    )
    work.do(every_decision.triage, CODE)
    work.refused(TaskStaysEnded, every_decision.open_task, CODE, "triage", reason="Again")

    assert "rises again by itself" in words
    assert "First contact" in words


def test_a_settled_alert_names_the_command_that_is_left(work: Work) -> None:
    """Nothing leads on from an open case; a wrong one is put right by another command, which the refusal names."""
    work.do(every_decision.triage, CODE)
    work.do(every_decision.open_case, CODE, owner="RD-01")

    assert "dikalo alerts move" in work.refused(MoveRefused, every_decision.triage, CODE)


def test_an_ended_task_stays_ended_when_the_alert_gets_a_case(work: Work) -> None:
    """The case gives the tasks of its alerts: decisions about them come along."""
    work.do(every_decision.end_task, CODE, "first_contact", reason="The focal point went there")
    work.do(every_decision.triage, CODE)
    case = work.do(every_decision.open_case, CODE, owner="RD-01").case
    assert [one["subject"] for one in work.tasks("first_contact", done=True)] == ["alert:alert/r0"]
    work.do(every_decision.open_task, case, "first_contact", reason="A mistake")

    assert not work.tasks("first_contact", done=True)
