"""A small file of a workspace, wrapped whole under its everyday key: what the register itself must not hold, or need not.

``client.json`` holds the key of tags of a laptop with a shared PostgreSQL register, whose server must never have it; ``phones.json``
the administration passwords of phones.
"""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

LARGEST: Final = 1_000_000
"""Bytes of such a file at most."""


_MATCH_BYTES: Final = 32


class Altered(Exception):
    """The file is altered, of another workspace, or under another key."""


class _Wrapped(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    v: Literal[1] = 1
    workspace: str
    nonce: str
    wrapped: str


@dataclass(frozen=True, slots=True)
class WrappedFile:
    """One kind of such a file: its name, and the word that binds its content to it."""

    name: str
    kind: str

    def wrap(self, day_key: bytes, workspace: str, content: bytes) -> bytes:
        """Return the bytes of the file."""
        nonce = os.urandom(12)
        sealed = ChaCha20Poly1305(day_key).encrypt(nonce, content, self._bound(workspace))
        nonce_, wrapped = (base64.b64encode(one).decode() for one in (nonce, sealed))
        return msgspec.json.encode(_Wrapped(workspace=workspace, nonce=nonce_, wrapped=wrapped))

    def unwrap(self, day_key: bytes, workspace: str, data: bytes) -> bytes:
        """Return its content.

        Raises:
            Altered: as it says.
        """
        try:
            found = msgspec.json.decode(data, type=_Wrapped)
            nonce, wrapped = (base64.b64decode(one, validate=True) for one in (found.nonce, found.wrapped))
            return ChaCha20Poly1305(day_key).decrypt(nonce, wrapped, self._bound(workspace))
        except (msgspec.DecodeError, ValueError, InvalidTag):
            raise Altered from None

    def _bound(self, workspace: str) -> bytes:
        return msgspec.json.encode([self.kind, 1, workspace])


CLIENT: Final = WrappedFile("client.json", "dikalo-client")
PHONES: Final = WrappedFile("phones.json", "dikalo-phones")


def match_key(root: Path, workspace: str, day_key: bytes) -> bytes | None:
    """Return the key of tags of a laptop with a register on PostgreSQL, None where this everyday key does not open it."""
    try:
        key = CLIENT.unwrap(day_key, workspace, (root / CLIENT.name).read_bytes())
    except (OSError, Altered):
        return None
    return key if len(key) == _MATCH_BYTES else None
