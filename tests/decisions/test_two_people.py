"""Two people are two people: what one proposes, another one signs with a key of their own; nothing else opens a guard."""

from __future__ import annotations

import pytest

from sync_scripts.register.directory.providers import set_provider
from sync_scripts.register.lifecycle.errors import GuardFails, ReasonMissing, SecondPersonSame
from sync_scripts.register.model.errors import KeyFromFirst
from sync_scripts.store import events as store_events
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.events import KEY_GIVEN, NewEvent
from sync_scripts.store.schema import register as tables
from tests import every_decision
from tests.decisions.work import OWNER, SUPERVISOR, Work
from tests.register.beginnings import played_once
from tests.register.field import ALERT, COORDINATOR, Field, changed, dealt

CODE = dealt(0, "AL")


@pytest.fixture
@played_once
def work(register: Register) -> Work:
    """A register with one critical alert, triaged."""
    made = Work(Field(register))
    for code, roles in (("CO-01", "coordinator"), ("SU-01", "supervisor"), ("RD-01", "case_owner")):
        made.do(every_decision.name_worker, code, roles)
    made.field.send("alert", "r1", changed(ALERT, {"danger": {"danger_now": "yes"}}))
    made.do(every_decision.triage, CODE)
    return made


def provider(work: Work) -> None:
    """Put one provider into the directory."""
    work.do(set_provider, "PRE-01", {"name": "Clinique A", "services": "health"})


def test_what_is_proposed_changes_nothing(work: Work) -> None:
    """Not a row but the history; it waits in the list, with who proposed it."""
    before = work.field.everything()
    done = work.do(every_decision.dismiss, CODE, "A hoax")
    with work.field.register.reading() as rows:
        (waiting,) = every_decision.proposals(rows)

    assert work.field.everything() == before
    assert (waiting.id, waiting.what, waiting.first) == (done.proposal, CODE, COORDINATOR)


def test_the_second_person_decides(work: Work) -> None:
    """The event is the second person's, and names the first; both were proved by their keys."""
    made = work.do(every_decision.dismiss, CODE, "A hoax")
    signed = work.do(every_decision.sign, made.proposal.lower(), by=SUPERVISOR)
    event = next(one for one in work.events() if one.op == "alert.dismiss")

    assert (signed.first, signed.second) == ("CO-01", "SU-01")
    assert event.actor == SUPERVISOR
    assert (event.payload["first"], event.payload["second"], event.payload["second_proof"]) == (
        "CO-01",
        "SU-01",
        "key",
    )
    assert work.alert()["dismissed_by_2"] == "SU-01"
    with work.field.register.reading() as rows:
        assert every_decision.proposals(rows) == []
    work.refused(every_decision.ProposalUnknown, every_decision.sign, made.proposal, by=OWNER)


@pytest.mark.parametrize("code", ["CO-01", "co-01", " CO-01 "])
def test_one_person_is_never_two(work: Work, code: str) -> None:
    """However the code is typed."""
    made = work.do(every_decision.dismiss, CODE, "A hoax")

    work.refused(SecondPersonSame, every_decision.sign, made.proposal, by=Actor(code, "key"))


def test_somebody_whom_the_register_does_not_know_is_no_second_person(work: Work) -> None:
    """A key slot alone makes nobody a colleague."""
    made = work.do(every_decision.dismiss, CODE, "A hoax")

    work.refused(every_decision.WorkerUnknown, every_decision.sign, made.proposal, by=Actor("GHOST-9", "key"))


def test_a_passphrase_that_the_first_person_set_afterwards_proves_only_the_first(work: Work) -> None:
    """Whoever may set passphrases cannot become two people that way; one set before, or by somebody else, counts."""
    for giver in (COORDINATOR, OWNER):
        slot_of(work, giver)
    made = work.do(every_decision.dismiss, CODE, "A hoax")
    slot_of(work, COORDINATOR)
    work.refused(KeyFromFirst, every_decision.sign, made.proposal, by=SUPERVISOR)
    slot_of(work, OWNER)
    signed = work.do(every_decision.sign, made.proposal, by=SUPERVISOR)

    assert signed.second == "SU-01"


def slot_of(work: Work, giver: Actor) -> None:
    """Let somebody set the passphrase of the supervisor."""
    with work.field.register.writing() as rows:
        store_events.append(rows, [NewEvent(KEY_GIVEN, "worker:SU-01", giver)], work.field.later())


