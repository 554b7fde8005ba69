"""The key of tags that a laptop needs for a shared PostgreSQL register, wrapped under its everyday key.

On SQLCipher it lies in the encrypted register itself; a database server must never hold it.
"""

from __future__ import annotations

import base64
import os
from typing import Final, Literal

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from sync_scripts.secrets.errors import ClientKeysDamaged

FILE: Final = "client.json"
_LENGTH: Final = 32  # bytes of K


class _Wrapped(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    v: Literal[1] = 1
    workspace: str
    nonce: str
    wrapped: str


def wrap(day_key: bytes, workspace: str, match_key: bytes) -> bytes:
    """Return the bytes of ``client.json``, which holds K."""
    nonce = os.urandom(12)
    sealed = ChaCha20Poly1305(day_key).encrypt(nonce, match_key, _bound(workspace))
    return msgspec.json.encode(
        _Wrapped(
            workspace=workspace,
            nonce=base64.b64encode(nonce).decode(),
            wrapped=base64.b64encode(sealed).decode(),
        )
    )


def unwrap(day_key: bytes, workspace: str, data: bytes) -> bytes:
    """Return K.

    Raises:
        ClientKeysDamaged: the file is altered, or of another workspace.
    """
    try:
        found = msgspec.json.decode(data, type=_Wrapped)
        nonce, wrapped = base64.b64decode(found.nonce), base64.b64decode(found.wrapped)
        key = ChaCha20Poly1305(day_key).decrypt(nonce, wrapped, _bound(workspace))
    except (msgspec.DecodeError, ValueError, InvalidTag):
        raise ClientKeysDamaged from None
    if len(key) != _LENGTH:
        raise ClientKeysDamaged
    return key


def _bound(workspace: str) -> bytes:
    return msgspec.json.encode(["dikalo-client", 1, workspace])
