"""What sealed things are: holders, items and their labels, parts, commitments, key pages. Seals and opens nothing."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

import msgspec

from sync_scripts.store.canonical import encoded

Holder: TypeAlias = Literal["V", "R", "O"]
Kind: TypeAlias = Literal[
    "raw",
    "version",
    "row",
    "file",
    "filepart",
    "manifest",
    "encfile",
    "quarantine",
    "formkey",
    "signkey",
    "test",
]

BLOCK: Final = 256
"""Sealed parts are padded to a multiple of this many bytes."""


@dataclass(frozen=True)
class Identity:
    """A new age identity.

    Attributes:
        secret: ``AGE-SECRET-KEY-1…``; whoever has it opens what is sealed to it.
        public: ``age1…``.
    """

    secret: str = field(repr=False)
    public: str


class SealedItem(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One sealed thing and the label it is bound to; holds no key. Its fields are the columns of its table, in order.

    Attributes:
        key_page: id of the page that holds its key.
        item: its number in that page.
        scope, kind, row, version: the label; the item opens in no other place.
        blob: the sealed bytes, or None for a sealed file.
        file: SHA-256 of the sealed file, or None.
    """

    key_page: str
    item: int
    scope: str
    kind: Kind
    row: str
    version: str
    blob: bytes | None = None
    file: str | None = None

    @property
    def sealed_sha256(self) -> str:
        """SHA-256 of the sealed bytes; a file's name says it."""
        return self.file or hashlib.sha256(self.blob or b"").hexdigest()

    def __repr__(self) -> str:
        """Name the item; never its bytes."""
        return f"SealedItem({self.key_page[:8]}/{self.item}, {self.kind})"


@dataclass(frozen=True)
class SealedFile:
    """A sealed file, the small part that says what it is, and what may be said of it in the open.

    Attributes:
        item: the file.
        part: its sealed name, SHA-256 and commitment nonce; the next item of the same page.
        size: bytes before sealing.
        commitment: salted, for the custody chain; proves the bytes once the nonce is shown.
    """

    item: SealedItem
    part: SealedItem
    size: int
    commitment: str


class SealedVersion(msgspec.Struct, frozen=True):
    """The exact bytes of one version, sealed.

    Attributes:
        raw: the bytes.
        part: the sealed part of the version: the nonce of the commitment.
        sealed_sha256: of the sealed bytes, for the custody chain.
        commitment: as in `SealedFile`.
    """

    raw: SealedItem
    part: SealedItem
    sealed_sha256: str
    commitment: str


@dataclass(frozen=True)
class KeyPage:
    """All keys of one transaction, sealed to every holder.

    Attributes:
        id: 32 hex.
        workspace: whose; part of the label of its items.
        created: instant.
        recipients: fingerprint of the holders.
        blob: an age file.
        items: how many keys it holds.
    """

    id: str
    workspace: str
    created: str
    recipients: str
    blob: bytes = field(repr=False)
    items: int


def label(workspace: str, scope: str, kind: str, row: str, version: str) -> bytes:
    """Return the bytes that bind an item to its place (the associated data of its cipher)."""
    return encoded(("dikalo-item", 1, workspace, scope, kind, row, version))


def commitment(nonce: str, sha256: str) -> str:
    """Return the salted commitment to bytes of that SHA-256 (both in hex): a plain hash could be guessed from."""
    return hashlib.sha256(f"dikalo-commit-v1 {nonce} {sha256}\n".encode()).hexdigest()


_FILL: Final = secrets.token_hex(16)  # stands where the padding goes until its length is known


def padded(document: Mapping[str, Any]) -> bytes:
    """Return canonical JSON with a ``pad`` that makes the length a multiple of 256 bytes."""
    text = encoded({**document, "pad": _FILL})
    short = -(len(text) - len(_FILL)) % BLOCK
    return text.replace(_FILL.encode(), b" " * short, 1)
