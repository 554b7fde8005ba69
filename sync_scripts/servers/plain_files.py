"""Plain files of a folder that anybody may write into, opened without following a link or waiting; the marker of a classroom's inbox.

What lies in such an inbox is invented data in the clear, which no real register takes. Never writes.
"""

from __future__ import annotations

import os
import stat
import unicodedata
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from sync_scripts.errors import UsageProblem
from sync_scripts.servers.base import FileGone
from sync_scripts.servers.nesting import too_deep

_OPEN_FLAGS = (
    os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
)


def open_regular(path: Path) -> BinaryIO:
    """Open a plain file; see `number_of`."""
    return os.fdopen(number_of(str(path))[0], "rb")


def content(path: str, limit: int) -> tuple[bytes, int]:
    """Return the bytes of a plain file, at most one more than ``limit``, and when it was touched.

    Raises:
        FileGone: as `number_of`.
        OSError: it could not be read to its end.
    """
    number, about = number_of(path)
    try:
        parts, room = [], limit + 1
        wanted = min(about.st_size + 1, room)
        while room and (part := os.read(number, min(wanted, room))):
            parts.append(part)
            room -= len(part)
        return b"".join(parts), os.fstat(number).st_mtime_ns
    finally:
        os.close(number)


def number_of(path: str) -> tuple[int, os.stat_result]:
    """Open a plain file without following a link in its last part and without waiting for anybody.

    Raises:
        FileGone: it is not there, is no plain file, or may not be read.
    """
    if not hasattr(os, "O_NOFOLLOW") and Path(path).is_symlink():  # Windows
        raise FileGone(errno=0)
    try:
        number = os.open(path, _OPEN_FLAGS)
    except OSError as error:
        raise FileGone(errno=error.errno or 0) from None
    about = os.fstat(number)
    if not stat.S_ISREG(about.st_mode):
        os.close(number)
        raise FileGone(errno=0)
    return number, about


def hidden(name: str, about: os.stat_result) -> bool:
    """Tell whether a file is one that its system does not show."""
    attributes = getattr(about, "st_file_attributes", 0)
    return name.startswith(".") or bool(attributes & getattr(stat, "FILE_ATTRIBUTE_HIDDEN", 2))


def text(name: str) -> str:
    """Return a file name as text: bytes that are no UTF-8 become a replacement mark, accents one form."""
    return unicodedata.normalize("NFC", os.fsencode(name).decode("utf-8", "replace"))


def touched(folder: str) -> int:
    """Return when something was last put into a folder or taken out, in nanoseconds; 0 when nobody can say."""
    try:
        return Path(folder).stat().st_mtime_ns
    except OSError:
        return 0


def is_junction(about: os.stat_result) -> bool:
    """Tell whether a directory of Windows is a door to another place."""
    attributes = getattr(about, "st_file_attributes", 0)
    return bool(attributes & getattr(stat, "FILE_ATTRIBUTE_REPARSE_POINT", 0x400))


MARKER: Final = ".dikalo-inbox"
"""The file that says "classroom": invented data in the clear."""
_MARKER_LIMIT: Final = 65_536


ClassroomInside: Final = UsageProblem.declare(
    "DK-I06",
    "The folder {source} is the inbox of a classroom: its submissions are invented and lie in the clear. Nothing "
    "was taken from it. Use another folder, or pull this one from the demonstration that made it.",
)


class Marker(msgspec.Struct, frozen=True):
    """What ``.dikalo-inbox`` says: which classroom made this inbox."""

    kind: str = ""
    id: str = ""
    v: int = 1


def marker(folder: Path) -> Marker | None:
    """Return the marker of a classroom's inbox in this very folder, ``None`` when there is none.

    A marker that cannot be read still marks: it comes back without an id.
    """
    path = folder / MARKER
    if not os.path.lexists(path):
        return None
    try:
        with open_regular(path) as file:
            said = file.read(_MARKER_LIMIT)
        return Marker() if too_deep(said) else msgspec.json.decode(said, type=Marker)
    except (OSError, FileGone, msgspec.MsgspecError, RecursionError):
        return Marker()


def marker_around(folder: Path) -> Marker | None:
    """Return the marker of this folder or of the nearest folder around it."""
    whole = folder.resolve()
    return next((found for one in (whole, *whole.parents) if (found := marker(one))), None)
