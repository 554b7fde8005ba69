"""What was erased after a copy was made, erased from what is put back of it: nobody comes back by a restore.

The list stands in the head of each copy. Sealed items and files of those scopes go as in any erasure. Of a submission in which
somebody was erased the open answers and the exact bytes go whole, since only the vault could part them from those of others. Answers
and files that are sealed for the others stay, and so do those that are nobody's alone: a person has to look at these cases.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select, tuple_, update

from sync_scripts.backup import head as heads
from sync_scripts.backup.head import Erasure
from sync_scripts.register.history.erasures import units_of
from sync_scripts.register.model.codes import chunks
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Actor, Rows
from sync_scripts.store.schema.raw import attachment, scope, sealed_item, submission
from sync_scripts.store.seal import erasing

_WHOLE: Final = ("raw", "version", "manifest", "encfile", "quarantine")
"""Kinds of sealed items under the scope of a submission in which everybody's answers stand: as it came, and as it was put aside."""
_OF_PEOPLE: Final = select(scope.c.submission).where(scope.c.submission.is_not(None))
_FEW: Final = 50
"""Submissions at once: each may have been sent many times over, and every item of them is named to the database."""
_RESTORED: Final = {"restored": True}


@dataclass(frozen=True, slots=True)
class Again:
    """What was erased again: how many scopes; and the codes of those cases and alerts of which others' part stays."""

    scopes: int
    shared: tuple[str, ...]


def erase_again(rows: Rows, listed: Iterable[Erasure], actor: Actor, now: datetime) -> Again:
    """Erase what a list says and the register does not know yet, in the caller's transaction.

    The rows of the register are to be built again afterwards, and files removed (`erasing.finish`).
    """
    there = {(one.id, one.scope) for one in heads.erasures(rows)}
    ids: defaultdict[str, set[str]] = defaultdict(set)
    for one in listed:
        if (one.id, one.scope) not in there:
            ids[one.scope].add(one.id)
    for name in sorted(ids):
        erasing.erase(rows, [name], ids[name], actor=actor, now=now, details=_RESTORED)
    shared = sorted(_shared(rows, ids))
    for some in chunks(shared, _FEW):
        which = tuple_(sealed_item.c.key_page, sealed_item.c.item).in_(_as_they_came(rows, some))
        erasing.erase(rows, some, (), actor=actor, now=now, details=_RESTORED, only=(which,))
    for some in chunks(sorted({*ids, *shared})):
        _let_go(rows, some, now)
    for some in chunks(sorted(ids)):
        gone = update(attachment).where(attachment.c.scope.in_(some))
        rows.execute(gone.values(**erasing.GONE, at=instant(now)))
    codes = {one.case or one.alert for one in units_of(rows, shared)}
    return Again(len(ids), tuple(sorted(code for code in codes if code)))


def _shared(rows: Rows, ids: Mapping[str, set[str]]) -> set[str]:
    """Return the scopes of the submissions that stay for others: of the list they hold a person, or it names them by their id.

    By id since somebody may have got a scope of hers only when she was taken out: an older copy does not know it.
    """
    found = {row.submission for row in rows.among(_OF_PEOPLE, scope.c.id, ids)}
    named = sorted({one for some in ids.values() for one in some})
    found |= {row.scope for row in rows.among(select(submission.c.scope), submission.c.root_id, named)}
    return found - ids.keys()


def _as_they_came(rows: Rows, scopes: Sequence[str]) -> list[tuple[str, int]]:
    """Return the items that hold whole submissions, and beside each large one the part that says what it is."""
    held = sealed_item.c
    asked = select(held.key_page, held.item, held.file)
    found = rows.execute(asked.where(held.scope.in_(scopes), held.kind.in_(_WHOLE))).all()
    parts = [(row.key_page, row.item + 1) for row in found if row.file is not None]
    return [*((row.key_page, row.item) for row in found), *parts]


def _let_go(rows: Rows, scopes: list[str], now: datetime) -> None:
    """Take the open answers of submissions away, and let no place point to what is gone."""
    rows.execute(update(submission).where(submission.c.scope.in_(scopes)).values(erasing.emptied(None)))
    erasing.let_go(rows, scopes, now)
