"""One person under two pseudonyms of one case: her last no holds in both, and what she takes back she takes back in both."""

from __future__ import annotations

from typing import Any

import pytest

from sync_scripts.register.consent_decisions import decide as consents
from sync_scripts.register.consents.agreements import of_cases
from sync_scripts.register.consents.doors import covers_service
from sync_scripts.register.lifecycle.errors import GuardFails
from sync_scripts.register.links.same import decide_person
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.schema import register as tables
from tests import every_decision
from tests.decisions.test_case_moves import second_case
from tests.decisions.test_two_people import provider
from tests.decisions.work import CASE_CODE, Work, begin
from tests.register.beginnings import played_once
from tests.register.field import CASE, changed, known, victim
from tests.register.test_stopping import messages, waits

NO = {"c_services": "no", "c_document": "no", "c_refer_identity": None}
CLAIMED = Actor("RD-02", "claimed")


@pytest.fixture
@played_once
def work(register: Register) -> Work:
    """A register with one case, whose V1 agreed to services, and a provider."""
    made = begin(register)
    provider(made)
    return made


def told_again(work: Work, consent: dict[str, Any] | None = None, **header: str) -> None:
    """Let somebody tell her story a second time, in the same case; she is its V2."""
    said = {"victims": [victim(1, victim_uid="w1")], "consent": consent or {}}
    work.field.send("case", "c2", known(CASE_CODE, changed(CASE, said), **header))


def same(work: Work, decision: str = "same", by: Actor | None = None) -> None:
    """Decide that V1 and V2 are one person."""
    more = {"by": by} if by else {}
    work.do(decide_person, CASE_CODE, "V1", (CASE_CODE, "V2"), decision, reason="One voice", **more)


def referable(work: Work, uid: str | None = None) -> bool:
    """Tell whether somebody of the case may be referred."""
    with work.field.register.reading() as rows:
        return covers_service(rows, CASE_CODE, "health", work.field.now, uid=uid, provider="PRE-01")


def stopped(work: Work) -> bool:
    """Tell whether the case stopped."""
    with work.field.register.reading() as rows:
        return of_cases(rows, [CASE_CODE])[CASE_CODE].stopped(work.field.now)


def states(work: Work, purpose: str = "services") -> dict[str, str]:
    """Return what stands of a purpose, by pseudonym."""
    names = {row["uid"]: row["pseudonym"] for row in work.field.rows(tables.person)}
    return {
        names[row["person_uid"]]: row["state"]
        for row in work.field.rows(tables.consent)
        if row["purpose"] == purpose
    }


# --- her last no --------------------------------------------------------------------------------------------------


def test_what_she_refused_the_second_time_is_refused(work: Work) -> None:
    """No referral of V1 leaves, the case stops, and its planned work ends when it was decided that both are one."""
    told_again(work, NO)
    assert (referable(work), stopped(work)) == (True, False)
    same(work)

    assert states(work) == {"V1": "refused", "V2": "refused"}
    assert (referable(work), stopped(work)) == (False, True)
    work.refused(GuardFails, every_decision.refer, CASE_CODE, "health", "PRE-01")
    assert [row["done_at"] for row in work.field.rows(tables.task) if row["kind"] == "plan"] == [
        work.events()[-1].at
    ]


def test_what_she_did_not_refuse_stands(work: Work) -> None:
    """Purpose by purpose: a no to services is none to statistics; one purpose missing the second time is no answer."""
    told_again(work, NO)
    same(work)

    assert states(work, "stats") == {"V1": "given", "V2": "given"}
    assert states(work, "refer_identity") == {"V1": "given"}


def test_a_yes_stays_with_the_record_in_which_it_was_given(work: Work) -> None:
    """Anybody may say that two are one: nothing leaves by it that did not leave before."""
    told_again(work, {"c_justice": "yes"})
    same(work, by=CLAIMED)

    assert states(work, "justice") == {"V1": "refused", "V2": "given"}


