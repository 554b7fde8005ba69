"""Sealed items and their key page as rows: stored together in one transaction, or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import func, select

from sync_scripts.store import custody
from sync_scripts.store.database import PROGRAM, Actor, Rows
from sync_scripts.store.errors import RecipientsChanged
from sync_scripts.store.schema.raw import erasure_pending, key_page, sealed_item, setting
from sync_scripts.store.seal.sealed_items import KeyPage
from sync_scripts.store.seal.sealing import Sealer


def keep(rows: Rows, sealer: Sealer, now: datetime, actor: Actor = PROGRAM) -> None:
    """Store everything that was sealed, its key page, and the chain's line about it; right before the commit.

    Nothing happens when nothing was sealed. In a transaction that is tried again it stores the same.

    Raises:
        RecipientsChanged: another laptop changed the holders while this register was open.
    """
    if not sealer.items:
        return
    page = sealer.page(now)
    require_pinned(rows, page.recipients)
    rows.whole(sealed_item, [msgspec.structs.astuple(item) for item in sealer.items])
    rows.many(key_page, [_page_row(page)])
    custody.append(rows, [sealed_entry(page, actor)], now)


def require_pinned(rows: Rows, fingerprint: str) -> None:
    """Let nothing be sealed for holders of before: whoever holds a key of now would not open it.

    Raises:
        RecipientsChanged: another laptop changed the holders while this register was open.
    """
    pinned = rows.execute(select(setting.c.value).where(setting.c.name == "recipients")).scalar()
    if pinned is not None and hashlib.sha256(pinned.encode()).hexdigest()[:32] != fingerprint:
        raise RecipientsChanged


def sealed_entry(page: KeyPage, actor: Actor) -> custody.Entry:
    """Return the line of the chain that names a page, its bytes, its keys and its holders."""
    details = {
        "items": page.items,
        "recipients": page.recipients,
        "sha256": hashlib.sha256(page.blob).hexdigest(),
    }
    return custody.Entry("SEALED", actor.code, page.id, details)


def _page_row(page: KeyPage) -> dict[str, object]:
    return {
        "id": page.id,
        "workspace": page.workspace,
        "created": page.created,
        "recipients": page.recipients,
        "blob": page.blob,
    }


def lost_pages(rows: Rows) -> Iterator[str]:
    """Yield the ids of key pages that are not what the chain says: missing, changed, or of another count.

    Needs the everyday key only; nothing is opened.
    """
    promised = _promised(rows)
    counts = _counts(rows)
    for found in rows.stream(select(key_page.c.id, key_page.c.blob, key_page.c.recipients)):
        said = promised.pop(found.id, None)
        is_so = (hashlib.sha256(found.blob).hexdigest(), counts.pop(found.id, 0), found.recipients)
        if said != is_so:
            yield found.id
    yield from sorted({page for page, (_, items, _) in promised.items() if items} | set(counts))


_OF_PAGES: Final = frozenset({"SEALED", "KEYS_CHANGED", "ERASED"})
"""What the chain says of a page: that it was sealed, and that it was written again, for other holders or without some keys."""


def _promised(rows: Rows) -> dict[str, tuple[str, int, str]]:
    """Return what the chain says last of each page: SHA-256, number of items, recipients."""
    found: dict[str, tuple[str, int, str]] = {}
    for line in custody.read(rows):
        entry = line.entry
        details = entry["details"]
        if entry["action"] in _OF_PAGES and "sha256" in details:
            found[entry["object"]] = (details["sha256"], details["items"], details["recipients"])
    return found


def _counts(rows: Rows) -> dict[str, int]:
    """Return how many items each page must hold: rows that refer to it, and keys that wait to be struck."""
    counts: dict[str, int] = {}
    for table in (sealed_item, erasure_pending):
        statement = select(table.c.key_page, func.count().label("keys")).group_by(table.c.key_page)
        for found in rows.stream(statement):
            counts[found.key_page] = counts.get(found.key_page, 0) + found.keys
    return counts
