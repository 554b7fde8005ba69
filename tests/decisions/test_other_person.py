"""Whoever has to be somebody else is somebody else: no code that was only typed is the other person, on either side.

One hand writes the first half down under a code that it types, and comes back as itself, with its own key; or does the first
half as itself and types a code for the second. Every guard that asks for another person is walked.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import sync_scripts
from sync_scripts.register.alert_decisions.event_links import decide as decide_link
from sync_scripts.register.case_decisions.openings import ask_opening
from sync_scripts.register.consent_decisions import decide as consents
from sync_scripts.register.consent_decisions import overriding
from sync_scripts.register.consent_decisions.of_alerts import withdraw_alert
from sync_scripts.register.consents.errors import LookedAtByAnother, LookedAtByTwo
from sync_scripts.register.decisions.proposals import _MATTERS, SIGNERS
from sync_scripts.register.lifecycle.errors import GuardFails, SecondPersonSame
from sync_scripts.register.model.errors import OwnHandMissing, OwnKeyMissing, ThingUnknown
from sync_scripts.register.purging import confirming
from sync_scripts.register.purging.person import erase_person
from sync_scripts.store import events as store_events
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.events import KEY_GIVEN, NewEvent
from tests import every_decision
from tests.decisions.test_two_people import provider
from tests.decisions.work import ALERT_CODE, CASE_CODE, OWNER, SUPERVISOR, Work, begin
from tests.register.beginnings import played_once
from tests.register.field import ALERT, CASE, COORDINATOR, changed, dealt

HAND = Actor("SU-01", "key")
"""Who does both halves."""
TYPED = Actor("RD-02", "claimed", hand="SU-01")
"""The same hand under a code that it typed."""
PAPER = Actor("RD-02", "claimed")
"""A code typed where nobody's key slot was open: the recovery paper."""
URGENT = {"danger": {"danger_now": "yes"}}
SECOND = dealt(1, "AL")
ASKED_NOBODY = dealt(2, "AL")
CHECK = "withdrawal_check"

Do = Callable[[Work, Actor], Any]


@dataclass(frozen=True)
class Guard:
    """One guard: what the first person does, and what the second one."""

    first: Do
    second: Do


def _proposed(what: Callable[..., Any], *words: Any, **more: Any) -> Guard:
    """Return a guard of a proposal that somebody signs."""
    return Guard(
        lambda work, by: work.do(what, *words, by=by, **more),
        lambda work, by: work.do(every_decision.sign, words[0], by=by),
    )


def _close(work: Work, by: Actor) -> None:
    said = {"because": "survivor_request", "reason": "As said", "feedback": "yes", "risk": "low"}
    work.do(every_decision.move, CASE_CODE, "closure_pending", by=by, **said)


def _plan(work: Work, by: Actor) -> None:
    """Confirm what is due of the case."""
    work.field.later(days=31)
    with every_decision.deciding(work.field.register, by, work.field.later(), draw=work.field.draw) as hand:
        name = confirming.plan(hand.rows, hand.now).id
        confirming.confirm(hand, name, reason="she asked", reviewed=[CASE_CODE])


def _withdraw(work: Work, by: Actor) -> None:
    """Let the case be urgent, and its person be written down as withdrawn."""
    work.do(every_decision.set_urgency, CASE_CODE, "critical")
    work.do(consents.withdraw, CASE_CODE, by=by, reason="she called")


GUARDS: dict[str, Guard] = {
    "alert.dismiss": _proposed(every_decision.dismiss, SECOND, "Nothing of it is true"),
    "alert.refer": _proposed(every_decision.refer_out, ASKED_NOBODY, "PRE-01", reason="x", vital=True),
    "alert.duplicate": _proposed(every_decision.duplicate, SECOND, reason="One caller"),
    "consent.override": _proposed(overriding.override, CASE_CODE, hours=24, reason="x"),
    "case.confidentiality": _proposed(every_decision.set_confidentiality, CASE_CODE, "C2", reason="x"),
    "opening.allow": _proposed(ask_opening, CASE_CODE, reason="x"),
    "case.move": Guard(_close, lambda work, by: work.do(every_decision.move, CASE_CODE, "closed", by=by)),
    "task.done": Guard(
        lambda work, by: work.do(withdraw_alert, SECOND, by=by, reason="she called"),
        lambda work, by: work.do(every_decision.end_task, SECOND, CHECK, by=by, reason="seen"),
    ),
    "retention.confirm": Guard(_withdraw, _plan),
    "person.erase": Guard(
        _withdraw, lambda work, by: work.do(erase_person, CASE_CODE, "V1", by=by, reason="she asked")
    ),
}
"""Decision that takes two -> how one hand would try to be both."""


