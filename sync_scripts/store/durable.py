"""Files that are there whole after a power cut, or not at all.

The order is always: temporary file, all bytes, fsync, rename, fsync of the folder; a new folder is made known to its
parent first. Windows has no fsync of folders; there the rename has to do.
Tests can stand between two deeds (`step`) and kill, cut the power or fill the disk; in real life nobody stands there.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sync_scripts.store.errors import DiskFull


class Draft:
    """A temporary file being written; `publish` gives it its name."""

    def __init__(self, folder: Path) -> None:
        self.path: Path = folder / f"part-{secrets.token_hex(8)}"
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0)
        step("file.create")
        self._file = os.open(self.path, flags, 0o600)
        self._open = True

    def write(self, data: bytes) -> int:
        """Write all bytes, however few the system takes at a time; return how many."""
        step("file.write")
        view = memoryview(data)
        while view:
            view = view[os.write(self._file, view) :]
        return len(data)

    def flush(self) -> None:
        """Nothing is held back here; for those who call it on every writer."""

    def publish(self, target: Path) -> None:
        """Make the bytes and then the name survive a power cut; replaces a file of that name."""
        step("file.sync")
        os.fsync(self._file)
        self.close()
        make_folder(target.parent)
        step("file.rename")
        self.path.replace(target)
        sync_folder(target.parent)

    def close(self) -> None:
        """Let go of the file."""
        if self._open:
            self._open = False
            os.close(self._file)

    def drop(self) -> None:
        """Remove what was not published."""
        self.close()
        self.path.unlink(missing_ok=True)


@contextmanager
def draft(folder: Path) -> Iterator[Draft]:
    """Give a temporary file in ``folder``, which is removed unless it was published.

    Raises:
        DiskFull: no room for it; nothing is left behind.
    """
    with full_disk_said():
        made = Draft(folder)
        try:
            yield made
        finally:
            made.drop()


@contextmanager
def full_disk_said() -> Iterator[None]:
    """Say "disk full" in words of our own."""
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise DiskFull from None
        raise


def write_whole(path: Path, data: bytes) -> None:
    """Put ``data`` under ``path``, whole or not at all; what was there is replaced."""
    with draft(path.parent) as made:
        made.write(data)
        made.publish(path)


def make_folder(path: Path) -> None:
    """Make a folder for its owner only, and make its name survive a power cut; nothing when it is there."""
    if path.is_dir():
        return
    make_folder(path.parent)
    step("folder.make")
    path.mkdir(mode=0o700, exist_ok=True)
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Make the names in a folder survive a power cut."""
    if os.name == "nt":
        return
    step("folder.sync")
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


_DEVICE: Final = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³]) *(\..*)?", re.IGNORECASE | re.DOTALL
)


def is_device(name: str) -> bool:
    """Tell whether Windows would open a device in place of a file of this name.

    >>> [is_device(one) for one in ("CON", "com¹.jpg", "nul .tar.gz", "contrat.jpg", "com.jpg")]
    [True, True, True, False, False]
    """
    return bool(_DEVICE.fullmatch(name))


watchers: Final[list[Callable[[str], None]]] = []
"""Who hears every step: nobody but a test, and one at most. What is done for each statement looks here before it calls `step`."""


def step(name: str) -> None:
    """Say that the deed ``name`` comes next; called before every write that matters."""
    for hear in watchers:
        hear(name)


def watch(watcher: Callable[[str], None] | None) -> None:
    """Let ``watcher`` hear every step; None ends it. For tests only."""
    watchers[:] = [] if watcher is None else [watcher]
