"""A restore rehearsed: the newest copy laid in a scratch folder, checked whole, some of it opened, compared with the register of now.

Nothing at the place and nothing in the workspace is changed by it; whoever asked for it writes down that it was done. What is opened is
looked at by nobody: it opens, or it does not.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select

from sync_scripts.backup import finding
from sync_scripts.backup.erasures import erase_again
from sync_scripts.backup.errors import RestoreDiffers
from sync_scripts.backup.finding import Found
from sync_scripts.backup.place import Place
from sync_scripts.clock import Clock
from sync_scripts.intake.completeness.heads import Chain, chains
from sync_scripts.intake.completeness.soundness import checks
from sync_scripts.store import backups, copying, engine, migrations
from sync_scripts.store.backups import Extent
from sync_scripts.store.database import Actor, Register, Rows
from sync_scripts.store.errors import HoldersUncompared, StoreLocked
from sync_scripts.store.lock import hold
from sync_scripts.store.schema.raw import custody, event, key_page, sealed_item
from sync_scripts.store.seal.sealed_items import SealedItem
from sync_scripts.store.vault import Vault, VaultKey, items_named
from sync_scripts.store.workspace import REGISTER, pinned_recipients, settings_of

SCRATCH: Final = ".rehearsal-"
_PAGES: Final = 5
_ITEMS: Final = 3
Tell = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What a rehearsal found.

    Attributes:
        found: the copy.
        skipped: so many newer ones are not whole.
        unopened: so many heads that seem newer did not open.
        rows: in all tables.
        opened: sealed items that opened.
        lacks: what the register of now has more; None without one.
    """

    found: Found
    skipped: int
    unopened: int
    rows: int
    opened: int
    lacks: Extent | None


def rehearse(
    root: Path,
    place: Place,
    key: VaultKey,
    actor: Actor,
    clock: Clock,
    *,
    present: Register | None = None,
    tell: Tell = lambda _more: None,
) -> Rehearsed:
    """Restore the newest whole copy into a scratch folder below ``root``, and compare it.

    Raises:
        KeyOpensNothing, NoCopySound, RegisterNewer: as they say.
        RestoreDiffers: it would not be what it has to be; says what.
    """
    every = finding.opened(place, key)
    with finding.sound(place, every) as (one, copy, skipped), _scratch(root, copy, one, place, tell) as laid:
        with laid.writing() as rows:
            erase_again(rows, finding.union(every), actor, clock())
        wrong = [*_wrong(laid, one, present)]
        with laid.reading() as rows:
            wanted, count = [*_sample(rows)], sum(copying.counts(rows).values())
        laid.unsure = HoldersUncompared()  # so that nothing is struck, and no file of the place is touched
        with Vault(laid, key, actor, leave=None, now=clock) as vault:
            shut = [
                item for item in vault.open_items("restore --rehearse", wanted) if item.problem is not None
            ]
        wrong += [f"sealed {item.item.key_page[:8]}/{item.item.item}" for item in shut]
        lacks = None
        if present is not None:
            with present.reading() as rows:
                wrong += [*_forked(rows, one.head.heads)]
                lacks = _more(backups.extent(rows), one.head.extent)
    if wrong:
        raise RestoreDiffers(what=", ".join(wrong[:5]))
    return Rehearsed(one, skipped, finding.unopened(place, every, one), count, len(wanted), lacks)


@contextmanager
def _scratch(root: Path, copy: Register, one: Found, place: Place, tell: Tell) -> Iterator[Register]:
    """Lay a copy under a key that is forgotten, and remove it; so is what a rehearsal that was cut left."""
    _tidy(root)
    folder = Path(tempfile.mkdtemp(prefix=SCRATCH, dir=root))
    try:
        with hold(folder, "restore"), _laid(folder, copy, one, place, tell) as register:
            yield register
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _tidy(root: Path) -> None:
    """Remove what was left of rehearsals that were cut; what another process rehearses in is held."""
    for left in root.glob(f"{SCRATCH}*"):
        with suppress(StoreLocked, OSError):
            with hold(left, "restore"):
                pass
            shutil.rmtree(left, ignore_errors=True)


@contextmanager
def _laid(folder: Path, copy: Register, one: Found, place: Place, tell: Tell) -> Iterator[Register]:
    key = os.urandom(32)
    copying.lay_file(copy, folder / REGISTER, key, tell)
    made = engine.sqlcipher(folder / REGISTER, key)
    migrations.upgrade(made)
    with copy.reading() as rows:
        recipients = pinned_recipients(rows, settings_of(rows))
    register = Register(made, one.head.workspace, False, place.folder, recipients, b"")
    try:
        yield register
    finally:
        register.close()


def _wrong(laid: Register, one: Found, present: Register | None) -> Iterator[str]:
    """Yield what is not sound, and what is not as the head says; erasing again may only have added lines.

    What is as wrong in the register of now is no fault of the backup: ``dikalo verify`` tells of it.
    """
    with laid.reading() as rows:
        unsound = _unsound(rows, laid)
        yield from _forked(rows, one.head.heads)
        if {chain.workspace for chain in chains(rows)} != {chain.workspace for chain in one.head.heads}:
            yield "chains"
    if unsound and present is not None:
        with present.reading() as rows:
            unsound -= _unsound(rows, present)
    yield from sorted(unsound)


def _unsound(rows: Rows, register: Register) -> set[str]:
    return {check.name for check in checks(rows, register) if check.wrong}


def _sample(rows: Rows) -> Iterator[SealedItem]:
    """Yield some sealed items of pages spread over the whole, and one that is a file."""
    pages = rows.execute(select(key_page.c.id).order_by(key_page.c.created, key_page.c.id)).scalars().all()
    some = pages[:: max(len(pages) // _PAGES, 1)][:_PAGES]
    named: list[Any] = []
    for page in some:
        asked = select(sealed_item.c.key_page, sealed_item.c.item).where(
            sealed_item.c.key_page == page, sealed_item.c.file.is_(None)
        )
        named += rows.execute(asked.order_by(sealed_item.c.item).limit(_ITEMS)).all()
    file = select(sealed_item.c.key_page, sealed_item.c.item).where(sealed_item.c.file.is_not(None)).limit(1)
    named += rows.execute(file).all()
    names = sorted({(row.key_page, row.item) for row in named})
    yield from items_named(rows, names) if names else ()


def _forked(rows: Rows, ends: Sequence[Chain]) -> Iterator[str]:
    """Yield the chains that do not hold the line at which a copy ended: the register of now is another one, or was changed."""
    for one in ends:
        if one.workspace:
            asked = select(event.c.hash).where(event.c.workspace == one.workspace, event.c.seq == one.seq)
        else:
            asked = select(custody.c.hash).where(custody.c.seq == one.seq)
        if rows.execute(asked).scalar() != one.hash:
            yield f"chain {one.workspace[:8] or 'custody'}/{one.seq}"


def _more(now: Extent, then: Extent) -> Extent:
    return Extent(
        arrival=now.arrival - then.arrival, events=now.events - then.events, erased=now.erased - then.erased
    )
