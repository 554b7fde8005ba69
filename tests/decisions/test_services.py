"""Services: planned by a decision, referred only with consent, folded with what the phones report."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from sync_scripts import texts
from sync_scripts.register.lifecycle.errors import GuardFails, MoveNotListed
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.schema import register as tables
from tests import every_decision
from tests.decisions.test_two_people import provider
from tests.decisions.work import ALERT_CODE, CASE_CODE, Work, begin
from tests.register.beginnings import played_once
from tests.register.field import CASE, COORDINATOR, changed, dealt, service, victim

TYPED = Actor("RD-01", "claimed")


@pytest.fixture
@played_once
def work(register: Register) -> Work:
    """A register with one case and one provider."""
    made = begin(register)
    provider(made)
    return made


def of(work: Work, number: int = 1) -> dict[str, object]:
    """Return an intervention by its number."""
    return next(row for row in work.field.rows(tables.intervention) if row["number"] == number)


def test_a_referral_goes_its_way(work: Work) -> None:
    """Planned, referred, accepted, begun, done; each answer ends the task that waits for it."""
    made = work.do(every_decision.refer, CASE_CODE, "health", "PRE-01", timeframe="3_days")
    row = of(work)
    assert (row["status"], row["provider_code"], row["consent_ok"]) == ("referred", "PRE-01", True)
    assert row["due_at"] is not None
    assert len(work.tasks("referral_answer")) == 1
    work.do(every_decision.move_service, CASE_CODE, made.number, "accepted")
    assert (len(work.tasks("referral_answer")), of(work)["answered_at"] is not None) == (0, True)
    work.do(every_decision.move_service, CASE_CODE, made.number, "ongoing")
    work.do(every_decision.move_service, CASE_CODE, made.number, "done")

    assert (of(work)["status"], of(work)["done_at"] is not None) == ("done", True)
    assert next(row for row in work.field.rows(tables.need) if row["service"] == "health")["met_on"]
    work.refused(MoveNotListed, every_decision.move_service, CASE_CODE, made.number, "declined")


@pytest.mark.parametrize(("level", "hours"), [("critical", 24), ("high", 72), ("medium", 168), ("low", 336)])
def test_an_answer_is_due_after_the_first_action_of_its_level_where_nobody_said_when(
    work: Work, level: str, hours: int
) -> None:
    """Counted from the referral: it is not late the minute it was made."""
    work.do(every_decision.set_urgency, CASE_CODE, level, reason="Seen again")
    work.do(every_decision.refer, CASE_CODE, "legal", "PRE-01", unlisted=True, reason="They said so by phone")
    at = next(event.at for event in reversed(work.events()) if event.op == "intervention.move")

    (row,) = work.tasks("referral_answer")

    assert moment(row["due_at"]) - moment(at) == timedelta(hours=hours)


@pytest.mark.parametrize(
    "change", [{"consent": {"c_services": "no"}}, {"consent": {"withhold_from": "other_ngos"}}]
)
def test_no_referral_without_consent(register: Register, change: dict[str, dict[str, str]]) -> None:
    """It may be planned, so that somebody asks; it does not leave, and one transaction undoes both steps of a referral."""
    work = begin(register, consent=False)
    provider(work)
    work.field.send("case", "c1", changed(CASE, {"header": {"alert_code": ALERT_CODE}}, change))
    words = work.refused(GuardFails, every_decision.refer, CASE_CODE, "health", "PRE-01")
    work.do(every_decision.plan_service, CASE_CODE, "health", provider="PRE-01")

    assert "consent" in words
    assert (of(work)["status"], of(work)["consent_ok"]) == ("planned", False)


def test_our_own_service_is_begun_and_others_are_referred(work: Work) -> None:
    """Who gives it decides which way it goes."""
    own = work.do(every_decision.plan_service, CASE_CODE, "legal", owner="RD-01")
    work.refused(GuardFails, every_decision.move_service, CASE_CODE, own.number, "referred")
    theirs = work.do(every_decision.plan_service, CASE_CODE, "health", provider="PRE-01")
    work.refused(GuardFails, every_decision.move_service, CASE_CODE, theirs.number, "ongoing")
    work.do(every_decision.move_service, CASE_CODE, own.number, "ongoing")

    assert (of(work)["status"], of(work)["owner_code"]) == ("ongoing", "RD-01")


def test_phones_and_decisions_speak_of_the_same_intervention(work: Work) -> None:
    """A follow-up on the service reports on what was planned; numbers go on from each other."""
    work.do(every_decision.plan_service, CASE_CODE, "health", provider="PRE-01")
    work.field.send("followup", "f1", service(CASE_CODE, "referred"))
    work.field.send("followup", "f2", service(CASE_CODE, "accepted", service="legal"))
    work.do(every_decision.plan_service, CASE_CODE, "pss")
    rows = work.field.rows(tables.intervention)

    assert [(row["number"], row["service"], row["status"]) for row in rows] == [
        (1, "health", "referred"),
        (3, "pss", "planned"),
        (2, "legal", "accepted"),
    ]
    work.do(every_decision.move_service, CASE_CODE, 2, "ongoing")
    assert of(work, 2)["status"] == "ongoing"


def test_what_is_said_of_an_intervention_stays_with_it(work: Work) -> None:
    """Person, owner, note and days; a due time is only ever earlier than medicine allows."""
    work.do(every_decision.plan_service, CASE_CODE, "health", requested_on=date(2026, 11, 19))
    work.refused(every_decision.ThingUnknown, every_decision.set_service, CASE_CODE, 7, work_note="x")
    work.refused(every_decision.CodeNotListed, every_decision.set_service, CASE_CODE, 1, status="done")
    work.do(
        every_decision.set_service,
        CASE_CODE,
        1,
        work_note="Called twice",
        person_uid="V1",
        due_at="2026-12-01T08:00:00.000000Z",
        appointment_at="2026-12-02T08:00:00.000000Z",
    )
    row = of(work)

    assert (row["work_note"], row["person_uid"], row["due_at"]) == (
        "Called twice",
        "v1",
        "2026-12-01T08:00:00.000000Z",
    )
    assert len(work.tasks("appointment")) == 1


def test_a_day_that_is_decided_moves_when_a_service_is_due(work: Work) -> None:
    """An earlier one, by anybody; a later one, by a proved person, no later than that decision; the same one not at all."""
    work.field.send("followup", "f1", service(CASE_CODE, "planned", timeframe="1_day"))
    due = of(work)["due_at"]
    work.do(every_decision.set_service, CASE_CODE, 1, requested_on="2026-11-20")
    assert of(work)["due_at"] == due
    work.do(every_decision.set_service, CASE_CODE, 1, requested_on="2026-11-18", by=TYPED)
    assert of(work)["due_at"] == "2026-11-18T23:00:00.000000Z"
    work.do(every_decision.set_service, CASE_CODE, 1, requested_on="2026-12-24")

    assert of(work)["due_at"] == instant(work.field.now + timedelta(days=1))


def test_a_first_day_that_is_decided_gives_nobody_more_time(work: Work) -> None:
    """The visit had told none: its hour counts."""
    work.field.send("followup", "f1", service(CASE_CODE, "planned", timeframe="1_hour", requested_on=None))
    due = of(work)["due_at"]
    work.do(every_decision.set_service, CASE_CODE, 1, requested_on="2026-11-20", by=TYPED)
    assert of(work)["due_at"] == due
    work.do(every_decision.set_service, CASE_CODE, 1, requested_on="2026-11-20")

    assert of(work)["due_at"] == due


def test_planning_for_a_case_that_is_left_is_refused(work: Work) -> None:
    """And for a service, a time frame or a person that is not there."""
    work.refused(every_decision.CodeNotListed, every_decision.plan_service, CASE_CODE, "magic")
    work.refused(
        every_decision.CodeNotListed, every_decision.plan_service, CASE_CODE, "health", timeframe="soon"
    )
    work.refused(every_decision.ThingUnknown, every_decision.plan_service, CASE_CODE, "health", person="V9")
    work.refused(every_decision.CaseUnknown, every_decision.plan_service, dealt(5, "DK"), "health")
    work.do(every_decision.move, CASE_CODE, "transferred", receiver="X", accepted_on=date(2026, 11, 20))

    work.refused(every_decision.CaseLeft, every_decision.plan_service, CASE_CODE, "health")


def test_interventions_by_decision_survive_a_rebuild(register: Register) -> None:
    """Also in a case that has no form yet: its rows stand beside its alert."""
    work = begin(register, consent=False)
    made = work.do(every_decision.plan_service, CASE_CODE, "health", timeframe="1_day")
    work.do(every_decision.raise_flag, CASE_CODE, "Look at the alert")
    work.field.send("alert", "r1", changed({"gate": {"consent_alert": "given"}}), edit=1)

    assert of(work, made.number)["intervention_id"] == made.intervention
    assert len([one for one in work.field.rows(tables.flag) if one["raised_by"] == "CO-01"]) == 1
    assert work.sound()


def test_a_piece_of_evidence_goes_its_way(work: Work) -> None:
    """Sealed once its commitment is written; shared only with consent."""
    said = {
        "header": {"alert_code": ALERT_CODE},
        "evidence": [{"evidence_uid": "e1", "evidence_type": "photo", "faces_visible": "yes"}],
    }
    work.field.send("case", "c1", changed(CASE, said), edit=1)
    rows = work.field.rows(tables.evidence)
    assert rows, "the form's evidence is there"
    work.refused(GuardFails, every_decision.move_evidence, CASE_CODE, "E1", "sealed")
    work.refused(MoveNotListed, every_decision.move_evidence, CASE_CODE, "E1", "shared")
    work.refused(every_decision.ThingUnknown, every_decision.move_evidence, CASE_CODE, "E7", "sealed")


def test_nothing_is_called_purged_that_nobody_erased(work: Work) -> None:
    """A hold is named first; without one the sentence says that erasing is not there yet."""
    said = {
        "header": {"alert_code": ALERT_CODE},
        "evidence": [{"evidence_uid": "e1", "evidence_type": "photo", "faces_visible": "yes"}],
    }
    work.field.send("case", "c1", changed(CASE, said), edit=1)
    with every_decision.deciding(work.field.register, COORDINATOR, work.field.later()) as by:
        by.write(by.event("evidence.move", f"case:{CASE_CODE}", {"uid": "e1", "was": "", "to": "retained"}))

    told = work.refused(
        every_decision.ErasureMissing,
        every_decision.move_evidence,
        CASE_CODE,
        "E1",
        "purged",
        reason="Time is up",
    )
    assert "is erased with its case" in told
    work.do(every_decision.set_hold, CASE_CODE, held=True, reason="Court")
    work.refused(GuardFails, every_decision.move_evidence, CASE_CODE, "E1", "purged", reason="Time is up")


def test_a_service_that_the_provider_does_not_give_is_said_to_be_so(work: Work) -> None:
    """The directory names health alone; another service needs the flag and its reason, which is kept."""
    words = work.refused(every_decision.ServiceNotOffered, every_decision.refer, CASE_CODE, "legal", "PRE-01")
    assert "health" in words
    work.refused(
        every_decision.ServiceNotOffered, every_decision.refer, CASE_CODE, "legal", "PRE-01", unlisted=True
    )
    work.refused(
        every_decision.ServiceNotOffered,
        every_decision.plan_service,
        CASE_CODE,
        "legal",
        provider="PRE-01",
        reason="x",
    )
    work.do(
        every_decision.plan_service,
        CASE_CODE,
        "legal",
        provider="PRE-01",
        unlisted=True,
        reason="They said yes",
    )

    assert of(work)["service"] == "legal"
    (event,) = [one for one in work.events() if one.op == "intervention.add"]
    assert event.payload["reason"] == "They said yes"


def test_the_same_service_of_the_same_provider_is_not_begun_twice(work: Work) -> None:
    """The refusal names the one that is open; once it is over another one may follow."""
    made = work.do(every_decision.refer, CASE_CODE, "health", "PRE-01")
    words = work.refused(every_decision.ServiceUnderWay, every_decision.refer, CASE_CODE, "health", "PRE-01")
    assert f"no. {made.number} is Health / medical by PRE-01" in words
    work.refused(
        every_decision.ServiceUnderWay,
        every_decision.plan_service,
        CASE_CODE,
        "health",
        provider="PRE-01",
        person="V1",
    )
    work.do(every_decision.plan_service, CASE_CODE, "health")
    work.do(every_decision.move_service, CASE_CODE, made.number, "rejected")
    work.do(every_decision.refer, CASE_CODE, "health", "PRE-01")

    assert len(work.field.rows(tables.intervention)) == 3


def test_a_refusal_speaks_french_of_an_intervention(work: Work) -> None:
    """Its number and its service are said in the language of the sentence around them."""
    texts.speak("fr")
    try:
        made = work.do(every_decision.refer, CASE_CODE, "health", "PRE-01")
        again = work.refused(
            every_decision.ServiceUnderWay, every_decision.refer, CASE_CODE, "health", "PRE-01"
        )
        own = work.do(every_decision.plan_service, CASE_CODE, "legal", owner="RD-01")
        words = work.refused(GuardFails, every_decision.move_service, CASE_CODE, own.number, "referred")
    finally:
        texts.speak("en")

    assert f"le n° {made.number} est déjà ce service" in again
    assert "health" not in again
    assert words.startswith(f"{CASE_CODE}, n° {own.number} ne peut pas")


def test_an_appointment_lies_ahead(work: Work) -> None:
    """One that is over is refused; one that was to come and is over by now stays as it was said."""
    made = work.do(every_decision.refer, CASE_CODE, "health", "PRE-01")
    over, ahead = "2020-01-01T07:00:00.000000Z", "2026-11-21T07:00:00.000000Z"
    words = work.refused(
        every_decision.AppointmentPast,
        every_decision.set_service,
        CASE_CODE,
        made.number,
        appointment_at=over,
    )
    assert "2020-01-01 08:00" in words
    work.do(every_decision.set_service, CASE_CODE, made.number, appointment_at=ahead)
    work.field.later(days=3)
    work.do(every_decision.set_service, CASE_CODE, made.number, appointment_at=ahead, work_note="She went")

    assert of(work)["appointment_at"] == ahead


def test_a_need_is_met_by_what_she_got_herself_and_after_she_told_of_it(work: Work) -> None:
    """Not by the service of somebody else in the case, nor by one of before: it would vanish from the workbook unmet."""

    def met() -> list[str | None]:
        rows = work.field.rows(tables.need)
        return [row["met_on"] for row in rows if (row["person_uid"], row["service"]) == ("v1", "health")]

    people: dict[str, Any] = {"victims": [victim(1), victim(2)], "header": {"alert_code": ALERT_CODE}}
    work.field.send("case", "c1", changed(CASE, people), edit=1)
    other = work.do(every_decision.plan_service, CASE_CODE, "health", person="V2")
    work.do(every_decision.move_service, CASE_CODE, other.number, "ongoing")
    work.do(every_decision.move_service, CASE_CODE, other.number, "done")
    assert met() == [None]
    own = work.do(every_decision.plan_service, CASE_CODE, "health", person="V1")
    work.do(every_decision.move_service, CASE_CODE, own.number, "ongoing")
    work.do(every_decision.move_service, CASE_CODE, own.number, "done")
    assert met() == ["2026-11-21"]
    told = changed(CASE, people, {"header": {**people["header"], "doc_date": "2026-11-22"}})
    work.field.send("case", "c1", told, edit=2)

    assert met() == [None], "she told of it the day after"
