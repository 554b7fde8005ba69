"""A contact that was written down under the wrong code is taken back, and what it ended is due again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sync_scripts.config import NotifySettings
from sync_scripts.register.building import notices
from sync_scripts.register.history.logbook import logbook
from sync_scripts.register.lifecycle.errors import ReasonMissing
from sync_scripts.register.queries.event_words import told_line
from sync_scripts.store import outbox
from sync_scripts.store.database import Actor, Register
from tests import every_decision
from tests.decisions.work import CASE_CODE, OWNER, SUPERVISOR, Work, begin
from tests.register.beginnings import played_once
from tests.register.field import ALERT, CASE, FOLLOWUP, changed, dealt

DANGER = dealt(1, "AL")
WHY: dict[str, Any] = {"reason": "The wrong code was typed"}
SOMEBODY = NotifySettings(name="co", role="coordinator", level="low")
DEPUTY = NotifySettings(name="de", role="deputy_coordinator", level="low")


@pytest.fixture
@played_once
def work(sqlite_register: Register) -> Work:
    """A register with a case, and a critical alert without one that nobody was told of yet."""
    made = begin(sqlite_register)
    made.field.send("alert", "r2", changed(ALERT, {"danger": {"danger_now": "yes"}}))
    return made


def first(work: Work, subject: str = "alert:alert/r2") -> dict[str, Any]:
    """Return the task of the first contact of an alert."""
    every = work.tasks("first_contact") + work.tasks("first_contact", done=True)
    (mine,) = (one for one in every if one["subject"] == subject)
    return mine


def words(work: Work, code: str) -> list[str]:
    """Return the log of an alert or a case in words, the oldest first."""
    with work.field.register.reading() as rows:
        return [told_line({**one, "not_needed": []}) for one in logbook(rows, code)]


def test_what_the_wrong_code_ended_rises_again_with_its_old_time(work: Work) -> None:
    """The log says in words what was taken back, and why; a rebuild gives the same."""
    before = first(work)
    work.do(every_decision.contacted, DANGER)
    assert first(work)["done_at"] is not None
    work.do(every_decision.undo_contacted, DANGER, **WHY)
    told = words(work, DANGER)

    assert first(work) == before
    assert work.alert(DANGER)["contacted_at"] is None
    assert any("taken back that the person was reached, 2026-11-" in one for one in told)
    assert any(WHY["reason"] in one for one in told)


def test_the_last_one_is_taken_back_or_that_of_a_time(work: Work) -> None:
    """What stands beside it goes on counting; two taken back leave none, and a third time is refused."""
    early = work.field.now + timedelta(minutes=20)
    late = early + timedelta(minutes=30)
    work.field.later()
    for at in (early, late):
        work.do(every_decision.contacted, DANGER, at=at)
    work.do(every_decision.undo_contacted, DANGER, **WHY, at=early)
    assert (
        work.alert(DANGER)["contacted_at"] == first(work)["done_at"] == late.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    )
    work.refused(every_decision.ContactUnknown, every_decision.undo_contacted, DANGER, **WHY, at=early)
    work.do(every_decision.undo_contacted, DANGER, **WHY)
    assert first(work)["done_at"] is None
    work.refused(every_decision.ContactUnknown, every_decision.undo_contacted, DANGER, **WHY)
    work.do(every_decision.contacted, DANGER)

    assert first(work)["done_at"] is not None


def test_nothing_is_taken_back_without_a_reason(work: Work) -> None:
    """Nor what a form says, nor what nobody wrote down."""
    work.refused(every_decision.ContactUnknown, every_decision.undo_contacted, DANGER, **WHY)
    work.refused(every_decision.ContactUnknown, every_decision.undo_contact, CASE_CODE, **WHY)
    work.do(every_decision.contacted, DANGER)
    work.do(every_decision.contact, CASE_CODE, reached=True)
    work.refused(ReasonMissing, every_decision.undo_contacted, DANGER, reason=" ")
    work.refused(ReasonMissing, every_decision.undo_contact, CASE_CODE, reason=" ")
    work.field.send("followup", "f1", changed(FOLLOWUP, {"header": {"case_code": CASE_CODE}}))
    work.do(every_decision.undo_contact, CASE_CODE, **WHY)

    assert first(work, "alert:alert/r1")["done_at"] is not None, (
        "the interview and the visit reached her all the same"
    )


def test_a_contact_of_a_case_is_taken_back_too(work: Work) -> None:
    """The call about an alert in it is due again; the tries that failed count on, less the one that is taken back."""
    work.do(every_decision.triage, DANGER)
    work.do(every_decision.link, DANGER, CASE_CODE)
    before = first(work)
    for _ in range(2):
        work.do(every_decision.contact, CASE_CODE, reached=False)
    work.do(every_decision.contact, CASE_CODE, reached=True)
    assert first(work)["done_at"] is not None
    back = work.do(every_decision.undo_contact, CASE_CODE, **WHY)
    third = work.do(every_decision.contact, CASE_CODE, reached=False)
    less = work.do(every_decision.undo_contact, CASE_CODE, **WHY)

    assert first(work) == before
    assert (back.reached, back.failed) == (True, 2)
    assert (third.failed, third.lost, less.reached, less.failed) == (3, True, False, 2)
    assert work.tasks("suspend_review") == []
    assert any("taken back: the person was reached: yes, 2026-11-" in one for one in words(work, CASE_CODE))


def test_a_typed_code_does_not_make_contact_lost(work: Work) -> None:
    """That she was reached, taken back under a code that was only typed, still counts before a closure."""
    said: dict[str, Any] = {"because": "lost_contact", "reason": "Nobody answers", "by": OWNER}
    for _ in range(3):
        work.do(every_decision.contact, CASE_CODE, reached=False)
    work.do(every_decision.contact, CASE_CODE, reached=True)
    work.field.later(days=100)
    work.do(every_decision.undo_contact, CASE_CODE, **WHY, by=Actor("SU-01", "claimed"))
    assert len(work.tasks("suspend_review")) == 1, "the task rises all the same"
    work.refused(Exception, every_decision.move, CASE_CODE, "closure_pending", **said)  # type: ignore[arg-type]


def test_who_was_to_be_told_is_told_again(work: Work) -> None:
    """What waited was taken back with the contact; without it, it is written down again, and the next step comes at its time."""
    register = work.field.register
    due = first(work)

    def told(at: Any) -> list[str]:
        with register.writing() as rows:
            rows.destinations = (SOMEBODY, DEPUTY)
            notices.escalate(rows, at)
            return [one.destination for one in outbox.waiting(rows) if one.reason == "escalation"]

    assert told(work.field.later()) == []
    assert told(work.field.later()) == ["co"]
    work.do(every_decision.contacted, DANGER)
    work.do(every_decision.triage, DANGER)
    work.do(every_decision.end_task, DANGER, "first_action", reason="Done")
    assert told(work.field.later()) == []
    work.do(every_decision.undo_contacted, DANGER, **WHY)

    assert due["due_at"] == first(work)["due_at"]
    assert sorted(set(told(work.field.later()))) == ["co", "de"]


@pytest.mark.parametrize("of_case", [False, True])
def test_a_remark_is_looked_at_again(work: Work, *, of_case: bool) -> None:
    """It stands among what is to be looked at as before; the log says so, and a rebuild gives the same."""
    code = CASE_CODE if of_case else DANGER
    work.do(every_decision.raise_flag, code, "Look at the road")
    flag = _flags(work, code)[0]
    work.refused(
        every_decision.ThingUnknown,
        every_decision.open_flag,
        code,
        flag["flag_id"][:6],
        reason="Not looked at",
    )
    work.do(every_decision.resolve_flag, code, flag["flag_id"][:6], resolution="It is open")
    assert flag["flag_id"] not in {one["flag_id"] for one in _flags(work, code)}
    work.refused(ReasonMissing, every_decision.open_flag, code, flag["flag_id"][:6], reason=" ")
    work.do(
        every_decision.open_flag, code, flag["flag_id"][:6], reason="It was the other road", by=SUPERVISOR
    )

    assert flag in _flags(work, code)
    assert any("to be looked at again: Look at the road" in one for one in words(work, code))


def test_a_flag_of_a_form_is_looked_at_again(work: Work) -> None:
    """What was decided on it does not stay with the form: it stands as the form raised it, and a rebuild gives the same."""
    untold = changed(
        CASE, {"header": {"case_known": "yes", "case_code": CASE_CODE}, "incident": {"narrative": None}}
    )
    work.field.send("case", "untold", untold)
    flag = next(one for one in _flags(work, CASE_CODE) if one["code"] == "narrative_missing")
    which = CASE_CODE, flag["flag_id"][:6]
    work.do(every_decision.resolve_flag, *which, resolution="He is silent")
    work.do(every_decision.open_flag, *which, reason="He spoke")

    assert flag in _flags(work, CASE_CODE)
    assert work.sound()


def _flags(work: Work, code: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = work.do(lambda by: [dict(one) for one in every_decision.flags_of(by, code)])
    return found
