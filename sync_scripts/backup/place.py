"""A place of backups: a folder whose names tell nothing. Knows files and names, no register and no key.

``lock``               whoever writes here has it locked; it says nothing and is never replaced, as the mark is
``place``              the mark: whose backups these are, told by a salted hash, and the wrapped key of the vault, where there is one
``heads``              hashes of the last lines of both chains, left with each backup (`leaving`)
``ab/<64 hex>.age``    sealed files, named by the SHA-256 of their bytes as in a workspace
``<32 hex>.age``       the head of a copy; it is written last, so a copy without one does not count
``<32 hex>.bin``       the copy
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from shutil import disk_usage
from typing import Final

import msgspec

from sync_scripts.backup.errors import (
    FileTooLarge,
    PlaceAbsent,
    PlaceFull,
    PlaceLost,
    PlaceNewer,
    PlaceOfAnother,
    PlaceTaken,
    PlaceUnknown,
)
from sync_scripts.store.copying import synced
from sync_scripts.store.durable import Draft, draft, step, sync_folder, write_whole
from sync_scripts.store.errors import DatabaseFailed, DiskFull, RegisterMissing
from sync_scripts.store.lock import take
from sync_scripts.store.seal.sealed_files import is_sound, path_of

MARK: Final = "place"
_LOCK: Final = "lock"
VERSION: Final = 1
_LARGEST: Final = 256 * 1024
_LARGEST_OF_FAT: Final = 2**32 - 1
"""Windows says of a larger file on such a stick that the disk is full."""
_PART: Final = 1024 * 1024
_NAME: Final = re.compile(r"[0-9a-f]{32}")
_FILE: Final = re.compile(r"[0-9a-f]{64}")


class _Mark(msgspec.Struct, frozen=True, kw_only=True):
    """What the mark says: ``whose`` is the hash of ``id`` and the beginning of a register's chain; ``vault`` its vault slots."""

    v: int = VERSION
    id: str
    whose: str
    vault: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """One copy that lies at a place: its name, and when its head was written, as the disk says."""

    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Place:
    """A folder of backups that is there.

    Attributes:
        folder: where.
        id: by which a register knows it; empty where its mark is lost: it is there to be read alone then.
        vault: the wrapped key of the vault as it stands in the mark; empty where there is none.
    """

    folder: Path
    id: str
    vault: bytes

    def require(self, origin: str) -> None:
        """Refuse the backups of another register.

        Raises:
            PlaceOfAnother: ``origin`` is not the beginning of the chain whose backups these are.
        """
        if _mark(self.folder).whose != _whose(self.id, origin):
            raise PlaceOfAnother

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Be the only one who writes here, and remove what a cut left half written.

        Raises:
            PlaceTaken: somebody else does.
        """
        with self.watched():
            opened = os.open(self.folder / _LOCK, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
            try:
                if not take(opened):
                    raise PlaceTaken
                self._tidy()
                yield
            finally:
                os.close(opened)

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Say of what fails here that it is the place that fails.

        Raises:
            PlaceFull, FileTooLarge: as they say.
            PlaceLost: whatever else the system says; which words a stick that fails has for it nobody can list.
        """
        try:
            yield
        except DiskFull:
            raise PlaceFull from None
        except (DatabaseFailed, RegisterMissing):
            self.require_here()
            raise
        except OSError as error:
            if error.errno in {errno.ENOSPC, errno.EDQUOT}:
                raise PlaceFull from None
            raise (FileTooLarge if error.errno == errno.EFBIG else PlaceLost) from None

    def require_here(self) -> None:
        """Let a place pass of which the mark can be read: what else cannot be read there is damaged, and did not go away.

        Where the mark was lost before, heads have to be there.

        Raises:
            PlaceLost: it went away.
        """
        with suppress(PlaceAbsent, PlaceUnknown, OSError):
            if self.id:
                _mark(self.folder)
                return
            if self.heads():
                return
        raise PlaceLost from None

    def _tidy(self) -> None:
        """Remove temporary files, and copies without a head: none of them was ever said to be made."""
        heads = {one.name for one in self.copies()}
        for path in sorted(self.folder.iterdir()):
            cut = path.suffix == ".bin" and _NAME.fullmatch(path.stem) and path.stem not in heads
            if path.is_file() and (cut or path.name.startswith("part-")):
                step("backup.tidy")
                path.unlink(missing_ok=True)

    def heads(self) -> list[str]:
        """Return the names of what has a head here, also of one that the disk gives no more, in no order that counts."""
        return [
            path.stem
            for path in sorted(self.folder.iterdir())
            if path.suffix == ".age" and _NAME.fullmatch(path.stem)
        ]

    def written(self, name: str) -> datetime:
        """Return when a head was written, as the disk says."""
        return datetime.fromtimestamp(self.head(name).stat().st_mtime, UTC)

    def copies(self) -> list[Held]:
        """Return what has a head here, with its time; whoever decides by it what goes has to know all of them."""
        return [Held(name, self.written(name)) for name in self.heads()]

    def head(self, name: str) -> Path:
        """Return where the head of a copy lies."""
        return self.folder / f"{name}.age"

    def copy(self, name: str) -> Path:
        """Return where a copy lies."""
        return self.folder / f"{name}.bin"

    def files(self) -> dict[str, int]:
        """Return the sealed files that are here, with their sizes."""
        found = {}
        for shelf in sorted(self.folder.iterdir()):
            if len(shelf.name) == 2 and shelf.is_dir():
                for path in shelf.iterdir():
                    if path.suffix == ".age" and _FILE.fullmatch(path.stem):
                        found[path.stem] = path.stat().st_size
        return found

    def take(self, name: str, source: Path, tell: Callable[[int], None]) -> bool:
        """Copy a sealed file; tell whether the source is there and is what its name says. Read back, it is."""
        with draft(self.folder) as made:
            if copied(source, made, tell) != name:
                return False
            made.publish(path_of(self.folder, name))
        synced(path_of(self.folder, name))
        return is_sound(self.folder, name)

    def may_hold(self, need: int, old: Sequence[str]) -> bool:
        """Tell whether so many bytes may find room once some copies are gone, each of which may be the last that has to go.

        Raises:
            FileTooLarge: there is room for them now.
        """
        free = disk_usage(self.folder).free
        if need > _LARGEST_OF_FAT and free >= need:
            raise FileTooLarge
        return bool(old) and free + sum(self.copy(name).stat().st_size for name in old) >= need

    def drop_copy(self, name: str) -> None:
        """Remove a copy: its head first, so that it never counts without the copy."""
        for path in (self.head(name), self.copy(name)):
            step(f"backup.drop{path.suffix}")
            path.unlink(missing_ok=True)
            sync_folder(self.folder)

    def drop_file(self, name: str) -> None:
        """Remove a sealed file."""
        path = path_of(self.folder, name)
        step("backup.drop")
        path.unlink(missing_ok=True)
        sync_folder(path.parent)

    def keep_vault(self, slots: bytes) -> None:
        """Let the mark hold the wrapped key of the vault as it is by now."""
        if slots != self.vault:
            said = msgspec.structs.replace(_mark(self.folder), vault=slots.decode())
            write_whole(self.folder / MARK, msgspec.json.encode(said))


