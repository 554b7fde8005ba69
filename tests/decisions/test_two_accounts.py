"""On a shared PostgreSQL two people have two accounts of the database, and nobody knows both their passphrases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from sync_scripts.register.case_decisions.cautions import to_sign
from sync_scripts.register.decisions.authority import key_of
from sync_scripts.register.decisions.base import By
from sync_scripts.register.history.logbook import logbook
from sync_scripts.register.model.errors import (
    AccountShared,
    AccountUnknown,
    FirstKeyFromSecond,
    KeyFromFirst,
    KeyReplaced,
)
from sync_scripts.register.queries.today import today
from sync_scripts.store import events as store_events
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.schema.raw import event as event_table
from sync_scripts.store.seal.own_keys import note
from tests import every_decision
from tests.decisions.work import CASE_CODE, OWNER, SUPERVISOR, Work, begin
from tests.register.beginnings import played_once
from tests.register.field import ALERT, COORDINATOR, changed, dealt
from xlsform.errors import Worded

POSTGRESQL = pytest.mark.parametrize("world", ["postgresql"], indirect=True)
FILE = pytest.mark.parametrize("world", ["sqlite"], indirect=True)
CODE = dealt(1, "AL")


@pytest.fixture
@played_once
def work(register: Register) -> Work:
    """A register with a case, and one critical alert beside it."""
    made = begin(register)
    made.field.send("alert", "r9", changed(ALERT, {"danger": {"danger_now": "yes"}}))
    made.do(every_decision.triage, CODE)
    return made


def shared(
    work: Work, what: Callable[..., Any], *words: Any, by: Actor, through: str = "", **more: Any
) -> Any:
    """Decide through the account that the whole office uses, or through the one of somebody else."""
    with work.field.register.writing() as rows:
        if through:
            rows.execute(text(f'SET LOCAL SESSION AUTHORIZATION "{through}"'))
        return what(By(rows, by, work.field.later(), draw=work.field.draw), *words, **more)


def refused(
    why: type[Worded], work: Work, what: Callable[..., Any], *words: Any, by: Actor, through: str = ""
) -> str:
    """See it refused through such an account, with no event written; return the words."""
    count = len(work.events())
    with pytest.raises(why) as caught:
        shared(work, what, *words, by=by, through=through)
    assert len(work.events()) == count
    return str(caught.value.words())


@POSTGRESQL
def test_what_a_person_decides_keeps_the_account_that_the_database_saw(work: Work) -> None:
    """It stands in the line that the chain is made of, not in what is decided; what a rule writes has none."""
    made = work.do(every_decision.dismiss, CODE, "A hoax")
    (event,) = [one for one in work.events() if one.op == "proposal.make"]
    with work.field.register.reading() as rows:
        (waiting,) = every_decision.proposals(rows)
        line = rows.execute(
            select(event_table.c.payload).where(event_table.c.hash == event.hash)
        ).scalar_one()
        assert store_events.check(rows)
        shown = to_sign(rows, made.proposal, "SU-01")
        logged = list(logbook(rows, CODE))[-1]

    assert (event.account, waiting.account, event.payload.get("account")) == ("CO-01", "CO-01", None)
    assert '"account":"CO-01"' in line
    assert (logged["op"], logged["account"]) == ("proposal.make", "CO-01")
    with work.field.register.writing() as rows:
        rows.execute(text('SET LOCAL ROLE "CO-01"'))
        assert rows.account == "postgres", "a role that is put on is no other login"
    assert shown.accounts == ("CO-01", "postgres")
    assert {one.account for one in work.events() if one.actor.proof == "rule"} == {None}


@FILE
def test_a_file_has_no_accounts_and_asks_for_none(work: Work) -> None:
    """There two people are two passphrases."""
    made = shared(work, every_decision.dismiss, CODE, "A hoax", by=COORDINATOR)
    shared(work, every_decision.sign, made.proposal, by=SUPERVISOR)

    assert {one.account for one in work.events()} == {None}
    assert work.alert(CODE)["state"] == "dismissed"


@POSTGRESQL
def test_two_codes_through_one_account_are_one_person(work: Work) -> None:
    """However many passphrases: refused, with what the administrator does; another account signs. A rebuild agrees."""
    made = shared(work, every_decision.dismiss, CODE, "A hoax", by=COORDINATOR)
    words = refused(AccountShared, work, every_decision.sign, made.proposal, by=SUPERVISOR)
    assert "postgres" in words
    assert "dikalo guide keys" in words
    work.do(every_decision.sign, made.proposal, by=SUPERVISOR)

    assert work.alert(CODE)["state"] == "dismissed"


@POSTGRESQL
def test_what_was_proposed_before_accounts_were_kept_is_proposed_again(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing shows who proposed it: refused, taken back, proposed, signed."""
    with monkeypatch.context() as before:
        before.setattr(store_events, "_with_account", lambda _rows, new: new.payload)
        made = work.do(every_decision.dismiss, CODE, "A hoax")
    work.refused(AccountUnknown, every_decision.sign, made.proposal, by=SUPERVISOR)
    work.do(every_decision.withdraw, CODE, "Before the accounts")
    again = work.do(every_decision.dismiss, CODE, "A hoax")
    work.do(every_decision.sign, again.proposal, by=SUPERVISOR)

    assert work.alert(CODE)["state"] == "dismissed"


