"""The log of a case says what a work note says, to whoever may read the note, and of a sealed note only that there is one."""

from __future__ import annotations

import json

import pytest

from sync_scripts.store.database import Actor, Register
from tests import every_decision
from tests.decisions.work import ALERT_CODE, CASE_CODE, OTHER, OWNER, begin
from tests.register.field import COORDINATOR
from tests.register.running import Opened, over

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
