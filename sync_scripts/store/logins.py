"""The logins of servers, kept in the encrypted register: one for each server and role, never in a file in the clear.

A register on a shared PostgreSQL keeps none: its administrator could read them, so there people are asked every time.
"""

from __future__ import annotations

from typing import Literal

import msgspec
from sqlalchemy import delete, select

from sync_scripts.store.database import Rows
from sync_scripts.store.schema.raw import secret

Role = Literal["pull", "publish", "deploy"]
"""What an account is for; each command loads the login of its own role and no other."""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """One login: an account with its password (Central), or a token (KoboToolbox)."""

    account: str = ""
    password: str = ""
    token: str = ""

    def __repr__(self) -> str:
        """Return the bare name of the class."""
        return "Kept()"


def can_keep(rows: Rows) -> bool:
    """Tell whether this register may hold logins."""
    return rows.dialect == "sqlite"


def keep(rows: Rows, server: str, role: Role, login: Kept) -> None:
    """Keep a login in place of the one before."""
    rows.upsert(secret, [{"name": _name(server, role), "value": msgspec.json.encode(login)}])


def find(rows: Rows, server: str, role: Role) -> Kept | None:
    """Return the login for a role, None when there is none here."""
    if not can_keep(rows):
        return None
    found = rows.execute(select(secret.c.value).where(secret.c.name == _name(server, role))).scalar()
    return None if found is None else msgspec.json.decode(found, type=Kept)


def forget(rows: Rows, server: str, role: Role) -> bool:
    """Remove a login; tell whether there was one."""
    done = rows.execute(delete(secret).where(secret.c.name == _name(server, role)))
    return bool(done.rowcount)


def _name(server: str, role: Role) -> str:
    return f"login:{role}:{server}"