def asked(work: Work, by: Actor = OWNER) -> None:
    """Ask for the closure of the case."""
    said = {"because": "unfounded", "reason": "A hoax", "feedback": "yes", "risk": "low"}
    work.do(every_decision.move, CASE_CODE, "closure_pending", by=by, **said)


@POSTGRESQL
def test_a_closure_is_decided_through_another_account(work: Work) -> None:
    """Than that of whoever asked for it; and then it rebuilds to the same."""
    asked(work)
    refused(AccountShared, work, every_decision.move, CASE_CODE, "closed", by=SUPERVISOR, through="RD-01")
    work.do(every_decision.move, CASE_CODE, "closed", by=SUPERVISOR)

    assert work.case()["state"] == "closed"


@POSTGRESQL
def test_whoever_is_in_charge_decides_on_no_closure_under_another_code(work: Work) -> None:
    """Somebody else asked for it; what was written about the case before tells whose account it is."""
    work.do(every_decision.set_note, CASE_CODE, "Called twice", by=OWNER)
    asked(work, by=COORDINATOR)
    words = refused(
        AccountShared, work, every_decision.move, CASE_CODE, "closed", by=SUPERVISOR, through="RD-01"
    )
    assert "RD-01" in words
    work.do(every_decision.move, CASE_CODE, "closed", by=SUPERVISOR)


# --- passphrases, on both databases -------------------------------------------------------------------------------


def give(work: Work, worker: str, giver: Actor) -> bool:
    """Let somebody set a worker's passphrase; tell whether it took the place of the worker's own."""
    return note(work.field.register, worker, giver, work.field.later())


def test_a_passphrase_from_the_first_person_proves_nobody_whenever_it_was_given(work: Work) -> None:
    """Until its owner changed it in a run of their own."""
    give(work, "SU-01", COORDINATOR)
    made = work.do(every_decision.dismiss, CODE, "A hoax")
    words = work.refused(KeyFromFirst, every_decision.sign, made.proposal, by=SUPERVISOR)
    assert "dikalo keys passphrase" in words
    give(work, "SU-01", SUPERVISOR)

    assert work.do(every_decision.sign, made.proposal, by=SUPERVISOR).second == "SU-01"


def test_whoever_set_both_passphrases_is_nobody_else(work: Work) -> None:
    """The coordinator's right hand makes the slots of two people: one of them has to change theirs."""
    for worker in ("CO-01", "SU-01"):
        give(work, worker, OWNER)
    made = work.do(every_decision.dismiss, CODE, "A hoax")
    words = work.refused(KeyFromFirst, every_decision.sign, made.proposal, by=SUPERVISOR)
    assert {"RD-01", "CO-01", "SU-01"} <= set(words.replace(",", " ").split())
    give(work, "SU-01", SUPERVISOR)

    assert work.do(every_decision.sign, made.proposal, by=SUPERVISOR).second == "SU-01"


def test_nobody_signs_what_they_could_have_proposed_themselves(work: Work) -> None:
    """What counts is who knew the first passphrase when it was proposed: a change afterwards heals nothing."""
    give(work, "CO-01", SUPERVISOR)
    made = work.do(every_decision.dismiss, CODE, "A hoax")
    give(work, "CO-01", COORDINATOR)
    work.refused(FirstKeyFromSecond, every_decision.sign, made.proposal, by=SUPERVISOR)
    work.do(every_decision.withdraw, CODE, "Again")
    again = work.do(every_decision.dismiss, CODE, "A hoax")

    assert work.do(every_decision.sign, again.proposal, by=SUPERVISOR).second == "SU-01"


@pytest.mark.parametrize("asking", [OWNER, COORDINATOR])
def test_a_closure_asks_the_same_of_passphrases(work: Work, asking: Actor) -> None:
    """Of one that whoever asked had set, and of one that whoever is in charge had set."""
    give(work, "SU-01", OWNER)
    asked(work, by=asking)
    work.refused(KeyFromFirst, every_decision.move, CASE_CODE, "closed", by=SUPERVISOR)
    give(work, "SU-01", SUPERVISOR)
    work.do(every_decision.move, CASE_CODE, "closed", by=SUPERVISOR)

    assert work.case()["state"] == "closed"


