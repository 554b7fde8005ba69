"""The round again and again: how often, after a sleep, until somebody stops it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sync_scripts.cli.frame.shell import SecretNeeded, Shell
from sync_scripts.cli.inflow import sync
from sync_scripts.daily import Round, Wish
from sync_scripts.daily.waiting import ASLEEP, STAY_OPEN, Backoff, Waiter
from sync_scripts.intake.completeness.verify import verify
from sync_scripts.secrets import kept_key, slots
from sync_scripts.store import day_key, events, outbox
from sync_scripts.store.lock import hold
from sync_scripts.store.seal import demo_keys, own_keys
from sync_scripts.store.workspace import Unlocked, Workspace, open_unlocked, unlock
from tests import clock
from tests.bench.make import DAY
from tests.daily.rounds import NOW, Go, opened
from tests.daily.telling import DANGER
from tests.passphrases import SECOND
from tests.register.field import Field
from tests.store.commands import pipe


def test_a_source_that_does_not_answer_is_asked_less_often_but_never_seldom() -> None:
    """The next round still asks; then twice as long, and half an hour at most; once it answers all is as before."""
    backoff, now, asked = Backoff(timedelta(minutes=15)), NOW, []
    for _round in range(9):
        if "kobo" not in backoff.without(now):
            asked.append(int((now - NOW) / timedelta(minutes=15)))
            backoff.heard({"kobo": True, "folder": False}, now)
        now += timedelta(minutes=15)

    assert asked == [0, 1, 3, 5, 7]
    backoff.heard({"kobo": False}, now)
    assert backoff.without(now) == frozenset()


def test_a_clock_set_back_does_not_silence_a_source() -> None:
    """What is to be asked again in a year is asked now."""
    backoff = Backoff(timedelta(minutes=15))
    backoff.heard({"kobo": True}, NOW + timedelta(days=365))

    assert backoff.without(NOW) == frozenset()


class Clock:
    """Two clocks, moved by whoever sleeps; ``naps`` are the lengths of real sleeps in between."""

    def __init__(self, *naps: float) -> None:
        self.wall, self.boot, self.naps = 1000.0, 500.0, list(naps)
        self.asleep_s = 40.0

    def now(self) -> tuple[float, float]:
        """Return both."""
        return self.wall, self.boot

    def sleep(self, seconds: float) -> None:
        """Sleep, and perhaps longer than asked."""
        nap = self.naps.pop(0) if self.naps else 0.0
        self.work(seconds)
        self.suspend(nap)

    def work(self, seconds: float) -> None:
        """Let time pass, awake."""
        self.wall += seconds
        self.boot += seconds

    def suspend(self, seconds: float) -> None:
        """Let time pass asleep."""
        self.work(seconds)
        self.asleep_s += seconds

    def asleep(self) -> float:
        """Return for how long the computer slept since it was started."""
        return self.asleep_s


@pytest.mark.parametrize(("nap", "slept"), [(0.0, False), (890.0, False), (905.0, True), (30000.0, True)])
def test_a_sleep_of_more_than_a_quarter_of_an_hour_is_noticed(nap: float, slept: bool) -> None:
    """A shorter one is not."""
    clock = Clock(0, nap)
    waiter = Waiter(clock.now, clock.sleep, clock.asleep)

    assert waiter.wait(3600, ()) is slept
    assert timedelta(minutes=15) == ASLEEP


def test_something_can_be_done_meanwhile() -> None:
    """Every minute, without the waiting becoming longer."""
    clock, done = Clock(), []
    Waiter(clock.now, clock.sleep, clock.asleep).wait(300, [(60.0, lambda: done.append(clock.boot - 500))])

    assert [round(one, -1) for one in done] == [60, 120, 180, 240]
    assert clock.boot - 500 == 300


@pytest.mark.parametrize(("nap", "slept"), [(890.0, False), (7200.0, True)])
def test_a_sleep_that_falls_into_what_is_done_meanwhile_is_noticed(nap: float, slept: bool) -> None:
    """The lid is closed while a message is being sent; a service that is only slow is no sleep."""
    clock = Clock()
    deeds = [lambda: clock.work(7200.0), lambda: clock.suspend(nap)]
    waiter = Waiter(clock.now, clock.sleep, clock.asleep)

    assert waiter.wait(300 * 60, [(60.0, lambda: deeds.pop(0)() if deeds else None)]) is slept
    assert waiter.slept_s == (nap if slept else 0.0)


def test_a_sleep_between_two_looks_is_counted_once_and_never_missed() -> None:
    """It counts from the last look, whoever looked; and no more once the passphrase was typed."""
    clock = Clock()
    waiter = Waiter(clock.now, clock.sleep, clock.asleep)
    clock.suspend(1000.0)
    assert waiter.slept()
    assert not waiter.slept()
    clock.suspend(1000.0)
    assert waiter.wait(10.0)
    clock.suspend(1000.0)
    waiter.awake()
    assert not waiter.wait(10.0)


class Turns:
    """Stands for waiting: says each time whether the computer slept, and ends the watching after the last.

    A turn may be a deed instead, done while the watch waits.
    """

    def __init__(self, *turns: bool | Callable[[], object]) -> None:
        self.turns = list(turns)
        self.slept_s = 7200.0

    def slept(self) -> bool:
        """Know of no sleep outside of waiting."""
        return False

    def awake(self) -> None:
        """Have nothing to forget."""

    def wait(self, _seconds: float, meanwhile: Sequence[tuple[float, Callable[[], None]]] = ()) -> bool:
        """Wait for nothing."""
        if not self.turns:
            raise sync.Terminated
        turn = self.turns.pop(0)
        if isinstance(turn, bool):
            return turn
        turn()
        for _every, do in meanwhile:
            do()
        return False


@pytest.fixture
def shell(root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    """Give a shell whose person types the passphrase; ``shell.typed`` counts how often."""
    made = Shell(root=root, quiet=True)
    typed: list[str] = []

    def ask(_shell: Shell, prompt: str, *, descriptor: str = "") -> str:
        typed.append(prompt)
        return DAY

    monkeypatch.setattr(Shell, "ask_secret", ask)
    made.typed = typed  # type: ignore[attr-defined] # for the test alone
    return iter([made]).__next__()  # type: ignore[return-value] # a fixture's value


@pytest.fixture
def rounds(monkeypatch: pytest.MonkeyPatch) -> list[Wish]:
    """Let rounds do nothing; give how each was asked for."""
    asked: list[Wish] = []

    def nothing(_shell: Shell, _keys: Unlocked, how: Wish) -> Round:
        asked.append(how)
        return Round(began=NOW, ended=NOW)

    monkeypatch.setattr(sync, "one_round", nothing)
    return asked


def watch(shell: Shell, *turns: bool | Callable[[], object], stay_open: str | None = None) -> int:
    """Watch until the turns are over; return how often somebody typed a passphrase."""
    sync.keep_going(
        shell,
        timedelta(minutes=15),
        stay_open=stay_open,
        as_code=None,
        waiter=Turns(*turns),  # type: ignore[arg-type] # it waits, too
    )
    return len(shell.typed)  # type: ignore[attr-defined] # as above


def test_between_two_rounds_it_says_when_the_next_one_is(
    shell: Shell, rounds: list[Wish], capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever looks at a still window knows that it lives, and how to end it."""
    shell.quiet = False
    watch(shell, False)

    assert re.search(r"Next round at \d\d:\d\d; Ctrl-C stops\.", capsys.readouterr().err)


