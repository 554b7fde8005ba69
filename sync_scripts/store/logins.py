"""The logins of servers and the accounts of a database server: who may in, who writes through which, what the one in use may do.

One login for each server and role, encrypted, never in a row or a file that others could read. Where the register is a SQLCipher
file they are rows of it. Where it is on PostgreSQL, whose administrator could read them, they are in ``logins.json`` of this
workspace, wrapped under its everyday key. By explicit choice one is in the keyring of the system. What a client that was
tampered with could claim, only the server's administrator can keep it from (``docs/cles.md``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import msgspec
from sqlalchemy import delete, select, text

from sync_scripts.errors import DikaloError
from sync_scripts.secrets.login_file import LoginFile
from sync_scripts.secrets.os_keyring import OsKeyring, StillInKeyring
from sync_scripts.store.database import Register, Rows
from sync_scripts.store.durable import write_whole
from sync_scripts.store.events import ACCOUNT
from sync_scripts.store.schema.raw import secret
from sync_scripts.store.schema.register import worker

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
    name, ring = entry(server, role), OsKeyring(register.workspace_id)
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
    name = entry(server, role)
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
    found = _get(register, entry(server, role))
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
    gone = was != "keyring" or ring.forget(entry(server, role))
    if was is not None:
        _put(register, entry(server, role), None)
    if not gone:
        raise StillInKeyring(service=ring.service)
    return was is not None


def from_keyring(workspace: str, server: str, role: Role) -> Kept | None:
    """Return a login that is in the keyring, without a register; None where there is none, or it cannot be asked."""
    try:
        return msgspec.json.decode(OsKeyring(workspace).find(entry(server, role)), type=Kept)
    except (DikaloError, msgspec.DecodeError, msgspec.ValidationError):
        return None


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


def entry(server: str, role: Role) -> str:
    """Return the name under which a login is kept, also in the keyring."""
    return f"login:{role}:{server}"


GUARD: Final = "dikalo_account"
"""Trigger of the administrator's that refuses an event naming another account than the one that writes it."""

_LAST: Final = text(
    "SELECT DISTINCT ON (upper(actor_code)) upper(actor_code) AS code, payload::json ->> :name AS account FROM event"
    " WHERE proof = 'key' AND payload LIKE :holds ORDER BY upper(actor_code), at DESC"
)
_IN_USE: Final = text(
    "SELECT session_user AS name, r.rolsuper AS super, pg_has_role(session_user, c.relowner, 'MEMBER') AS owner,"
    " EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgname = :guard AND t.tgenabled IN ('O', 'A'))"
    " AS guarded FROM pg_roles r, pg_class c WHERE r.rolname = session_user AND c.oid = 'event'::regclass"
)


@dataclass(frozen=True, slots=True)
class Account:
    """The account that is logged in.

    Attributes:
        name: as the server knows it.
        mighty: it could change the tables and what guards them: their owner, or the server's administrator.
        guarded: the server refuses an event that names another account.
    """

    name: str
    mighty: bool
    guarded: bool


def writers(rows: Rows) -> Mapping[str, tuple[str, ...]]:
    """Return for each account the codes of those who work here and decided something through it last; on a server only."""
    here = {
        code.upper(): code
        for code in rows.execute(select(worker.c.code).where(worker.c.active.is_(True))).scalars()
    }
    found: dict[str, tuple[str, ...]] = {}
    for row in rows.execute(_LAST, {"name": ACCOUNT, "holds": f'%"{ACCOUNT}":"%'}):
        if row.account is not None and row.code in here:
            found[row.account] = (*found.get(row.account, ()), here[row.code])
    return found


def in_use(rows: Rows) -> Account:
    """Return the account that is logged in; on a server only."""
    row = rows.execute(_IN_USE, {"guard": GUARD}).one()
    return Account(row.name, bool(row.super or row.owner), bool(row.guarded))
