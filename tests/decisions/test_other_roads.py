"""No road round a guard: what a move is refused is not reached by decisions that are each allowed; nothing owed is lost."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from sync_scripts.register.alert_decisions.event_links import decide as decide_link
from sync_scripts.register.consent_decisions import decide as consents
from sync_scripts.register.lifecycle.errors import GuardFails
from sync_scripts.register.queries.today import today
from sync_scripts.store.database import Register
from tests import every_decision
from tests.decisions.test_case_moves import second_case
from tests.decisions.test_two_people import provider
from tests.decisions.work import ALERT_CODE, CASE_CODE, OTHER, OWNER, SUPERVISOR, Work, begin
from tests.register.beginnings import played_once
from tests.register.field import ALERT, CASE, changed, dealt, victim

SECOND_ALERT = dealt(1, "AL")


@pytest.fixture
@played_once
def work(register: Register) -> Work:
    """A register with one case and one provider."""
    made = begin(register)
    provider(made)
    return made


def close(work: Work, because: str = "survivor_request") -> None:
    """Close the case as its owner asks and the supervisor decides."""
    said = {"because": because, "reason": "As said", "feedback": "yes", "risk": "low"}
    work.do(every_decision.move, CASE_CODE, "closure_pending", by=OWNER, **said)
    work.do(every_decision.move, CASE_CODE, "closed", by=SUPERVISOR)


def shown(work: Work, days: int = 0) -> dict[str, str]:
    """Return what the page of the day names, with its part of the page."""
    with work.field.register.reading() as rows:
        page = today(rows, work.field.now + timedelta(days=days))
    return {one.code: one.bucket for one in page.items}


def test_an_urgent_alert_is_not_lowered_and_dismissed_by_one_person(register: Register) -> None:
    """A level that somebody set does not take the place of the second person."""
    work = begin(register, consent=False)
    work.field.send("alert", "r2", changed(ALERT, {"danger": {"danger_now": "yes"}}))
    assert work.alert(SECOND_ALERT)["urgency"] == "critical"
    work.do(every_decision.triage, SECOND_ALERT, urgency="low", reason="Less grave than it seems")
    made = work.do(every_decision.dismiss, SECOND_ALERT, "Nothing in it")
    assert (made.proposal is not None, work.alert(SECOND_ALERT)["state"]) == (True, "triaged")

    work.do(every_decision.sign, made.proposal, by=SUPERVISOR)
    assert work.alert(SECOND_ALERT)["state"] == "dismissed"


def test_a_service_under_way_is_not_given_to_somebody_whom_the_person_excluded(work: Work) -> None:
    """Begun by us it cannot become a provider's without the consent that a referral to it would need."""
    work.do(every_decision.correct, CASE_CODE, "interview.withhold_from", "other_ngos", reason="Asked again")
    own = work.do(every_decision.plan_service, CASE_CODE, "health", owner="RD-01")
    work.do(every_decision.set_service, CASE_CODE, own.number, provider_code="PRE-01")
    work.do(every_decision.set_service, CASE_CODE, own.number, provider_code=None)
    work.do(every_decision.move_service, CASE_CODE, own.number, "ongoing")
    words = work.refused(
        GuardFails, every_decision.set_service, CASE_CODE, own.number, provider_code="PRE-01"
    )
    work.do(every_decision.set_service, CASE_CODE, own.number, work_note="Seen twice")

    assert "consent" in words


def test_nothing_is_sent_out_of_a_closed_case(work: Work) -> None:
    """What was planned before is not referred afterwards."""
    made = work.do(every_decision.plan_service, CASE_CODE, "health", provider="PRE-01")
    close(work)
    work.refused(every_decision.CaseLeft, every_decision.move_service, CASE_CODE, made.number, "referred")
    work.do(every_decision.move_service, CASE_CODE, made.number, "declined")


def test_an_owner_does_not_give_the_case_away_and_close_it(work: Work) -> None:
    """Whoever was in charge when the closure was asked for does not decide on it."""
    work.do(every_decision.assign, CASE_CODE, "SU-01")
    said = {"because": "survivor_request", "reason": "As said", "feedback": "yes", "risk": "low"}
    work.do(every_decision.move, CASE_CODE, "closure_pending", by=OTHER, **said)
    work.do(every_decision.assign, CASE_CODE, "RD-01", by=SUPERVISOR)
    work.refused(GuardFails, every_decision.move, CASE_CODE, "closed", by=SUPERVISOR)
    work.do(every_decision.move, CASE_CODE, "closed")


def test_a_case_is_not_handed_over_with_somebody_who_said_no(work: Work) -> None:
    """One person's yes does not take another one along."""
    said = {"header": {"alert_code": ALERT_CODE}, "victims": [victim(7)]}
    work.field.send("case", "c2", changed(CASE, said, {"consent": {"c_refer_identity": None}}))
    day = date(2026, 11, 20)
    words = work.refused(
        GuardFails, every_decision.move, CASE_CODE, "transferred", receiver="PART-01", accepted_on=day
    )
    work.do(consents.record, CASE_CODE, {"refer_identity": "health"}, person="V7")
    work.do(every_decision.move, CASE_CODE, "transferred", receiver="PART-01", accepted_on=day)

    assert "identity" in words


@pytest.mark.parametrize("closed_first", [False, True])
def test_what_somebody_who_withdrew_is_owed_outlives_the_case(work: Work, *, closed_first: bool) -> None:
    """The task to erase stays open and stands on the page of the day, however the case was left."""
    if closed_first:
        close(work)
    work.do(consents.withdraw, CASE_CODE, reason="She asked")
    if not closed_first:
        close(work, "consent_withdrawn")
    (task,) = work.tasks("consent_purge")

    assert CASE_CODE not in shown(work)
    assert shown(work, days=31)[CASE_CODE] == "overdue"
    work.do(every_decision.end_task, CASE_CODE, task["task_id"], reason="Erased")
    assert CASE_CODE not in shown(work, days=31)


def test_what_is_due_in_a_merged_case_stays_on_the_page_of_the_day(work: Work) -> None:
    """It goes on with another owner, so somebody has to see it."""
    kept = second_case(work)
    work.do(every_decision.merge, CASE_CODE, kept, reason="Same facts", by=OWNER)
    assert shown(work, days=60)[CASE_CODE] == "overdue"


@pytest.mark.parametrize("decision", ["not_same", "related"])
def test_an_alert_is_no_duplicate_of_another_event(work: Work, decision: str) -> None:
    """When the link on which that rested is decided anew, the alert is triaged again, with all that is due in it."""
    work.field.send("alert", "r2", ALERT)
    work.do(every_decision.triage, SECOND_ALERT)
    work.do(decide_link, ALERT_CODE, SECOND_ALERT, "same_event", "One source")
    work.do(every_decision.duplicate, SECOND_ALERT)
    work.do(decide_link, ALERT_CODE, SECOND_ALERT, decision, "Two days lie between")
    alert = work.alert(SECOND_ALERT)

    assert (alert["state"], alert["duplicate_of"]) == ("triaged", None)
    assert work.tasks("first_contact")
