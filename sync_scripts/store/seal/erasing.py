"""Erasing without the vault: sealed rows and files of some scopes are gone at once, and never come again.

Everything of one call belongs to the transaction of the caller: the rows, what waits to be struck from the key pages
(``erasure_pending``), the list of what may not come back (``erased``) and the line of the chain. Files are removed after
the commit; their names stand in what waits, so that what a crash leaves is removed at the next start. The keys themselves
are struck at the next opening of the vault (``store.vault.striking``). Opens nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, delete, select

from sync_scripts.store import custody
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Actor, Register, Rows
from sync_scripts.store.durable import step
from sync_scripts.store.schema.raw import erased, erasure_pending, sealed_item
from sync_scripts.store.seal.orphans import remove_erased

__all__ = ["PERSON", "Deleted", "among", "erase", "finish", "listed"]

PERSON: Final = "person:"
"""Before the uid of a person on the list of what was erased."""
_CHUNK: Final = 500


@dataclass(frozen=True, slots=True)
class Deleted:
    """What was erased: sealed items, and of these the files."""

    items: int
    files: int


def erase(
    rows: Rows,
    scopes: Iterable[str],
    ids: Iterable[str],
    *,
    actor: Actor,
    now: datetime,
    details: Mapping[str, Any],
    only: Sequence[ColumnElement[bool]] = (),
) -> Deleted:
    """Delete every sealed item of some scopes and write down that it was done; say nothing twice.

    Args:
        rows: the open transaction; everything else that is erased belongs into it.
        scopes: whose items.
        ids: what may not come back: instance ids, root ids, people (`PERSON`).
        actor: who erases.
        now: the present moment.
        details: for the chain: codes, counts and reasons, never an answer.
        only: further conditions on ``sealed_item``, where not everything of the scopes is erased.
    """
    wanted = sorted(set(scopes))
    at = instant(now)
    items = files = 0
    for start in range(0, len(wanted), _CHUNK):
        which = and_(sealed_item.c.scope.in_(wanted[start : start + _CHUNK]), *only)
        columns = (sealed_item.c.key_page, sealed_item.c.item, sealed_item.c.file)
        found = [{**row, "at": at} for row in rows.execute(select(*columns).where(which)).mappings()]
        rows.many(erasure_pending, found)
        rows.execute(delete(sealed_item).where(which))
        items += len(found)
        files += sum(row["file"] is not None for row in found)
    listed(rows, wanted, ids, now)
    said = {**details, "files": files, "items": items, "scopes": wanted}
    custody.append(
        rows, [custody.Entry("ERASED", actor.code, wanted[0] if len(wanted) == 1 else "-", said)], now
    )
    return Deleted(items, files)


def listed(rows: Rows, scopes: Sequence[str], ids: Iterable[str], now: datetime) -> None:
    """Put on the list, under every scope, what may not come back."""
    named = sorted(set(ids))
    known: set[tuple[str, str]] = set()
    for start in range(0, len(named), _CHUNK):
        asked = select(erased.c.id, erased.c.scope).where(erased.c.id.in_(named[start : start + _CHUNK]))
        known |= {(row.id, row.scope) for row in rows.execute(asked)}
    new = [(name, scope) for scope in scopes for name in named if (name, scope) not in known]
    rows.many(erased, [{"id": name, "scope": scope, "at": instant(now)} for name, scope in new])


def among(rows: Rows, ids: Iterable[str]) -> dict[str, str]:
    """Return those of some ids that were erased, each with the scope that it stood under."""
    if rows.execute(select(erased.c.id).limit(1)).first() is None:
        return {}  # as in most registers: one question for a whole page
    named = sorted(set(ids))
    found: dict[str, str] = {}
    for start in range(0, len(named), _CHUNK):
        asked = select(erased.c.id, erased.c.scope).where(erased.c.id.in_(named[start : start + _CHUNK]))
        found |= {row.id: row.scope for row in rows.execute(asked)}
    return found


def finish(register: Register) -> int:
    """Do what follows a commit that erased: remove the files, and let nothing linger in the log of the database."""
    with register.reading() as rows:
        removed = remove_erased(rows, register.folder)
    step("erased.settle")
    register.settle()
    return removed
