"""One writer per workspace; the second one is told who writes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sync_scripts.store import lock
from sync_scripts.store.errors import StoreLocked
from sync_scripts.store.lock import HOLDER, hold, turn
from tests import clock

SOON_S = 20
"""On a machine with much else to do; whoever waits for an end of the long work waits longer."""
PROGRAM = """
import sys, time
from pathlib import Path
from sync_scripts.store.lock import hold
with hold(Path(sys.argv[1]), "dikalo pull"):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def other(tmp_path: Path) -> subprocess.Popen[str]:
    """Give another process that holds the lock of the folder."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_the_second_is_told_who_holds_it(other: subprocess.Popen[str], tmp_path: Path) -> None:
    """Which command, since when, which process."""
    try:
        with pytest.raises(StoreLocked) as caught, hold(tmp_path, "dikalo alerts triage"):
            pass
    finally:
        other.kill()
        other.communicate()

    assert caught.value.command == "dikalo pull"
    assert caught.value.pid == other.pid
    assert caught.value.since.startswith(f"{clock.today()}T")
    assert "dikalo pull" in caught.value.words()


def test_a_killed_holder_leaves_no_lock(other: subprocess.Popen[str], tmp_path: Path) -> None:
    """The lock is the process's, not the file's."""
    other.kill()
    other.communicate()

    with hold(tmp_path, "dikalo pull"):
        assert (tmp_path / HOLDER).exists()


def test_a_holder_that_cannot_be_named_still_refuses(other: subprocess.Popen[str], tmp_path: Path) -> None:
    """The side file is only for the sentence."""
    (tmp_path / HOLDER).write_text("not json", encoding="utf-8")
    try:
        with pytest.raises(StoreLocked) as caught, hold(tmp_path, "x"):
            pass
    finally:
        other.kill()
        other.communicate()
    assert caught.value.command == "?"


def test_it_can_be_taken_again_afterwards(tmp_path: Path) -> None:
    """Also after an error inside."""
    for _again in range(2):
        with pytest.raises(ZeroDivisionError), hold(tmp_path, "x"):
            raise ZeroDivisionError


LONG = """
import sys, time
from pathlib import Path
from sync_scripts.store.lock import hold, turn
root = Path(sys.argv[1])
with hold(root, "dikalo pull", how="long"):
    print("held", flush=True)
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with turn(root):
            time.sleep(0.1)
"""


@contextmanager
def working_long(root: Path) -> Iterator[subprocess.Popen[str]]:
    """Let another process write one transaction after the other, and pause never."""
    process = subprocess.Popen([sys.executable, "-c", LONG, str(root)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def long_work(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Give such a process."""
    with working_long(tmp_path) as process:
        yield process


def test_a_decision_has_its_turn_during_long_work(long_work: subprocess.Popen[str], tmp_path: Path) -> None:
    """Soon, again and again; the long work goes on in between."""
    for _again in range(5):
        since = time.monotonic()
        with hold(tmp_path, "dikalo alerts triage", how="decides"):
            assert time.monotonic() - since < SOON_S
    assert long_work.poll() is None


def test_who_must_be_alone_is_refused_during_long_work(
    long_work: subprocess.Popen[str], tmp_path: Path
) -> None:
    """And is told of that, not of a decision that was taken in between; a second long work is refused, too."""
    with hold(tmp_path, "dikalo alerts triage", how="decides"):
        pass
    hows: tuple[lock.How, ...] = ("alone", "long")
    for how in hows:
        with pytest.raises(StoreLocked) as caught, hold(tmp_path, "dikalo backup", how=how):
            pass
        assert (caught.value.command, caught.value.pid) == ("dikalo pull", long_work.pid)


def test_long_work_waits_while_somebody_decides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not for ever: then it says who it is."""
    monkeypatch.setattr(lock, "_LONG_S", 0.1)
    with hold(tmp_path, "dikalo pull", how="long"), hold(tmp_path, "dikalo cases move", how="decides"):
        with pytest.raises(StoreLocked) as caught, turn(tmp_path):
            pass
        assert caught.value.command == "dikalo cases move"


def test_a_decision_is_refused_at_once_by_who_must_be_alone(
    other: subprocess.Popen[str], tmp_path: Path
) -> None:
    """A backup, a change of keys: nobody knows how long it takes."""
    try:
        since = time.monotonic()
        with pytest.raises(StoreLocked) as caught, hold(tmp_path, "dikalo alerts triage", how="decides"):
            pass
        assert time.monotonic() - since < SOON_S
        assert caught.value.command == "dikalo pull"
    finally:
        other.kill()
        other.communicate()


def test_outside_long_work_a_transaction_needs_no_turn(tmp_path: Path) -> None:
    """Neither alone, nor where nothing is held: no file is made for it."""
    with turn(tmp_path):
        assert list(tmp_path.iterdir()) == []
    with hold(tmp_path, "x"), turn(tmp_path):
        pass


@pytest.mark.skipif(os.name == "nt", reason="a lock cannot be handed on there")
def test_one_that_hangs_and_was_given_up_keeps_no_lock(tmp_path: Path) -> None:
    """It has the lock, too, while this one holds it; a process in a dead driver cannot be ended, and the next round goes all the same."""
    with hold(tmp_path, "sync"):
        hangs = subprocess.Popen(
            [sys.executable, "-c", "import time; time.sleep(600)"], pass_fds=lock.to_hand_on(tmp_path)
        )
    try:
        with hold(tmp_path, "sync"):
            assert hangs.poll() is None
    finally:
        hangs.kill()
        hangs.wait()
