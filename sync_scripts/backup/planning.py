"""Before a backup: whether it is time for one, the place that it goes to, what is copied and what is read again there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sync_scripts.backup import head as heads
from sync_scripts.backup import place as places
from sync_scripts.backup.errors import PlaceInside, PlaceUnknown
from sync_scripts.backup.place import Place
from sync_scripts.errors import DikaloError
from sync_scripts.store import backups, engine
from sync_scripts.store.canonical import moment
from sync_scripts.store.database import Rows
from sync_scripts.store.health import in_time
from sync_scripts.store.seal.sealed_files import path_of
from sync_scripts.store.workspace import Workspace

EVERY: Final = timedelta(hours=20)
"""Shorter than a day, so that a round at the same hour makes one each day."""
_UNKNOWN: Final = ""
"""Stands for the id of a place that cannot be asked: whoever makes a backup there says what is wrong."""
_PORTIONS: Final = 90
"""Each sealed file at a place belongs to one of so many days, in turn: all are read again in about a quarter."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a backup would copy.

    Attributes:
        lacking: names of sealed files that the place has not.
        bytes: of these and of the copy, about.
        copies: how many copies are there already.
    """

    lacking: tuple[str, ...]
    bytes: int
    copies: int


def due_place(workspace: Workspace, now: datetime) -> Path | None:
    """Return the place of the settings where it is time for a backup: it was begun there, and it is there; else nothing.

    What was copied to another place does not count: another computer of a shared register may keep its own files there.
    """
    named = workspace.settings.backup.folder(workspace.root)
    place = in_time(lambda: _begun_at(named), _UNKNOWN) if named is not None else None
    if place is None:
        return None
    with workspace.register.reading() as rows:
        known = [one for one in backups.copies(rows) if one.place == place]
        here = backups.extent(rows)
    if not known:
        return named
    last = known[-1]
    young = timedelta(0) <= now - moment(last.at) < EVERY
    return None if young and here.erased == last.extent.erased else named


def _begun_at(folder: Path) -> str | None:
    """Return the id of the place that was begun in a folder, `_UNKNOWN` where that cannot be told; None where none was begun."""
    if not places.is_begun(folder):
        return None
    try:
        return places.reached(folder).id
    except DikaloError:
        return _UNKNOWN


def prepared(workspace: Workspace, folder: Path) -> Place:
    """Return the place that a folder is for this workspace, made one where it is new.

    Raises:
        PlaceInside: one would be inside the other.
        What `places.begun` raises.
    """
    _refuse_inside(workspace.root, folder)
    with workspace.register.reading() as rows:
        origin = heads.origin(rows)
    return places.begun(folder, origin)


def plan(workspace: Workspace, folder: Path) -> Plan:
    """Return what a backup would copy to a folder; writes nothing.

    Raises:
        PlaceInside, PlaceOfAnother, PlaceNewer, PlaceAbsent, PlaceLost: as they say.
    """
    _refuse_inside(workspace.root, folder)
    with workspace.register.reading() as rows:
        names, origin, size = heads.file_names(rows), heads.origin(rows), size_of(rows)
    there: dict[str, int] = {}
    copies = 0
    with places.answering():
        old = folder.is_dir()
    with suppress(PlaceUnknown):
        if old:
            place = places.reached(folder)
            place.require(origin)
            with place.watched():
                there, copies = place.files(), len(place.heads())
    wanted = tuple(lacking(workspace.register.folder, names, there))
    return Plan(wanted, size + sum(size_here(workspace.register.folder, one) for one in wanted), copies)


def lacking(folder: Path, names: Iterable[str], there: Mapping[str, int]) -> Iterator[str]:
    """Yield the names of which the place has no file of the right size; a cut leaves none under a name, a bad stick may."""
    for name in names:
        if name not in there or (path_of(folder, name).exists() and there[name] != size_here(folder, name)):
            yield name


def read_again(names: Iterable[str], last: datetime | None, now: datetime) -> Iterator[str]:
    """Yield those sealed files of a place that are to be read again: of each day since its last backup, the portion of that day.

    A stick loses what nobody reads. Where none was made for a quarter all are due; before the first one nothing is: whatever is
    there was read back as it was copied.
    """
    days = min(max(abs(now.toordinal() - last.toordinal()), 1), _PORTIONS) if last else 0
    due = {(now.toordinal() - back) % _PORTIONS for back in range(days)}
    yield from (name for name in names if int(name[:8], 16) % _PORTIONS in due)


def size_here(folder: Path, name: str) -> int:
    """Return how large a sealed file is, 0 where it is missing."""
    try:
        return path_of(folder, name).stat().st_size
    except OSError:
        return 0


def _refuse_inside(root: Path, folder: Path) -> None:
    here, there = root.resolve(), folder.resolve()
    if here.is_relative_to(there) or there.is_relative_to(here):
        raise PlaceInside


def size_of(rows: Rows) -> int:
    """Return about how large the copy will be."""
    return engine.size_of(rows.connection) if rows.dialect == "sqlite" else 0
