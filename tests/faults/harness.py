"""Faults for whatever writes into a workspace: kill it at any step, and see that nothing is lost and nothing is double.

A `Case` says how a workspace is prepared, what one whole run does, and what must be the same at the end. The kill runs
are here; cuts of the power stand in ``powercut``, full disks in ``fulldisk``. To put another deed under all of them
(a pull, a rebuild), write its case and call `survives_kills`, `powercut.survives` and `fulldisk.survives`.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from sync_scripts.store import steps
from sync_scripts.store.errors import DiskFull
from sync_scripts.store.sealed import Holder, Identity
from sync_scripts.store.workspace import Unlocked, Workspace, open_unlocked
from tests.faults.invariants import broken

FULL = 28
"""Exit code of a child that said "the disk is full"."""


class NotReached(RuntimeError):
    """The deed ended before the fault struck: the test itself is wrong, nothing was found out."""


class Case(Protocol):
    """A deed that writes into a workspace."""

    holders: Mapping[Holder, Identity]
    """All who can open; the invariants open every item with each of them."""
    canaries: tuple[bytes, ...]
    """What must never lie in clear text in the workspace."""

    def prepare(self, folder: Path) -> None:
        """Make a workspace in ``folder / "w"`` and whatever the deed reads beside it."""

    def unlock(self, folder: Path) -> Unlocked:
        """Return the keys; done once, before processes are forked."""

    def run(self, workspace: Workspace, folder: Path) -> None:
        """Do the deed once, whole; must be safe to do again."""

    def state(self, workspace: Workspace) -> object:
        """Return what must be equal to that of an undisturbed run."""


@dataclass
class Bench:
    """One case with its prepared workspace, to be copied for every fault."""

    case: Case
    template: Path
    scratch: Path
    keys: Unlocked = field(init=False)
    expected: object = field(init=False)
    names: list[str] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        """Prepare, run once undisturbed, and keep its steps and its end."""
        self.template.mkdir(parents=True)
        self.case.prepare(self.template)
        self.keys = self.case.unlock(self.template)
        with self.copy() as folder:
            with opened(self.keys, folder) as workspace:
                steps.watch(self.names.append)
                try:
                    self.case.run(workspace, folder)
                finally:
                    steps.watch(None)
            with opened(self.keys, folder) as workspace:
                self.expected = self.case.state(workspace)
            self.check(folder, complete=True)

    @contextmanager
    def copy(self) -> Iterator[Path]:
        """Give a fresh copy of the prepared workspace, removed at the end."""
        folder = Path(tempfile.mkdtemp(dir=self.scratch))
        try:
            shutil.copytree(self.template, folder, dirs_exist_ok=True)
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def check(self, folder: Path, *, complete: bool) -> None:
        """Fail when the workspace breaks an invariant.

        Args:
            folder: the workspace is in its ``w``.
            complete: a run has ended well, so nothing temporary may be left and the end must be the expected one.
        """
        found = broken(self.keys, folder / "w", self.case.holders, self.case.canaries, complete=complete)
        assert not found, found
        if complete:
            with opened(self.keys, folder) as workspace:
                assert self.case.state(workspace) == self.expected

    def finish(self, folder: Path) -> None:
        """Do the deed again after a fault, and check that everything is there once."""
        self.check(folder, complete=False)
        with opened(self.keys, folder) as workspace:
            self.case.run(workspace, folder)
        self.check(folder, complete=True)


@contextmanager
def opened(keys: Unlocked, folder: Path) -> Iterator[Workspace]:
    """Open the workspace of a folder with keys that are open already."""
    workspace = open_unlocked(moved(keys, folder))
    try:
        yield workspace
    finally:
        workspace.close()


def moved(keys: Unlocked, folder: Path) -> Unlocked:
    """Return the same keys for the workspace in another folder."""
    return Unlocked(folder / "w", keys.settings, keys.day_key, keys.worker, keys.demo)


def bench(case: Case, folder: Path) -> Bench:
    """Prepare a case below a folder; copies lie in memory where the system has such a place."""
    memory = Path("/dev/shm")  # noqa: S108 - invented data under published keys
    scratch = memory if memory.is_dir() and os.access(memory, os.W_OK) else folder
    return Bench(case, folder / "template", Path(tempfile.mkdtemp(prefix="dikalo-faults-", dir=scratch)))


def survives_kills(made: Bench, numbers: list[int]) -> None:
    """Kill the deed just before each of these steps (from 0); it must end well when it is done again.

    Sealed files differ by a few bytes and so by a write, so the last step may not be reached; any other must be.
    """
    for number in numbers:
        with made.copy() as folder:
            ended = in_child(made, folder, before=killer(number))
            if ended != -signal.SIGKILL and not (ended == 0 and number == max(numbers)):
                raise NotReached(number, ended)
            made.finish(folder)


def survives_kills_at_times(made: Bench, delays_s: list[float]) -> int:
    """Kill the deed after each of these delays, wherever it is then; return how often it was still at work."""
    hit = 0
    for delay_s in delays_s:
        with made.copy() as folder:
            hit += in_child(made, folder, kill_after_s=delay_s) == -signal.SIGKILL
            made.finish(folder)
    return hit


def killer(number: int) -> Callable[[str], None]:
    """Return a watcher that kills its own process just before step ``number``."""
    left = [number]

    def watch(_name: str) -> None:
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left[0] -= 1

    return watch


def in_child(
    made: Bench,
    folder: Path,
    *,
    before: Callable[[str], None] | None = None,
    kill_after_s: float | None = None,
) -> int:
    """Do the deed in a process forked after unlocking; return its exit code, negative for a signal."""
    child = os.fork()
    if child == 0:
        _be_the_child(made, folder, before)
    if kill_after_s is not None:
        time.sleep(kill_after_s)
        os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _be_the_child(made: Bench, folder: Path, before: Callable[[str], None] | None) -> None:
    """Do the deed and end without going back into the tests."""
    code = 1
    try:
        workspace = open_unlocked(moved(made.keys, folder))
        steps.watch(before)
        made.case.run(workspace, folder)
        steps.watch(None)
        workspace.close()
        code = 0
    except DiskFull:
        code = FULL
    except BaseException as error:  # noqa: BLE001 - whatever it is, the parent hears of it by the exit code
        sys.stderr.write(f"child: {error!r} {vars(error)}\n")
        sys.stderr.flush()
    finally:
        os._exit(code)
