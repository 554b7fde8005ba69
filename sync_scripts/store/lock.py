"""One writer per workspace: an operating-system lock that no crash leaves behind.

The lock is held by the process, not by the existence of a file. Who holds it, since when and with which command
stands in a file beside it, only for the sentence that the next one reads.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sync_scripts.errors import DikaloError
from sync_scripts.store.durable import full_disk_said
from sync_scripts.store.errors import StoreLocked

LOCK: Final = ".lock"
HOLDER: Final = ".lock-holder"
_HELD: Final[dict[Path, int]] = {}
"""Folders whose lock this process holds -> the open file."""
_PAUSE_S: Final = 0.5
"""Seconds between two looks at a lock that is waited for."""


@contextmanager
def hold(
    root: Path, command: str, *, patience: float = 0.0, waits: Callable[[], None] | None = None
) -> Iterator[None]:
    """Hold the lock of a workspace until the block ends.

    Args:
        root: the workspace.
        command: what the holder is doing, for whoever is refused.
        patience: seconds to wait for another process before that is refused.
        waits: is called once when there is something to wait for.

    Raises:
        StoreLocked: another process holds it; says which command, its process id and since when.
        DiskFull: there is no room even for an empty file.
        FileNotFoundError: there is no such folder.
    """
    with full_disk_said():
        opened = os.open(root / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not _taken(opened, patience, waits):
            raise _refusal(root)
        with suppress(OSError):  # a full disk must not stop those who only read, or who make room
            (root / HOLDER).write_text(_holder(command), encoding="utf-8")
            (root / HOLDER).chmod(0o600)
        _HELD[root.resolve()] = opened
        yield
    finally:
        if _HELD.get(root.resolve()) == opened:
            del _HELD[root.resolve()]
        os.close(opened)


def to_hand_on(root: Path) -> tuple[int, ...]:
    """Return the open file that lets a process which is started hold the lock of a folder, too, as long as it lives.

    Then nobody takes the lock while that process writes, also when this one was killed. Nothing is returned where this process
    does not hold it, and on Windows, where a lock cannot be handed on.
    """
    opened = _HELD.get(root.resolve())
    return () if opened is None or sys.platform == "win32" else (opened,)


def _taken(opened: int, patience: float, waits: Callable[[], None] | None) -> bool:
    """Take the lock, and wait for it as long as that is worth it."""
    until = time.monotonic() + patience
    while not take(opened):
        if time.monotonic() >= until:
            return False
        if waits is not None:
            waits()
            waits = None
        time.sleep(_PAUSE_S)
    return True


def _holder(command: str) -> str:
    since = datetime.now(UTC).isoformat(timespec="seconds")
    return json.dumps({"command": command, "since": since, "pid": os.getpid()})


def _refusal(root: Path) -> DikaloError:
    """Word the refusal; the side file may be missing or half written, then the words are question marks."""
    try:
        said = json.loads((root / HOLDER).read_text(encoding="utf-8"))
        return StoreLocked(command=str(said["command"]), since=str(said["since"]), pid=int(said["pid"]))
    except (OSError, ValueError, KeyError, TypeError):
        return StoreLocked(command="?", since="?", pid=0)


if sys.platform == "win32":

    def take(opened: int) -> bool:
        """Lock an open file for this process, without waiting; tell whether nobody else holds it."""
        import msvcrt

        try:
            msvcrt.locking(opened, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:

    def take(opened: int) -> bool:
        """Lock an open file for this process, without waiting; tell whether nobody else holds it."""
        import fcntl

        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
