"""What was erased after a copy was made, erased from what is put back of it: nobody comes back by a restore.

The list stands in the head of each copy. Sealed items and files of those scopes go as in any erasure. Of a submission in which
somebody was erased the open answers go whole, since only the vault could part them from those of others; what is sealed of the others stays.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import or_, select, update

from sync_scripts.backup import head as heads
from sync_scripts.backup.head import Erasure
from sync_scripts.register.model.codes import chunks
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Actor, Rows
from sync_scripts.store.schema.raw import attachment, scope, submission
from sync_scripts.store.seal import erasing

__all__ = ["erase_again"]


def erase_again(rows: Rows, listed: Iterable[Erasure], actor: Actor, now: datetime) -> int:
    """Erase what a list says and the register does not know yet, in the caller's transaction; return how many scopes.

    The rows of the register are to be built again afterwards, and files removed (`erasing.finish`).
    """
    there = {(one.id, one.scope) for one in heads.erasures(rows)}
    ids: defaultdict[str, set[str]] = defaultdict(set)
    for one in listed:
        if (one.id, one.scope) not in there:
            ids[one.scope].add(one.id)
    for name in sorted(ids):
        erasing.erase(rows, [name], ids[name], actor=actor, now=now, details={"restored": True})
    for some in chunks(sorted(ids)):
        _let_go(rows, some, now)
    return len(ids)


def _let_go(rows: Rows, scopes: list[str], now: datetime) -> None:
    """Take the open answers away, and let nothing point to what is gone."""
    shared = select(scope.c.submission).where(scope.c.id.in_(scopes), scope.c.submission.is_not(None))
    theirs = or_(submission.c.scope.in_(scopes), submission.c.scope.in_(shared))
    values = {"status": "erased", "open_part": None, "open_hash": None, "review": None}
    rows.execute(update(submission).where(theirs).values(values))
    gone = update(attachment).where(attachment.c.scope.in_(scopes))
    rows.execute(gone.values(**erasing.GONE, at=instant(now)))
    erasing.let_go(rows, scopes, now)
