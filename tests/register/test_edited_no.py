"""A no that comes by an edit on the phone: it counts at once, and no urgent alert vanishes with it."""

from __future__ import annotations

import pytest
from sqlalchemy import insert

from sync_scripts.register.consent_decisions.of_alerts import record_alert
from sync_scripts.register.model.errors import ConsentRefused
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.schema import raw
from sync_scripts.store.schema import register as tables
from tests import every_decision
from tests.decisions.work import SUPERVISOR, Work, begin
from tests.register.agreeing import waiting
from tests.register.beginnings import played_once
from tests.register.field import ALERT, changed, dealt

CODE = dealt(1, "AL")
DANGER = changed(ALERT, {"danger": {"danger_now": "yes"}})
NO = {"gate": {"consent_alert": "refused"}}
KIND = "withdrawal_check"


@pytest.fixture
@played_once
def work(sqlite_register: Register) -> Work:
    """A register with a case and its alert, and a critical alert beside it."""
    made = begin(sqlite_register)
    made.field.send("alert", "r2", DANGER)
    return made


def remarks(work: Work) -> list[str]:
    """Return the codes of the flags of the alert."""
    return [row["code"] for row in work.field.rows(tables.flag) if row["subject"] == "alert:alert/r2"]


def open_kinds(work: Work) -> set[str]:
    """Return the kinds of what is due in the alert, but for how long it is kept."""
    rows = work.field.rows(tables.task)
    mine = {row["kind"] for row in rows if row["subject"] == "alert:alert/r2" and row["done_at"] is None}
    return mine - {"retention_review"}


def test_an_urgent_alert_that_an_edit_refuses_stays_until_somebody_looks(register: Register) -> None:
    """Nobody calls her; it is there, flagged, to be triaged and looked at within a day."""
    work = begin(register)
    work.field.send("alert", "r2", DANGER)
    work.field.send("alert", "r2", changed(DANGER, NO), edit=1)
    at = work.field.now
    (task,) = work.tasks(KIND)

    assert (work.alert(CODE)["state"], work.alert(CODE)["consent_state"]) == ("received", "refused")
    assert open_kinds(work) == {"triage", KIND}
    assert task["due_at"][:13] == at.replace(day=at.day + 1).isoformat()[:13]
    assert "edited_to_refusal" in remarks(work)
    assert work.sound()


def test_nothing_is_done_with_it_but_its_dismissal_by_two(work: Work) -> None:
    """No case is opened of it; the second person ends the look."""
    work.field.send("alert", "r2", changed(ALERT, NO), edit=1)
    work.do(every_decision.triage, CODE)
    work.refused(ConsentRefused, every_decision.open_case, CODE, owner="RD-01")
    made = work.do(every_decision.dismiss, CODE, "She does not want it")
    assert work.alert(CODE)["state"] == "triaged"
    work.do(every_decision.sign, made.proposal, by=SUPERVISOR)

    assert work.alert(CODE)["state"] == "dismissed"
    assert open_kinds(work) == set()


def test_a_typed_code_does_not_look(work: Work) -> None:
    """A proved person does; a second edit that still refuses asks nothing anew."""
    work.field.send("alert", "r2", changed(DANGER, NO), edit=1)
    work.refused(
        every_decision.OwnHandMissing,
        every_decision.end_task,
        CODE,
        KIND,
        reason="Seen",
        by=Actor("SU-01", "claimed"),
    )
    work.do(every_decision.end_task, CODE, KIND, reason="The focal point says that she refused")
    work.field.send("alert", "r2", changed(DANGER, NO, {"danger": {"danger_now": "unknown"}}), edit=2)

    assert work.tasks(KIND) == []
    assert work.alert(CODE)["state"] == "received"


def test_also_of_one_that_was_triaged_or_has_its_case(work: Work) -> None:
    """What stopped is looked at whatever became of the alert."""
    work.do(every_decision.triage, CODE)
    work.field.send("alert", "r2", changed(DANGER, NO), edit=1)
    assert [row["subject"] for row in work.tasks(KIND)] == ["alert:alert/r2"]
    work.do(record_alert, CODE, "given", reason="The focal point called her")
    assert work.tasks(KIND) == []
    work.do(every_decision.open_case, CODE, owner="RD-01")
    work.field.send("alert", "r2", changed(DANGER, NO, {"danger": {"danger_now": "unknown"}}), edit=2)
    assert work.tasks(KIND) == [], "it repeats what was read"
    work.field.send("alert", "r2", DANGER, edit=3)
    work.field.send("alert", "r2", changed(DANGER, NO), edit=4)

    assert [row["subject"] for row in work.tasks(KIND)] == ["alert:alert/r2"]


@pytest.mark.parametrize("first", [changed(DANGER, NO), ALERT])
def test_what_was_refused_from_the_beginning_or_never_urgent_is_dismissed_by_rule(
    sqlite_register: Register, first: dict[str, object]
) -> None:
    """As one person may do at the desk: nothing stays but its count."""
    work = begin(sqlite_register)
    work.field.send("alert", "r2", first)
    work.field.send("alert", "r2", changed(DANGER, NO), edit=1)

    assert work.alert(CODE)["state"] == "dismissed"
    assert (open_kinds(work), remarks(work)) == (set(), [])
    work.refused(ConsentRefused, every_decision.triage, CODE)


def test_a_yes_that_comes_back_waits_for_a_person(work: Work) -> None:
    """A slip of the finger, or somebody else's hand: somebody looks by the time of its first contact, and writes the answer down."""
    (contact,) = (row for row in work.tasks("first_contact") if row["subject"] == "alert:alert/r2")
    work.field.send("alert", "r2", changed(DANGER, NO), edit=1)
    work.field.send("alert", "r2", DANGER, edit=2)
    (look,) = work.tasks(KIND)

    assert (work.alert(CODE)["state"], work.alert(CODE)["consent_state"]) == ("received", "refused")
    assert look["due_at"] == contact["due_at"]
    assert remarks(work) == ["refusal_kept"]
    assert work.sound()
    work.do(record_alert, CODE, "given", reason="The focal point called her")
    assert open_kinds(work) == {"triage", "first_contact", "first_action"}
    assert remarks(work) == []


def test_a_refusal_that_comes_after_the_answer_was_written_down_is_news(work: Work) -> None:
    """Whoever wrote it down had not read it."""
    work.field.send("alert", "r2", changed(DANGER, {"gate": {"consent_alert": "not_asked"}}), edit=1)
    work.do(record_alert, CODE, "given", reason="The focal point called her")
    with work.field.register.writing() as rows:
        rows.execute(insert(raw.outbox).values(**waiting("a", "alert:alert/r2")))
    work.field.send("alert", "r2", changed(DANGER, NO), edit=2)

    assert work.alert(CODE)["consent_state"] == "refused"
    assert [row["state"] for row in work.field.rows(raw.outbox) if row["id"] == "a"] != ["waiting"]
    assert KIND in open_kinds(work)


def test_an_alert_that_was_refused_at_first_and_told_after_all_is_handled(work: Work) -> None:
    """Nothing had been said in it yet."""
    work.field.send("alert", "r3", changed(DANGER, NO))
    work.field.send("alert", "r3", DANGER, edit=1)

    assert work.alert(dealt(2, "AL"))["consent_state"] == "given"
