"""What somebody writes down of consent counts at once; of a critical or high one somebody else looks, and nobody is denied."""

from __future__ import annotations

import pytest

from sync_scripts.register.consent_decisions import decide as consents
from sync_scripts.register.consent_decisions.of_alerts import record_alert, withdraw_alert
from sync_scripts.register.consents.errors import LookedAtByAnother
from sync_scripts.register.model.errors import KeyFromFirst
from sync_scripts.register.queries.today import today
from sync_scripts.store import events as store_events
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.events import KEY_GIVEN, NewEvent
from tests import every_decision
from tests.decisions.work import ALERT_CODE, CASE_CODE, OWNER, SUPERVISOR, Work, begin
from tests.register.field import ALERT, CASE, changed, dealt

TYPED = Actor("RD-02", "claimed")
DANGER = {"danger": {"danger_now": "yes"}}
CODE = dealt(1, "AL")
KIND = "withdrawal_check"


@pytest.fixture
def work(register: Register) -> Work:
    """A register with a case of medium urgency and its interview."""
    return begin(register)


def urgent(work: Work, **more: dict[str, str]) -> None:
    """Let a critical alert arrive, and triage it."""
    work.field.send("alert", "r2", changed(ALERT, DANGER, more))
    work.do(every_decision.triage, CODE)


def shown(work: Work) -> list[str | None]:
    """Return the kinds on the page of the day, some days later."""
    with work.field.register.reading() as rows:
        return [one.kind for one in today(rows, work.field.later(days=5)).items]


def test_a_withdrawal_of_a_critical_alert_counts_at_once_and_is_looked_at(work: Work) -> None:
    """By whatever code it was typed; it is due within a day, and nobody's own."""
    urgent(work)
    done = work.do(withdraw_alert, CODE, reason="She called", by=TYPED)
    at = work.field.now
    (task,) = work.tasks(KIND)

    assert work.alert(CODE)["consent_state"] == "withdrawn"
    assert (done.tasks, task["assigned_to"]) == (("consent_purge", "withdrawal_check"), None)
    assert task["due_at"][:13] == at.replace(day=at.day + 1).isoformat()[:13]
    assert KIND in shown(work)


def test_somebody_else_ends_it(work: Work) -> None:
    """Neither whoever wrote it down, nor a code that is only typed."""
    urgent(work)
    work.do(withdraw_alert, CODE, reason="She called")
    words = work.refused(LookedAtByAnother, every_decision.end_task, CODE, KIND, reason="Seen")
    work.refused(
        every_decision.OwnHandMissing,
        every_decision.end_task,
        CODE,
        KIND,
        reason="Seen",
        by=Actor("SU-01", "claimed"),
    )
    work.do(every_decision.end_task, CODE, KIND, reason="Called her back: she said so", by=SUPERVISOR)

    assert "CO-01" in words
    assert "Nothing was changed" in words
    assert work.tasks(KIND) == []


def test_a_passphrase_that_the_first_person_set_proves_nobody_else(work: Work) -> None:
    """Whoever wrote the withdrawal down set the second one's, and knows it."""
    urgent(work)
    work.do(withdraw_alert, CODE, reason="She called")
    with work.field.register.writing() as rows:
        given = NewEvent(KEY_GIVEN, "worker:SU-01", Actor("CO-01", "key"), {"worker": "SU-01"})
        store_events.append(rows, [given], work.field.later())
    work.refused(KeyFromFirst, every_decision.end_task, CODE, KIND, reason="Seen", by=SUPERVISOR)

    assert len(work.tasks(KIND)) == 1


def test_a_dismissal_by_two_ends_it(work: Work) -> None:
    """The second person looked at it then."""
    urgent(work)
    work.do(withdraw_alert, CODE, reason="She called")
    made = work.do(every_decision.dismiss, CODE, "She withdrew")
    assert len(work.tasks(KIND)) == 1
    work.do(every_decision.sign, made.proposal, by=SUPERVISOR)

    assert work.tasks(KIND) == []


@pytest.mark.parametrize("road", ["recorded", "corrected"])
def test_a_refusal_of_a_critical_alert_is_looked_at(work: Work, road: str) -> None:
    """Recorded or corrected, after it was triaged; taken back, nothing is to be looked at."""
    urgent(work, gate={"consent_alert": "not_asked"})
    if road == "recorded":
        work.do(record_alert, CODE, "refused", reason="She called")
    else:
        work.do(every_decision.correct, CODE, "alert.consent_state", "refused", reason="Misheard")
    assert len(work.tasks(KIND)) == 1
    assert work.sound()
    work.do(every_decision.restore, CODE, "alert.consent_state", reason="It was another one")

    assert work.tasks(KIND) == []


