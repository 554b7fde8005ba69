"""One writer per workspace; the second one is told who writes."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from sync_scripts.store.errors import StoreLocked
from sync_scripts.store.lock import HOLDER, hold

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
    assert time.strftime("%Y-%m") in caught.value.since
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
