"""Sealed files that no row names, and those of what was erased: set aside, and removed. Opens nothing.

A file is there before the row that names it is committed; one without a row was never acknowledged.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import select

from sync_scripts.store.database import Rows
from sync_scripts.store.durable import make_folder, step, sync_folder
from sync_scripts.store.schema.raw import erasure_pending, sealed_item
from sync_scripts.store.seal.sealed_files import INCOMING, path_of

ORPHANS: Final = "orphans"
ORPHANS_STAY: Final = timedelta(days=7)


@dataclass(frozen=True)
class Tidied:
    """What a tidying found: temporary files removed, sealed files without a row set aside."""

    temporary: int
    orphans: int


def tidy(rows: Rows, folder: Path, now: datetime) -> Tidied:
    """After a crash: remove temporary files and those of what was erased, and set aside sealed files that no row names.

    Call it with the lock of the workspace held and before anything is sealed. What is set aside was never
    acknowledged and its keys were never stored; it is kept for a register put back from an older copy.
    """
    remove_erased(rows, folder)
    temporary = 0
    for path in _files(folder / INCOMING):
        step("file.remove")
        path.unlink()
        temporary += 1
    orphans = 0
    for shelf in _shelves(folder):
        held = _held(rows, shelf.name)
        for path in [path for path in _files(shelf) if path.stem not in held]:
            _set_aside(path, folder / ORPHANS, now)
            orphans += 1
    return Tidied(temporary, orphans)


def remove_erased(rows: Rows, folder: Path) -> int:
    """Remove the sealed files of what was erased, those set aside too; call it after the commit. Return how many."""
    named = select(erasure_pending.c.file).where(erasure_pending.c.file.is_not(None))
    removed = 0
    for name in sorted(rows.execute(named).scalars()):
        for path in (path_of(folder, name), folder / ORPHANS / f"{name}.age"):
            if path.is_file():
                step("erased.file")
                path.unlink(missing_ok=True)
                sync_folder(path.parent)
                removed += 1
    return removed


def drop_orphans(folder: Path, now: datetime) -> int:
    """Delete what was set aside more than 7 days ago; call it after a complete pull. Return how many."""
    limit = (now - ORPHANS_STAY).timestamp()
    old = [path for path in _files(folder / ORPHANS) if path.stat().st_mtime < limit]
    for path in old:
        path.unlink()
    return len(old)


def _held(rows: Rows, shelf: str) -> set[str]:
    named = select(sealed_item.c.file).where(
        sealed_item.c.file >= shelf,
        sealed_item.c.file < f"{shelf}g",  # names are hex, so "g" ends the shelf
    )
    return set(rows.execute(named).scalars())


def _shelves(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if len(path.name) == 2 and path.is_dir())


def _files(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from sorted(path for path in folder.iterdir() if path.is_file())


def _set_aside(path: Path, orphans: Path, now: datetime) -> None:
    make_folder(orphans)
    step("file.rename")
    target = orphans / path.name
    path.replace(target)
    os.utime(target, (now.timestamp(), now.timestamp()))
    sync_folder(orphans)
    sync_folder(path.parent)
