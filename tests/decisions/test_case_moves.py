"""A case goes its way as people decide, and never where the table or a guard says no; a rebuild comes to the same."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from sync_scripts.register.consent_decisions import decide as consents
from sync_scripts.register.lifecycle.errors import GuardFails, MoveNotListed, SecondPersonSame
from sync_scripts.register.rules.kinds import ASIDE
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.schema import register as tables
from tests import every_decision
from tests.decisions.work import ALERT_CODE, CASE_CODE, OTHER, OWNER, SUPERVISOR, Work, begin
from tests.register.field import ALERT, CASE, COORDINATOR, FOLLOWUP, changed, closing, dealt, service, told


@pytest.fixture
def work(register: Register) -> Work:
    """A register with one case."""
    return begin(register)


def due(work: Work) -> list[dict[str, Any]]:
    """Return the tasks that nobody ended."""
    return [dict(row) for row in work.field.rows(tables.task) if row["done_at"] is None]


def to_follow_up(work: Work) -> None:
    """Bring the case to its follow-up."""
    work.do(every_decision.move, CASE_CODE, "assessment", by=OWNER)
    work.do(every_decision.move, CASE_CODE, "action_plan", by=OWNER)
    work.do(every_decision.plan_service, CASE_CODE, "health", by=OWNER)
    work.do(every_decision.move, CASE_CODE, "intervention", by=OWNER)
    work.do(every_decision.move, CASE_CODE, "follow_up", by=OWNER)


def test_a_case_goes_its_whole_way(work: Work) -> None:
    """From its opening to its closure by somebody else, each step an event with who and when."""
    to_follow_up(work)
    work.field.send("closure", "k1", closing(CASE_CODE))
    work.do(every_decision.move, CASE_CODE, "closure_pending", by=OWNER)
    assert [task["due_at"] for task in work.tasks("closure_review")]
    work.do(every_decision.move, CASE_CODE, "closed", by=SUPERVISOR)
    row, asked = work.case(), work.field.one(tables.closure)

    assert (row["state"], row["closure_reason"], row["retention_class"]) == (
        "closed",
        "goals_met",
        "standard",
    )
    assert row["closed_at"] is not None
    assert (asked["decision"], asked["decided_at"]) == ("approved", row["closed_at"])
    assert {one["kind"] for one in due(work)} == {"retention_review"}, "how long it is kept, and no work"
    moves = [(event.payload["to"], event.actor.code) for event in work.events() if event.op == "case.move"]
    assert [to for to, _ in moves] == [
        "assessment",
        "action_plan",
        "intervention",
        "follow_up",
        "closure_pending",
        "closed",
    ]


def test_a_step_is_never_left_out(work: Work) -> None:
    """The refusal says where the case can go."""
    words = work.refused(MoveNotListed, every_decision.move, CASE_CODE, "closed", by=SUPERVISOR)

    assert CASE_CODE in words
    assert "(assessment)" in words


def test_without_consent_nothing_begins_but_an_emergency(register: Register) -> None:
    """And an emergency needs a reason, and an assessment within 72 hours."""
    work = begin(register, consent=False)
    assert "consent" in work.refused(GuardFails, every_decision.move, CASE_CODE, "assessment")
    work.refused(GuardFails, every_decision.move, CASE_CODE, "intervention")
    work.refused(GuardFails, every_decision.move, CASE_CODE, "intervention", emergency=True)
    before = work.tasks("assessment")[0]["due_at"]
    work.do(every_decision.move, CASE_CODE, "intervention", emergency=True, reason="She bleeds")
    since = moment(next(event.at for event in work.events() if event.op == "case.move"))

    assert work.tasks("assessment")[0]["due_at"] == instant(since + timedelta(hours=72)) < before
    work.field.send("case", "c1", changed(CASE, {"header": {"alert_code": ALERT_CODE}}))
    assert work.tasks("assessment", done=True)
    work.do(every_decision.move, CASE_CODE, "assessment")
    assert work.sound()


def test_a_planned_case_does_not_go_back_to_its_assessment(work: Work) -> None:
    """Only one that came to interventions as an emergency does."""
    to_follow_up(work)
    work.do(
        every_decision.move, CASE_CODE, "action_plan", by=OWNER
    )  # the need for legal help has no intervention
    work.do(every_decision.move, CASE_CODE, "intervention", by=OWNER)

    work.refused(GuardFails, every_decision.move, CASE_CODE, "assessment", by=OWNER)


def test_an_urgent_case_needs_a_safety_plan(register: Register) -> None:
    """At high or critical, also when a person raised it."""
    work = begin(register, consent=False)
    said = changed(CASE, {"header": {"alert_code": ALERT_CODE}, "risk": {"safety_plan": None}})
    work.field.send("case", "c1", said)
    work.do(every_decision.move, CASE_CODE, "assessment")
    work.do(every_decision.set_urgency, CASE_CODE, "high")
    assert "safety plan" in work.refused(GuardFails, every_decision.move, CASE_CODE, "action_plan")
    work.do(every_decision.set_urgency, CASE_CODE, None, reason="The author left the region")
    work.do(every_decision.move, CASE_CODE, "action_plan")

    assert work.case()["state"] == "action_plan"


def test_a_referral_that_waits_too_long_holds_the_follow_up_back(work: Work) -> None:
    """Unless somebody says why."""
    work.do(every_decision.move, CASE_CODE, "assessment")
    work.do(every_decision.move, CASE_CODE, "action_plan")
    work.field.send("followup", "f1", service(CASE_CODE, "referred"))
    work.do(every_decision.move, CASE_CODE, "intervention")
    work.field.later(days=9)
    assert "answer" in work.refused(GuardFails, every_decision.move, CASE_CODE, "follow_up")
    work.do(every_decision.move, CASE_CODE, "follow_up", reason="They answer on Monday")

    assert work.case()["state"] == "follow_up"


def test_a_growing_risk_brings_a_case_back_to_its_plan(work: Work) -> None:
    """A follow-up that reports it, since the case came to its follow-up."""
    to_follow_up(work)
    work.do(every_decision.plan_service, CASE_CODE, "legal", by=OWNER)
    work.refused(GuardFails, every_decision.move, CASE_CODE, "action_plan", by=OWNER)
    said = changed(FOLLOWUP, {"header": {"case_code": CASE_CODE}, "result": {"risk_change": "up"}})
    work.field.send("followup", "f9", said)
    work.do(every_decision.move, CASE_CODE, "action_plan", by=OWNER)

    assert work.case()["state"] == "action_plan"


# --- closure ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "needed"),
    [
        (OWNER, "neither"),
        (Actor("rd-01", "key"), "neither"),
        (OTHER, "supervisor"),
        (Actor("SU-01", "claimed"), "passphrase of their own"),
    ],
)
def test_a_closure_is_decided_by_a_supervisor_who_is_somebody_else(
    work: Work, who: Actor, needed: str
) -> None:
    """Not by the owner, not by a colleague, and not by a code that is only typed."""
    to_follow_up(work)
    work.field.send("closure", "k1", closing(CASE_CODE))
    work.do(every_decision.move, CASE_CODE, "closure_pending", by=OWNER)

    assert needed in work.refused(GuardFails, every_decision.move, CASE_CODE, "closed", by=who)


def test_whoever_asks_does_not_decide(work: Work) -> None:
    """The supervisor who asked for the closure, on a form or by a move, leaves it to another one."""
    to_follow_up(work)
    work.field.send("closure", "k1", changed(closing(CASE_CODE), {"header": {"closer_code": "CO-01"}}))
    work.refused(GuardFails, every_decision.move, CASE_CODE, "closure_pending", by=Actor("RD-01", "claimed"))
    work.do(every_decision.move, CASE_CODE, "closure_pending", by=SUPERVISOR)
    work.refused(GuardFails, every_decision.move, CASE_CODE, "closed", by=SUPERVISOR)

    assert "neither" in work.refused(GuardFails, every_decision.move, CASE_CODE, "closed"), (
        "CO-01 stands on the form"
    )


@pytest.mark.parametrize(
    ("close", "needed"),
    [({"risk_now": "high"}, "risk"), ({"risk_now": "unknown"}, "risk"), ({"feedback_given": None}, "told")],
)
def test_a_form_that_says_too_little_closes_nothing(
    work: Work, close: dict[str, str | None], needed: str
) -> None:
    """The register checks again what the form should have refused."""
    to_follow_up(work)
    work.field.send("closure", "k1", closing(CASE_CODE, **close))
    work.do(every_decision.move, CASE_CODE, "closure_pending", by=OWNER)

    assert needed in work.refused(GuardFails, every_decision.move, CASE_CODE, "closed", by=SUPERVISOR)


def test_a_hearing_ahead_keeps_a_case_open(work: Work) -> None:
    """And so does the task that reminds of it."""
    said = changed(
        FOLLOWUP,
        {
            "header": {"case_code": CASE_CODE, "fu_type": "legal"},
            "legal": {"legal_step": "hearing", "court": "tpi", "hearing_at": "2026-12-20T09:00:00.000+01:00"},
        },
    )
    work.field.send("followup", "f1", said)
    to_follow_up(work)
    work.field.send("closure", "k1", closing(CASE_CODE))
    work.do(every_decision.move, CASE_CODE, "closure_pending", by=OWNER)
    words = work.refused(GuardFails, every_decision.move, CASE_CODE, "closed", by=SUPERVISOR)

    assert "hearing" in words


def test_a_refused_closure_goes_back_to_the_follow_up(work: Work) -> None:
    """With a reason; the request keeps the answer, and a later one is another request."""
    to_follow_up(work)
    work.field.send("closure", "k1", closing(CASE_CODE))
    work.do(every_decision.move, CASE_CODE, "closure_pending", by=OWNER)
    work.refused(GuardFails, every_decision.move, CASE_CODE, "follow_up", by=SUPERVISOR)
    work.do(every_decision.move, CASE_CODE, "follow_up", reason="The trial goes on", by=SUPERVISOR)

    assert work.field.one(tables.closure)["decision"] == "refused"
    assert not work.tasks("closure_review")
    work.refused(GuardFails, every_decision.move, CASE_CODE, "closure_pending", by=OWNER)


def test_an_early_closure_has_one_of_few_reasons(register: Register) -> None:
    """Without an interview the risk and the feedback are said with the request."""
    work = begin(register, consent=False)
    work.refused(GuardFails, every_decision.move, CASE_CODE, "closure_pending", because="goals_met", by=OWNER)
    work.refused(
        every_decision.CodeNotListed,
        every_decision.move,
        CASE_CODE,
        "closure_pending",
        because="tired",
        by=OWNER,
    )
    work.ask_to_close()
    work.do(every_decision.move, CASE_CODE, "closed", by=SUPERVISOR)

    assert (work.case()["state"], work.case()["closure_reason"]) == ("closed", "unfounded")
    assert work.sound()


def test_a_closed_case_is_reopened_with_a_reason(register: Register) -> None:
    """It is assessed again, and what is due in it is due again."""
    work = begin(register, consent=False)
    work.ask_to_close()
    work.do(every_decision.move, CASE_CODE, "closed", by=SUPERVISOR)
    work.refused(GuardFails, every_decision.move, CASE_CODE, "reopened")
    work.do(every_decision.move, CASE_CODE, "reopened", reason="The witness spoke")
    row = work.case()

    assert (row["state"], row["closed_at"], row["closure_reason"]) == ("reopened", None, None)
    assert work.tasks("assessment")
    work.do(every_decision.move, CASE_CODE, "assessment")
    assert work.sound()


# --- suspended, handed over, merged -------------------------------------------------------------------------------


def test_a_suspended_case_goes_back_to_the_state_that_it_left(work: Work) -> None:
    """With a reason and a day on which somebody looks again, which is a task."""
    work.do(every_decision.move, CASE_CODE, "assessment")
    soon = date(2027, 1, 15)
    work.refused(GuardFails, every_decision.move, CASE_CODE, "suspended", because="safety", reason="Fighting")
    work.refused(GuardFails, every_decision.move, CASE_CODE, "suspended", reason="Fighting", review_on=soon)
    past = date(2026, 1, 15)
    more: dict[str, Any] = {"because": "safety", "reason": "Fighting"}
    work.refused(GuardFails, every_decision.move, CASE_CODE, "suspended", review_on=past, **more)
    work.do(every_decision.move, CASE_CODE, "suspended", review_on=soon, **more)
    row = work.case()

    assert (row["state"], row["suspended_from"], row["review_on"]) == (
        "suspended",
        "assessment",
        "2027-01-15",
    )
    assert [task["due_at"] for task in work.tasks("suspended_review")] == ["2027-01-15T22:59:59.000000Z"]
    assert work.sound()
    work.refused(GuardFails, every_decision.move, CASE_CODE, "follow_up")
    work.do(every_decision.move, CASE_CODE, "back")
    assert (work.case()["state"], work.case()["suspended_from"]) == ("assessment", None)
    assert not work.tasks("suspended_review")


def test_a_suspended_case_is_looked_at_again_within_ninety_days(work: Work) -> None:
    """Nobody puts a case away for a lifetime, neither a proved person nor a code that was typed."""
    more: dict[str, Any] = {"because": "safety", "reason": "Fighting"}
    for by in (COORDINATOR, Actor("CO-01", "claimed")):
        words = work.refused(
            GuardFails,
            every_decision.move,
            CASE_CODE,
            "suspended",
            review_on=date(2027, 2, 19),
            by=by,
            **more,
        )
        assert "within 90 days" in words
    work.do(every_decision.move, CASE_CODE, "suspended", review_on=date(2027, 2, 18), **more)

    assert work.case()["review_on"] == "2027-02-18"


def test_a_typed_code_hands_no_case_over(work: Work) -> None:
    """It is final, and ends what is due by law: whoever does it is proved."""
    said: dict[str, Any] = {"receiver": "PART-01", "accepted_on": date(2026, 11, 20)}
    typed = Actor("CO-01", "claimed")
    words = work.refused(GuardFails, every_decision.move, CASE_CODE, "transferred", by=typed, **said)
    work.do(every_decision.move, CASE_CODE, "transferred", **said)

    assert "passphrase of their own" in words
    assert work.case()["state"] == "transferred"


def test_a_closure_for_a_withdrawal_asks_for_the_withdrawal(work: Work) -> None:
    """While she agrees nobody says that she does not; once it is written down, the case may be closed for it."""
    said: dict[str, Any] = {"because": "consent_withdrawn", "reason": "She called"}
    words = work.refused(GuardFails, every_decision.move, CASE_CODE, "closure_pending", by=OWNER, **said)
    work.do(consents.withdraw, CASE_CODE, reason="She called")
    work.do(every_decision.move, CASE_CODE, "closure_pending", by=OWNER, **said)

    assert "dikalo consent withdraw" in words
    assert work.case()["closure_reason"] == "consent_withdrawn"


def test_a_case_is_handed_over_only_when_it_was_accepted_and_the_person_agreed(work: Work) -> None:
    """It is final, and no work is due here any more: only the look whether what is held here is still kept."""
    day = date(2026, 11, 20)
    assert "accepted" in work.refused(
        GuardFails, every_decision.move, CASE_CODE, "transferred", receiver="PART-01"
    )
    work.refused(GuardFails, every_decision.move, CASE_CODE, "transferred", accepted_on=day)
    work.refused(GuardFails, every_decision.move, CASE_CODE, "transferred", accepted_on=day, receiver="  ")
    work.do(every_decision.move, CASE_CODE, "transferred", receiver="PART-01", accepted_on=day)
    row = work.case()

    assert (row["state"], row["transferred_to"]) == ("transferred", "PART-01")
    assert {one["kind"] for one in due(work)} == {"retention_review"}
    work.refused(MoveNotListed, every_decision.move, CASE_CODE, "assessment")


def test_nobody_accepted_a_case_before_it_was_there(work: Work) -> None:
    """A year typed wrong is no acceptance: the move is final, and what is due by law ends with it."""
    said: dict[str, Any] = {"receiver": "PART-01"}
    for day in (date(2020, 1, 1), date(2026, 11, 19)):
        words = work.refused(
            GuardFails, every_decision.move, CASE_CODE, "transferred", accepted_on=day, **said
        )
        assert "not before the case was opened" in words
    work.do(every_decision.move, CASE_CODE, "transferred", accepted_on=date(2026, 11, 20), **said)
    assert work.case()["state"] == "transferred"


def test_nobody_accepted_a_case_before_the_person_agreed_to_it(register: Register) -> None:
    """Asked again on the 23rd, and accepted on the 22nd: somebody else was told of her before she had agreed."""
    work = begin(register, consent=False)
    work.field.send(
        "case",
        "c1",
        changed(CASE, {"header": {"alert_code": ALERT_CODE}, "consent": {"c_refer_identity": "no"}}),
    )
    work.field.later(days=3)
    work.do(consents.record, CASE_CODE, {"refer_identity": "health"}, reason="asked again")
    said: dict[str, Any] = {"receiver": "PART-01"}
    words = work.refused(
        GuardFails, every_decision.move, CASE_CODE, "transferred", accepted_on=date(2026, 11, 22), **said
    )
    assert "the consents for it were last written down" in words
    work.do(every_decision.move, CASE_CODE, "transferred", accepted_on=date(2026, 11, 23), **said)


@pytest.mark.parametrize(
    "change", [{"consent": {"c_refer_identity": None}}, {"consent": {"withhold_from": "other_ngos"}}]
)
def test_a_hand_over_without_consent_is_refused(
    register: Register, change: dict[str, dict[str, str]]
) -> None:
    """Consent to services by others with their identity; whom the person excluded wins."""
    work = begin(register, consent=False)
    work.field.send("case", "c1", changed(CASE, {"header": {"alert_code": ALERT_CODE}}, change))
    words = work.refused(
        GuardFails,
        every_decision.move,
        CASE_CODE,
        "transferred",
        receiver="PART-01",
        accepted_on=date(2026, 11, 20),
    )

    assert "consent" in words


def second_case(work: Work) -> str:
    """Open another case, in the charge of RD-02."""
    work.field.send("alert", "r2", ALERT)
    work.do(every_decision.triage, dealt(1, "AL"))
    return str(work.do(every_decision.open_case, dealt(1, "AL"), owner="RD-02").case)


def test_a_merged_case_points_to_the_kept_one_and_loses_nothing(work: Work) -> None:
    """Its tasks go on, with whoever is in charge of the kept case; forms that still come are told where to look."""
    kept = second_case(work)
    work.refused(GuardFails, every_decision.merge, CASE_CODE, kept, reason="", by=OWNER)
    work.refused(GuardFails, every_decision.merge, CASE_CODE, kept, reason="Same facts", by=SUPERVISOR)
    work.refused(
        GuardFails, every_decision.merge, CASE_CODE, kept, reason="Same facts", by=Actor("RD-01", "claimed")
    )
    work.refused(GuardFails, every_decision.merge, CASE_CODE, CASE_CODE, reason="Same facts")
    open_before = [one["task_id"] for one in due(work) if one["kind"] not in ASIDE]
    work.do(every_decision.merge, CASE_CODE, kept, reason="Same facts", by=OWNER)
    row = work.case()

    assert (row["state"], row["merged_into"], row["owner_code"]) == ("merged", kept, "RD-02")
    assert [one["task_id"] for one in due(work) if one["kind"] not in ASIDE] == open_before
    assert {row["assigned_to"] for row in work.tasks("followup")} == {"RD-02"}
    work.field.send("followup", "f1", changed(FOLLOWUP, {"header": {"case_code": CASE_CODE}}))
    assert f"case_merged|{kept}" in [told(one) for one in work.field.rows(tables.flag)]
    assert kept in work.refused(every_decision.CaseMerged, every_decision.move, CASE_CODE, "assessment")
    assert kept in work.refused(every_decision.CaseMerged, every_decision.assign, CASE_CODE, "RD-02")
    assert kept in work.refused(
        every_decision.CaseMerged, every_decision.merge, kept, CASE_CODE, reason="The other way round"
    )


def test_an_alert_opened_by_mistake_is_moved_and_its_empty_case_stays(work: Work) -> None:
    """Nobody's case vanishes: it is there, empty, to be merged or closed."""
    kept = second_case(work)
    work.do(every_decision.move_alert, dealt(1, "AL"), CASE_CODE, reason="Same fact, wrong village")

    assert work.alert(dealt(1, "AL"))["case_code"] == CASE_CODE
    assert work.case(kept)["state"] == "open_intake"
    assert work.sound()
    work.do(every_decision.merge, kept, CASE_CODE, reason="Opened twice")
    assert work.case(kept)["merged_into"] == CASE_CODE


