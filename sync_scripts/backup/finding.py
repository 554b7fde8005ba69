"""The copies at a place that a holder's key opens, and the newest of them that is whole. Writes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from sync_scripts.backup import head as heads
from sync_scripts.backup.errors import KeyOpensNothing, NoCopySound, PlaceUnknown
from sync_scripts.backup.head import Erasure, Head
from sync_scripts.backup.place import Place
from sync_scripts.errors import Damaged
from sync_scripts.intake.completeness.soundness import faults
from sync_scripts.store import copying, migrations
from sync_scripts.store.backups import Copy
from sync_scripts.store.database import Register
from sync_scripts.store.errors import RegisterNewer
from sync_scripts.store.vault import VaultKey

__all__ = ["Found", "known", "opened", "sound", "union"]


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
        PlaceNewer: a newer program wrote one.
    """
    held = place.copies()
    if not held:
        raise PlaceUnknown
    found = []
    for one in held:
        try:
            found.append(
                Found(one.name, heads.parse(key.open(place.head(one.name).read_bytes(), one.name[:8])))
            )
        except Damaged:
            continue
    if not found:
        raise KeyOpensNothing
    return sorted(found, key=lambda one: (one.head.number, one.head.at), reverse=True)


@contextmanager
def sound(place: Place, found: Sequence[Found]) -> Iterator[tuple[Found, Register, int]]:
    """Give the newest copy that is whole, open to be read, and how many newer ones are not.

    Raises:
        NoCopySound: none is.
        RegisterNewer: a newer program wrote the newest.
    """
    for skipped, one in enumerate(found):
        if one.head.layout > migrations.HEAD:
            raise RegisterNewer(found=one.head.layout, known=migrations.HEAD)
        path = place.copy(one.name)
        if not path.is_file() or path.stat().st_size != one.head.size:
            continue
        with copying.looked_at(path, bytes.fromhex(one.head.key), one.head.workspace, place.folder) as copy:
            if _whole(copy):
                yield one, copy, skipped
                return
    raise NoCopySound(count=len(found))


def _whole(copy: Register) -> bool:
    try:
        with copy.reading() as rows:
            return not any(faults(rows))
    except Damaged:
        return False


def union(found: Sequence[Found]) -> set[Erasure]:
    """Return all that may not come back, whichever copy says it."""
    return {line for one in found for line in one.head.erased}


def known(place: Place, found: Sequence[Found]) -> tuple[Copy, ...]:
    """Return what a register that is put back knows of the copies at its place."""
    return tuple(
        Copy(name=one.name, place=place.id, number=one.head.number, at=one.head.at, extent=one.head.extent)
        for one in found
    )
