"""What keeps a folder from being read as a whole: it is not there, shut, or went away."""

from __future__ import annotations

from typing import Final

from sync_scripts.errors import Unreachable

__all__ = ["SourceMissing", "SourceUnreadable", "SourceVanished"]


SourceMissing: Final = Unreachable.declare(
    "DK-I01",
    "The folder {source} is not there. Nothing was changed. Plug in the disk or the phone, or correct the path, "
    "then run the command again.",
)
SourceUnreadable: Final = Unreachable.declare(
    "DK-I02",
    "The folder {source} cannot be read (system error {errno}). What was already stored stays stored. Check the "
    "rights of the folder or the cable, then run the command again.",
)
SourceVanished: Final = Unreachable.declare(
    "DK-I03",
    "The folder {source} disappeared while it was being read. What was already stored stays stored. Plug it in "
    "again, then run the command again: it goes on where it stopped.",
)
