"""The log in words: every decision has its sentence, which says what was decided, and of a sealed note only that there is one."""

from __future__ import annotations

import json
from datetime import date
from string import Formatter

import pytest

from sync_scripts.daily.waiting import STAY_OPEN
from sync_scripts.publish.lost_phones import EVERYWHERE
from sync_scripts.register.case_decisions.cases import set_next_due
from sync_scripts.register.queries.event_words import TOLD, told
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.events import KEY_GIVEN
from tests import every_decision
from tests.decisions.work import ALERT_CODE, CASE_CODE, OTHER, OWNER, Work, begin
from tests.register.field import COORDINATOR
from tests.register.running import Opened, over
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


NOTE = "Called twice, nobody there"


def test_whoever_sees_the_case_reads_its_notes(
    sqlite_register: Register, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Kept less closely, everybody; sealed (C4), its owner and the coordination with a passphrase of their own."""
    work, opened = begin(sqlite_register), Opened(sqlite_register)
    run = over(opened, monkeypatch, capsys)
    work.do(every_decision.set_note, CASE_CODE, NOTE)
    assert f'work note written, text: "{NOTE}"' in run("log", CASE_CODE)[1]

    work.do(every_decision.set_confidentiality, CASE_CODE, "C4", reason="Threatened")
    for who in (COORDINATOR, OWNER, OTHER, Actor("CO-01", "claimed")):
        opened.who = who
        told = run("log", CASE_CODE)[1] + run("log", CASE_CODE, "--json")[1]
        assert (NOTE in told) is (who in {COORDINATOR, OWNER}), who


def test_a_sealed_note_is_never_told(
    sqlite_register: Register, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its event holds no text, so there is none to tell."""
    work, run = begin(sqlite_register), over(Opened(sqlite_register), monkeypatch, capsys)
    with every_decision.deciding(sqlite_register, COORDINATOR, work.field.later()) as by:
        by.write(by.event("case.sealed_note", f"case:{CASE_CODE}", {"note": "note:0123456789abcdef"}))
    told = run("log", CASE_CODE)[1]

    assert "a note was sealed" in told
    assert "text:" not in told


def test_the_log_of_an_alert_says_what_is_not_needed_any_more(
    sqlite_register: Register, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Closing the case ends what was due in its alert, too; the log of the case says so beside that decision."""
    work, run = begin(sqlite_register, consent=False), over(Opened(sqlite_register), monkeypatch, capsys)
    with every_decision.deciding(sqlite_register, COORDINATOR, work.field.later()) as by:
        by.write(by.event("case.move", f"case:{CASE_CODE}", {"was": "open_intake", "to": "transferred"}))

    assert "not needed any more: " in run("log", CASE_CODE)[1]
    assert "not needed" in run("cases", "show", CASE_CODE)[1]
    assert "not needed" in run("alerts", "show", ALERT_CODE)[1]


def test_the_hand_behind_a_typed_code_is_told(
    sqlite_register: Register, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whose key slot was open; with the recovery paper nobody's, and beside a code that is proved there is nothing to say."""
    work, run = begin(sqlite_register), over(Opened(sqlite_register), monkeypatch, capsys)
    hands = (Actor("RD-02", "claimed", hand="SU-01"), Actor("RD-02", "claimed"), OTHER)
    for hand in hands:
        work.do(every_decision.set_note, CASE_CODE, f"{NOTE} {hand.hand} {hand.proof}", by=hand)
    told = run("log", CASE_CODE)[1]
    shown = json.loads(run("log", CASE_CODE, "--json")[1])["events"][-3:]

    assert told.count("RD-02 (not proved, typed with the key of SU-01)") == 1
    assert told.count("RD-02 (not proved)") == 1
    assert [one["hand"] for one in shown] == ["SU-01", None, None]
    assert "(not proved, typed with the key of SU-01)" in run("cases", "show", CASE_CODE)[1]


def test_a_time_without_a_decision_is_not_called_a_register_without_one(
    sqlite_register: Register, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever mistypes a day would else believe that the log is gone."""
    _work, run = begin(sqlite_register), over(Opened(sqlite_register), monkeypatch, capsys)

    assert "Nothing was decided from that day on" in run("log", CASE_CODE, "--since", "2034-01-01")[1]
    assert "Nothing was decided" not in run("log", CASE_CODE)[1]
