"""A report that was told by telephone: nothing that goes wrong at its end takes it away, and nobody waits while it is asked."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from sqlalchemy import select

from sync_scripts import cli
from sync_scripts.cli.frame.questions import Questions
from sync_scripts.cli.work import desk
from sync_scripts.cli.work.interviewing import Stopped, ask_all, told
from sync_scripts.intake import desk as desk_intake
from sync_scripts.register.care import desk_entries
from sync_scripts.register.forms.formmap import remember
from sync_scripts.store.canonical import instant
from sync_scripts.store.errors import DatabaseUnreachable, StoreBusy, StoreLocked
from sync_scripts.store.lock import hold
from sync_scripts.store.schema import register as tables
from tests import clock
from tests.followup.calling import DAY, found, opened
from tests.intake.scene import FORMS
from xlsform.answers.interview import Interview
from xlsform.workbooks.workbook import read

NUMBER = "677000000"
SAID = {
    "consent_alert": "given",
    "danger_now": "yes",
    "alert_icon": "killing",
    "when_rel": "now",
    "region": "CM007",
    "department": "CM007002",
    "victim_kind": "woman",
    "victim_count": "1",
    "info_source": "saw",
    "reporter_code": "PF-01",
    "safe_to_contact": "yes",
    "contact_code": NUMBER,
}
KEEP, AGAIN, GIVE_UP, WRITTEN = "Keep", "Try again", "Give it up", "Have you written down"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a workspace that knows the form of alerts; the passphrase is handed over once, as a person types it once."""
    made = tmp_path / "ws"
    workspace = found(made, "CO-01")
    with workspace.register.writing() as rows:
        remember(rows, (FORMS / "alert.xlsx").read_bytes(), instant(clock.now()))
    workspace.close()
    monkeypatch.setattr("sync_scripts.cli.work.desk.must_be_terminal", lambda _shell: None)
    monkeypatch.setattr("sync_scripts.cli.work.desk.ask_all", lambda *_a: Stopped(dict(SAID), whole=True))
    _hand_over(monkeypatch)
    return made


