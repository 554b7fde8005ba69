"""Encrypted files on their way: read from a source, kept as they came, made plain while they are read. Opens no file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Protocol
from unicodedata import normalize

from sync_scripts.intake.encryption.encrypted import DecryptError, Manifest, Refusal, plain_name
from sync_scripts.intake.receive.answers import BYTES_LIMIT
from sync_scripts.servers.base import FileGone, Reader
from sync_scripts.store.durable import full_disk_said

__all__ = ["MOST_XML", "TEXT", "CipherText", "PlainText", "check_plain_names"]

TEXT: Final = "submission.xml.enc"
"""The file that holds the answers, as every phone calls it."""
MOST_XML: Final = BYTES_LIMIT + 16
"""A submission's XML is held in memory whole."""


def check_plain_names(manifest: Manifest) -> None:
    """Refuse names that are one name once they are plain: one file would pass for the other.

    Raises:
        DecryptError: UNSAFE_NAME.
    """
    names = [normalize("NFC", plain_name(name)) for name in (*manifest.media, manifest.xml_name)]
    if len(set(names)) != len(names):
        raise DecryptError(refusal=Refusal.UNSAFE_NAME)


class Kept(Protocol):
    """What is written meanwhile."""

    def write(self, data: bytes, /) -> int:
        """Take some bytes."""
        ...


class CipherText:
    """A reader whose failures are those of a source; what passes is kept as it came, up to a limit.

    More than ``most`` bytes are no honest file.
    """

    def __init__(
        self, reader: Reader, kept: Kept | None = None, limit: int = 0, most: int | None = None
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