# --- values -------------------------------------------------------------------------------------------------------


def test_note_hold_and_retention_are_decided(work: Work) -> None:
    """Each an event with what it was before; a hold needs its reason."""
    work.do(every_decision.set_note, CASE_CODE, "  Two   lines\nof work ")
    work.do(every_decision.set_retention, CASE_CODE, "justice")
    work.refused(every_decision.CodeNotListed, every_decision.set_retention, CASE_CODE, "forever")
    work.refused(every_decision.NoteTooLong, every_decision.set_note, CASE_CODE, "a" * 1001)
    with pytest.raises(Exception, match="DK-R12"):
        work.do(every_decision.set_hold, CASE_CODE, held=True, reason=" ")
    work.do(every_decision.set_hold, CASE_CODE, held=True, reason="The court asked")
    row = work.case()

    assert (row["work_note"], row["retention_class"], row["legal_hold"]) == (
        "Two lines\nof work",
        "justice",
        True,
    )
    assert not work.do(every_decision.set_retention, CASE_CODE, "justice").written


def test_confidentiality_is_lowered_only_with_a_reason_and_only_for_what_was_seen(work: Work) -> None:
    """What comes later and asks for more wins over the decision."""
    work.do(every_decision.set_confidentiality, CASE_CODE, "C4")
    assert work.case()["confidentiality"] == "C4"
    work.refused(every_decision.CodeNotListed, every_decision.set_confidentiality, CASE_CODE, "C9")
    with pytest.raises(Exception, match="DK-R12"):
        work.do(every_decision.set_confidentiality, CASE_CODE, "C1")
    asked = work.do(every_decision.set_confidentiality, CASE_CODE, "C1", reason="She speaks in public")
    assert (work.case()["confidentiality"], asked.written) == ("C4", False)
    work.refused(SecondPersonSame, every_decision.sign, asked.proposal)
    work.do(every_decision.sign, asked.proposal, by=SUPERVISOR)
    assert work.case()["confidentiality"] == "C1"
    victims = changed(CASE, {"header": {"alert_code": ALERT_CODE}, "consent": {"confidentiality": "C4"}})
    work.field.send("case", "c1", victims, edit=1)

    assert (work.case()["confidentiality"], work.case()["confidentiality_decided"]) == ("C4", "C1")