@pytest.fixture
@played_once
def work(sqlite_register: Register) -> Work:
    """A C4 case with its interview, two urgent alerts beside it, one of them the same event, and a provider."""
    made = begin(sqlite_register, consent=False)
    provider(made)
    made.field.send(
        "case",
        "c1",
        changed(CASE, {"header": {"alert_code": ALERT_CODE}, "consent": {"confidentiality": "C4"}}),
    )
    for root, consent in (("r2", "given"), ("r3", "unable")):
        made.field.send("alert", root, changed(ALERT, URGENT, {"gate": {"consent_alert": consent}}))
    for code in (SECOND, ASKED_NOBODY):
        made.do(every_decision.triage, code)
    made.do(decide_link, ALERT_CODE, SECOND, "same_event", "The same caller")
    made.do(every_decision.name_worker, "SU-01", "coordinator supervisor")
    return made


def test_the_walk_knows_every_guard_of_that_kind() -> None:
    """Everything that somebody signs, and every module that asks for another person."""
    for module in _MATTERS:
        __import__(module)
    assert SIGNERS.keys() <= GUARDS.keys()
    asks = {"require_second", "require_apart", "require_not", "require_somebody_else", "require_other_than"}
    root = Path(sync_scripts.__file__).parent
    found = {
        path.relative_to(root).as_posix()
        for path in root.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in asks
    }
    assert found == {
        "register/case_decisions/moves.py",  # a closure: case.move
        "register/decisions/proposals.py",  # whatever is signed
        "register/decisions/authority.py",
        "register/case_decisions/work.py",  # task.done
        "register/purging/confirming.py",  # retention.confirm, person.erase
    }


REFUSED = (OwnKeyMissing, OwnHandMissing, LookedAtByAnother, LookedAtByTwo, SecondPersonSame, GuardFails)


@pytest.mark.parametrize("name", GUARDS)
@pytest.mark.parametrize("typed", [TYPED, PAPER], ids=["typed", "paper"])
def test_a_hand_that_typed_the_first_half_is_not_the_second_person(
    work: Work, name: str, typed: Actor
) -> None:
    """Either the first half is refused already, or the second one is."""
    guard = GUARDS[name]
    with pytest.raises(REFUSED):  # noqa: PT012 - one of the two
        guard.first(work, typed)
        if name == "task.done" and typed is PAPER:
            waits = guard.second(work, HAND)
            assert waits.proposal is not None
            assert len(work.tasks(CHECK)) == 1, "alone it ends nothing"
            work.do(every_decision.sign, waits.proposal, by=HAND)
        guard.second(work, HAND)


@pytest.mark.parametrize("name", GUARDS)
def test_a_typed_code_is_no_second_person(work: Work, name: str) -> None:
    """The first half by a key, the second under a code that the same hand types."""
    guard = GUARDS[name]
    guard.first(work, HAND)
    with pytest.raises(REFUSED):
        guard.second(work, Actor("CO-01", "claimed", hand="SU-01"))


@pytest.mark.parametrize("name", GUARDS)
def test_somebody_else_with_a_key_is(work: Work, name: str) -> None:
    """So the walk refuses for the person and for nothing else."""
    guard = GUARDS[name]
    guard.first(work, COORDINATOR)
    guard.second(work, HAND)


def test_the_hand_stands_in_the_chain(work: Work) -> None:
    """Not in what is said, and under the code that was typed."""
    work.do(withdraw_alert, SECOND, by=TYPED, reason="she called")
    (event,) = [one for one in work.events() if one.op == "consent.withdraw"]

    assert (event.actor, event.payload.get("typed_by")) == (TYPED, None)
    with work.field.register.reading() as rows:
        assert store_events.check(rows) == len(work.events())


def test_what_nobody_is_known_to_have_written_down_two_people_look_at(work: Work) -> None:
    """Under a code typed with the recovery paper: one proposes that it was looked at, another one signs."""
    _withdraw(work, PAPER)
    words = work.refused(LookedAtByTwo, erase_person, CASE_CODE, "V1", by=HAND, reason="she asked")
    assert f"dikalo approve {CASE_CODE}" in words
    made = work.do(every_decision.end_task, CASE_CODE, CHECK, by=HAND, reason="called her back")
    work.refused(SecondPersonSame, every_decision.sign, made.proposal, by=HAND)
    signed = work.do(every_decision.sign, made.proposal, by=COORDINATOR)

    assert (signed.decision, work.tasks(CHECK)) == ("task.done", [])
    assert work.do(erase_person, CASE_CODE, "V1", by=HAND, reason="she asked").why is None


