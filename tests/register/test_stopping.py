"""A case stops when everybody in it withdrew or refused, however they said it: by form, to somebody, or with their alert."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import insert, update

from sync_scripts.publish.audiences import Audience, Team, may_leave
from sync_scripts.publish.lists import cases_of
from sync_scripts.register.case_decisions.joint_opening import seal_note
from sync_scripts.register.consent_decisions import decide as consents
from sync_scripts.register.consent_decisions.of_alerts import record_alert, withdraw_alert
from sync_scripts.register.consents.agreements import going_on, require_going_on
from sync_scripts.register.lifecycle.errors import GuardFails
from sync_scripts.register.model.errors import AlreadyErased, CaseStopped, ContactRefused
from sync_scripts.register.rules.kinds import STOPPED_TASKS
from sync_scripts.store import events as store_events
from sync_scripts.store import outbox
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Register, Rows
from sync_scripts.store.events import NewEvent
from sync_scripts.store.schema import raw
from sync_scripts.store.schema import register as tables
from tests import every_decision
from tests.decisions.test_case_moves import second_case
from tests.decisions.work import ALERT_CODE, CASE_CODE, OWNER, SUPERVISOR, Work, begin
from tests.register.agreeing import waiting
from tests.register.field import ALERT, CASE, changed, dealt, victim

REFUSES = {"c_document": "no", "c_services": "no", "c_refer_identity": "no", "c_followup_contact": "no"}
OWNERS = Audience((Team("nw", frozenset({"CM007002"}), frozenset({"rd-01"})),))
WORKING = {"assessment", "plan", "followup", "first_contact"}


def interview(work: Work, root: str, consent: dict[str, str] | None = None, edit: int = 0) -> None:
    """Let an interview arrive that names the alert of the case."""
    said = {"header": {"alert_code": ALERT_CODE}, "consent": consent or {}, "victims": [person(root)]}
    work.field.send("case", root, changed(CASE, said), edit=edit)


def person(root: str) -> dict[str, str]:
    """Return the person of an interview, who is nobody of another one."""
    return {**victim(1), "victim_uid": root}


def open_kinds(work: Work) -> set[str]:
    """Return the kinds of the tasks that are open."""
    return {row["kind"] for row in work.field.rows(tables.task) if row["done_at"] is None}


def stopped(work: Work) -> bool:
    """Tell whether the case is off the phones because of what its people said, and nothing to be done is open in it."""
    why = {one.code: may_leave(one, OWNERS) for one in cases_of(work.field.register, work.field.now)}
    return why[CASE_CODE] == "withdrawn" and open_kinds(work).isdisjoint(STOPPED_TASKS)


@pytest.fixture
def work(register: Register) -> Work:
    """A register with one case of which nothing is known but its alert."""
    return begin(register, consent=False)


def test_everybody_refused_on_a_phone(work: Work) -> None:
    """What was due ends when the last refusal arrived, and not before."""
    assert open_kinds(work) >= WORKING
    interview(work, "c1", REFUSES)
    assert stopped(work)
    (assessment,) = work.tasks("assessment", done=True)
    (plan,) = work.tasks("plan", done=True)
    first = next(row for row in work.field.rows(tables.filing) if row["root_id"] == "c1")

    assert plan["done_at"] == assessment["done_at"] == first["first_received_at"]


def test_one_who_agrees_keeps_the_work_going(work: Work) -> None:
    """Until she refuses or withdraws, too: then it ends at that instant."""
    interview(work, "c1", REFUSES)
    interview(work, "c2")
    assert not stopped(work)
    assert {"plan", "followup"} <= open_kinds(work)
    work.do(consents.withdraw, CASE_CODE, person="V2", reason="She asked")
    (plan,) = work.tasks("plan", done=True)

    assert stopped(work)
    assert plan["done_at"] == work.events()[-1].at


def test_whoever_had_withdrawn_before_the_last_one_refused_moves_nothing(work: Work) -> None:
    """The work had ended already: nobody was left to agree."""
    interview(work, "c1")
    work.do(consents.withdraw, CASE_CODE, reason="She asked")
    withdrawn = work.events()[-1].at
    interview(work, "c2", REFUSES)
    (plan,) = work.tasks("plan", done=True)

    assert stopped(work)
    assert plan["done_at"] == withdrawn


def test_everybody_refused_to_somebody(work: Work) -> None:
    """A refusal that a person writes down counts as one on a form; asked again, the work goes on."""
    interview(work, "c1", {**REFUSES, "c_document": "", "c_services": ""})
    assert not stopped(work)
    work.do(consents.record, CASE_CODE, {"document": "no", "services": "no"}, reason="She said so")
    (plan,) = work.tasks("plan", done=True)
    assert stopped(work)
    assert plan["done_at"] == work.events()[-1].at
    work.do(consents.record, CASE_CODE, {"services": "yes"}, reason="She called back")

    assert not stopped(work)
    assert {"plan", "followup"} <= open_kinds(work)


def test_a_refusal_that_an_edit_takes_back_stands_until_somebody_writes_the_answer_down(work: Work) -> None:
    """A phone proves nobody; who asked her does."""
    interview(work, "c1", REFUSES)
    refused = instant(work.field.now)
    interview(work, "c1", edit=1)
    (plan,) = work.tasks("plan", done=True)
    assert (stopped(work), plan["done_at"]) == (True, refused)
    work.do(consents.record, CASE_CODE, {"services": "yes"}, reason="She was asked again")

    assert not stopped(work)


@pytest.mark.parametrize("road", ["withdrawn", "refused", "refused by an edit"])
def test_a_case_of_nothing_but_its_alert_stops_with_it(work: Work, road: str) -> None:
    """Nobody was interviewed, and the person of the alert wants nothing done."""
    if road == "withdrawn":
        work.do(withdraw_alert, ALERT_CODE, reason="She called")
    elif road == "refused":
        work.field.send("alert", "r1", changed(ALERT, {"gate": {"consent_alert": "not_asked"}}), edit=1)
        assert "plan" in open_kinds(work)
        work.do(record_alert, ALERT_CODE, "refused", reason="She called")
    else:
        work.field.send("alert", "r1", changed(ALERT, {"gate": {"consent_alert": "refused"}}), edit=1)
    (plan,) = work.tasks("plan", done=True)

    assert stopped(work)
    if road != "refused by an edit":
        assert plan["done_at"] == work.events()[-1].at


def test_a_case_of_two_alerts_goes_on_while_one_stands(work: Work) -> None:
    """Both have to be withdrawn."""
    work.field.send("alert", "r2", ALERT)
    work.do(every_decision.triage, dealt(1, "AL"))
    work.do(every_decision.link, dealt(1, "AL"), CASE_CODE)
    work.do(withdraw_alert, ALERT_CODE, reason="She called")
    assert not stopped(work)
    assert "plan" in open_kinds(work)
    work.do(withdraw_alert, dealt(1, "AL"), reason="He called")

    assert stopped(work)


def test_a_refused_alert_without_a_case_asks_for_no_call(work: Work) -> None:
    """It was triaged before, so it stays to be dismissed; nobody is called and nothing is done for it."""
    work.field.send("alert", "r2", changed(ALERT, {"gate": {"consent_alert": "not_asked"}}))
    work.do(every_decision.triage, dealt(1, "AL"))
    theirs = {row["kind"] for row in work.field.rows(tables.task) if row["subject"] == "alert:alert/r2"}
    assert {"first_contact", "first_action"} <= theirs
    work.do(record_alert, dealt(1, "AL"), "refused", reason="She called")
    still = [row for row in work.field.rows(tables.task) if row["subject"] == "alert:alert/r2"]

    assert [row["kind"] for row in still if row["done_at"] is None] == ["retention_review"]
    assert work.alert(dealt(1, "AL"))["state"] == "triaged"


# --- nothing is brought into it -----------------------------------------------------------------------------------


def into(work: Work, other: str) -> str:
    """See the merging into the first case refused; return the words."""
    return work.refused(
        (CaseStopped, every_decision.CaseLeft, every_decision.CaseMerged, GuardFails),
        every_decision.merge,
        other,
        CASE_CODE,
        reason="Same",
    )


def test_no_case_is_merged_into_one_that_stopped(work: Work) -> None:
    """Neither after a withdrawal nor after refusals; before, and into one that goes on, it is."""
    other = second_case(work)
    interview(work, "c1", REFUSES)
    words = into(work, other)

    assert f"dikalo consent show {CASE_CODE}" in words
    assert "merged into it" in words
    assert work.do(every_decision.merge, CASE_CODE, other, reason="Same facts", by=OWNER).to == other


def test_no_case_is_merged_into_one_that_was_withdrawn_from(work: Work) -> None:
    """As no alert is tied to it."""
    other = second_case(work)
    interview(work, "c1")
    work.do(consents.withdraw, CASE_CODE, reason="She asked")

    assert f"dikalo consent show {CASE_CODE}" in into(work, other)
    assert work.case(other)["state"] != "merged"


REACHED: dict[str, Any] = {"reached": True, "reason": "She answered"}


def test_nothing_further_is_written_of_a_case_that_stopped(work: Work) -> None:
    """Neither a note nor a contact, before it both; the note that is there can still be taken away."""
    interview(work, "c1")
    work.do(every_decision.set_note, CASE_CODE, "Wait for the letter")
    work.do(every_decision.contact, CASE_CODE, **REACHED)
    work.do(consents.withdraw, CASE_CODE, reason="She asked")
    words = work.refused(CaseStopped, every_decision.set_note, CASE_CODE, "She is at her sister's")

    assert "note" in words
    work.refused(CaseStopped, every_decision.contact, CASE_CODE, **REACHED)
    work.refused(CaseStopped, every_decision.contact, CASE_CODE, reached=False)
    work.refused(CaseStopped, seal_note, work.field.register, CASE_CODE, "Sealed or not")
    work.do(every_decision.set_note, CASE_CODE, "", reason="Nothing is kept")
    assert work.case()["work_note"] is None


def test_a_case_in_which_nobody_was_asked_is_worked_on(work: Work) -> None:
    """She has to be reached before anybody can ask her."""
    assert work.do(every_decision.contact, CASE_CODE, **REACHED).reached
    assert work.do(every_decision.set_note, CASE_CODE, "Call on Monday").written


def test_whoever_wants_no_contact_is_not_contacted(work: Work) -> None:
    """The rest of her consent stands, and so does the work; one more who may be called opens it, and so does her own yes."""
    interview(work, "c1", {"c_followup_contact": "no"})
    words = work.refused(ContactRefused, every_decision.contact, CASE_CODE, reached=False)

    assert "followup_contact" in words
    assert work.do(every_decision.set_note, CASE_CODE, "Through her lawyer alone").written
    work.do(consents.record, CASE_CODE, {"followup_contact": "visit"}, person="V1")
    assert work.do(every_decision.contact, CASE_CODE, **REACHED).reached
    work.do(consents.withdraw, CASE_CODE, purposes=["followup_contact"], person="V1", reason="She asked")
    work.refused(ContactRefused, every_decision.contact, CASE_CODE, **REACHED)
    interview(work, "c2")
    assert work.do(every_decision.contact, CASE_CODE, **REACHED).reached


def test_no_case_is_merged_into_one_that_was_left(work: Work) -> None:
    """It says in which state it is, and what would be needed."""
    other = second_case(work)
    said = {"because": "survivor_request", "reason": "As said", "feedback": "yes", "risk": "low"}
    work.do(every_decision.move, CASE_CODE, "closure_pending", by=OWNER, **said)
    work.do(every_decision.move, CASE_CODE, "closed", by=SUPERVISOR)
    words = into(work, other)

    assert '"Closed"' in words or '"closed"' in words
    assert f"dikalo cases move {CASE_CODE} reopened" in words
    work.do(every_decision.move, CASE_CODE, "reopened", reason="It goes on")
    assert work.do(every_decision.merge, other, CASE_CODE, reason="Same facts").to == CASE_CODE


def test_a_case_is_not_merged_into_itself(work: Work) -> None:
    """It says what would be needed."""
    assert "must be another one" in work.refused(
        GuardFails, every_decision.merge, CASE_CODE, CASE_CODE, reason="x"
    )


# --- what waits of it ---------------------------------------------------------------------------------------------


def messages(work: Work) -> dict[str, str]:
    """Return the state of each message."""
    with work.field.register.reading() as rows:
        return {one.id: one.state for one in outbox.listed(rows)}


def waits(work: Work, **subjects: str) -> None:
    """Let messages wait."""
    with work.field.register.writing() as rows:
        for name, subject in subjects.items():
            rows.execute(insert(raw.outbox).values(**waiting(name, subject)))


def test_a_refusal_that_stops_the_case_takes_back_what_waits(work: Work) -> None:
    """As a withdrawal does; one that leaves somebody who agrees takes nothing back, and nobody else's is touched."""
    interview(work, "c1", {**REFUSES, "c_document": "", "c_services": ""})
    interview(work, "c2", {**REFUSES, "c_document": "", "c_services": ""})
    waits(work, a=f"case:{CASE_CODE}", b="case:DK-OTHER")
    said = {"document": "no", "services": "no"}
    work.do(consents.record, CASE_CODE, {"services": "yes"}, person="V2")
    work.do(consents.record, CASE_CODE, said, person="V1")
    assert messages(work) == {"a": "waiting", "b": "waiting"}
    work.do(consents.withdraw, CASE_CODE, person="V2", purposes=["stats"], reason="x")
    assert messages(work) == {"a": "waiting", "b": "waiting"}
    work.do(consents.withdraw, CASE_CODE, person="V2", purposes=["services"], reason="x")
    assert messages(work) == {"a": "cancelled", "b": "waiting"}