def test_a_decided_urgency_sets_the_deadlines_and_no_rule_overwrites_it(work: Work) -> None:
    """The rules' result stays beside it."""
    rule = work.case()["urgency"]
    work.do(every_decision.set_urgency, CASE_CODE, "critical")
    due = {task["kind"]: task["due_at"] for task in work.field.rows(tables.task)}
    work.field.send("case", "c1", changed(CASE, {"header": {"alert_code": ALERT_CODE}}), edit=1)
    row = work.case()

    assert (row["urgency"], row["urgency_decided"]) == (rule, "critical")
    assert due["followup"] == instant(moment(row["opened_at"]) + timedelta(days=7))


def test_a_flag_is_raised_and_settled(work: Work) -> None:
    """By people too; it stays, with what came of it."""
    work.do(every_decision.raise_flag, CASE_CODE, "Check the village")
    (row,) = [one for one in work.field.rows(tables.flag) if one["raised_by"] == "CO-01"]
    work.refused(
        every_decision.ThingUnknown, every_decision.resolve_flag, CASE_CODE, "ffffff", resolution="x"
    )
    work.do(
        every_decision.resolve_flag, CASE_CODE, row["flag_id"], resolution="It is the other Fonfuka", by=OWNER
    )
    (row,) = [one for one in work.field.rows(tables.flag) if one["raised_by"] == "CO-01"]

    assert (row["resolved_by"], row["resolution"]) == ("RD-01", "It is the other Fonfuka")
