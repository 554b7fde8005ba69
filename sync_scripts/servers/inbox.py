"""The marker of a classroom's inbox: invented data in the clear, which no real register takes. Only ever reads."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import msgspec

from sync_scripts.errors import UsageProblem
from sync_scripts.servers.base import FileGone
from sync_scripts.servers.nesting import too_deep
from sync_scripts.servers.plain_files import open_regular

__all__ = ["MARKER", "ClassroomInside", "Marker", "marker", "marker_around"]

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