def test_whoever_set_the_first_one_s_passphrase_is_not_somebody_else_alone(work: Work) -> None:
    """They could have opened that slot themselves; with a second person it is looked at."""
    with work.field.register.writing() as rows:
        given = NewEvent(KEY_GIVEN, "worker:RD-01", HAND, {"worker": "RD-01"})
        store_events.append(rows, [given], work.field.later())
    _withdraw(work, OWNER)
    work.refused(LookedAtByTwo, erase_person, CASE_CODE, "V1", by=HAND, reason="she asked")
    made = work.do(every_decision.end_task, CASE_CODE, CHECK, by=HAND, reason="seen")

    work.do(every_decision.sign, made.proposal, by=COORDINATOR)
    assert work.tasks(CHECK) == []


def test_an_urgent_case_that_was_closed_is_erased_by_two_as_well(work: Work) -> None:
    """What is withdrawn after the closing is looked at, too; the closing ended what stood before."""
    work.do(every_decision.set_urgency, CASE_CODE, "critical")
    _close(work, COORDINATOR)
    work.do(every_decision.move, CASE_CODE, "closed", by=SUPERVISOR)
    work.do(consents.withdraw, CASE_CODE, by=HAND, reason="she called")
    assert len(work.tasks(CHECK)) == 1
    work.refused(LookedAtByAnother, erase_person, CASE_CODE, "V1", by=HAND, reason="she asked")

    assert work.do(erase_person, CASE_CODE, "V1", by=COORDINATOR, reason="she asked").why is None


def test_a_case_of_which_an_alert_was_urgent_is_looked_at(work: Work) -> None:
    """Whatever it was lowered to since."""
    work.do(every_decision.triage, SECOND, urgency="low", reason="she is safe")
    work.do(every_decision.link, SECOND, CASE_CODE)
    work.do(consents.withdraw, CASE_CODE, by=HAND, reason="she called")

    assert [row["subject"] for row in work.tasks(CHECK)] == [f"case:{CASE_CODE}"]


def test_what_was_made_less_urgent_counts_where_no_task_asks(work: Work) -> None:
    """The alert of the case said danger as it was sent, before anybody triaged it."""
    work.field.send("alert", "r4", changed(ALERT, URGENT))
    work.do(every_decision.correct, dealt(3, "AL"), "alert.danger_now", "no", reason="a slip")
    work.do(every_decision.triage, dealt(3, "AL"))
    work.do(every_decision.link, dealt(3, "AL"), CASE_CODE)
    work.do(consents.withdraw, CASE_CODE, by=HAND, reason="she called")
    assert work.tasks(CHECK) == []
    work.refused(LookedAtByAnother, erase_person, CASE_CODE, "V1", by=HAND, reason="she asked")

    assert work.do(erase_person, CASE_CODE, "V1", by=COORDINATOR, reason="she asked").why is None


def test_what_was_urgent_once_and_nobody_is_known_to_have_withdrawn_two_people_erase(work: Work) -> None:
    """Written down with the recovery paper, and no task asks: two with keys of their own look, and never one alone."""
    work.field.send("alert", "r4", changed(ALERT, URGENT))
    work.do(every_decision.correct, dealt(3, "AL"), "alert.danger_now", "no", reason="a slip")
    work.do(every_decision.triage, dealt(3, "AL"))
    work.do(every_decision.link, dealt(3, "AL"), CASE_CODE)
    work.do(consents.withdraw, CASE_CODE, by=PAPER, reason="she called")
    assert work.tasks(CHECK) == []
    for hand in (HAND, COORDINATOR):
        words = work.refused(LookedAtByTwo, erase_person, CASE_CODE, "V1", by=hand, reason="she asked")
        assert f"dikalo cases task {CASE_CODE} {CHECK}" in words
    made = work.do(every_decision.end_task, CASE_CODE, CHECK, by=HAND, reason="called her back")
    work.refused(SecondPersonSame, every_decision.sign, made.proposal, by=HAND)
    work.refused(LookedAtByTwo, erase_person, CASE_CODE, "V1", by=HAND, reason="she asked")
    work.do(every_decision.sign, made.proposal, by=COORDINATOR)

    work.refused(ThingUnknown, every_decision.end_task, CASE_CODE, CHECK, by=HAND, reason="again")
    assert work.do(erase_person, CASE_CODE, "V1", by=HAND, reason="she asked").why is None
