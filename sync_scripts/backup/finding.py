"""The copies at a place that a holder's key opens, and the newest of them that is whole. Writes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sync_scripts.backup import head as heads
from sync_scripts.backup.errors import KeyOpensNothing, NoCopySound, PlaceUnknown
from sync_scripts.backup.head import Erasure, Head
from sync_scripts.backup.place import Place
from sync_scripts.errors import Damaged, DikaloError
from sync_scripts.intake.completeness.soundness import faults
from sync_scripts.store import copying, migrations
from sync_scripts.store.backups import Copy
from sync_scripts.store.database import Register
from sync_scripts.store.errors import RegisterNewer
from sync_scripts.store.vault import VaultKey


@dataclass(frozen=True, slots=True)
class Found:
    """One copy whose head was opened."""

    name: str
    head: Head


def opened(place: Place, key: VaultKey) -> list[Found]:
    """Return the copies at a place whose head this key opens, the newest first.

    Raises:
        PlaceUnknown: there is none.
        KeyOpensNothing: it opens none.
        PlaceLost: it went away.
        PlaceNewer: a newer program wrote one.
    """
    with place.watched():
        held = place.heads()
    if not held:
        raise PlaceUnknown
    found = []
    for name in held:
        with suppress(Damaged, OSError):
            sealed = place.head(name).read_bytes()
            found.append(Found(name, heads.parse(key.open(sealed, name[:8]))))
    if not found:
        place.require_here()
        raise KeyOpensNothing
    return sorted(found, key=lambda one: (one.head.number, one.head.at), reverse=True)


@contextmanager
def sound(place: Place, found: Sequence[Found]) -> Iterator[tuple[Found, Register, int]]:
    """Give the newest copy that is whole, open to be read, and how many newer ones are not.

    Raises:
        NoCopySound: none is.
        PlaceLost: it went away.
        RegisterNewer: a newer program wrote the newest.
    """
    for skipped, one in enumerate(found):
        if one.head.layout > migrations.HEAD:
            raise RegisterNewer(found=one.head.layout, known=migrations.HEAD)
        path = place.copy(one.name)
        if _size(path) != one.head.size:
            continue
        with copying.looked_at(path, bytes.fromhex(one.head.key), one.head.workspace, place.folder) as copy:
            if _whole(copy):
                yield one, copy, skipped
                return
    place.require_here()
    raise NoCopySound(count=len(found))


def _size(path: Path) -> int:
    """Return how large a file is, -1 where that cannot be read."""
    try:
        return path.stat().st_size
    except OSError:
        return -1


def _whole(copy: Register) -> bool:
    """Tell whether a copy is sound; one of which a part cannot be read is not, and an older one may be."""
    try:
        with copy.reading() as rows:
            return not any(faults(rows))
    except (DikaloError, OSError):
        return False


def unopened(place: Place, found: Sequence[Found], since: Found) -> int:
    """Return how many heads did not open and are, as the disk says, no older than one that did: damaged, or sealed for others.

    One of which the disk says no time may be newer, too.
    """
    with place.watched():
        strange = set(place.heads()) - {one.name for one in found}
    last = _written(place, since.name)
    times = [_written(place, name) for name in strange]
    return sum(not (at and last and at < last) for at in times)


def _written(place: Place, name: str) -> datetime | None:
    """Return when a head was written, None where the disk does not say."""
    try:
        return place.written(name)
    except OSError:
        return None


def union(found: Sequence[Found]) -> set[Erasure]:
    """Return all that may not come back, whichever copy says it."""
    return {line for one in found for line in one.head.erased}


def known(place: Place, found: Sequence[Found]) -> tuple[Copy, ...]:
    """Return what a register that is put back knows of the copies at its place: nothing where nobody can tell which it is."""
    return tuple(
        Copy(name=one.name, place=place.id, number=one.head.number, at=one.head.at, extent=one.head.extent)
        for one in (found if place.id else ())
    )
