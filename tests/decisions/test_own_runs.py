"""The second person in a run of their own: two passphrases of one workspace, from the keys to the event."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sync_scripts import cli
from sync_scripts.cli.frame import decisions, handed
from sync_scripts.cli.frame.shell import Shell
from sync_scripts.secrets import slots
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.lock import hold
from sync_scripts.store.seal import demo_keys, own_keys
from sync_scripts.store.workspace import open_workspace, unlock
from tests import clock, every_decision
from tests.decisions.work import Work
from tests.passphrases import OTHER
from tests.register.field import ALERT, Field, changed, dealt
from tests.store.commands import DAY, found, pipe

CODE = dealt(0, "AL")
Run = Callable[..., tuple[int, Any]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command as CO-01, or with another passphrase; the workspace holds one critical alert, triaged."""
    root = found(tmp_path / "w", worker="CO-01")
    own_keys.make(unlock(root, secret=lambda _question: DAY), "SU-01", OTHER, demo_keys.WORK).write()
    workspace = open_workspace(root, secret=lambda _question: DAY)
    work = Work(Field(workspace.register))
    work.field.send("alert", "r1", changed(ALERT, {"danger": {"danger_now": "yes"}}))
    work.do(every_decision.triage, CODE)
    workspace.close()

    def go(*words: str, day: str = DAY) -> tuple[int, Any]:
        monkeypatch.setenv("DIKALO_KEY_FD", str(pipe(day)))
        capsys.readouterr()
        code = cli.main(["-C", str(root), *words, "--json"])
        monkeypatch.delenv("DIKALO_KEY_FD")
        return code, json.loads(capsys.readouterr().out)

    return go


def test_two_passphrases_are_two_people(run: Run) -> None:
    """The first one proposes, cannot sign, not even as somebody else; the second one signs; the log names both."""
    code, made = run("alerts", "dismiss", CODE, "--reason", "A hoax")
    assert (code, made["state"], len(made["proposal"])) == (0, "triaged", 6)
    assert run("approve", made["proposal"])[1]["code"] == "DK-R14"
    assert run("approve", made["proposal"], "--as", "SU-01")[1]["code"] == "DK-R32"
    code, signed = run("approve", made["proposal"], day=OTHER)
    assert (code, signed["decision"], signed["state"]) == (0, "alert.dismiss", "signed")
    assert run("alerts", "show", CODE)[1]["state"] == "dismissed"
    told = [(one["actor"], one["proof"], one["op"]) for one in run("log", CODE)[1]["events"]]

    assert told[-3:] == [
        ("CO-01", "key", "proposal.make"),
        ("SU-01", "key", "alert.dismiss"),
        ("SU-01", "key", "proposal.sign"),
    ]


def test_a_typed_code_is_said_to_be_not_proved_and_proposes_nothing(run: Run) -> None:
    """It may triage; where two are needed, or where a level is lowered, it is nobody."""
    code, refused = run("alerts", "dismiss", CODE, "--reason", "A hoax", "--as", "SU-01")
    assert (code, refused["code"]) == (4, "DK-R32")
    assert run("approve")[1]["proposals"] == []
    lower = ("alerts", "triage", CODE, "--urgency", "high", "--reason", "Reached", "--as", "SU-01")
    assert run(*lower)[1]["code"] == "DK-R47"
    run("alerts", "triage", CODE, "--urgency", "critical", "--as", "SU-01")

    assert run("log", CODE)[1]["events"][-1]["proof"] == "claimed"


@pytest.fixture
def given(run: Run, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], tuple[str, str, str]]:
    """Give what lets CO-01 set the passphrase of a supervisor, who changes it; return what a dismissal said before and after.

    The third word is that passphrase of her own.
    """
    first, own = "dix lampes sous le vent du soir", "onze chaises vides regardent la mer"
    monkeypatch.setattr(slots, "usual_work", lambda: demo_keys.WORK)

    def give(whose: str) -> tuple[str, str, str]:
        monkeypatch.setenv("DIKALO_NEW_KEY_FD", str(pipe(first)))
        assert run("keys", "passphrase", "--for", whose)[0] == 0
        made = run("alerts", "dismiss", CODE, "--reason", "A hoax")[1]
        before = run("approve", made["proposal"], day=first)
        monkeypatch.setenv("DIKALO_NEW_KEY_FD", str(pipe(own)))
        assert run("keys", "passphrase", day=first)[0] == 0
        after = run("approve", made["proposal"], day=own)
        said = [str(one.get("state") or one["code"]) for _code, one in (before, after)]
        return said[0], said[1], own

    return give


def test_a_first_passphrase_that_a_colleague_gave_signs_once_it_was_changed(
    run: Run, given: Callable[[str], tuple[str, str, str]]
) -> None:
    """From the command that gives it to the signature: refused with what to do, and then done."""
    assert run("people", "add", "SU-02", "--role", "supervisor")[0] == 0
    before, after, own = given("SU-02")
    assert (before, after) == ("DK-R45", "signed")
    (signed,) = (one for one in run("log", CODE, day=own)[1]["events"] if one["op"] == "proposal.sign")
    assert signed["actor"] == "SU-02"


