"""Nobody erases alone what they alone called withdrawn of something urgent; and the log of each unit says who looked."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from sync_scripts.register.consent_decisions.decide import withdraw
from sync_scripts.register.consent_decisions.of_alerts import withdraw_alert
from sync_scripts.register.consents.errors import LookedAtByAnother
from sync_scripts.register.decisions.base import By
from sync_scripts.register.history.logbook import logbook
from sync_scripts.register.model.errors import AccountShared, ErasedAlone, KeyFromFirst, NothingDue
from sync_scripts.register.purging import confirming
from sync_scripts.register.purging.person import erase_person
from sync_scripts.register.queries.event_words import told
from sync_scripts.store import events as store_events
from sync_scripts.store.database import Actor
from sync_scripts.store.events import KEY_GIVEN, NewEvent
from tests import every_decision
from tests.intake.scene import COORDINATOR
from tests.purging.ground import Ground
from tests.purging.test_cases import documented

OTHER_PERSON = Actor("SU-01", "key")


def withdrawn(ground: Ground) -> str:
    """Let a person of an urgent case be written down as withdrawn; return its code."""
    code = documented(ground)
    ground.do(every_decision.set_urgency, code, "critical")
    ground.do(withdraw, code, reason="she called")
    return code


def confirm(ground: Ground, code: str, by: Actor) -> None:
    """Confirm what is due, saying that somebody looked at one."""
    name = ground.plan().id
    ground.do(confirming.confirm, name, reason="she asked", reviewed=[code], by=by)


def test_whoever_wrote_it_cannot_say_that_somebody_looked(one: Ground) -> None:
    """Neither by a plan nor at once; nothing is written, and the task is still open."""
    code = withdrawn(one)
    before = one.scene.dump()
    with pytest.raises(LookedAtByAnother):
        one.do(confirming.confirm, one.plan().id, reason="she asked", reviewed=[code])
    with pytest.raises(LookedAtByAnother):
        one.do(erase_person, code, "V1", reason="she asked")
    assert one.scene.dump() == before
    confirm(one, code, OTHER_PERSON)
    (done,) = one.run()
    assert (done.one.code, done.why) == (code, None)
    assert one.sound()


@pytest.mark.parametrize("lowered", [False, True])
def test_what_was_ever_urgent_is_erased_by_nobody_alone(one: Ground, lowered: bool) -> None:
    """Without a withdrawal that somebody else can look at; also once its urgency was set lower."""
    code = documented(one)
    one.do(every_decision.set_urgency, code, "critical")
    if lowered:
        one.do(every_decision.set_urgency, code, "low", reason="it was a mistake")
    before = one.scene.dump()
    with pytest.raises(ErasedAlone):
        one.do(erase_person, code, "V1", reason="she asked")
    assert one.scene.dump() == before

    one.do(withdraw, code, reason="she called")
    one.do(erase_person, code, "V1", reason="she asked", by=OTHER_PERSON)
    assert one.sound()


def test_somebody_else_erases_at_once(one: Ground) -> None:
    """Who asked is asked by another person than the one who wrote it down."""
    code = withdrawn(one)
    assert one.do(erase_person, code, "V1", reason="she asked", by=OTHER_PERSON).why is None


def test_another_code_with_a_passphrase_of_the_first_is_nobody_else(one: Ground) -> None:
    """As where the task is ended."""
    code = withdrawn(one)
    with one.scene.register.writing() as rows:
        given = NewEvent(KEY_GIVEN, "worker:SU-01", COORDINATOR, {"worker": "SU-01"})
        store_events.append(rows, [given], one.scene.now)
    with pytest.raises(KeyFromFirst):
        confirm(one, code, OTHER_PERSON)
    with pytest.raises(KeyFromFirst):
        one.do(erase_person, code, "V1", reason="she asked", by=OTHER_PERSON)


def through_one_account(ground: Ground, name: str, code: str) -> None:
    """Confirm a plan under another code, and through the account of whoever wrote the withdrawal."""
    with ground.scene.register.writing() as rows:
        rows.execute(text('SET LOCAL SESSION AUTHORIZATION "coord-1"'))
        hand = By(rows, OTHER_PERSON, ground.scene.now)
        confirming.confirm(hand, name, reason="she asked", reviewed=[code])


def test_on_a_server_it_takes_another_account(both: Ground) -> None:
    """Through the same account another code is, for the server, the same person; through another one it passes."""
    code = withdrawn(both)
    name = both.plan().id
    with both.scene.register.reading() as rows:
        server = rows.account is not None
    if server:
        with pytest.raises(AccountShared):
            through_one_account(both, name, code)
    confirm(both, code, OTHER_PERSON)


def test_an_alert_in_a_case_is_looked_at_with_it(one: Ground) -> None:
    """What was written down of the alert alone must not vanish with the case either."""
    alert = one.code(1)
    one.do(every_decision.triage, alert, urgency="critical")
    one.do(withdraw_alert, alert, reason="she called")
    assert [line.state for line in one.plan().lines if line.code == alert] == ["review"]
    with pytest.raises(NothingDue):
        one.confirm()
    with pytest.raises(LookedAtByAnother):
        confirm(one, alert, COORDINATOR)
    confirm(one, alert, OTHER_PERSON)
    assert [done.why for done in one.run()] == [None]


def again(by: By, code: str) -> None:
    """Write the same withdrawal down once more."""
    (event,) = store_events.read(by.rows, subjects=[f"case:{code}"], ops=["consent.withdraw"])
    by.write(by.event("consent.withdraw", f"case:{code}", event.payload))


def test_what_was_withdrawn_again_after_it_was_confirmed_is_looked_at_again(one: Ground) -> None:
    """A look counts for what stood there, not for what one person writes down afterwards."""
    code = withdrawn(one)
    confirm(one, code, OTHER_PERSON)
    one.do(again, code, by=OTHER_PERSON)
    assert [done.why for done in one.run()] == ["changed"]


def test_the_log_of_each_unit_says_who_confirmed_and_looked(one: Ground) -> None:
    """In words, under its own code, and nothing of it under another one."""
    code = withdrawn(one)
    confirm(one, code, OTHER_PERSON)
    with one.scene.register.reading() as rows:
        (line,) = [
            line for line in logbook(rows, code, actor=COORDINATOR) if line["op"] == "retention.confirm"
        ]
        other = list(logbook(rows, one.code(2), actor=COORDINATOR))
    words = told(line["op"], line["payload"])
    assert (line["actor"], line["about"]) == ("SU-01", code)
    assert "looked at first (--reviewed)" in words
    assert "she asked" in words
    assert not [each for each in other if each["op"] == "retention.confirm"]
