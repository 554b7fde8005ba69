"""The logins of servers: one for each server and role, encrypted, never in a row or a file that others could read.

Where the register is a SQLCipher file they are rows of it. Where it is on PostgreSQL, whose administrator could read
them, they are in ``logins.json`` of this workspace, wrapped under its everyday key. By explicit choice one is in the
keyring of the operating system; then only that it is there is kept here. Asking for the login of one role opens no other.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

import msgspec
from sqlalchemy import delete, select

from sync_scripts.secrets.login_file import LoginFile
from sync_scripts.secrets.os_keyring import OsKeyring, StillInKeyring
from sync_scripts.store.database import Register
from sync_scripts.store.durable import write_whole
from sync_scripts.store.schema.raw import secret

Role = Literal["pull", "publish", "deploy", "review", "notify"]
"""What an account is for; each command loads the login of its own role and no other. A destination of notices has its
address, which holds secrets, as the token of the role ``notify``."""
Place: TypeAlias = Literal["workspace", "keyring"]
"""Where a login is kept."""
ROLES: Final[tuple[Role, ...]] = ("pull", "publish", "deploy", "review")


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """One login: an account with its password (Central), or a token (KoboToolbox)."""

    account: str = ""
    password: str = ""
    token: str = ""

    def __repr__(self) -> str:
        """Return the bare name of the class."""
        return "Kept()"


class _Elsewhere(msgspec.Struct, frozen=True, kw_only=True):
    """What stands here of a login that is somewhere else; absent in one that is here."""

    keyring: bool = False


def keep(register: Register, server: str, role: Role, login: Kept, *, place: Place = "workspace") -> None:
    """Keep a login in place of the one before, wherever that one was.

    Raises:
        KeyringNotInstalled, NoKeyring: it cannot be kept in the keyring; what was kept before still is.
        LoginsDamaged: the file of logins is altered.
    """
    name, ring = _name(server, role), OsKeyring(register.workspace_id)
    if place == "keyring":
        ring.keep(name, msgspec.json.encode(login).decode())
        _put(register, name, msgspec.json.encode(_Elsewhere(keyring=True)))
        return
    was = where(register, server, role)
    _put(register, name, msgspec.json.encode(login))
    if was == "keyring":
        ring.forget(name)


def find(register: Register, server: str, role: Role) -> Kept | None:
    """Return the login for a role, None when there is none here.

    Raises:
        KeyringNotInstalled, NoKeyring, KeyringForgot: it is said to be in the keyring and cannot be had.
        LoginsDamaged: the file of logins is altered.
    """
    name = _name(server, role)
    found = _get(register, name)
    if found is None:
        return None
    if msgspec.json.decode(found, type=_Elsewhere).keyring:
        found = OsKeyring(register.workspace_id).find(name).encode()
    return msgspec.json.decode(found, type=Kept)


def where(register: Register, server: str, role: Role) -> Place | None:
    """Return where the login of a role is kept, None when there is none; no keyring is asked.

    Raises:
        LoginsDamaged: the file of logins is altered.
    """
    found = _get(register, _name(server, role))
    if found is None:
        return None
    return "keyring" if msgspec.json.decode(found, type=_Elsewhere).keyring else "workspace"


def forget(register: Register, server: str, role: Role) -> bool:
    """Remove a login, wherever it is; tell whether there was one.

    Raises:
        StillInKeyring: it is no longer used here, but still lies in the keyring.
    """
    was = where(register, server, role)
    ring = OsKeyring(register.workspace_id)
    gone = was != "keyring" or ring.forget(_name(server, role))
    if was is not None:
        _put(register, _name(server, role), None)
    if not gone:
        raise StillInKeyring(service=ring.service)
    return was is not None


def _get(register: Register, name: str) -> bytes | None:
    if register.dialect == "postgresql":
        return None if register.login_file is None else register.login_file.find(name)
    with register.reading() as rows:
        found: bytes | None = rows.execute(select(secret.c.value).where(secret.c.name == name)).scalar()
    return found


def _put(register: Register, name: str, value: bytes | None) -> None:
    if register.dialect == "postgresql":
        file = _file(register)
        write_whole(file.path, file.with_entry(name, value))
        return
    with register.writing() as rows:
        if value is None:
            rows.execute(delete(secret).where(secret.c.name == name))
        else:
            rows.upsert(secret, [{"name": name, "value": value}])


def _file(register: Register) -> LoginFile:
    if register.login_file is None:
        raise RuntimeError  # a fault of the program: a register of a workspace has its file
    return register.login_file


def _name(server: str, role: Role) -> str:
    return f"login:{role}:{server}"
