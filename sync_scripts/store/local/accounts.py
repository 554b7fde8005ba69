"""Accounts of a database server: who writes through which, and what the one in use may do there. Reads only.

Where a register is a file there are none. `events` keeps with each decision the account that wrote it; a client that was
tampered with could name another one, unless the server's administrator lets the database itself look (``docs/cles.md``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select, text

from sync_scripts.store.database import Rows
from sync_scripts.store.history.events import ACCOUNT
from sync_scripts.store.schema.register import worker

__all__ = ["GUARD", "Account", "in_use", "writers"]

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
