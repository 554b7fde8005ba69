"""Encrypted files that came whole, kept as they came, still encrypted, until their submission was looked at.

All files of an encrypted submission are needed before anything of it is believed. A line that is cut before the last one
must not make the next pull ask for the others again: on a poor line it would be cut there, too, for ever. So of a server
they outlive the run that fetched them, under keyed tags: a file may be called after somebody.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Final

from sync_scripts.intake.encryption.ciphertext import CipherText
from sync_scripts.servers.base import AttachmentRef, Reader
from sync_scripts.store.durable import draft, full_disk_said, make_folder
from sync_scripts.store.seal.sealed_files import INCOMING

__all__ = ["WAITING_ROOM", "Spool", "drop_old"]

WAITING_ROOM: Final = ".waiting"
"""Folder, beside the sealed files, of what outlives a run."""
STAY: Final = timedelta(days=7)
"""So long what outlives a run waits for a next one; a source that was taken out of the settings has none."""


@dataclass(slots=True)
class Spool:
    """The encrypted files of one source; threads may share it, each with files of its own.

    Attributes:
        folder: of the sealed files.
        limit: bytes of one file that is kept; with 0 none is.
        own: begins the names of this source's files; "" = nothing outlives the run.
        name: gives the rest of the name of a file, which says nothing of what is in it.
    """

    folder: Path
    limit: int
    own: str = ""
    name: Callable[[AttachmentRef], str] = lambda _ref: secrets.token_hex(12)
    _here: dict[str, dict[str, Path]] = field(default_factory=dict)
    """By place and handle, what was read in this run."""
    _again: set[str] = field(default_factory=set)
    """Places of which a file was read that an earlier run had kept."""

    def held(self, ref: AttachmentRef) -> Path | None:
        """Return where a file lies that came whole, None when none does."""
        found = self._here.get(ref.place, {}).get(ref.handle)
        if found is None and self.own and (path := self._path(ref)).is_file():
            self._again.add(ref.place)
            self._here.setdefault(ref.place, {})[ref.handle] = found = path
        return found

    def from_before(self, place: str) -> bool:
        """Tell whether files of a place came from an earlier run: a disk may have lost what it held meanwhile."""
        return place in self._again

    @contextmanager
    def keeping(self, ref: AttachmentRef, reader: Reader, most: int | None = None) -> Iterator[CipherText]:
        """Give the bytes of a file as they come; once they were read to their end without an error, they are kept.

        Raises:
            DiskFull: there is no room for them.
        """
        if self.limit <= 0:
            yield CipherText(reader, most=most)
            return
        incoming, path = self.folder / INCOMING, self._path(ref)
        with full_disk_said():
            make_folder(incoming)
        with draft(incoming) if self.own else _brief(path) as made:
            source = CipherText(reader, made, self.limit, most)
            yield source
            if not source.dropped:
                made.publish(path)
                self._here.setdefault(ref.place, {})[ref.handle] = path

    def drop(self, place: str) -> None:
        """Remove what is kept of a place."""
        for path in self._here.pop(place, {}).values():
            path.unlink(missing_ok=True)
        self._again.discard(place)

    def end_run(self) -> None:
        """Remove what may not outlive the run, and forget the rest."""
        if not self.own:
            for place in list(self._here):
                self.drop(place)
        self._here.clear()
        self._again.clear()

    def empty(self) -> None:
        """Remove everything of this source: a pull came to its end, so nothing waits for the next one."""
        self.end_run()
        if self.own:
            for path in (self.folder / WAITING_ROOM).glob(f"{self.own}-*"):
                path.unlink(missing_ok=True)

    def _path(self, ref: AttachmentRef) -> Path:
        if self.own:
            return self.folder / WAITING_ROOM / f"{self.own}-{self.name(ref)}"
        return self.folder / INCOMING / f"enc-{self.name(ref)}"


class _Brief:
    """A file that no run finds again: it need not survive a power cut."""

    def __init__(self, file: BinaryIO) -> None:
        self.write = file.write
        self.published = False

    def publish(self, _target: Path) -> None:
        """Let it stay where it is."""
        self.published = True


@contextmanager
def _brief(path: Path) -> Iterator[_Brief]:
    """Give a new file, which is removed unless it was published."""
    with path.open("xb") as file:
        made = _Brief(file)
        try:
            yield made
        finally:
            file.close()
            if not made.published:
                path.unlink(missing_ok=True)


def drop_old(folder: Path, now: datetime) -> None:
    """Remove what no run came back for."""
    limit = (now - STAY).timestamp()
    for path in (folder / WAITING_ROOM).glob("*"):
        if path.stat().st_mtime < limit:
            path.unlink(missing_ok=True)