def test_a_passphrase_that_was_taken_over_signs_for_nobody_else(
    given: Callable[[str], tuple[str, str, str]],
) -> None:
    """SU-01 had one of her own: whoever replaced it could change it once more, so the change parts nobody."""
    assert given("SU-01")[:2] == ("DK-B10", "DK-B10")


# --- what was shown is what is signed ----------------------------------------------------------------------------------

COORD = Actor("CO-01", "key")


def meanwhile(monkeypatch: pytest.MonkeyPatch, *deeds: Callable[[every_decision.By], object]) -> None:
    """Let another laptop on the same register decide something while the second person reads what would be signed."""
    show = decisions._Run.look

    def slow(one: decisions._Run, register: Register, actor: Actor, *, asks: bool) -> None:
        show(one, register, actor, asks=asks)
        for deed in deeds:
            with every_decision.deciding(register, COORD, clock.now()) as by:
                deed(by)

    monkeypatch.setattr(decisions._Run, "look", slow)


@pytest.mark.parametrize("words", [(), ("--withdraw", "--reason", "No")])
def test_another_proposal_than_the_one_shown_is_not_signed(
    run: Run, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    """Taken back and made anew with another reason, under the same code: refused, and it goes on waiting."""
    run("alerts", "dismiss", CODE, "--reason", "A hoax")
    meanwhile(
        monkeypatch,
        lambda by: every_decision.withdraw(by, CODE),
        lambda by: every_decision.dismiss(by, CODE, "A reason nobody read"),
    )
    code, refused = run("approve", CODE, *words, day=OTHER)
    assert (code, refused["code"]) == (1, "DK-R64")
    monkeypatch.undo()
    assert [one["reason"] for one in run("approve", "list")[1]["proposals"]] == ["A reason nobody read"]
    assert run("alerts", "show", CODE)[1]["state"] == "triaged"
    assert run("approve", CODE, day=OTHER)[1]["signed"]["said"] == {"reason": "A reason nobody read"}


def test_what_changes_nothing_that_was_shown_stops_no_signature(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody says its level again meanwhile: what would be signed is as it was."""
    made = run("alerts", "dismiss", CODE, "--reason", "A hoax")[1]
    meanwhile(
        monkeypatch, lambda by: every_decision.triage(by, CODE, urgency="critical", reason="Looked at again")
    )
    assert run("approve", made["proposal"], day=OTHER)[1]["state"] == "signed"


@pytest.mark.parametrize("given", [True, False])
def test_nobody_is_asked_whether_to_sign_what_is_refused_then(
    run: Run,
    given: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """At a terminal: where the first person set the second one's passphrase, it is said before the question."""
    first, asked = "dix lampes sous le vent du soir", list[str]()
    if given:
        monkeypatch.setattr(slots, "usual_work", lambda: demo_keys.WORK)
        assert run("people", "add", "SU-02", "--role", "supervisor")[0] == 0
        monkeypatch.setenv("DIKALO_NEW_KEY_FD", str(pipe(first)))
        assert run("keys", "passphrase", "--for", "SU-02")[0] == 0
    made = run("alerts", "dismiss", CODE, "--reason", "A hoax")[1]
    monkeypatch.setattr(Shell, "confirm", lambda _shell, question, **_more: asked.append(question))
    monkeypatch.setattr(handed, "somebody_types", lambda: True)
    monkeypatch.setenv("DIKALO_KEY_FD", str(pipe(first if given else OTHER)))
    code = cli.main(["-C", str(tmp_path / "w"), "--lang", "en", "approve", made["proposal"]])
    said = capsys.readouterr()
    assert (code, "DK-R45" in said.err, asked) == ((4, True, []) if given else (0, False, ["Sign this?"]))
    monkeypatch.undo()
    assert run("alerts", "show", CODE)[1]["state"] == ("triaged" if given else "dismissed")


def test_the_question_waits_for_a_round_that_is_under_way(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is tried before the question writes and undoes: not beside a command that writes."""
    made = run("alerts", "dismiss", CODE, "--reason", "A hoax")[1]
    asked, ready, waits, over = list[bool](), threading.Event(), threading.Event(), threading.Event()

    def goes_its_round() -> None:
        with hold(tmp_path / "w", "watch"):
            ready.set()
            waits.wait(60)
            over.set()

    watch = threading.Thread(target=goes_its_round)
    watch.start()
    ready.wait(60)
    say = Shell._waits_here

    def waits_here(shell: Shell) -> None:
        say(shell)
        waits.set()

    monkeypatch.setattr(Shell, "_waits_here", waits_here)
    monkeypatch.setattr(Shell, "confirm", lambda *_question, **_more: asked.append(over.is_set()))
    monkeypatch.setattr(handed, "somebody_types", lambda: True)
    monkeypatch.setenv("DIKALO_KEY_FD", str(pipe(OTHER)))
    assert cli.main(["-C", str(tmp_path / "w"), "--lang", "en", "approve", made["proposal"]]) == 0
    watch.join()
    assert asked == [True]
    assert "waits for its turn" in capsys.readouterr().err