def test_asked_again_her_yes_counts_in_the_record_in_which_she_was_asked(work: Work) -> None:
    """It is later than her no."""
    told_again(work, NO)
    same(work)
    work.do(consents.record, CASE_CODE, {"services": "yes"}, person="V1", reason="She asked for help")

    assert states(work) == {"V1": "given", "V2": "refused"}
    assert (referable(work), stopped(work)) == (True, False)


@pytest.mark.parametrize(("day", "state"), [("2026-11-10", "refused"), ("2026-11-20", "given")])
def test_a_yes_that_a_phone_said_late_is_no_later_than_its_day(work: Work, day: str, state: str) -> None:
    """The talk in which she agreed arrives after the one of the 20th, in which she refused: what counts is its day."""
    told_again(work, NO)
    late = {"header": {"doc_date": day}, "victims": [victim(1, victim_uid="x1")]}
    work.field.send("case", "c3", known(CASE_CODE, changed(CASE, late), doc_date=day))
    work.do(decide_person, CASE_CODE, "V3", (CASE_CODE, "V2"), "same", reason="One voice")

    assert states(work) == {"V1": "given", "V2": "refused", "V3": state}


def test_they_are_not_one_when_a_proved_person_says_so(work: Work) -> None:
    """It lets something leave; a code that is only typed lets nothing leave."""
    told_again(work, NO)
    same(work)
    same(work, "not_same", by=CLAIMED)
    assert not referable(work)
    same(work, "not_same")

    assert referable(work)
    assert states(work) == {"V1": "given", "V2": "refused"}


def test_through_a_third_record_too(work: Work) -> None:
    """V1 is V2, and V2 is V3, who refused."""
    told_again(work)
    third = {"victims": [victim(1, victim_uid="x1")], "consent": NO}
    work.field.send("case", "c3", known(CASE_CODE, changed(CASE, third)))
    same(work)
    assert referable(work)
    work.do(decide_person, CASE_CODE, "V3", (CASE_CODE, "V2"), "same", reason="One voice")

    assert states(work) == {"V1": "refused", "V2": "refused", "V3": "refused"}


def test_a_case_that_stops_by_it_takes_back_what_waits(work: Work) -> None:
    """As a refusal that is written down does."""
    told_again(work, NO)
    waits(work, a=f"case:{CASE_CODE}", b="case:DK-OTHER")
    same(work)

    assert messages(work) == {"a": "cancelled", "b": "waiting"}


# --- what she takes back --------------------------------------------------------------------------------------------


def test_a_withdrawal_reaches_every_record_of_her(work: Work) -> None:
    """Said of the one or of the other: nothing leaves, and each record has its tasks."""
    told_again(work)
    same(work)
    done = work.do(consents.withdraw, CASE_CODE, person="V2", reason="She called")

    assert (done.person, done.also, done.stops) == ("V2", ("V1",), True)
    assert states(work) == {"V1": "withdrawn", "V2": "withdrawn"}
    assert (referable(work), len(work.tasks("consent_purge"))) == (False, 2)


def test_who_is_somebody_else_keeps_what_she_agreed_to(work: Work) -> None:
    """Nothing was decided: V2 is another woman."""
    told_again(work)
    done = work.do(consents.withdraw, CASE_CODE, person="V2", reason="She called")

    assert (done.also, done.stops) == ((), False)
    assert states(work) == {"V1": "given", "V2": "withdrawn"}


@pytest.mark.parametrize("merged", [True, False])
def test_a_withdrawal_reaches_her_record_in_a_merged_case(work: Work, *, merged: bool) -> None:
    """Two cases that are one; in a case of its own it stays what it was: consent is given for the facts of a case."""
    other = second_case(work)
    said = {"victims": [victim(9, victim_uid="w9")]}
    work.field.send("case", "c2", known(other, changed(CASE, said)))
    work.do(decide_person, CASE_CODE, "V1", (other, "V9"), "same", reason="One voice")
    if merged:
        work.do(every_decision.merge, other, CASE_CODE, reason="Same facts")
    done = work.do(consents.withdraw, CASE_CODE, person="V1", reason="She called")

    assert done.also == ((f"{other}-V9",) if merged else ())
    assert states(work) == {"V1": "withdrawn", "V9": "withdrawn" if merged else "given"}
