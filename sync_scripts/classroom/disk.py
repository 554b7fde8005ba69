"""Folders and files of a classroom: names from outside made safe on Linux and Windows, and writing that a cut of the power leaves whole.

Private files, flushed before their name counts.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from sync_scripts.store.durable import is_device

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


_SPLIT = re.compile(r"[/\\]")
_FORBIDDEN = re.compile(r'[<>:"|?*]')
_OURS = frozenset({"submission.xml"})
_LONGEST = 120
"""Bytes of UTF-8; file systems take 255 and people read fewer."""


def safe_name(name: str, *, taken: frozenset[str] = _OURS) -> str:
    """Return a name for a file from outside: last path part, NFC, nothing hidden, reserved or too long.

    Args:
        name: as it was sent; may be empty.
        taken: lower-case names that belong to us.
    """
    wanted = unicodedata.normalize("NFC", _SPLIT.split(name)[-1])
    plain = _plain(wanted)
    if plain == wanted and plain and plain.lower() not in taken and not is_device(plain):
        return plain
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{digest}-{plain or 'file'}"


def folder_name(name: str) -> str:
    """Return a safe name for a folder named after something from outside, such as a form id."""
    return safe_name(name, taken=frozenset())


def same_name(name: str) -> str:
    """Return the form in which two names are one file, also where capitals do not count (Windows, phones)."""
    return unicodedata.normalize("NFC", name).casefold()


def _plain(name: str) -> str:
    """Drop control, format and unassigned characters, replace what Windows forbids, cut, strip dots and blanks."""
    visible = "".join(letter for letter in name if unicodedata.category(letter)[0] != "C")
    stripped = _FORBIDDEN.sub("_", visible).strip(" ").lstrip(".").rstrip(". ")
    return _cut(stripped)


def _cut(name: str) -> str:
    """Shorten to `_LONGEST` bytes, keeping a short ending such as ``.jpg``."""
    if len(name.encode()) <= _LONGEST:
        return name
    stem, dot, ending = name.rpartition(".")
    ending = f"{dot}{ending}" if stem and len(ending.encode()) <= 8 else ""
    kept = name.encode()[: _LONGEST - len(ending.encode())].decode("utf-8", "ignore")
    return kept.rstrip(". ") + ending