def test_after_a_sleep_the_passphrase_is_asked_again(
    shell: Shell, rounds: list[Wish], capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever woke the computer must know it; without a sleep nobody is asked twice."""
    assert watch(shell, False, False) == 1
    assert watch(shell, False, True, False) == 3  # one more to begin, one more after the sleep
    assert "The computer slept for 120 minutes" in capsys.readouterr().err
    assert [one.check for one in rounds] == [True, False, False, True, False, False, False]


def test_lock_locks_also_what_keeps_going(
    shell: Shell, rounds: list[Wish], capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever says lock means the register, whoever holds the key; with --stay-open, too."""

    def lock() -> None:
        kept_key.forget(shell.root, "b" * 32)

    assert watch(shell, False, lock, False, stay_open="night duty behind a locked door") == 2
    assert "dikalo lock" in capsys.readouterr().err


def test_a_key_that_was_changed_just_before_a_round_is_asked_for(
    shell: Shell, rounds: list[Wish], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Between the last look and the round nobody hears of it: the old key opens nothing, and that is no damage to end with."""
    nothing, typed = sync.one_round, [DAY]
    monkeypatch.setattr(slots, "usual_work", lambda: demo_keys.WORK)
    monkeypatch.setattr(Shell, "ask_secret", lambda *_words, **_more: typed[-1])

    def changed() -> None:
        keys = unlock(shell.root, secret=lambda _prompt: DAY)
        made = own_keys.make(keys, keys.worker, SECOND, demo_keys.WORK)
        with closing(open_unlocked(keys)) as workspace:
            begun = day_key.begin(keys, workspace.register, made)
        with monkeypatch.context() as unheard:
            unheard.setattr(kept_key, "tell_locked", lambda _root: None)
            day_key.finish(begun)
        typed.append(SECOND)

    def opens(shell_: Shell, keys: Unlocked, how: Wish) -> Round:
        open_unlocked(keys).close()
        return nothing(shell_, keys, how)

    monkeypatch.setattr(sync, "one_round", opens)
    watch(shell, changed, False)
    assert len(rounds) == 3
    told = capsys.readouterr().err
    assert "DK-S56" in told
    assert "Type your current passphrase" in told


def test_a_lock_during_a_round_is_heard(
    shell: Shell, rounds: list[Wish], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A round may take many minutes; whoever says lock meanwhile need not wait and say it again."""
    nothing = sync.one_round

    def locked(shell_: Shell, keys: Unlocked, how: Wish) -> Round:
        if len(rounds) == 1:
            kept_key.forget(shell.root, "b" * 32)
        return nothing(shell_, keys, how)

    monkeypatch.setattr(sync, "one_round", locked)
    assert watch(shell, False, False) == 2
    assert len(rounds) == 4


def test_a_fault_of_the_program_ends_no_watching(
    shell: Shell, rounds: list[Wish], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is said by its class, without a value, and the next round comes; so it is with what is looked at in the pause."""
    nothing = sync.one_round

    def fault(*given: Any) -> Round:
        nothing(*given)
        raise OSError(5, "what a value says")

    monkeypatch.setattr(sync, "one_round", fault)
    monkeypatch.setattr(sync, "open_unlocked", fault)
    with (shell.root / "dikalo.toml").open("a", encoding="utf-8") as file:
        file.write('\n[[notify]]\nname = "night"\nlevel = "high"\n')
    watch(shell, False, lambda: None, False)
    said = capsys.readouterr().err

    assert said.count("DK-N65") == len(rounds) == 4
    assert "OSError" in said
    assert "what a value says" not in said


def test_a_mistyped_passphrase_after_a_sleep_is_asked_for_again(
    shell: Shell, rounds: list[Wish], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever wakes the computer at night mistypes it; the watching must not end with that."""
    typed = iter([DAY, "mistyped", DAY])
    monkeypatch.setattr(Shell, "ask_secret", lambda *_words, **_more: next(typed))
    monkeypatch.setattr("sync_scripts.cli.frame.handed.somebody_types", lambda: True)
    watch(shell, True, False)

    assert len(rounds) == 3


def test_what_becomes_due_in_a_long_pause_is_told_in_it(shell: Shell, rounds: list[Wish]) -> None:
    """Half of the three hours of a first contact are over, and the next round is hours away."""
    with (shell.root / "dikalo.toml").open("a", encoding="utf-8") as file:
        file.write('\n[[notify]]\nname = "night"\nlevel = "high"\n')

    def open_register() -> Workspace:
        return open_unlocked(unlock(shell.root, secret=lambda *_words, **_more: DAY))

    def arrives() -> None:
        with closing(open_register()) as opened:
            Field(opened.register, now=clock.now() - timedelta(hours=3)).send("alert", "r1", DANGER)

    watch(shell, arrives)
    with closing(open_register()) as opened, opened.register.reading() as rows:
        assert "escalation" in {one.reason for one in outbox.listed(rows)}


def test_where_nobody_can_type_it_ends_after_a_sleep(
    shell: Shell, rounds: list[Wish], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The key is forgotten, and the exit code is that of a missing passphrase."""
    monkeypatch.setattr(sync, "opened", lambda _shell: unlock(shell.root, secret=lambda _q: DAY))

    def nobody(_shell: Shell, prompt: str, *, descriptor: str = "") -> str:
        raise SecretNeeded(descriptor="DIKALO_KEY_FD")

    monkeypatch.setattr(Shell, "ask_secret", nobody)
    with pytest.raises(SecretNeeded):
        watch(shell, True)


def test_to_stay_open_is_a_decision_with_a_reason(shell: Shell, rounds: list[Wish]) -> None:
    """It stands in the chain of decisions, with who and why; then nobody is asked again."""
    assert watch(shell, True, True, stay_open="night duty behind a locked door") == 1
    workspace = opened(shell.root)
    with workspace.register.reading() as rows:
        (one,) = events.read(rows, ops=[STAY_OPEN])
        assert events.check(rows) > 0
    workspace.close()

    assert (one.payload, one.actor.code, one.actor.proof) == (
        {"reason": "night duty behind a locked door"},
        "bench-1",
        "key",
    )


def test_to_stay_open_without_a_reason_is_refused(go: Go) -> None:
    """Before anything begins."""
    code, _, err = go("watch", "--stay-open", "because")
    assert code == 2
    assert "DK-N31" in err


def test_a_busy_register_is_waited_for(shell: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    """Another command holds the lock: the round is put off and said, and the watching goes on."""
    with hold(shell.root, "followup import"):
        watch(shell, False)

    assert "followup import" in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="signals are not of Windows")
@pytest.mark.parametrize(("name", "code"), [("SIGTERM", 0), ("SIGINT", 130), ("SIGHUP", 0)])
def test_watching_stops_in_order(root: Path, name: str, code: int) -> None:
    """Whoever stops it, and however: the round at hand is whole, and its document stands on a line of its own."""
    given = pipe(DAY)
    made = subprocess.Popen(
        [sys.executable, "-m", "sync_scripts", "-C", str(root), "--json", "watch", "--every", "1m"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        pass_fds=(given,),
        bufsize=0,
        env={**os.environ, "DIKALO_KEY_FD": str(given)},
    )
    os.close(given)
    assert made.stdout is not None
    head = made.stdout.read(1)  # the first round is over
    made.send_signal(getattr(signal, name))
    out, err = made.communicate(timeout=120)

    assert made.returncode == code, err
    assert json.JSONDecoder().raw_decode((head + out).decode())[0]["schema"] == "dikalo.sync/1"
    workspace = opened(root)
    assert not verify(workspace.register, []).damaged
    workspace.close()