def test_whoever_takes_a_passphrase_over_is_no_second_person(work: Work) -> None:
    """The coordinator replaces the supervisor's, signs in with it and changes it once more under that code."""
    assert not give(work, "SU-01", SUPERVISOR)
    assert give(work, "SU-01", COORDINATOR)
    assert not give(work, "SU-01", SUPERVISOR)
    made = work.do(every_decision.dismiss, CODE, "A hoax")
    words = work.refused(KeyReplaced, every_decision.sign, made.proposal, by=SUPERVISOR)
    assert "dikalo keys passphrase --for SU-01" in words
    work.do(every_decision.withdraw, CODE, "Again")

    theirs = work.do(every_decision.dismiss, CODE, "A hoax", by=SUPERVISOR)
    work.refused(KeyReplaced, every_decision.sign, theirs.proposal)


def test_a_third_person_gives_it_back(work: Work) -> None:
    """One whose own passphrase the first one cannot know; then it parts the two, and counts as that third person's."""
    give(work, "SU-01", SUPERVISOR)
    give(work, "SU-01", COORDINATOR)
    assert give(work, "SU-01", OWNER)
    give(work, "SU-01", SUPERVISOR)
    with work.field.register.reading() as rows:
        assert key_of(rows, "SU-01").also == {"RD-01"}
    made = work.do(every_decision.dismiss, CODE, "A hoax")

    assert work.do(every_decision.sign, made.proposal, by=SUPERVISOR).second == "SU-01"


def test_in_an_office_of_two_another_code_parts_them(work: Work) -> None:
    """Nobody is there to give the forgotten one back: a new code has a first passphrase, which takes nothing over."""
    give(work, "SU-01", SUPERVISOR)
    give(work, "SU-01", COORDINATOR)
    give(work, "SU-01", SUPERVISOR)
    anew = Actor("SU-02", "key")
    work.do(every_decision.name_worker, anew.code, "supervisor")
    give(work, anew.code, COORDINATOR)
    made = work.do(every_decision.dismiss, CODE, "A hoax")
    work.refused(KeyFromFirst, every_decision.sign, made.proposal, by=anew)
    give(work, anew.code, anew)

    assert work.do(every_decision.sign, made.proposal, by=anew).second == "SU-02"


def test_not_through_the_hand_of_another_whom_they_took_over(work: Work) -> None:
    """What the coordinator took of the owner is the coordinator's, and so is what the owner then gives."""
    for worker, giver in (("SU-01", SUPERVISOR), ("RD-01", OWNER), ("RD-01", COORDINATOR), ("RD-01", OWNER)):
        give(work, worker, giver)
    for giver in (COORDINATOR, OWNER, SUPERVISOR):
        give(work, "SU-01", giver)
    made = work.do(every_decision.dismiss, CODE, "A hoax")

    work.refused(KeyReplaced, every_decision.sign, made.proposal, by=SUPERVISOR)


def test_a_closure_asks_the_same_of_one_that_was_taken_over(work: Work) -> None:
    """By whoever is in charge of the case."""
    for giver in (SUPERVISOR, OWNER, SUPERVISOR):
        give(work, "SU-01", giver)
    asked(work, by=COORDINATOR)

    work.refused(KeyReplaced, every_decision.move, CASE_CODE, "closed", by=SUPERVISOR)


def test_a_first_passphrase_given_twice_takes_nothing_over(work: Work) -> None:
    """It was mistyped, or forgotten before it was ever changed; the change parts the two."""
    for giver in (COORDINATOR, COORDINATOR, SUPERVISOR):
        assert not give(work, "SU-01", giver)
    made = work.do(every_decision.dismiss, CODE, "A hoax")

    assert work.do(every_decision.sign, made.proposal, by=SUPERVISOR).second == "SU-01"


def test_it_stands_on_the_page_of_the_day_for_a_week(work: Work) -> None:
    """Whoever did not ask for it hears of it, and so does everybody else."""

    def said(days: int) -> list[tuple[str, str]]:
        with work.field.register.reading() as rows:
            return [
                (one.worker, one.by) for one in today(rows, work.field.now + timedelta(days=days)).replaced
            ]

    give(work, "SU-01", SUPERVISOR)
    assert said(0) == []
    give(work, "SU-01", OWNER)
    assert (said(0), said(6), said(8)) == ([("SU-01", "RD-01")], [("SU-01", "RD-01")], [])
