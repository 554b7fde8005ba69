"""The log in words: every decision that is written has its sentence, and the sentence says what was decided."""

from __future__ import annotations

from datetime import date
from string import Formatter

import pytest

from sync_scripts.daily.waiting import STAY_OPEN
from sync_scripts.publish.lost_phones import EVERYWHERE
from sync_scripts.register.case_decisions.cases import set_next_due
from sync_scripts.register.queries.event_words import TOLD, told
from sync_scripts.store.database import Register
from sync_scripts.store.events import KEY_GIVEN
from tests import every_decision
from tests.decisions.work import CASE_CODE, Work, begin
from tests.register.test_every_door import modules, ops


@pytest.fixture
def work(sqlite_register: Register) -> Work:
    """A register with one case, and people."""
    return begin(sqlite_register)


def test_every_decision_has_its_sentence() -> None:
    """Whatever writes one: an op without a sentence would stand in the log as the program calls it."""
    written = {op for one in modules() if one.name.startswith("register.") for op in ops(one)}
    values = {f"case.{name}" for name in ("note", "urgency", "confidentiality", "retention", "hold")}
    tasks = {f"task.{name}" for name in ("done", "open", "assign")}

    named = written - {"case.*", "task.*"} | values | tasks | {STAY_OPEN, EVERYWHERE, KEY_GIVEN}
    assert named <= TOLD.keys()


def test_the_last_decision_is_told_with_its_values(work: Work) -> None:
    """A day that was decided, somebody who left: not a dash, and not the contrary."""
    work.do(set_next_due, CASE_CODE, date(2026, 11, 23))
    assert "2026-11-23" in last(work)
    work.do(every_decision.name_worker, "RD-02", "case_owner", active=False)
    assert last(work) == "no longer works here"
    work.do(every_decision.name_worker, "RD-02", "case_owner")
    assert last(work) == "worker named: Case owner"


def test_who_somebody_was_before_is_kept(work: Work) -> None:
    """Old and new roles of a worker, and whether they worked here; nothing of one who is named first."""
    work.do(every_decision.name_worker, "RD-02", "case_owner supervisor", active=False)
    assert work.events()[-1].payload["was"] == {"roles": "case_owner", "active": True}
    work.do(every_decision.name_worker, "RD-07", "case_owner")
    assert work.events()[-1].payload["was"] is None


def test_no_sentence_lacks_a_value_that_its_event_holds(work: Work) -> None:
    """Of every decision of this register: each brace of its sentence is in its payload."""
    work.do(every_decision.assign, CASE_CODE, "RD-02")
    work.do(every_decision.set_note, CASE_CODE, "Called twice")
    for event in work.events():
        for _text, name, _form, _conversion in Formatter().parse(TOLD[event.op]):
            assert name is None or name in event.payload, event.op


def last(work: Work) -> str:
    """Return the last decision in words."""
    event = work.events()[-1]
    return told(event.op, event.payload)


def test_a_reason_is_told_whatever_it_is_called() -> None:
    """Why every phone got every case, and why a computer stays open."""
    assert told(EVERYWHERE, {"why": "floods"}).endswith("reason: floods")
    assert told(STAY_OPEN, {"reason": "night duty"}).endswith("reason: night duty")


def test_a_work_note_is_told_with_what_it_says(work: Work) -> None:
    """Whoever may read that it was written may read it: the note itself, what stood there before, that it was emptied."""
    work.do(every_decision.set_note, CASE_CODE, "Called twice\nNobody there")
    assert last(work) == 'work note written, text: "Called twice / Nobody there"'
    work.do(every_decision.set_note, CASE_CODE, "Reached her")
    assert last(work).startswith('work note written, text: "Reached her", before: "Called twice')
    work.do(every_decision.set_note, CASE_CODE, "", agreed=True)
    assert last(work) == 'work note written, emptied, before: "Reached her"'


def test_the_note_of_a_service_is_told_too() -> None:
    """The comment of an intervention is one of the two notes that a list may show."""
    said = {"intervention": "iv-1", "number": 2, "fields": {"work_note": "Comes on Monday"}}
    assert told("intervention.set", said) == 'intervention 2 changed, note: "Comes on Monday"'
    assert told("intervention.set", said | {"fields": {"work_note": None}}).endswith("note emptied")
    assert told("intervention.set", said | {"fields": {"owner_code": "RD-02"}}) == "intervention 2 changed"
