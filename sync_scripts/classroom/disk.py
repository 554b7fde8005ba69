"""Writing so that a cut of the power leaves nothing half: private files, flushed before their name counts."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

__all__ = [
    "flush_files",
    "flush_folder",
    "folders",
    "make_folder",
    "move_folder",
    "new_file",
    "same_bytes",
    "unfinished",
    "write_file",
]

_PIECE = 1 << 16


def make_folder(folder: Path, *, exist_ok: bool = False, parents: bool = False) -> None:
    """Make a private folder and make its name last; the rights of one that is there are narrowed to 0700."""
    there = folder.is_dir()
    folder.mkdir(mode=0o700, exist_ok=exist_ok, parents=parents)
    if there:
        folder.chmod(0o700)
    else:
        flush_folder(folder.parent)


def new_file(path: Path) -> int:
    """Return a descriptor of a new private file; never follows a link, never opens one that is there."""
    return os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0), 0o600)


def write_file(path: Path, content: bytes) -> None:
    """Write a private file whole, in place of one that may be there; a reader sees the old bytes or the new."""
    if path.is_file() and path.read_bytes() == content:
        return
    temporary = unfinished(path)
    temporary.unlink(missing_ok=True)
    with os.fdopen(new_file(temporary), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    flush_folder(path.parent)


def unfinished(path: Path) -> Path:
    """Return where `write_file` writes before the file gets its name."""
    return path.with_name(f"{path.name}.new")


def move_folder(source: Path, target: Path) -> None:
    """Rename a folder to a name that is not there yet, and make both names last."""
    source.rename(target)
    flush_folder(target.parent)
    flush_folder(source.parent)


def flush_files(folder: Path) -> None:
    """Bring every file of a folder, and the folder itself, to the disk."""
    for path in folder.iterdir():
        with path.open("r+b") as file:
            os.fsync(file.fileno())
    flush_folder(folder)


def flush_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk. Windows has no such call and needs none for a rename."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def folders(above: Path) -> Iterator[Path]:
    """Yield the folders in a folder by name, without links and without names that begin with a dot."""
    for path in sorted(above.iterdir()):
        if path.is_dir() and not path.is_symlink() and not path.name.startswith("."):
            yield path


def same_bytes(one: Path, other: Path) -> bool:
    """Tell whether two files hold the same bytes, reading them piece by piece."""
    if one.stat().st_size != other.stat().st_size:
        return False
    with one.open("rb") as left, other.open("rb") as right:
        while piece := left.read(_PIECE):
            if piece != right.read(_PIECE):
                return False
    return True
