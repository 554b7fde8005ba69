"""The administration passwords of phones: one a person, drawn once, wrapped under the everyday key in ``phones.json``.

The file lies in the workspace beside ``keys.json``. It holds nothing else: tokens of servers are not kept.
"""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Mapping
from typing import Final, Literal

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from sync_scripts.phones.errors import PhonesDamaged
from sync_scripts.store.durable import write_whole
from sync_scripts.store.workspace import Unlocked

__all__ = ["FILE", "draw", "keep", "read"]

FILE: Final = "phones.json"
_LARGEST: Final = 1_000_000
_ALPHABET: Final = "abcdefghjkmnpqrstvwxyz23456789"
"""Nothing that is mistaken for something else, nothing that needs the other keyboard of a phone."""
_LENGTH: Final = 10


class _Wrapped(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    v: Literal[1] = 1
    workspace: str
    nonce: str
    wrapped: str


def draw() -> str:
    """Return a new administration password, about 49 bits, easy to type on a phone."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))


def keep(keys: Unlocked, code: str, password: str) -> None:
    """Keep the administration password of a person; replaces the one kept before.

    Hold the lock of the workspace. Phones that were set up before keep their old password until they scan a new code.

    Raises:
        PhonesDamaged: the file that is there cannot be opened.
    """
    write_whole(keys.root / FILE, _wrap(keys, {**read(keys), code: password}))


def read(keys: Unlocked) -> Mapping[str, str]:
    """Return the passwords by person's code; none when no code was ever made here.

    Raises:
        PhonesDamaged: the file is altered, or of another workspace.
    """
    path = keys.root / FILE
    if not path.is_file():
        return {}
    try:
        with path.open("rb") as stream:
            found = msgspec.json.decode(stream.read(_LARGEST), type=_Wrapped)
        nonce, wrapped = base64.b64decode(found.nonce), base64.b64decode(found.wrapped)
        plain = ChaCha20Poly1305(keys.day_key).decrypt(nonce, wrapped, _bound(keys))
        return msgspec.json.decode(plain, type=dict[str, str])
    except (OSError, msgspec.DecodeError, ValueError, InvalidTag):
        raise PhonesDamaged from None


def _wrap(keys: Unlocked, known: Mapping[str, str]) -> bytes:
    nonce = os.urandom(12)
    sealed = ChaCha20Poly1305(keys.day_key).encrypt(nonce, msgspec.json.encode(known), _bound(keys))
    return msgspec.json.encode(
        _Wrapped(
            workspace=keys.settings.id,
            nonce=base64.b64encode(nonce).decode(),
            wrapped=base64.b64encode(sealed).decode(),
        )
    )


def _bound(keys: Unlocked) -> bytes:
    return msgspec.json.encode(["dikalo-phones", 1, keys.settings.id])
