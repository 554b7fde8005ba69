"""Full disks: small file systems in memory where they may be mounted, else writes that are refused after some bytes.

On a full disk the deed says so in our words or ends well; nothing is damaged, and with space it completes.
"""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from sync_scripts.store import engine
from tests.faults.harness import FULL, Bench, in_child, watched

_ROOMY: Final = "64m"
_BLOCK_KB: Final = 4
_FILLER: Final = "filler"


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


@contextmanager
def on_disk(made: Bench, room_kb: int) -> Iterator[Path]:
    """Give a copy whose workspace lies on a file system of its own with exactly so much room left."""
    with made.copy() as folder:
        shutil.move(folder / "w", folder / "held")
        (folder / "w").mkdir(mode=0o700)
        with small_disk(folder / "w", _size_kb(folder / "held") + _BLOCK_KB + room_kb) as mounted:
            assert mounted
            shutil.copytree(folder / "held", folder / "w", dirs_exist_ok=True)
            _fill(folder / "w", room_kb)
            yield folder


def enlarge(folder: Path) -> None:
    """Give the file system of a workspace more room than it needs."""
    remount = ["mount", "-o", f"remount,size={_ROOMY}", str(folder / "w")]
    subprocess.run(remount, check=True)
    (folder / "w" / _FILLER).unlink(missing_ok=True)


def _fill(place: Path, room_kb: int) -> None:
    """Take what room there is beyond so much."""
    more = shutil.disk_usage(place).free - room_kb * 1024
    if more > 0:
        (place / _FILLER).write_bytes(bytes(more))


def survives(made: Bench, rooms_kb: list[int]) -> int:
    """Run on disks with so much room left; return how many of them were too small."""
    hit = 0
    for room_kb in rooms_kb:
        with on_disk(made, room_kb) as folder:
            hit += _run(made, folder)
            made.check(folder, complete=False)
            enlarge(folder)
            made.finish(folder)
    return hit


def room_needed_kb(made: Bench, run: Callable[[Path], object] | None = None) -> int:
    """Return how much more room an undisturbed run takes at its fullest moment.

    Args:
        made: the case.
        run: does something else than the case's own deed in a folder.
    """
    with on_disk(made, 32 * 1024) as folder:
        free = [_free(folder)]
        with watched(lambda _name: free.append(_free(folder))):
            (run or made.run)(folder)
    return (free[0] - min(free)) // 1024


def _free(folder: Path) -> int:
    return shutil.disk_usage(folder / "w").free


def _size_kb(folder: Path) -> int:
    """Return what a copy takes in blocks of 4 kB, folders included."""
    return sum(_BLOCK_KB + path.stat().st_size // 4096 * 4 for path in [folder, *folder.rglob("*")])


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
                    here.setattr(os, "write", stingy(left))
                if more is not None:
                    rule = f"max_page_count={(folder / 'w' / 'register.db').stat().st_size // 4096 + more}"
                    here.setattr(engine, "PRAGMAS", (*engine.PRAGMAS, rule))
                hit += _run(made, folder)
            made.finish(folder)
    return hit


def stingy(left: int) -> object:
    """Return a write of the system that takes so many bytes and then says that the disk is full."""
    real = os.write
    room = [left]

    def write(file: int, data: bytes) -> int:
        if room[0] <= 0 < len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        done = real(file, memoryview(data)[: max(1, room[0])])
        room[0] -= done
        return done

    return write
