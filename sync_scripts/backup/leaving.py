"""Heads of the chains at a place of backups: left there with each backup, and read again by whoever checks the register."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final

from sync_scripts.backup import head
from sync_scripts.backup.errors import PlaceAbsent, PlaceUnknown
from sync_scripts.backup.place import Place, reached
from sync_scripts.intake.completeness import heads
from sync_scripts.intake.completeness.heads import Chain, Left
from sync_scripts.store.database import Register
from sync_scripts.store.durable import step, write_whole
from sync_scripts.store.health import in_time

FILE: Final = "heads"


def leave(place: Place, ends: Sequence[Chain], now: datetime) -> None:
    """Leave where the chains end, beside what was left before."""
    step("backup.heads")
    write_whole(place.folder / FILE, heads.render((*_at(place), heads.to_leave(ends, now))))


def seen(register: Register, folder: Path) -> tuple[Left, ...] | None:
    """Return what was left of this register in a folder; None where the folder is not there, or is no place of backups.

    Raises:
        PlaceOfAnother: it holds the backups of another register.
        PlaceNewer: a newer program wrote it.
    """
    place = in_time(lambda: _reached(folder), None)
    if place is None:
        return None
    with register.reading() as rows:
        place.require(head.origin(rows))
    return _at(place)


def _reached(folder: Path) -> Place | None:
    with suppress(PlaceAbsent, PlaceUnknown):
        return reached(folder)
    return None


def _at(place: Place) -> tuple[Left, ...]:
    try:
        return tuple(heads.parse((place.folder / FILE).read_bytes()))
    except OSError:  # never left, or the disk gives it no more; if the place went away, that is said
        place.require_here()
        return ()
