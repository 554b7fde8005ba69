"""Encrypted files that came whole, kept as they came, still encrypted, until their submission was looked at.

All files of an encrypted submission are needed before anything of it is believed. A line that is cut before the last one
must not make the next pull ask for the others again: on a poor line it would be cut there, too, for ever. So of a server
they outlive the run that fetched them, under keyed tags: a file may be called after somebody.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import md5
from pathlib import Path
from typing import BinaryIO, Final
from unicodedata import normalize

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from sync_scripts.intake.encryption.ciphertext import MOST_XML, CipherText, PlainText
from sync_scripts.intake.encryption.encrypted import (
    Manifest,
    check_signature,
    decrypted,
    ivs,
    plain_name,
    xml_iv,
)
from sync_scripts.intake.receive.passing import Unhanded
from sync_scripts.servers.base import AttachmentRef, Reader, Server
from sync_scripts.store.durable import draft, full_disk_said, make_folder
from sync_scripts.store.seal.sealed_files import INCOMING

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


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that was read once: where it lies still encrypted (None = only at the source), and how long it is plain."""

    ref: AttachmentRef
    iv: bytes
    size: int
    path: Path | None


@dataclass(slots=True)
class EncryptedFiles:
    """The encrypted files of a source as they come: each fetched once, and believed when the signature over all fits."""

    server: Server
    spool: Spool
    unhanded: Unhanded

    def text(self, manifest: Manifest, beside: dict[str, AttachmentRef], aes_key: bytes) -> bytes:
        """Read the XML, which no signature proves alone; it is held as it came, so that it is fetched once."""
        ref = beside[normalize("NFC", manifest.xml_name)]
        with self._coming(ref, MOST_XML) as source:
            return b"".join(decrypted(source, aes_key, xml_iv(manifest, aes_key)))

    @contextmanager
    def _coming(self, ref: AttachmentRef, most: int | None = None) -> Iterator[CipherText]:
        """Give the bytes of a file: those that came whole before, else from the source, kept as they pass."""
        held = self.spool.held(ref)
        if held is not None:
            with held.open("rb") as here:
                yield CipherText(here, most=most)
            return
        with (
            self.unhanded.once(ref),
            self.server.open(ref) as reader,
            self.spool.keeping(ref, reader, most) as source,
        ):
            yield source

    def whole(
        self,
        manifest: Manifest,
        beside: dict[str, AttachmentRef],
        aes_key: bytes,
        key: RSAPrivateKey,
        late: Callable[[str, str], bool],
    ) -> tuple[bytes, dict[str, StoredFile]]:
        """Read every file and check the signature over all; the media stay encrypted.

        What came ``late``, by place and handle, then the XML, is first.
        """
        files: dict[str, StoredFile] = {}
        marks: dict[str, str] = {}
        media = [
            (name, beside[normalize("NFC", name)], iv)
            for name, iv in zip(manifest.media, ivs(manifest.instance_id, aes_key), strict=False)
        ]
        first = [one for one in media if late(one[1].place, one[1].handle)]

        def read(some: Sequence[tuple[str, AttachmentRef, bytes]]) -> None:
            for name, ref, iv in some:
                files[normalize("NFC", plain_name(name))], marks[name] = self._read(ref, aes_key, iv)

        read(first)
        xml = self.text(manifest, beside, aes_key)
        read([one for one in media if one not in first])
        digests = [(plain_name(name), marks[name]) for name in manifest.media]
        digests.append(("submission.xml", md5(xml, usedforsecurity=False).hexdigest()))
        check_signature(manifest, key, digests)
        return xml, files

    def _read(self, ref: AttachmentRef, aes_key: bytes, iv: bytes) -> tuple[StoredFile, str]:
        """Read a file once; return where it lies meanwhile, and the MD5 of what is in it."""
        mark, size = md5(usedforsecurity=False), 0
        with self._coming(ref) as source:
            for piece in decrypted(source, aes_key, iv):
                mark.update(piece)
                size += len(piece)
        return StoredFile(ref, iv, size, self.spool.held(ref)), mark.hexdigest()

    @contextmanager
    def plain(self, file: StoredFile, aes_key: bytes) -> Iterator[Reader]:
        """Give what is in a file that was read once, decrypted while it is read."""
        here = file.path.open("rb") if file.path is not None else self.server.open(file.ref)
        with here as reader:
            yield PlainText(decrypted(CipherText(reader), aes_key, file.iv))


def drop_old(folder: Path, now: datetime) -> None:
    """Remove what no run came back for."""
    limit = (now - STAY).timestamp()
    for path in (folder / WAITING_ROOM).glob("*"):
        if path.stat().st_mtime < limit:
            path.unlink(missing_ok=True)