def copied(source: Path, made: Draft, tell: Callable[[int], None] = lambda _more: None) -> str:
    """Write what a file holds into a draft, and tell how far that is; return its SHA-256, "" where it cannot be read to its end."""
    digest = hashlib.sha256()
    for some in _parts(source):
        if some is None:
            return ""
        digest.update(some)
        made.write(some)
        tell(len(some))
    return digest.hexdigest()


def _parts(source: Path) -> Iterator[bytes | None]:
    """Yield what a file holds, and None last where one part of it cannot be read."""
    try:
        with source.open("rb") as stream:
            while some := stream.read(_PART):
                yield some
    except OSError:
        yield None


def reached(folder: Path) -> Place:
    """Return the place that a folder is.

    Raises:
        PlaceAbsent: there is no such folder.
        PlaceUnknown: no backup is in it.
        PlaceNewer: a newer program wrote it.
    """
    with answering():
        if not folder.is_dir():
            raise PlaceAbsent
    said = _mark(folder)
    return Place(folder, said.id, said.vault.encode())


def to_be_read(folder: Path) -> Place:
    """Return the place that a folder is, whose heads are enough to read it: where its mark is lost, without what that says.

    Raises:
        PlaceAbsent, PlaceUnknown, PlaceNewer: as `reached`.
    """
    try:
        return reached(folder)
    except (PlaceAbsent, PlaceUnknown):
        bare = Place(folder, "", b"")
        with suppress(OSError):
            if bare.heads():
                return bare
        raise


def is_begun(folder: Path) -> bool:
    """Tell whether backups were begun in a folder; where it gives no answer they may have been."""
    try:
        return (folder / MARK).is_file()
    except OSError:
        return True


@contextmanager
def answering() -> Iterator[None]:
    """Say of a folder that gives no answer that it is not there."""
    try:
        yield
    except OSError:
        raise PlaceAbsent from None


def begun(folder: Path, origin: str) -> Place:
    """Return the place that a folder is, made one where it is empty of backups; its parent must be there.

    Raises:
        PlaceAbsent, PlaceNewer, PlaceFull, PlaceLost: as they say.
        PlaceOfAnother: it holds the backups of another register.
    """
    with answering():
        if not (folder.is_dir() or folder.parent.is_dir()):
            raise PlaceAbsent
        new = not (folder / MARK).exists()
    place = Place(folder, secrets.token_hex(16), b"")
    if new:
        with place.watched():
            folder.mkdir(mode=0o700, exist_ok=True)
            made = _Mark(id=place.id, whose=_whose(place.id, origin))
            write_whole(folder / MARK, msgspec.json.encode(made))
    place = reached(folder)
    place.require(origin)
    return place


def _whose(place: str, origin: str) -> str:
    return hashlib.sha256(f"dikalo-backup-1\n{place}\n{origin}\n".encode()).hexdigest()


def _mark(folder: Path) -> _Mark:
    try:
        with (folder / MARK).open("rb") as stream:
            said = msgspec.json.decode(stream.read(_LARGEST), type=_Mark)
    except FileNotFoundError:
        raise PlaceUnknown from None
    except OSError:
        raise PlaceAbsent from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise PlaceUnknown from None
    if said.v > VERSION:
        raise PlaceNewer
    return said
