"""One writer per workspace: operating-system locks that no crash leaves behind.

A lock is held by the process, not by the existence of a file. Who holds it, since when and with which command stands in a file
beside it, only for the sentence that the next one reads. There are two: the workspace, and the turn to write in it.

- Most commands that write hold both from beginning to end, and so they are alone.
- Work that can be long (a pull, a check, a rebuild) holds the workspace, and has its turn for one transaction at a time.
- A decision has the turn for as long as it takes, also while long work goes on: it waits for one transaction of that.

Whoever waits for the turn stands in a queue of one place, so that long work, which asks again at once, never overtakes a decision.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Final, Literal

from sync_scripts.clock import machine
from sync_scripts.errors import DikaloError
from sync_scripts.store.durable import full_disk_said
from sync_scripts.store.errors import StoreLocked

LOCK: Final = ".lock"
HOLDER: Final = ".lock-holder"
TURN: Final = ".lock-turn"
QUEUE: Final = ".lock-queue"
How = Literal["alone", "long", "decides"]
"""How a command holds a workspace: alone, for long work that lets others write in between, or to decide."""
_HELD: Final[dict[Path, int]] = {}
"""Folders whose lock this process holds -> the open file."""
_LONG: Final[set[Path]] = set()
"""Those in which this process has its turn for a transaction at a time."""
_PAUSE_S: Final = 0.5
"""Seconds between two looks at a workspace that is waited for."""
_TURN_PAUSE_S: Final = 0.02
"""The same of the turn, which is given up soon."""
_SOON_S: Final = 30.0
"""How long a decision waits at least where the turn is given up between two transactions, or by another decision."""
_QUIET_S: Final = 2.0
"""How long it waits before a word is said about it."""
_LONG_S: Final = 60.0
"""How long long work waits for its turn: somebody may sit before a question."""


@contextmanager
def hold(
    root: Path,
    command: str,
    *,
    how: How = "alone",
    patience: float = 0.0,
    waits: Callable[[], None] | None = None,
) -> Iterator[None]:
    """Hold a workspace until the block ends.

    Args:
        root: the workspace.
        command: what the holder is doing, for whoever is refused.
        how: alone; for long work, see `turn`; or to decide, also while long work goes on.
        patience: seconds to wait for another process before that is refused.
        waits: is called once when there is something to wait for.

    Raises:
        StoreLocked: another process holds it; says which command, its process id and since when.
        DiskFull: there is no room even for an empty file.
        FileNotFoundError: there is no such folder.
    """
    with ExitStack() as stack:
        if how != "decides":
            stack.enter_context(_whole(root, command, how, patience, waits))
        soon = how == "decides" and not _somebody_alone(root)
        if soon:
            patience = max(patience, _SOON_S)
        if how == "long":
            stack.enter_context(in_turns(root))
        else:
            stack.enter_context(_turn(root, patience, waits, quiet=_QUIET_S if soon else 0.0))
            _note(root / f"{TURN}-holder", command, how)
        yield


@contextmanager
def _whole(
    root: Path, command: str, how: How, patience: float, waits: Callable[[], None] | None
) -> Iterator[None]:
    with _taken(root, LOCK, patience, waits) as opened:
        _note(root / HOLDER, command, how)
        _HELD[root.resolve()] = opened
        try:
            yield
        finally:
            del _HELD[root.resolve()]


@contextmanager
def in_turns(root: Path) -> Iterator[None]:
    """Let `turn` take the turn in this process: it does long work, or was started by one that does."""
    place = root.resolve()
    _LONG.add(place)
    try:
        yield
    finally:
        _LONG.discard(place)


@contextmanager
def turn(root: Path) -> Iterator[None]:
    """Have the turn for one transaction of long work; nothing where this process holds the workspace otherwise, or not at all.

    Raises:
        StoreLocked: somebody who decides kept it for too long.
    """
    if not _LONG or root.resolve() not in _LONG:
        yield
        return
    with _turn(root, _LONG_S, None):
        yield


@contextmanager
def _turn(
    root: Path, patience: float, waits: Callable[[], None] | None, *, quiet: float = 0.0
) -> Iterator[None]:
    """Have the turn: who waits for it holds the one place of the queue, and whoever comes later waits for that."""
    until = time.monotonic() + patience
    with ExitStack() as queue, ExitStack() as stack:
        queue.enter_context(_taken(root, QUEUE, patience, waits, quiet))
        stack.enter_context(_taken(root, TURN, max(until - time.monotonic(), 0.0), waits, quiet))
        queue.close()
        yield


@contextmanager
def _taken(
    root: Path, name: str, patience: float, waits: Callable[[], None] | None, quiet: float = 0.0
) -> Iterator[int]:
    """Take one lock, and wait for it as long as that is worth it; give the open file."""
    with full_disk_said():
        opened = os.open(root / name, os.O_RDWR | os.O_CREAT, 0o600)
    pause = _PAUSE_S if name == LOCK else _TURN_PAUSE_S
    since = time.monotonic()
    try:
        while not take(opened):
            waited = time.monotonic() - since
            if waited >= patience:
                raise _refusal(root)
            if waits is not None and waited >= quiet:
                waits()
                waits = None
            time.sleep(pause)
        yield opened
    finally:
        give_back(opened)  # what was started under it has ended by now, or was told to
        os.close(opened)


def _somebody_alone(root: Path) -> bool:
    """Tell whether another process holds the workspace and gives no turn; where that cannot be told, it does not."""
    return _said(root / HOLDER).get("how") == "alone" and _whole_taken(root)


def _whole_taken(root: Path) -> bool:
    """Tell whether a process holds the workspace, by trying."""
    opened = os.open(root / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        return not take(opened)
    finally:
        os.close(opened)


def _note(place: Path, command: str, how: How) -> None:
    """Say who holds it; a full disk must not stop those who only read, or who make room."""
    since = machine().isoformat(timespec="seconds")
    with suppress(OSError):
        place.write_text(
            json.dumps({"command": command, "how": how, "since": since, "pid": os.getpid()}), "utf-8"
        )
        place.chmod(0o600)


def to_hand_on(root: Path) -> tuple[int, ...]:
    """Return the open file that lets a process which is started hold the lock of a folder, too, as long as it lives.

    Then nobody takes the lock while that process writes, also when this one was killed. Nothing is returned where this process
    does not hold it, and on Windows, where a lock cannot be handed on.
    """
    opened = _HELD.get(root.resolve())
    return () if opened is None or sys.platform == "win32" else (opened,)


def _refusal(root: Path) -> DikaloError:
    """Word the refusal; the side file may be missing or half written, then the words are question marks."""
    ours = root.resolve() in _LONG  # then it is somebody who decides
    said = _said(root / f"{TURN}-holder" if ours or not _whole_taken(root) else root / HOLDER)
    try:
        return StoreLocked(command=str(said["command"]), since=str(said["since"]), pid=int(said["pid"]))
    except (ValueError, KeyError, TypeError):
        return StoreLocked(command="?", since="?", pid=0)


def _said(place: Path) -> dict[str, Any]:
    try:
        said = json.loads(place.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}


if sys.platform == "win32":

    def take(opened: int) -> bool:
        """Lock an open file for this process, without waiting; tell whether nobody else holds it."""
        import msvcrt

        try:
            msvcrt.locking(opened, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def give_back(opened: int) -> None:
        """Let a lock go: nobody else has it here."""

else:

    def take(opened: int) -> bool:
        """Lock an open file for this process, without waiting; tell whether nobody else holds it."""
        import fcntl

        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def give_back(opened: int) -> None:
        """Let a lock go for every process to which it was handed on, too: one that hangs in a read and was given up writes no more."""
        import fcntl

        fcntl.flock(opened, fcntl.LOCK_UN)
