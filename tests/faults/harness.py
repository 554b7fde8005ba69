"""Faults for whatever writes into a workspace: kill it anywhere, and see that nothing is lost and nothing is double.

A `Case` says how a workspace is prepared, what one whole run does, and what must be the same at the end. The kill runs
are here; cuts of the power stand in ``powercut``, full disks in ``fulldisk``. To put another deed under all of them,
write its case and call `survives_kills`, `survives_random_kills`, `powercut.survives` and `fulldisk.survives`.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sys
import tempfile
import time
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Protocol

from sync_scripts.store import durable
from sync_scripts.store.errors import DiskFull
from sync_scripts.store.seal.sealed_items import Holder, Identity
from sync_scripts.store.workspace import Unlocked, Workspace, open_unlocked
from tests.faults.invariants import look
from tests.faults.points import Point, at, points

FULL: Final = 28
"""Exit code of a child that said "the disk is full"."""
TRIES: Final = 40
"""How often a point is sought that a run may pass by: it lies between two steps that every run takes, and is there
unless a random name falls on a shelf that is there already (some in 256)."""


Tell = Callable[[str, str], None]
"""Puts a line into the table of a large run: which fault, and what came of it."""


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

    def amiss(self, workspace: Workspace, folder: Path, *, complete: bool) -> Iterable[str]:
        """Yield what else is wrong with a workspace; ``complete`` = a run has just ended well."""

    def state(self, workspace: Workspace) -> Mapping[str, object]:
        """Return what must be equal to that of an undisturbed run, by name; may write down that it opened things."""


@dataclass
class Bench:
    """One case with its prepared workspace, to be copied for every fault."""

    case: Case
    template: Path
    scratch: Path
    keys: Unlocked = field(init=False)
    expected: Mapping[str, object] = field(init=False)
    names: list[str] = field(init=False, default_factory=list)
    times: list[float] = field(init=False, default_factory=list)
    """When each step came, in seconds from any moment, and the end."""

    def __post_init__(self) -> None:
        """Prepare, run once undisturbed, and keep its steps and its end."""
        self.template.mkdir(parents=True)
        self.case.prepare(self.template)
        self.keys = self.case.unlock(self.template)
        with self.copy() as folder:
            with opened(self.keys, folder) as workspace, watched(self._hear):
                self.case.run(workspace, folder)
            self.times.append(time.perf_counter())
            found = look(self.keys, folder, self.case, complete=True)
            assert not found.wrong, found.wrong
            self.expected = found.state

    def _hear(self, name: str) -> None:
        self.names.append(name)
        self.times.append(time.perf_counter())

    @contextmanager
    def copy(self) -> Iterator[Path]:
        """Give a fresh copy of the prepared workspace, removed at the end."""
        folder = Path(tempfile.mkdtemp(dir=self.scratch))
        try:
            shutil.copytree(self.template, folder, dirs_exist_ok=True)
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def run(self, folder: Path) -> None:
        """Do the deed in this process."""
        with opened(self.keys, folder) as workspace:
            self.case.run(workspace, folder)

    def check(self, folder: Path, *, complete: bool) -> None:
        """Fail when the workspace breaks an invariant.

        Args:
            folder: the workspace is in its ``w``.
            complete: a run has ended well, so nothing temporary may be left and the end must be the expected one.
        """
        found = look(self.keys, folder, self.case, complete=complete)
        assert not found.wrong, found.wrong
        if complete:
            names = self.expected.keys() | found.state.keys()
            others = sorted(name for name in names if found.state.get(name) != self.expected.get(name))
            assert not others, f"not as in an undisturbed run: {', '.join(others)}"

    def finish(self, folder: Path) -> None:
        """Do the deed again after a fault, and check that everything is there once."""
        self.check(folder, complete=False)
        self.run(folder)
        self.check(folder, complete=True)


@contextmanager
def watched(watcher: Callable[[str], None] | None) -> Iterator[None]:
    """Let a watcher hear the steps of the block."""
    durable.watch(watcher)
    try:
        yield
    finally:
        durable.watch(None)


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
    return replace(keys, root=folder / "w")


def bench(case: Case, folder: Path) -> Bench:
    """Prepare a case below a folder; copies lie in memory where the system has such a place."""
    memory = Path("/dev/shm")  # noqa: S108 - invented data under published keys
    scratch = memory if memory.is_dir() and os.access(memory, os.W_OK) else folder
    place = Path(tempfile.mkdtemp(prefix="dikalo-faults-", dir=scratch))
    made = Bench(case, folder / "template", place)
    weakref.finalize(made, shutil.rmtree, place, ignore_errors=True)
    return made


# --- kills ----------------------------------------------------------------------------------------------------------


def survives_kills(made: Bench, where: Iterable[Point]) -> int:
    """Kill the deed at each of these points; it must end well when it is done again. Return how often it was killed.

    Raises:
        NotReached: a run never came to a point, or ended otherwise than by the kill.
    """
    struck = 0
    for point in where:
        with killed(made, point) as folder:
            made.finish(folder)
            struck += 1
    return struck


@contextmanager
def killed(made: Bench, point: Point) -> Iterator[Path]:
    """Give the folder that a kill at this point left, removed at the end.

    Raises:
        NotReached: no run came to the point, or one ended otherwise than by the kill.
    """
    for _try in range(TRIES):
        with made.copy() as folder:
            ended = in_child(made, folder, before=at(point, die))
            if ended == -signal.SIGKILL:
                yield folder
                return
            if ended != 0:
                raise NotReached(point, ended)
    raise NotReached(point)


def survives_random_kills(made: Bench, count: int, *, seed: int = 20261125) -> int:
    """Kill the deed at random moments until so many kills struck it at work; return how many runs that took.

    The moments are spread over all steps of the deed: each lies a random while behind a step, up to as long as the
    undisturbed run took to the next one; so they also fall inside statements and writes, on a fast machine and on a
    slow one. A kill that came when the deed had said that it was over does not count: it is tried again, in the same
    part of the deed first and then anywhere.

    Raises:
        NotReached: on this machine hardly any kill comes in time.
    """
    chance = random.Random(seed)
    runs = 0
    for part in range(count):
        for attempt in range(TRIES + 1000):
            runs += 1
            where = (part + chance.random()) / count if attempt < TRIES else chance.random()
            number = int(where * len(made.names))
            delay_s = chance.uniform(0, made.times[number + 1] - made.times[number])
            with made.copy() as folder:
                if killed_behind(made, folder, number, delay_s):
                    made.finish(folder)
                    break
        else:
            raise NotReached(part, runs)
    return runs


def survives_kill_after_kill(made: Bench, count: int, *, seed: int = 20261125) -> int:
    """Kill the deed, and the one that would have mended it, and so on; return how many runs were killed in a row at most.

    What a run does first (setting aside what the one before left) is then killed as often as the rest. When a run
    ends before its kill, everything must be there, and it begins anew.
    """
    chance = random.Random(seed)
    struck = longest = 0
    while struck < count:
        row = 0
        with made.copy() as folder:
            while struck < count and killed_behind(made, folder, chance.randrange(len(made.names) // 2), 0):
                made.check(folder, complete=False)
                struck += 1
                row += 1
            made.finish(folder)
        longest = max(longest, row)
    return longest


def spread(made: Bench, count: int) -> list[Point]:
    """Return so many points spread evenly over a run, the first and the last among them."""
    every = points(made.names)
    return sorted({every[number * (len(every) - 1) // (count - 1)] for number in range(count)})


def of_each_kind(names: Sequence[str]) -> list[Point]:
    """Return the first step of each kind in a run of these steps, and the last step."""
    every = points(names)
    first = dict(reversed([*zip(names, every, strict=True)]))
    return sorted({*first.values(), every[-1]})


def die() -> None:
    """End this process as if the power of its machine were cut."""
    os.kill(os.getpid(), signal.SIGKILL)


_THERE, _OVER = b"t", b"o"


def killed_behind(made: Bench, folder: Path, number: int, delay_s: float) -> bool:
    """Kill the deed a while after its step ``number``; return whether it was still at work."""
    ear, mouth = os.pipe()
    left = [number]

    def watch(_name: str) -> None:
        if left[0] == 0:
            os.write(mouth, _THERE)
        left[0] -= 1

    child = os.fork()
    if child == 0:
        be_the_child(made, folder, watch, lambda: os.write(mouth, _OVER))
    os.close(mouth)
    if os.read(ear, 1) == _THERE:
        time.sleep(delay_s)
        os.kill(child, signal.SIGKILL)
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    over = _OVER in os.read(ear, 2)
    os.close(ear)
    if ended not in {0, -signal.SIGKILL}:
        raise NotReached(number, ended)
    return ended == -signal.SIGKILL and not over


def in_child(made: Bench, folder: Path, *, before: Callable[[str], None] | None = None) -> int:
    """Do the deed in a process forked after unlocking; return its exit code, negative for a signal."""
    child = os.fork()
    if child == 0:
        be_the_child(made, folder, before)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def be_the_child(
    made: Bench,
    folder: Path,
    before: Callable[[str], None] | None,
    after: Callable[[], object] = lambda: None,
) -> None:
    """Do the deed and end without going back into the tests."""
    code = 1
    try:
        workspace = open_unlocked(moved(made.keys, folder))
        with watched(before):
            made.case.run(workspace, folder)
        after()
        workspace.close()
        code = 0
    except DiskFull:
        code = FULL
    except BaseException as error:  # noqa: BLE001 - whatever it is, the parent hears of it by the exit code
        sys.stderr.write(f"child: {error!r} {vars(error)}\n")
        sys.stderr.flush()
    finally:
        os._exit(code)