@pytest.mark.parametrize("refused_first", [False, True])
def test_a_refusal_typed_by_one_person_lowers_no_danger_that_nobody_had_read(
    work: Work, refused_first: bool
) -> None:
    """Danger that an edit told before it or since: the level counts until somebody decides, and somebody else looks."""
    work.field.send("alert", "r2", ALERT)
    work.do(every_decision.triage, CODE, urgency="low", reason="A quarrel")
    steps = [
        lambda: work.field.send("alert", "r2", changed(ALERT, DANGER), edit=1),
        lambda: work.do(every_decision.correct, CODE, "alert.consent_state", "refused", reason="She called"),
    ]
    for step in reversed(steps) if refused_first else steps:
        step()

    assert (work.alert(CODE)["level"], len(work.tasks(KIND))) == ("critical", 1)
    assert work.sound()


def test_what_was_lowered_before_is_looked_at_all_the_same(work: Work) -> None:
    """Lowered with a reason, or corrected down before anybody saw the rules' result."""
    urgent(work)
    work.do(every_decision.triage, CODE, urgency="low", reason="Less grave than it seems")
    work.do(withdraw_alert, CODE, reason="She called")
    assert len(work.tasks(KIND)) == 1
    work.field.send("alert", "r3", changed(ALERT, DANGER))
    work.do(every_decision.correct, dealt(2, "AL"), "alert.danger_now", "no", reason="She called")
    work.do(every_decision.triage, dealt(2, "AL"))
    work.do(withdraw_alert, dealt(2, "AL"), reason="She called")

    assert len(work.tasks(KIND)) == 2


def test_what_was_never_urgent_asks_for_nobody_else(work: Work) -> None:
    """Neither an alert nor a case."""
    work.do(withdraw_alert, ALERT_CODE, reason="She called")
    work.do(consents.withdraw, CASE_CODE, reason="She asked")

    assert work.tasks(KIND) == []


def test_a_withdrawal_in_an_urgent_case_is_looked_at(work: Work) -> None:
    """At the level that was set, also when it is lowered afterwards; purposes on which no work rests ask for nothing."""
    work.do(every_decision.set_urgency, CASE_CODE, "high")
    work.do(consents.withdraw, CASE_CODE, purposes=["stats"], reason="She asked")
    assert work.tasks(KIND) == []
    work.do(consents.withdraw, CASE_CODE, reason="She asked", by=OWNER)
    work.do(every_decision.set_urgency, CASE_CODE, "low", reason="She withdrew")
    (task,) = work.tasks(KIND)
    assert task["subject"] == f"case:{CASE_CODE}"
    work.refused(LookedAtByAnother, every_decision.end_task, CASE_CODE, KIND, reason="x", by=OWNER)
    work.do(every_decision.end_task, CASE_CODE, KIND, reason="Called back")

    assert work.tasks(KIND) == []


def test_a_refusal_in_an_urgent_case_is_looked_at(register: Register) -> None:
    """Written down by somebody, for a person who had not been asked."""
    work = begin(register, consent=False, urgency="critical")
    header = {"header": {"alert_code": ALERT_CODE}}
    work.field.send("case", "c1", changed(CASE, header, {"consent": {"c_document": "", "c_services": ""}}))
    work.do(consents.record, CASE_CODE, {"document": "no", "services": "no"}, reason="She said so")

    assert len(work.tasks(KIND)) == 1
    assert work.sound()


def test_an_alert_of_a_case_is_looked_at_too(work: Work) -> None:
    """Its tasks are the case's to give; a closure, which another person decides, ends it with the rest."""
    urgent(work)
    work.do(every_decision.link, CODE, CASE_CODE)
    work.do(withdraw_alert, CODE, reason="She called")
    assert [one["subject"] for one in work.tasks(KIND)] == ["alert:alert/r2"]
    said = {"because": "survivor_request", "reason": "As said", "feedback": "yes", "risk": "low"}
    work.do(every_decision.move, CASE_CODE, "closure_pending", by=OWNER, **said)
    work.do(every_decision.move, CASE_CODE, "closed", by=SUPERVISOR)

    assert work.tasks(KIND) == []
