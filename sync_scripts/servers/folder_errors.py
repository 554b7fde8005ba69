"""What keeps a folder from being read as a whole: it is not there, shut, or went away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sync_scripts.errors import N_, Unreachable

__all__ = ["SourceMissing", "SourceUnreadable", "SourceVanished"]


@dataclass(eq=False, kw_only=True)
class SourceMissing(Unreachable):
    """The folder of a source is not there."""

    code: ClassVar[str] = "DK-I01"
    message: ClassVar[str] = N_(
        "The folder {source} is not there. Nothing was changed. Plug in the disk or the phone, or correct the path, "
        "then run the command again."
    )
    source: str


@dataclass(eq=False, kw_only=True)
class SourceUnreadable(Unreachable):
    """The folder of a source is there and may not be read."""

    code: ClassVar[str] = "DK-I02"
    message: ClassVar[str] = N_(
        "The folder {source} cannot be read (system error {errno}). What was already stored stays stored. Check the "
        "rights of the folder or the cable, then run the command again."
    )
    source: str
    errno: int


@dataclass(eq=False, kw_only=True)
class SourceVanished(Unreachable):
    """The folder of a source disappeared while it was read."""

    code: ClassVar[str] = "DK-I03"
    message: ClassVar[str] = N_(
        "The folder {source} disappeared while it was being read. What was already stored stays stored. Plug it in "
        "again, then run the command again: it goes on where it stopped."
    )
    source: str
