"""Full disks: small file systems in memory where they may be mounted, else writes that are refused after some bytes.

On a full disk the deed says so in our words or ends well; nothing is damaged, and with space it completes.
"""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sync_scripts.store import engine
from tests.faults.harness import FULL, Bench, in_child

_ROOMY = "64m"


def can_mount(folder: Path) -> bool:
    """Return whether small file systems may be mounted here."""
    if shutil.which("mount") is None or not hasattr(os, "geteuid") or os.geteuid() != 0:
        return False
    place = folder / "try"
    place.mkdir()
    with small_disk(place, 100) as mounted:
        return mounted


@contextmanager
def small_disk(place: Path, size_kb: int) -> Iterator[bool]:
    """Mount a file system of that size on an empty folder; gives False when that is not allowed."""
    options = ["-t", "tmpfs", "-o", f"size={size_kb}k", "tmpfs", str(place)]
    done = subprocess.run(["mount", *options], capture_output=True, check=False)  # noqa: S607 - the system's own
    try:
        yield done.returncode == 0
    finally:
        if done.returncode == 0:
            subprocess.run(["umount", str(place)], check=True)  # noqa: S607 - the system's own


def survives(made: Bench, rooms_kb: list[int]) -> int:
    """Run on disks with so much room left; return how many of them were too small."""
    hit = 0
    for room_kb in rooms_kb:
        with made.copy() as folder:
            shutil.move(folder / "w", folder / "held")
            (folder / "w").mkdir(mode=0o700)
            with small_disk(folder / "w", _size_kb(folder / "held") + room_kb) as mounted:
                assert mounted
                shutil.copytree(folder / "held", folder / "w", dirs_exist_ok=True)
                hit += _run(made, folder)
                made.check(folder, complete=False)
                remount = ["mount", "-o", f"remount,size={_ROOMY}", str(folder / "w")]
                subprocess.run(remount, check=True)
                made.finish(folder)
    return hit


def _size_kb(folder: Path) -> int:
    """Return what a copy takes in blocks of 4 kB, folders included."""
    return sum(4 + path.stat().st_size // 4096 * 4 for path in [folder, *folder.rglob("*")])


def _run(made: Bench, folder: Path) -> bool:
    ended = in_child(made, folder)
    assert ended in {0, FULL}, f"the full disk was not said: {ended}"
    return ended == FULL


def survives_refused_writes(
    made: Bench, patch: pytest.MonkeyPatch, bytes_left: list[int], pages: list[int]
) -> int:
    """Refuse file writes after so many bytes, or let the database grow by so many pages only; return how often it hit.

    For systems on which nothing may be mounted; a write before the last one is cut short, as real ones are.
    """
    hit = 0
    faults = [(left, None) for left in bytes_left] + [(None, more) for more in pages]
    for left, more in faults:
        with made.copy() as folder:
            with patch.context() as here:
                if left is not None:
                    here.setattr(os, "write", _stingy(left))
                if more is not None:
                    rule = f"max_page_count={(folder / 'w' / 'register.db').stat().st_size // 4096 + more}"
                    here.setattr(engine, "PRAGMAS", (*engine.PRAGMAS, rule))
                hit += _run(made, folder)
            made.finish(folder)
    return hit


def _stingy(left: int) -> object:
    real = os.write
    room = [left]

    def write(file: int, data: bytes) -> int:
        if room[0] <= 0 < len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        done = real(file, memoryview(data)[: max(1, room[0])])
        room[0] -= done
        return done

    return write
