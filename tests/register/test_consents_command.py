"""``dikalo consent`` and the second person of an override, as a person reads them and as a program does."""

from __future__ import annotations

import json

import pytest

from sync_scripts.store.database import Register
from tests.register.agreeing import (
    CODE,
    SECOND,
    consents,
)
from tests.register.field import ALERT, CASE, Field, changed, dealt, victim
from tests.register.running import Opened, over, runner


def test_the_commands(
    sqlite_register: Register, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Show, record, withdraw, override: as a person reads them and as a program does."""
    field = Field(sqlite_register)
    field.send("case", "c1", CASE)
    field.send("alert", "r1", changed(ALERT, {"gate": {"consent_alert": "not_asked"}}))
    run = runner(sqlite_register, monkeypatch, capsys)

    shown = run("consent", "show", CODE)[1]
    recorded = run("consent", "record", CODE, "justice=yes", "--json")
    proposed = run("consent", "override", CODE, "--reason", "Unconscious.")
    withdrawn = run("consent", "withdraw", CODE, "--reason", "She called.")
    after = run("consent", "show", CODE)[1]

    assert "May not leave:" in shown
    assert "counts in reports" in shown.split("May leave:")[1].split("May not leave:")[0]
    assert json.loads(recorded[1])["changes"] == [{"purpose": "justice", "was": "refused", "state": "given"}]
    assert "dikalo approve" in proposed[1]
    assert "All work on the case stops." in withdrawn[1]
    assert "all work stops" in after
    assert 'alert.consent_state: "Given" instead of' in run("consent", "record", dealt(0, "AL"), "given")[1]
    assert "It covers handling the alert" in run("consent", "show", dealt(0, "AL"))[1]
    assert run("consent", "record", CODE, "services")[0] == 2
    assert run("consent", "withdraw", CODE, "--reason", "again")[0] == 1


def test_everybody_is_shown_whom_a_withdrawal_can_name(
    sqlite_register: Register, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also a person of the same form who was never spoken to; of her nothing is recorded, and nothing may leave."""
    field = Field(sqlite_register)
    field.send("case", "c1", changed(CASE, {"victims": [victim(1), victim(2, consent_covers="no")]}))
    run = runner(sqlite_register, monkeypatch, capsys)

    first, second = json.loads(run("consent", "show", CODE, "--json")[1])["people"]
    page = run("consent", "show", CODE)[1]

    assert (first["person"], second["person"]) == ("V1", "V2")
    assert first["consents"]
    assert second["consents"] == []
    assert not any(answer["allowed"] for answer in second["may_leave"].values())
    assert page.count("No answer of this person is recorded.") == 1
    assert page.split("No answer of this person is recorded.")[1].startswith("\nMay leave: nothing\n")
    assert run("consent", "override", CODE, "--person", "V2", "--reason", "Unconscious.")[0] == 0
    assert run("consent", "withdraw", CODE, "--person", "V3", "--reason", "x")[0] == 2


def test_a_refused_answer_is_told_with_the_command_of_each_that_is_possible(
    sqlite_register: Register,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What was given is taken back by consent withdraw; nobody reads the bare code of a state."""
    field = Field(sqlite_register)
    field.send("case", "c1", CASE)
    ran = over(Opened(field.register), monkeypatch, capsys)

    code, _, talk = ran("consent", "record", CODE, "services=unable")

    assert code == 1
    assert "DK-R30" in talk
    assert "Withdrawn (dikalo consent withdraw)" in " ".join(talk.split())


def test_an_override_is_signed_with_the_command_of_the_second_person(
    sqlite_register: Register, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One proposes, another signs in a run of their own; the first cannot sign."""
    field = Field(sqlite_register)
    field.send("case", "c1", CASE)
    run = runner(sqlite_register, monkeypatch, capsys)
    run("consent", "override", CODE, "--reason", "Unconscious.", "--hours", "5")
    own = run("approve", CODE)
    monkeypatch.setattr(Opened, "actor", lambda *_given: SECOND)
    signed = run("approve", CODE)

    assert own[0] != 0
    assert signed[0] == 0
    assert consents(field)["services"]["override_by_2"] == "SU-01"
    assert "CO-01 + SU-01" in run("consent", "show", CODE)[1]
