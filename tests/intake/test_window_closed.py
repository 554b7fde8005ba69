"""The window of an interview is closed, or the computer shuts down: what was answered lies sealed in the register."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
from sqlalchemy import select

from sync_scripts.cli.frame.questions import Questions
from sync_scripts.cli.frame.shell import Shell
from sync_scripts.cli.work import desk
from sync_scripts.cli.work.interviewing import Stopped
from sync_scripts.cli.work.until_kept import NobodyThere, sure, until_kept
from sync_scripts.register.care import rebuild
from sync_scripts.register.forms.formmap import remember
from sync_scripts.store.canonical import instant
from sync_scripts.store.clear_files import Leaving
from sync_scripts.store.errors import StoreBusy
from sync_scripts.store.schema import register as tables
from tests import clock
from tests.followup.calling import DAY, found, opened
from tests.intake import test_told_by_telephone
from tests.intake.scene import FORMS
from tests.intake.test_told_by_telephone import SAID, failing, kept, new
from tests.store.terminal import Terminal

root = test_told_by_telephone.root
answering = test_told_by_telephone.answering
"""The fixture of that module."""

ASKED = "? help"
CLEARED = "\x1b[?1049l"
needs_terminal = pytest.mark.skipif(os.name == "nt", reason="no such terminal, no such signals")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Return a workspace that knows the form of alerts."""
    made = tmp_path / "w"
    workspace = found(made, "CO-01")
    with workspace.register.writing() as rows:
        remember(rows, (FORMS / "alert.xlsx").read_bytes(), instant(clock.now()))
    workspace.close()
    return made


def begun(place: Path) -> Terminal:
    """Return a terminal at which the first two questions are answered, and the third one waits."""
    made = Terminal("--lang", "en", "-C", str(place), "alerts", "new")
    made.answer("passphrase", DAY)
    made.answers((ASKED, "1"), (ASKED, "1"))
    made.wait_for(ASKED)
    return made


def remarks(root: Path) -> list[str]:
    """Return the codes of what somebody should look at."""
    workspace = opened(root)
    with workspace.register.reading() as rows:
        found_ = [*rows.execute(select(tables.flag.c.code)).scalars()]
    workspace.close()
    return found_


@needs_terminal
def test_what_was_answered_is_kept_when_the_system_ends_it(place: Path) -> None:
    """Without a question; the screen is cleared, the person sees what became of it, and it counts as interrupted."""
    with begun(place) as terminal:
        terminal.process.send_signal(signal.SIGTERM)
        code = terminal.end()
    (alert,) = kept(place)

    assert code == 130
    assert remarks(place) == ["cut_short"]
    assert alert.code in terminal.all[terminal.all.index(CLEARED) :]


@needs_terminal
@pytest.mark.parametrize("words", [0, 1, 2])
def test_what_was_answered_is_kept_when_the_window_is_closed(place: Path, words: int) -> None:
    """Nothing can be said to anybody any more, and that stops nothing; the window and its shell may say it twice, or nobody."""
    with begun(place) as terminal:
        os.close(terminal._mine)
        terminal._mine = os.open(os.devnull, os.O_RDWR)
        for _time in range(words):
            terminal.process.send_signal(signal.SIGHUP)
        code = terminal.process.wait(120)

    assert len(kept(place)) == 1
    assert code == (130 if words else 0)
    assert [*place.glob("crash-*")] == []


@needs_terminal
@pytest.mark.parametrize("closed", [True, False])
def test_nothing_is_kept_of_nothing(place: Path, closed: bool) -> None:
    """Before the first answer there is no report."""
    with Terminal("--lang", "en", "-C", str(place), "alerts", "new") as terminal:
        terminal.answer("passphrase", DAY)
        terminal.wait_for(ASKED)
        if closed:
            os.close(terminal._mine)
            terminal._mine = os.open(os.devnull, os.O_RDWR)
        terminal.process.send_signal(signal.SIGTERM)
        code = terminal.process.wait(120) if closed else terminal.end()

    assert (code, kept(place)) == (130, [])
    assert [*place.glob("crash-*")] == []
    assert closed or CLEARED in terminal.all


def test_a_terminal_that_is_gone_without_a_word_loses_nothing(
    root: Path, monkeypatch: pytest.MonkeyPatch, answering: Callable[..., list[str]]
) -> None:
    """Every question ends at once, for ever: somebody pulled the line, or the program that showed the window died."""
    answering({"": [EOFError]})
    monkeypatch.setattr(
        "sync_scripts.cli.work.desk.ask_all",
        lambda *_a: Stopped({"consent_alert": "given"}, whole=False),
    )
    assert new(root) == 0
    assert len(kept(root)) == 1
    assert remarks(root) == ["cut_short"]


@pytest.mark.parametrize("whole", [True, False])
def test_a_report_that_was_cut_short_says_so(
    root: Path, monkeypatch: pytest.MonkeyPatch, answering: Callable[..., list[str]], whole: bool
) -> None:
    """Whoever looks at the alert asks the rest; also where somebody chose to keep it so. A rebuild says the same."""
    answering({"": [True]})
    monkeypatch.setattr("sync_scripts.cli.work.desk.ask_all", lambda *_a: Stopped(dict(SAID), whole=whole))
    assert new(root) == 0
    said = [] if whole else ["cut_short"]
    assert remarks(root) == said
    workspace = opened(root)
    differing = rebuild.rebuild(workspace.register, clock.now()).differing
    workspace.close()

    assert differing == ()
    assert remarks(root) == said


def test_nobody_is_asked_for_ever_whether_to_try_again(
    root: Path, monkeypatch: pytest.MonkeyPatch, answering: Callable[..., list[str]]
) -> None:
    """What passes by itself is waited for three times; then there is nobody to decide."""
    answering({"Keep": [True], "": [EOFError]})
    calls = failing(monkeypatch, desk, "keep_alert", StoreBusy(), StoreBusy())
    assert new(root) == 0
    assert (len(calls), len(kept(root))) == (3, 1)


def test_a_keeping_is_not_cut_short_by_the_end() -> None:
    """The word comes while the report goes into the register: that comes to its end, and nothing is asked."""
    end = Leaving()
    calls: list[int] = []

    def keep() -> str:
        calls.append(1)
        end.hear()
        return "kept"

    assert until_kept(Questions(Shell()), keep, [], end) == "kept"
    assert len(calls) == 1


def test_no_question_is_asked_of_somebody_who_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not once; and nothing that cannot be kept is tried for ever."""
    asked: list[str] = []
    monkeypatch.setattr(Questions, "yes", lambda _self, question, **_more: asked.append(question))
    end = Leaving(heard=True)
    tries: list[int] = []

    def keep() -> Any:
        tries.append(1)
        raise StoreBusy

    with pytest.raises(NobodyThere):
        sure(Questions(Shell()), "?", default=True, leaving=end)
    with pytest.raises(click.Abort):
        until_kept(Questions(Shell()), keep, [], end)
    assert (asked, len(tries)) == ([], 3)
