"""Striking: the keys of what was erased are taken out of their pages, before anything else is opened.

A page is written again to every holder without them, in a transaction of its own with its line in the chain; a page
without any key is deleted. Until then a copy of the register and a copied file could still be opened together.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, select, update

from sync_scripts.store import custody
from sync_scripts.store.canonical import encoded
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.durable import step
from sync_scripts.store.errors import PageUnopened
from sync_scripts.store.schema.raw import erasure_pending, key_page
from sync_scripts.store.seal import erasing
from sync_scripts.store.seal.sealed_rows import require_pinned
from sync_scripts.store.seal.sealing import seal_to
from sync_scripts.store.vault.keys import VaultKey
from sync_scripts.store.vault.pages import Page, decrypt_page

_ACTION: Final = "ERASED"


@dataclass(frozen=True, slots=True)
class Struck:
    """What was struck.

    Attributes:
        keys: how many keys are gone.
        pages: how many pages were written again or deleted.
        unopened: pages that this key does not open, or that are damaged; their keys still wait.
    """

    keys: int = 0
    pages: int = 0
    unopened: tuple[str, ...] = ()


def strike(register: Register, key: VaultKey, actor: Actor, now: datetime) -> Struck:
    """Strike every key that waits; write down before the first page is decrypted that it is about to be done."""
    with register.reading() as rows:
        asked = select(erasure_pending.c.key_page).distinct().order_by(erasure_pending.c.key_page)
        pages = rows.execute(asked).scalars().all()
    if (
        not pages or register.unsure is not None
    ):  # a page is written again for holders who are known, or not now
        return Struck()
    erasing.finish(register)  # files first: their names go with what waits
    holder = key.holder_in(register)
    with register.writing() as rows:
        details = {"by": holder, "pages": len(pages), "proof": actor.proof}
        custody.append(rows, [custody.Entry(_ACTION, actor.code, "-", details)], now)
    keys, unopened = 0, []
    for page in pages:
        try:
            keys += _one(register, key, actor, now, page)
        except PageUnopened:
            unopened.append(page)
    register.settle()
    return Struck(keys, len(pages) - len(unopened), tuple(unopened))


def _one(register: Register, key: VaultKey, actor: Actor, now: datetime, page: str) -> int:
    """Strike the keys of one page; return how many waited."""
    with register.writing() as rows:
        waits = erasure_pending.c.key_page == page
        gone = set(rows.execute(select(erasure_pending.c.item).where(waits)).scalars())
        blob = rows.execute(select(key_page.c.blob).where(key_page.c.id == page)).scalar()
        if blob is None:
            raise PageUnopened(page=page[:8])
        opened = decrypt_page(page, blob, key.identity)
        left = [one for one in opened.items if one[0] not in gone]
        fingerprint = register.recipients.fingerprint
        require_pinned(rows, fingerprint)
        made = _written(opened, left, register)
        step("strike.page")
        if left:
            rows.execute(
                update(key_page).where(key_page.c.id == page).values(blob=made, recipients=fingerprint)
            )
        else:
            rows.execute(delete(key_page).where(key_page.c.id == page))
        rows.execute(delete(erasure_pending).where(waits))
        details: dict[str, Any] = {
            "items": len(left),
            "recipients": fingerprint,
            "sha256": hashlib.sha256(made).hexdigest() if left else "",
            "struck": len(gone),
            "was": hashlib.sha256(blob).hexdigest(),
        }
        custody.append(rows, [custody.Entry(_ACTION, actor.code, page, details)], now)
    return len(gone)


def _written(opened: Page, left: list[tuple[int, str, str]], register: Register) -> bytes:
    """Return a page without the struck keys, sealed to every holder of now."""
    said = {"items": left, "page": opened.page, "v": opened.v, "workspace": opened.workspace}
    return seal_to(encoded(said), register.recipients.only("V", "R", "O"))
