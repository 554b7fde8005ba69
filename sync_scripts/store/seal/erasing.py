"""Erasing without the vault: sealed rows and files of some scopes are gone at once, and never come again.

Everything of one call belongs to the transaction of the caller: the rows, what waits to be struck from the key pages
(``erasure_pending``), the list of what may not come back (``erased``) and the line of the chain. Files are removed after
the commit; their names stand in what waits, so that what a crash leaves is removed at the next start. The keys themselves
are struck at the next opening of the vault (``store.vault.striking``). Opens nothing.

A sealed file without a row was never acknowledged: its row is committed after it. Such files are set aside, and removed.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, delete, func, select, update

from sync_scripts.store import custody
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Actor, Register, Rows
from sync_scripts.store.durable import make_folder, step, sync_folder
from sync_scripts.store.schema.raw import erased, erasure_pending, place, sealed_item, submission
from sync_scripts.store.seal.sealed_files import INCOMING, path_of

ORPHANS: Final = "orphans"
ORPHANS_STAY: Final = timedelta(days=7)


@dataclass(frozen=True)
class Tidied:
    """What a tidying found: temporary files removed, sealed files without a row set aside."""

    temporary: int
    orphans: int


def tidy(rows: Rows, folder: Path, now: datetime) -> Tidied:
    """After a crash: remove temporary files and those of what was erased, and set aside sealed files that no row names.

    Call it with the lock of the workspace held and before anything is sealed. What is set aside was never
    acknowledged and its keys were never stored; it is kept for a register put back from an older copy.
    """
    remove_erased(rows, folder)
    temporary = 0
    for path in _files(folder / INCOMING):
        step("file.remove")
        path.unlink()
        temporary += 1
    orphans = 0
    for shelf in _shelves(folder):
        held = _held(rows, shelf.name)
        for path in [path for path in _files(shelf) if path.stem not in held]:
            _set_aside(path, folder / ORPHANS, now)
            orphans += 1
    return Tidied(temporary, orphans)


def remove_erased(rows: Rows, folder: Path) -> int:
    """Remove the sealed files of what was erased, those set aside too; call it after the commit. Return how many."""
    named = select(erasure_pending.c.file).where(erasure_pending.c.file.is_not(None))
    removed = 0
    for name in sorted(rows.execute(named).scalars()):
        for path in (path_of(folder, name), folder / ORPHANS / f"{name}.age"):
            if path.is_file():
                step("erased.file")
                path.unlink(missing_ok=True)
                sync_folder(path.parent)
                removed += 1
    return removed


def drop_orphans(folder: Path, now: datetime) -> int:
    """Delete what was set aside more than 7 days ago; call it after a complete pull. Return how many."""
    limit = (now - ORPHANS_STAY).timestamp()
    old = [path for path in _files(folder / ORPHANS) if path.stat().st_mtime < limit]
    for path in old:
        path.unlink()
    return len(old)


def _held(rows: Rows, shelf: str) -> set[str]:
    named = select(sealed_item.c.file).where(
        sealed_item.c.file >= shelf,
        sealed_item.c.file < f"{shelf}g",  # names are hex, so "g" ends the shelf
    )
    return set(rows.execute(named).scalars())


def _shelves(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if len(path.name) == 2 and path.is_dir())


def _files(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from sorted(path for path in folder.iterdir() if path.is_file())


def _set_aside(path: Path, orphans: Path, now: datetime) -> None:
    make_folder(orphans)
    step("file.rename")
    target = orphans / path.name
    path.replace(target)
    os.utime(target, (now.timestamp(), now.timestamp()))
    sync_folder(orphans)
    sync_folder(path.parent)


PERSON: Final = "person:"
"""Before the uid of a person on the list of what was erased."""
_CHUNK: Final = 500
_LISTED: Final = select(erased.c.id, erased.c.scope)


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


GONE: Final[dict[str, str | None]] = {
    "state": "erased",
    "key_page": None,
    "item": None,
    "file": None,
    "mark": None,
    "size": None,
}
"""What stands in the row of a file whose bytes are gone."""


MARK: Final = 2
"""Digits that stay of the hash of open answers that were erased: other answers under their number are noticed, and none are proved."""


def emptied(left: str | None) -> dict[str, Any]:
    """Return what stands in the row of a version that was erased; ``left`` is what may stay of its open part."""
    mark = func.substr(submission.c.open_hash, 1, MARK)
    return {"status": "erased", "open_part": left, "open_hash": mark, "review": None}


def let_go(rows: Rows, scopes: Sequence[str], now: datetime) -> None:
    """Let no place point to bytes of these scopes: what was put aside there, or waits, is read by nobody any more."""
    theirs = update(place).where(place.c.scope.in_(scopes))
    unread = theirs.where(place.c.state.in_(("quarantined", "waiting")))
    rows.execute(unread.values(state="erased", reason=None, last_at=instant(now)))
    rows.execute(theirs.values(key_page=None, item=None, bytes=None))


def listed(rows: Rows, scopes: Sequence[str], ids: Iterable[str], now: datetime) -> None:
    """Put on the list, under every scope, what may not come back."""
    named = sorted(set(ids))
    known = {(row.id, row.scope) for row in rows.among(_LISTED, erased.c.id, named)}
    new = [(name, scope) for scope in scopes for name in named if (name, scope) not in known]
    rows.many(erased, [{"id": name, "scope": scope, "at": instant(now)} for name, scope in new])


def among(rows: Rows, ids: Iterable[str]) -> dict[str, str]:
    """Return those of some ids that were erased, each with the scope that it stood under."""
    return {row.id: row.scope for row in rows.among(_LISTED, erased.c.id, ids)}


def finish(register: Register) -> int:
    """Do what follows a commit that erased: remove the files, and let nothing linger in the log of the database."""
    with register.reading() as rows:
        removed = remove_erased(rows, register.folder)
    step("erased.settle")
    register.settle()
    return removed