def test_the_last_refusal_takes_back_what_waits(work: Work) -> None:
    """Nobody agreed before, and with it everybody has refused."""
    interview(work, "c1", {**REFUSES, "c_document": "", "c_services": ""})
    waits(work, a=f"case:{CASE_CODE}", b="alert:alert/r1", c="case:DK-OTHER")
    work.do(consents.record, CASE_CODE, {"document": "no", "services": "no"})

    assert messages(work) == {"a": "cancelled", "b": "cancelled", "c": "waiting"}


def test_a_refused_alert_takes_back_what_waits(work: Work) -> None:
    """Its message, and with the last alert of a case that of the case."""
    work.field.send("alert", "r1", changed(ALERT, {"gate": {"consent_alert": "not_asked"}}), edit=1)
    waits(work, a=f"case:{CASE_CODE}", b="alert:alert/r1", c="case:DK-OTHER")
    work.do(record_alert, ALERT_CODE, "refused", reason="She called")

    assert messages(work) == {"a": "cancelled", "b": "cancelled", "c": "waiting"}


def test_a_no_that_comes_on_a_form_takes_back_what_waits(work: Work) -> None:
    """Nobody writes anything down: the form arrives and refuses. While somebody else agrees, the messages stay."""
    interview(work, "c1")
    interview(work, "c2")
    waits(work, a=f"case:{CASE_CODE}", b="alert:alert/r1", c="case:DK-OTHER")
    interview(work, "c1", REFUSES, edit=1)
    assert messages(work) == {"a": "waiting", "b": "waiting", "c": "waiting"}
    interview(work, "c2", REFUSES, edit=1)

    assert messages(work) == {"a": "cancelled", "b": "cancelled", "c": "waiting"}


