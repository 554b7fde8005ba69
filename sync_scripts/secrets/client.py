"""The keys that a laptop needs for a shared PostgreSQL register, wrapped under its everyday key.

On SQLCipher they lie in the encrypted register itself; a database server must never hold them. The holders for whom
data are sealed are pinned here too, because the server's administrator could change a row.
"""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass, field
from typing import Final, Literal

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from sync_scripts.secrets.errors import ClientKeysDamaged

FILE: Final = "client.json"


@dataclass(frozen=True)
class ClientKeys:
    """What the file holds.

    Attributes:
        match_key: K, for tags.
        recipients: fingerprint of the holders; of those before and those to come while they are changed here.
    """

    match_key: bytes = field(repr=False)
    recipients: str


class _Wrapped(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    v: Literal[1] = 1
    workspace: str
    nonce: str
    wrapped: str


def wrap(day_key: bytes, workspace: str, keys: ClientKeys) -> bytes:
    """Return the bytes of ``client.json``."""
    nonce = os.urandom(12)
    plain = msgspec.json.encode({"match": base64.b64encode(keys.match_key).decode(), "to": keys.recipients})
    sealed = ChaCha20Poly1305(day_key).encrypt(nonce, plain, _bound(workspace))
    return msgspec.json.encode(
        _Wrapped(
            workspace=workspace,
            nonce=base64.b64encode(nonce).decode(),
            wrapped=base64.b64encode(sealed).decode(),
        )
    )


def unwrap(day_key: bytes, workspace: str, data: bytes) -> ClientKeys:
    """Return the keys.

    Raises:
        ClientKeysDamaged: the file is altered, or of another workspace.
    """
    try:
        found = msgspec.json.decode(data, type=_Wrapped)
        nonce, wrapped = base64.b64decode(found.nonce), base64.b64decode(found.wrapped)
        plain = ChaCha20Poly1305(day_key).decrypt(nonce, wrapped, _bound(workspace))
    except (msgspec.DecodeError, ValueError, InvalidTag):
        raise ClientKeysDamaged from None
    said = msgspec.json.decode(plain, type=dict[str, str])
    return ClientKeys(base64.b64decode(said["match"]), said["to"])


def _bound(workspace: str) -> bytes:
    return msgspec.json.encode(["dikalo-client", 1, workspace])
