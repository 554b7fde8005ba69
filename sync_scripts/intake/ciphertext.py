"""Encrypted files on their way: read from a source, kept as they came, made plain while they are read. Opens no file."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from threading import Lock
from typing import BinaryIO, Final
from unicodedata import normalize

from sync_scripts.intake.answers import BYTES_LIMIT
from sync_scripts.intake.encrypted import DecryptError, Manifest, Refusal, plain_name
from sync_scripts.servers.base import AttachmentRef, FileGone, Reader
from sync_scripts.store.durable import full_disk_said

__all__ = ["MOST_XML", "TEXT", "TEXTS_HELD", "CipherText", "PlainText", "Texts", "check_plain_names"]

TEXT: Final = "submission.xml.enc"
"""The file that holds the answers, as every phone calls it."""
MOST_XML: Final = BYTES_LIMIT + 16
"""A submission's XML is held in memory whole."""
TEXTS_HELD: Final = 32_000_000
"""Bytes of encrypted answers that are held in memory at once."""


def check_plain_names(manifest: Manifest) -> None:
    """Refuse names that are one name once they are plain: one file would pass for the other.

    Raises:
        DecryptError: UNSAFE_NAME.
    """
    names = [normalize("NFC", plain_name(name)) for name in (*manifest.media, manifest.xml_name)]
    if len(set(names)) != len(names):
        raise DecryptError(refusal=Refusal.UNSAFE_NAME)


class CipherText:
    """A reader whose failures are those of a source; what passes is kept as it came, up to a limit.

    More than ``most`` bytes are no honest file.
    """

    def __init__(
        self, reader: Reader, kept: BinaryIO | None = None, limit: int = 0, most: int | None = None
    ) -> None:
        self._reader = reader
        self._kept = kept
        self._left = limit
        self._most = most
        self._read = 0
        self.dropped: bool = False

    def read(self, size: int, /) -> bytes:
        """Return at most ``size`` bytes; raises `FileGone`, `DiskFull`, or `DecryptError` for too many."""
        try:
            data = self._reader.read(size)
        except OSError as error:
            raise FileGone(errno=error.errno or 0) from None
        self._read += len(data)
        if self._most is not None and self._read > self._most:
            raise DecryptError(refusal=Refusal.LENGTH)
        self._left -= len(data)
        if self._kept is not None and not self.dropped:
            self.dropped = self._left < 0
            with full_disk_said():
                self._kept.write(data)
        return data


class Texts:
    """Encrypted answers as they came, while their submissions wait for other files; threads may share them."""

    def __init__(self) -> None:
        self._held: dict[tuple[str, str], bytes] = {}
        self._guard = Lock()

    def keep(self, ref: AttachmentRef, data: bytes) -> None:
        """Hold the answers that a file is, where there is room; else they are fetched again."""
        with self._guard:
            if sum(map(len, self._held.values())) + len(data) <= TEXTS_HELD:
                self._held[ref.place, ref.handle] = data

    def of(self, ref: AttachmentRef) -> BytesIO | None:
        """Return what is held of a file, None when that is nothing."""
        data = self._held.get((ref.place, ref.handle))
        return None if data is None else BytesIO(data)

    def drop(self, ref: AttachmentRef) -> None:
        """Forget a file."""
        with self._guard:
            self._held.pop((ref.place, ref.handle), None)

    def clear(self) -> None:
        """Forget all."""
        with self._guard:
            self._held.clear()


class PlainText:
    """Plain bytes that are made while they are read."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._held = b""

    def read(self, size: int = -1, /) -> bytes:
        """Return at most ``size`` bytes, all without it."""
        while size < 0 or len(self._held) < size:
            piece = next(self._pieces, b"")
            if not piece:
                break
            self._held += piece
        given, self._held = (self._held, b"") if size < 0 else (self._held[:size], self._held[size:])
        return given