def test_an_interview_that_is_sent_again_as_refused_takes_back_what_waits(work: Work) -> None:
    """There is nobody left in the form; a rebuild takes nothing else back."""
    interview(work, "c1")
    waits(work, a=f"case:{CASE_CODE}", c="case:DK-OTHER")
    no = {"header": {"alert_code": ALERT_CODE}, "gate": {"interview_private": "yes", "consent_case": "no"}}
    work.field.send("case", "c1", no, edit=1)
    assert work.sound()

    assert messages(work) == {"a": "cancelled", "c": "waiting"}


def test_an_alert_that_is_sent_again_as_refused_takes_back_what_waits(work: Work) -> None:
    """Its message, and with the only alert of a case that of the case."""
    waits(work, a=f"case:{CASE_CODE}", b="alert:alert/r1", c="case:DK-OTHER")
    work.field.send("alert", "r1", changed(ALERT, {"gate": {"consent_alert": "refused"}}), edit=1)

    assert messages(work) == {"a": "cancelled", "b": "cancelled", "c": "waiting"}


def test_many_cases_are_asked_about_as_each_by_itself(work: Work) -> None:
    """Of one that stopped, one that is erased and one that goes on, the last one alone passes."""
    interview(work, "c1", REFUSES)
    for number in (1, 2):
        work.field.send("case", f"other{number}", CASE)
    every = sorted(row["case_code"] for row in work.field.rows(tables.case))
    gone, goes = (code for code in every if code != CASE_CODE)
    work.whole = False
    with work.field.register.writing() as rows:
        said = {"rule": "unverified", "plan": "p1", "by": "CO-01"}
        store_events.append(
            rows, [NewEvent("case.purge", f"case:{gone}", SUPERVISOR, said)], work.field.later()
        )
        rows.execute(
            update(raw.submission).where(raw.submission.c.root_id == "other1").values(status="erased")
        )
        alone = {code for code in every if passes(rows, code, work)}
        assert going_on(rows, every, work.field.now) == alone == {goes}


def passes(rows: Rows, code: str, work: Work) -> bool:
    """Tell whether a case goes on, asked by itself."""
    try:
        require_going_on(rows, code, work.field.now)
    except (CaseStopped, AlreadyErased):
        return False
    return True