def _hand_over(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.write(writing, DAY.encode() + b"\n")
    os.close(writing)
    monkeypatch.setenv("DIKALO_KEY_FD", str(reading))


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Answer each yes-or-no question as told, by its first words; a list answers one after the other, the last one for ever."""

    def say(answers: dict[str, list[bool | type[BaseException]]]) -> list[str]:
        asked: list[str] = []

        def yes(_self: Questions, question: str, *, default: bool) -> bool:
            asked.append(question)
            left = next((one for words, one in answers.items() if question.startswith(words)), [True])
            answer = left.pop(0) if len(left) > 1 else left[0]
            if not isinstance(answer, bool):
                raise answer
            return answer

        monkeypatch.setattr(Questions, "yes", yes)
        return asked

    return say


def new(root: Path) -> int:
    """Run the command."""
    return cli.main(["--lang", "en", "-C", str(root), "alerts", "new"])


def kept(root: Path) -> list[Any]:
    """Return the alerts of the register."""
    workspace = opened(root)
    with workspace.register.reading() as rows:
        every = rows.execute(select(tables.alert)).all()
    workspace.close()
    return [*every]


def failing(monkeypatch: pytest.MonkeyPatch, where: Any, name: str, *errors: BaseException) -> list[Any]:
    """Let a function raise one error after the other, and then do its work; return what it was called with."""
    whole, calls, left = getattr(where, name), [], list(errors)

    def function(*args: Any, **more: Any) -> Any:
        calls.append((args, more))
        if left:
            raise left.pop(0)
        return whole(*args, **more)

    monkeypatch.setattr(where, name, function)
    return calls


def test_nobody_waits_while_the_questions_are_asked(
    root: Path, monkeypatch: pytest.MonkeyPatch, answering: Any
) -> None:
    """Every round of ``watch`` takes the lock first: it goes on pulling and sending, also through a night at an open question."""
    seen: list[str] = []

    def asked(*_a: Any) -> Stopped:
        try:
            with hold(root, "watch"):
                seen.append("free")
        except StoreLocked as held:
            seen.append(f"held by {held.command}")
        return Stopped(dict(SAID), whole=True)

    answering({})
    monkeypatch.setattr("sync_scripts.cli.work.desk.ask_all", asked)
    assert new(root) == 0
    assert seen == ["free"]


@pytest.mark.parametrize(
    "error",
    [
        StoreBusy(),
        DatabaseUnreachable(state="08006"),
        OSError(errno.ENOSPC, "no room"),
        KeyboardInterrupt(),
        click.Abort(),
        ZeroDivisionError(),
    ],
    ids=lambda one: type(one).__name__,
)
def test_what_cannot_be_written_is_tried_again(
    root: Path, monkeypatch: pytest.MonkeyPatch, answering: Any, error: BaseException
) -> None:
    """Whatever it is, under one id: nothing is lost, and nothing doubles."""
    asked = answering({})
    calls = failing(monkeypatch, desk, "keep_alert", error)
    assert new(root) == 0
    assert len(kept(root)) == 1
    assert [one[:4] for one in asked] == ["Keep", "Try "]
    first, second = (more["instance_id"] for _args, more in calls)
    assert first == second


def test_what_was_half_kept_does_not_double(
    root: Path, monkeypatch: pytest.MonkeyPatch, answering: Any
) -> None:
    """The alert is in the register, and how it came could not be noted."""
    answering({})
    failing(monkeypatch, desk_entries, "came_by", StoreBusy())
    assert new(root) == 0
    assert [row.channel for row in kept(root)] == ["phone"]


def test_a_round_that_is_under_way_is_waited_for(
    root: Path, monkeypatch: pytest.MonkeyPatch, answering: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """``watch`` holds the lock as long as its round lasts."""
    asked, ready, over = answering({}), threading.Event(), threading.Event()

    def goes_its_round() -> None:
        with hold(root, "watch"):
            ready.set()
            over.wait(10)

    watch = threading.Thread(target=goes_its_round)

    def ask(*_a: Any) -> Stopped:
        watch.start()
        ready.wait(10)
        threading.Timer(1.0, over.set).start()
        return Stopped(dict(SAID), whole=True)

    monkeypatch.setattr("sync_scripts.cli.work.desk.ask_all", ask)
    assert new(root) == 0
    watch.join()
    assert len(kept(root)) == 1
    assert asked == ["Keep this alert?"]
    assert "waits for its turn" in capsys.readouterr().err


def test_ctrl_c_is_no_answer(root: Path, answering: Any) -> None:
    """At the question whether to keep it, and at the one whether to try again."""
    answering({KEEP: [click.Abort, KeyboardInterrupt, True]})
    assert new(root) == 0
    assert len(kept(root)) == 1


def test_what_is_given_up_is_shown_once_more_and_lies_nowhere(
    root: Path, monkeypatch: pytest.MonkeyPatch, answering: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """Only somebody who says so twice gives it up; the caller's number was shown, and stands in no file in the clear."""
    answering({AGAIN: [True, False, False], GIVE_UP: [False, True], WRITTEN: [False, True]})
    failing(monkeypatch, desk, "keep_alert", *(StoreBusy() for _time in range(9)))
    assert new(root) == 1
    said = capsys.readouterr().err
    assert said.count(NUMBER) == 2
    assert "DK-P21" in said
    assert kept(root) == []
    assert [
        one.name for one in root.rglob("*") if one.is_file() and NUMBER.encode() in one.read_bytes()
    ] == []


def test_what_is_given_up_and_is_there_after_all_is_told(
    root: Path, monkeypatch: pytest.MonkeyPatch, answering: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody enters it a second time because only the note how it came could not be written."""
    answering({AGAIN: [False]})
    failing(monkeypatch, desk_entries, "came_by", StoreBusy())
    assert new(root) == 0
    (alert,) = kept(root)
    assert alert.code in capsys.readouterr().out


def test_what_was_put_aside_is_shown_and_not_tried_again(
    root: Path, monkeypatch: pytest.MonkeyPatch, answering: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """It lies sealed in the quarantine, but nobody calls back for it: whoever typed it must be able to."""
    answering({})
    calls = failing(monkeypatch, desk, "keep_alert", desk_intake.NotKept(problem="DK-I30"))
    assert new(root) == 3
    assert NUMBER in capsys.readouterr().err
    assert len(calls) == 1


def test_whoever_throws_nothing_away_goes_on_where_it_stopped(
    root: Path, monkeypatch: pytest.MonkeyPatch, answering: Any
) -> None:
    """Ctrl-C in the middle, by accident: no to "keep", no to "throw away"."""
    begun: list[Stopped | None] = []

    def ask(_interview: Interview, _lang: str, _hints: Any, before: Stopped | None, _end: Any) -> Stopped:
        begun.append(before)
        return Stopped(dict(SAID), whole=before is not None)

    answering({"The questions are not": [False], "Throw away": [False]})
    monkeypatch.setattr("sync_scripts.cli.work.desk.ask_all", ask)
    assert new(root) == 0
    assert [one is None for one in begun] == [True, False]
    assert len(kept(root)) == 1


@pytest.fixture
def typing(monkeypatch: pytest.MonkeyPatch) -> Callable[[list[str]], None]:
    """Type one line after the other; then Ctrl-C."""

    def lines(typed: list[str]) -> None:
        left: Iterator[str] = iter(typed)

        def prompt(*_a: Any, **_m: Any) -> str:
            if (line := next(left, None)) is None:
                raise click.Abort
            return line

        monkeypatch.setattr(click, "prompt", prompt)

    return lines


def test_an_interview_goes_on_at_its_question(typing: Callable[[list[str]], None]) -> None:
    """With the answers given before; and what was answered can be shown in the words of the form."""
    interview = Interview(read((FORMS / "alert.xlsx").read_bytes(), file="alert.xlsx").form)
    typing(["1"])
    first = ask_all(interview, "en")
    assert (len(first.answers), first.whole) == (1, False)
    typing(["1"])
    second = ask_all(interview, "en", None, first)
    assert second.answers.items() > first.answers.items()
    (label,) = {one.name for one in interview.questions} & set(first.answers)
    shown = [*told(interview, first.answers, "en")]
    assert len(shown) == 1
    assert label not in shown[0]
    assert "677" not in repr(Stopped({"contact_code": NUMBER}, whole=True))