def test_a_code_typed_by_another_hand_is_nobody(work: Work) -> None:
    """Neither as the first person nor as the second."""
    work.refused(
        every_decision.OwnKeyMissing, every_decision.dismiss, CODE, "A hoax", by=Actor("SU-01", "claimed")
    )
    made = work.do(every_decision.dismiss, CODE, "A hoax")

    work.refused(
        every_decision.OwnKeyMissing, every_decision.sign, made.proposal, by=Actor("SU-01", "claimed")
    )


def test_somebody_who_left_signs_nothing(work: Work) -> None:
    """A slot may be there still."""
    made = work.do(every_decision.dismiss, CODE, "A hoax")
    work.do(every_decision.name_worker, "SU-01", "supervisor", active=False)

    work.refused(every_decision.WorkerRetired, every_decision.sign, made.proposal, by=SUPERVISOR)


def test_a_proposal_needs_its_reason_and_is_made_once(work: Work) -> None:
    """Two at once would be two decisions."""
    work.refused(ReasonMissing, every_decision.dismiss, CODE, "  ")
    work.do(every_decision.dismiss, CODE, "A hoax")

    words = work.refused(every_decision.ProposalWaits, every_decision.dismiss, CODE, "Again", by=SUPERVISOR)
    assert "CO-01" in words


def test_what_changed_meanwhile_is_not_signed(work: Work) -> None:
    """The first person decided on something else: refused, and proposed anew after it was taken back."""
    made = work.do(every_decision.dismiss, CODE, "A hoax")
    work.do(every_decision.triage, CODE, urgency="high", reason="The caller was reached")
    work.refused(every_decision.ProposalStale, every_decision.sign, made.proposal, by=SUPERVISOR)
    work.do(every_decision.withdraw, CODE, by=OWNER)
    again = work.do(every_decision.dismiss, CODE, "A hoax")
    work.do(every_decision.sign, again.proposal, by=SUPERVISOR)

    assert work.alert()["state"] == "dismissed"


def test_an_alert_that_went_elsewhere_is_not_dismissed(work: Work) -> None:
    """A case was opened between the two."""
    made = work.do(every_decision.dismiss, CODE, "A hoax")
    work.do(every_decision.open_case, CODE, owner="RD-01")

    work.refused(every_decision.ProposalStale, every_decision.sign, made.proposal, by=SUPERVISOR)


def test_a_referral_out_without_consent_is_signed_by_two(register: Register) -> None:
    """For a vital interest only, with a reason; with consent one person is enough."""
    work = Work(Field(register))
    for number, consent in enumerate(("not_asked", "given")):
        work.field.send("alert", f"r{number}", changed(ALERT, {"gate": {"consent_alert": consent}}))
        work.do(every_decision.triage, dealt(number, "AL"))
    provider(work)
    words = work.refused(every_decision.ProviderUnknown, every_decision.refer_out, CODE, "PRE-O1")
    assert "PRE-01" in words
    work.refused(GuardFails, every_decision.refer_out, CODE, "PRE-01")
    made = work.do(every_decision.refer_out, CODE, "pre-01", reason="She bleeds", vital=True)
    assert work.alert()["state"] == "triaged"
    work.do(every_decision.sign, made.proposal, by=SUPERVISOR)
    work.do(every_decision.refer_out, dealt(1, "AL"), "PRE-01")

    assert [row["state"] for row in work.field.rows(tables.alert)] == ["referred_out"] * 2
    assert {row["referred_to"] for row in work.field.rows(tables.alert)} == {"PRE-01"}
    assert all(task["done_at"] for task in work.field.rows(tables.task) if task["kind"] == "first_action")


@pytest.mark.parametrize("how", ["dismissed", "referred out"])
def test_what_was_proposed_is_not_signed_over_another_danger_of_the_same_level(work: Work, how: str) -> None:
    """The first person saw one danger, and an edit tells of another: nobody has decided about that one."""
    code = dealt(1, "AL")
    known = {"gate": {"consent_alert": "not_asked"}, "danger": {"danger_now": "yes"}}
    other = {"danger": {"danger_now": "no"}, "what": {"alert_icon": "missing"}, "when": {"when_rel": "now"}}
    provider(work)
    work.field.send("alert", "r2", changed(ALERT, known))
    work.do(every_decision.triage, code)
    if how == "dismissed":
        made = work.do(every_decision.dismiss, code, "She is safe abroad", by=OWNER)
    else:
        made = work.do(every_decision.refer_out, code, "PRE-01", reason="bleeding", vital=True, by=OWNER)
    assert made.proposal
    work.field.send("alert", "r2", changed(ALERT, {**known, **other}), edit=1)

    assert work.alert(code)["urgency"] == "critical"
    work.refused(every_decision.ProposalStale, every_decision.sign, made.proposal, by=SUPERVISOR)
