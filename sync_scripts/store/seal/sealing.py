"""Sealing: everyday code that can close and never open. Public keys only.

Every sealed item has a key of its own, drawn here, used once, and handed on nowhere but into the key page of its
transaction, which is an age file to all holders. Large things are age files to a one-time recipient whose identity
is the item's key. This module and ``store.vault`` are the only ones that touch pyrage and AES-GCM.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from binascii import b2a_base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import Any, Final, NoReturn, Protocol, Self, cast

import pyrage
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sync_scripts.store.canonical import canonical, encoded, instant
from sync_scripts.store.durable import step
from sync_scripts.store.errors import PageForgotten, RecipientUnsuitable, SealingFailed, TooFewRecipients
from sync_scripts.store.seal.sealed_files import sealed_writer
from sync_scripts.store.seal.sealed_items import (
    Holder,
    Identity,
    KeyPage,
    Kind,
    SealedFile,
    SealedItem,
    SealedVersion,
    commitment,
    label,
    padded,
)

KEY: Final = 32
"""Bytes of the AES-256 key of one item."""
NONCE: Final = 12
"""Bytes of its nonce."""
LARGE: Final = 256 * 1024
"""Above this many bytes an item becomes a sealed file."""
FEWEST_HOLDERS: Final = 2


class Reader(Protocol):
    """Whatever bytes are read from: a file, an open part of an HTTP answer."""

    def read(self, size: int, /) -> bytes:
        """Return at most ``size`` bytes; none at the end."""


@dataclass(frozen=True)
class Recipients:
    """For whom everything is sealed: at least two holders.

    Attributes:
        keys: holder and age public key, in the order V, R, O.
    """

    keys: tuple[tuple[Holder, str], ...]

    @classmethod
    def of(cls, keys: Mapping[Holder, str]) -> Self:
        """Check and order the public keys.

        Raises:
            RecipientUnsuitable: a key is no age X25519 public key.
            TooFewRecipients: fewer than two different ones.
        """
        order: tuple[Holder, ...] = ("V", "R", "O")
        pairs = tuple((holder, keys[holder].strip()) for holder in order if holder in keys)
        for holder, key in pairs:
            _recipient(holder, key)
        if (found := len({key for _, key in pairs})) < FEWEST_HOLDERS:
            raise TooFewRecipients(found=found)
        return cls(pairs)

    @cached_property
    def fingerprint(self) -> str:
        """32 hex that stand for exactly these keys."""
        return hashlib.sha256(canonical(self.keys).encode()).hexdigest()[:32]

    def only(self, *holders: Holder) -> list[str]:
        """Return the public keys of some of the holders."""
        return [key for holder, key in self.keys if holder in holders]


def grouped(fingerprint: str) -> str:
    """Return a fingerprint in groups of four, to be read aloud or copied on paper."""
    return " ".join(fingerprint[start : start + 4] for start in range(0, len(fingerprint), 4))


def make_identity() -> Identity:
    """Return a new X25519 identity of age."""
    made = pyrage.x25519.Identity.generate()
    return Identity(secret=str(made), public=str(made.to_public()))


def seal_to(data: bytes, keys: list[str]) -> bytes:
    """Return an age file of ``data`` for these public keys.

    Raises:
        SealingFailed: there is no key, or age refused.
    """
    try:
        return cast("bytes", pyrage.encrypt(data, [pyrage.x25519.Recipient.from_str(key) for key in keys]))
    except (pyrage.EncryptError, pyrage.RecipientError):
        raise SealingFailed from None


def new_scope(beside: str = "") -> str:
    """Return the id of a new scope: random, telling nothing.

    Args:
        beside: another scope of the same transaction. Their first halves are the same then, so that what is stored
            together lies together in the indexes; the key page of each item says no less.
    """
    return (beside[:16] or secrets.token_hex(8)) + secrets.token_hex(8)


class Sealer:
    """Seals what one transaction stores; one per transaction, used in a ``with``.

    ``page`` is called once, right before the commit, and ends it: afterwards nothing can be sealed. A sealer that
    sealed something and is left without its page raises, because those items could never be opened.
    """

    __slots__ = ("_folder", "_items", "_keys", "_page", "_recipients", "_workspace", "id")

    def __init__(self, workspace: str, recipients: Recipients, folder: Path) -> None:
        self.id: str = secrets.token_hex(16)
        self._workspace = workspace
        self._recipients = recipients
        self._folder = folder
        self._keys: list[tuple[int, str, str]] = []
        self._items: list[SealedItem] = []
        self._page: KeyPage | None = None

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Forget the keys; refuse to forget those of items whose page was never made."""
        forgotten = bool(self._items) and self._page is None
        self._keys.clear()
        if forgotten and kind is None:
            raise PageForgotten

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled or copied: keys leave only by the page."""
        raise TypeError

    @property
    def items(self) -> tuple[SealedItem, ...]:
        """What was sealed so far, in order of number."""
        return tuple(self._items)

    def seal(self, data: bytes, scope: str, kind: Kind, row: str, version: str) -> SealedItem:
        """Seal bytes under a key of their own, bound to their place; above 256 KiB they become a sealed file.

        Args:
            data: the bytes; not kept.
            scope: what they are erased and opened together with.
            kind: what they are.
            row: to which row they belong, such as ``submission:<root id>`` or ``person:<uid>``.
            version: instance id of the version that said so.

        Raises:
            PageForgotten: the page was made already.
            DiskFull: no room for a sealed file.
        """
        if len(data) > LARGE:
            return self.seal_stream(BytesIO(data), scope, kind, row, version).item
        self._refuse_after_page()
        drawn = os.urandom(KEY + NONCE)
        key, nonce = drawn[:KEY], drawn[KEY:]
        blob = (
            b"\x01"
            + nonce
            + AESGCM(key).encrypt(nonce, data, label(self._workspace, scope, kind, row, version))
        )
        return self._add(b2a_base64(key, newline=False).decode(), scope, kind, row, version, blob=blob)

    def seal_part(
        self, document: Mapping[str, Any], scope: str, kind: Kind, row: str, version: str
    ) -> SealedItem:
        """Seal a small document, padded so that its length tells little."""
        return self.seal(padded(document), scope, kind, row, version)

    def seal_version(
        self, raw: bytes, scope: str, row: str, version: str, beside: Mapping[str, Any] | None = None
    ) -> SealedVersion:
        """Seal the exact bytes of a submission version, with the nonce of its commitment and what else is said beside."""
        nonce = secrets.token_hex(32)
        sealed = self.seal(raw, scope, "raw", row, version)
        document = {**(beside or {}), "nonce": nonce, "v": 1}
        part = self.seal_part(document, scope, "version", row, version)
        return SealedVersion(
            raw=sealed,
            part=part,
            sealed_sha256=sealed.sealed_sha256,
            commitment=commitment(nonce, hashlib.sha256(raw).hexdigest()),
        )

    def seal_stream(
        self, source: Reader, scope: str, kind: Kind, row: str, version: str, *, name: str = ""
    ) -> SealedFile:
        """Seal a stream into a file of its own, durably; memory stays flat.

        Args:
            source: what is read to its end; an error of it comes through as it is, and leaves no file.
            scope: as in `seal`.
            kind: as in `seal`.
            row: as in `seal`.
            version: as in `seal`.
            name: the original file name; sealed, stored nowhere else.

        Raises:
            DiskFull: no room.
            SealingFailed: age refused.
            PageForgotten: the page was made already.
        """
        self._refuse_after_page()
        once = pyrage.x25519.Identity.generate()
        reader = _Hashing(source)
        with sealed_writer(self._folder) as writer:
            _encrypt(reader, writer, once.to_public())
        item = self._add(str(once), scope, kind, row, version, file=writer.name)
        nonce, sha256 = secrets.token_hex(32), reader.sha256
        part = {"name": name, "nonce": nonce, "sealed": writer.name, "sha256": sha256, "v": 1}
        return SealedFile(
            item=item,
            part=self.seal_part(part, scope, "filepart", row, version),
            size=reader.size,
            commitment=commitment(nonce, sha256),
        )

    def page(self, now: datetime) -> KeyPage:
        """Return the key page of everything sealed, and end: called again it gives the same page.

        Raises:
            SealingFailed: age refused.
        """
        if self._page is None:
            step("page")
            text = encoded({"items": self._keys, "page": self.id, "v": 1, "workspace": self._workspace})
            blob = seal_to(text, self._recipients.only("V", "R", "O"))
            self._page = KeyPage(
                id=self.id,
                workspace=self._workspace,
                created=instant(now),
                recipients=self._recipients.fingerprint,
                blob=blob,
                items=len(self._keys),
            )
            self._keys.clear()
        return self._page

    def _add(
        self,
        key: str,
        scope: str,
        kind: Kind,
        row: str,
        version: str,
        *,
        blob: bytes | None = None,
        file: str | None = None,
    ) -> SealedItem:
        number = len(self._keys)
        self._keys.append((number, kind, key))
        item = SealedItem(
            key_page=self.id,
            item=number,
            scope=scope,
            kind=kind,
            row=row,
            version=version,
            blob=blob,
            file=file,
        )
        self._items.append(item)
        return item

    def _refuse_after_page(self) -> None:
        if self._page is not None:
            raise PageForgotten


class _Hashing:
    """A reader that hashes and counts what passes; keeps an error, since age passes on only its text."""

    def __init__(self, source: Reader) -> None:
        self._source = source
        self._hash = hashlib.sha256()
        self.size = 0
        self.error: BaseException | None = None

    def read(self, size: int = -1) -> bytes:
        try:
            data = self._source.read(size)
        except BaseException as error:
            self.error = error
            raise
        self._hash.update(data)
        self.size += len(data)
        return data

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()


def _encrypt(reader: _Hashing, writer: Any, recipient: Any) -> None:
    """Run age from reader to writer; raise the true error of either side (disk full, connection cut)."""
    failed = False
    try:
        pyrage.encrypt_io(reader, writer, [recipient])
    except pyrage.EncryptError:
        failed = True
    # encrypt_io (pyrage 1.4.0) says nothing when its last write fails: only what the two sides kept tells.
    if reader.error or writer.error or failed:
        raise reader.error or writer.error or SealingFailed()


def _recipient(holder: Holder, key: str) -> None:
    try:
        pyrage.x25519.Recipient.from_str(key)
    except pyrage.RecipientError:
        raise RecipientUnsuitable(holder=holder) from None
