"""The logins of a workspace whose register is on PostgreSQL: one file beside ``keys.json``, each login wrapped for itself.

The administrator of a shared database could read a login kept in a row, so it stays on this computer, under its
everyday key. Server and role are bound to what is wrapped: one role's login is opened without touching the others,
and none can be put in the place of another. Holds no login in the clear, ever.
"""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from sync_scripts.errors import Damaged

FILE: Final = "logins.json"
LARGEST: Final = 4 * 1024 * 1024
"""Bytes of the file at most: two thousand keys of forms, which are never taken out."""


LoginsDamaged: Final = Damaged.declare(
    "DK-J01",
    "The file logins.json is damaged or belongs to another workspace, so the logins of the servers cannot be read. "
    "Nothing else was touched. Put it back from your last backup; or delete it, and give each login again with "
    "dikalo keys server SERVER.",
)


class _Wrapped(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    nonce: str
    wrapped: str


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    v: Literal[1] = 1
    workspace: str
    logins: dict[str, _Wrapped] = {}


@dataclass(frozen=True, slots=True)
class LoginFile:
    """The file of one workspace, with the key that opens it. Nothing is read before it is asked for.

    Attributes:
        path: where it is; it need not be there.
        workspace: id of the workspace.
        day_key: D.
    """

    path: Path
    workspace: str
    day_key: bytes = field(repr=False)

    def find(self, name: str) -> bytes | None:
        """Return what is kept under a name, None when nothing is; no other entry is opened.

        Raises:
            LoginsDamaged: the file or this entry is altered.
        """
        found = self._read().logins.get(name)
        return None if found is None else self._opened(name, found)

    def names(self) -> list[str]:
        """Return the names under which something is kept; raises what `find` does."""
        return sorted(self._read().logins)

    def with_entry(self, name: str, value: bytes | None) -> bytes:
        """Return the bytes of the file with one entry set, or left out (None); the others stay as they are, unopened.

        Raises:
            LoginsDamaged: the file that is there is altered.
        """
        kept = {other: held for other, held in self._read().logins.items() if other != name}
        if value is not None:
            kept[name] = self._wrap(name, value)
        return _rendered(_File(workspace=self.workspace, logins=kept))

    def under(self, day_key: bytes) -> bytes:
        """Return the bytes of the file with each login under another everyday key; those that are under it already stay.

        Raises:
            LoginsDamaged: an entry is under neither.
        """
        other = LoginFile(self.path, self.workspace, day_key)
        kept: dict[str, _Wrapped] = {}
        for name, held in self._read().logins.items():
            try:
                other._opened(name, held)
                kept[name] = held
            except LoginsDamaged:
                kept[name] = other._wrap(name, self._opened(name, held))
        return _rendered(_File(workspace=self.workspace, logins=kept))

    def _opened(self, name: str, held: _Wrapped) -> bytes:
        try:
            nonce, wrapped = (base64.b64decode(text, validate=True) for text in (held.nonce, held.wrapped))
            return ChaCha20Poly1305(self.day_key).decrypt(nonce, wrapped, self._bound(name))
        except (ValueError, InvalidTag):
            raise LoginsDamaged from None

    def _wrap(self, name: str, value: bytes) -> _Wrapped:
        nonce = os.urandom(12)
        sealed = ChaCha20Poly1305(self.day_key).encrypt(nonce, value, self._bound(name))
        return _Wrapped(base64.b64encode(nonce).decode(), base64.b64encode(sealed).decode())

    def _read(self) -> _File:
        try:
            with self.path.open("rb") as stream:
                data = stream.read(LARGEST + 1)
        except FileNotFoundError:
            return _File(workspace=self.workspace)
        except OSError:
            raise LoginsDamaged from None
        try:
            found = msgspec.json.decode(data[: LARGEST + 1], type=_File) if len(data) <= LARGEST else None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            found = None
        if found is None or found.workspace != self.workspace:
            raise LoginsDamaged
        return found

    def _bound(self, name: str) -> bytes:
        return msgspec.json.encode(["dikalo-login", 1, self.workspace, name])


def _rendered(made: _File) -> bytes:
    return msgspec.json.format(msgspec.json.encode(made), indent=1) + b"\n"
