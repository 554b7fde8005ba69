"""The table of places: what became of each place of a source, whether it must be looked at again, and questions to it.

A place is where a source shows one version of a submission. What a source owes as a whole, and what it does not show any more,
has a place of its own in the same table, named by what it is about.

Each question binds a bounded number of values. Nothing is written but what is forgotten.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, and_, bindparam, delete, func, select, update

from sync_scripts.servers.base import Sighting
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Rows
from sync_scripts.store.schema.raw import place, submission
from sync_scripts.store.statements import UNANSWERED

__all__ = [
    "CHUNK",
    "ELSEWHERE",
    "ERASED",
    "FILES",
    "GONE",
    "GONE_SEALED",
    "LARGE",
    "LATE",
    "MOVED",
    "NOT_ASKED",
    "NOT_OWED",
    "OWED",
    "QUARANTINED",
    "REFUSED",
    "REPEAT",
    "REPORTED",
    "STORED",
    "UNANSWERED",
    "WAITING",
    "Named",
    "Seen",
    "answer",
    "files_unnamed",
    "forget",
    "looks_so",
    "may_be_new",
    "noted",
    "only_files",
    "remember",
    "seen",
]


STORED, REPEAT, QUARANTINED, WAITING, ERASED = "stored", "repeat", "quarantined", "waiting", "erased"
"""What came of a place that was read: a version; one that was held already; bytes put aside, or sealed as they came; nothing any
more, since a person had it erased."""
OWED: Final = "owed"
"""It was shown and never handed over."""
LATE: Final = "late"
"""A file that was listed and not handed over the last time; asked for before the others of its submission."""
GONE, GONE_SEALED = "gone", "gone_sealed"
"""Deleted at its server before it was pulled, or before it was opened; told once. What was never pulled stays `UNANSWERED`."""
REPORTED, ELSEWHERE = "reported", "elsewhere"
"""Not shown any more and told to a person, without a mark: too many at once; or never shown by this origin of the name."""

FILES: Final = "files"
"""Reason to look at a place again: files beside it are not all here, or nobody looked yet."""
REFUSED, NOT_ASKED = "refused", "not_asked"
"""Reasons to ask for a place by name until it comes or is gone: it was not handed over, or not asked for since many were not."""
LARGE: Final = "large"
"""Reason why a place that waits is complete although files of it were left there."""
NOT_OWED: Final = {"tries": None, "first_at": None, "last_at": None}
"""What stands in the row of a place that was handed over: nothing of how long it was owed."""
MOVED: Final = -1
"""``moved_ns`` of a place whose files were found to be others at the server: it is looked at anew, file by file."""


class Seen(msgspec.Struct, frozen=True):
    """How a place looked when it was last read, what came of it, and why it is looked at again (None = it need not be).

    ``waits`` = for what it waits, or waited, encrypted; None = it never did.
    """

    size: int
    moved_ns: int
    state: str
    reason: str | None = None
    waits: str | None = None

    @property
    def stamp(self) -> tuple[int, int]:
        """Return what tells cheaply whether the place may have changed."""
        return self.size, self.moved_ns

    @property
    def here(self) -> bool:
        """Tell whether a version of it stands in the register."""
        return self.state in {STORED, REPEAT}

    @property
    def unread(self) -> bool:
        """Tell whether what came of it is put aside, or waits encrypted."""
        return self.state in {QUARANTINED, WAITING}

    @property
    def awaits_files(self) -> bool:
        """Tell whether its files are still to be looked for."""
        return self.reason == FILES

    @property
    def owed(self) -> bool:
        """Tell whether something of it is still to come, as far as is known."""
        return self.reason in {FILES, REFUSED, NOT_ASKED}


def may_be_new(one: Sighting, before: Seen | None) -> bool:
    """Tell whether a place must be read: never seen, moved, or something of it has not come.

    A version that was stored before a later one took its place at the server has the bytes it had.
    """
    if before is None or before.owed:
        return True
    if one.superseded and (before.here or before.state == ERASED):
        return False
    return before.stamp != (one.size, one.moved_ns)


def only_files(one: Sighting, before: Seen | None) -> bool:
    """Tell whether a place looks as it did when its text was stored, and only its files were not all there."""
    return looks_so(one, before, STORED) and bool(one.version)


def looks_so(one: Sighting, before: Seen | None, state: str) -> bool:
    """Tell whether a place looks as it did when this came of it, and its files were not all there."""
    return (
        before is not None
        and (before.state, before.awaits_files) == (state, True)
        and before.stamp == (one.size, one.moved_ns)
        and not one.barred
    )


Named = tuple[str, str]
"""Form, as its server calls it, and root of a submission."""
CHUNK = 500
"""Values bound in one question."""


_SEEN: Final = select(
    place.c.tag, place.c.size, place.c.moved_ns, place.c.state, place.c.reason, place.c.waits
).where(place.c.server == bindparam("server"), place.c.state != OWED)


def seen(rows: Rows, server: str, tags: Sequence[str]) -> dict[str, Seen]:
    """Return how these places looked when they were last read; not those that were never handed over."""
    found = rows.among(_SEEN, place.c.tag, tags, server=server)
    return {row.tag: Seen(row.size, row.moved_ns, row.state, row.reason, row.waits) for row in found}


def forget(rows: Rows, server: str, named: Mapping[str, Named], now: datetime) -> None:
    """Forget that these places were read, by tag: what they show is owed until it comes or is gone; where bytes lie sealed, that stays known."""
    for tag, (form, root_id) in named.items():
        told = {
            "tries": func.coalesce(place.c.tries, 0),
            "first_at": func.coalesce(place.c.first_at, instant(now)),
        }
        mine = update(place).where(place.c.server == server, place.c.tag == tag)
        rows.execute(mine.values(state=OWED, reason=NOT_ASKED, form=form, root_id=root_id, **told))


def answer(rows: Rows, server: str, tags: Sequence[str]) -> None:
    """Ask for nothing more of these places, as a person said what became of them; what never came is forgotten."""
    mine = and_(place.c.server == server, place.c.tag.in_(tags))
    rows.execute(delete(place).where(mine, place.c.state == OWED, place.c.key_page.is_(None)))
    rows.execute(update(place).where(mine).values(reason=None))


def noted(server: str, why: str) -> ColumnElement[bool]:
    """Return the rule for what is remembered of a server for one reason, whatever its place showed."""
    return and_(place.c.server == server, place.c.reason == why, place.c.form.is_not(None))


def remember(
    rows: Rows, server: str, why: str, found: Iterable[tuple[str, str]], *, state: str, now: datetime
) -> None:
    """Remember these tags with their forms instead, for one reason, in the caller's transaction."""
    rows.execute(delete(place).where(noted(server, why)))
    one = {"server": server, "state": state, "reason": why, "size": 0, "moved_ns": 0, "last_at": instant(now)}
    rows.upsert(place, [{**one, "tag": tag, "form": form} for tag, form in found])


def files_unnamed(rows: Rows, server: str, since: datetime) -> list[Named]:
    """Return form and root of what came since then and has files that its answers do not name, and that were not looked for.

    What its answers name is known from them; of these only the place tells.
    """
    table, held = place.c, submission.c
    of_it = (held.server == table.server) & (held.form == table.form) & (held.root_id == table.root_id)
    asked = (
        select(table.form, table.root_id)
        .distinct()
        .join(submission, of_it & held.current & held.status.in_(("ok", "restored")))
        .where(table.server == server, table.form.is_not(None), table.reason == FILES, table.waits.is_(None))
        .where(held.received_at >= instant(since))
        .order_by(table.form, table.root_id)
    )
    return [(row.form, row.root_id) for row in rows.execute(asked)]
