"""What waits encrypted, asked of the table of places: what may be opened by now, what is here of it, since when it waits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import case, func, select, update

from sync_scripts.intake.encryption.ciphertext import MANAGED
from sync_scripts.intake.places.table import FILES, WAITING
from sync_scripts.register.model.build_backlog import files_since
from sync_scripts.register.model.codes import chunks
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Rows
from sync_scripts.store.schema.raw import place
from sync_scripts.store.statements import LOCKED

_THERE = place.c.gone_at.is_(None)
"""Its server has it, as far as is known: only then anything more of it may come."""
TEXT_HERE: Final = place.c.has_text.is_(True)
"""Its answers were taken: without them there is nothing."""
_FOR_FILES = (LOCKED, place.c.waits == "files", _THERE)


def openable(rows: Rows, server: str, newest: str, now: datetime) -> list[Any]:
    """Return what may be opened by now: its files may have come, or a key was made after it was last tried.

    When it was tried by a clock that was ahead, nobody knows what came after: it is tried again.
    """
    untried = (place.c.last_at <= newest) | (place.c.last_at > instant(now))
    asked = select(place.c.tag, place.c.form, place.c.root_id, place.c.waits).where(
        place.c.server == server,
        LOCKED,
        _THERE,
        (place.c.waits == "files") | ((place.c.waits == "key") & untried),
    )
    return list(rows.execute(asked.order_by(place.c.form, place.c.root_id)))


def for_later(rows: Rows, server: str, tags: Sequence[str]) -> dict[str, str]:
    """Return those of these places that wait for their files, with what their server calls their form."""
    asked = select(place.c.tag, place.c.form).where(
        place.c.server == server, place.c.tag.in_(tags), *_FOR_FILES
    )
    return {row.tag: row.form for row in rows.execute(asked)}


def cut_off(rows: Rows, server: str, since: datetime) -> list[tuple[str, str]]:
    """Return form and root of what waits and whose encrypted files were not all taken, of those seen since then first."""
    asked = select(place.c.form, place.c.root_id).where(
        place.c.server == server, LOCKED, _THERE, place.c.first_at >= instant(since), place.c.reason == FILES
    )
    return [(row.form, row.root_id) for row in rows.execute(asked.order_by(place.c.form, place.c.root_id))]


def roots(rows: Rows, server: str, named: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Return those of these submissions, by form and root, whose text lies here sealed: what a server deletes is not lost.

    The value says for what it waits; "" = it was opened. For its files: then no pull opens it any more once its server has
    nothing of it.
    """
    asked = select(place).where(
        place.c.server == server,
        place.c.waits.is_not(None),
        place.c.scope.is_not(None),
        place.c.root_id.in_(sorted({root_id for _form, root_id in named})),
        (place.c.state != WAITING) | TEXT_HERE,
    )
    return {
        (row.form, row.root_id): row.waits if row.state == WAITING else ""
        for row in rows.execute(asked)
        if (row.form, row.root_id) in named
    }


def gone(rows: Rows, server: str, named: Sequence[tuple[str, str]], now: datetime) -> None:
    """Note of what waits of these submissions, by form and root, that its server has it no more: nothing of it is awaited."""
    mine = (place.c.server == server) & LOCKED & _THERE
    for some in chunks(named):
        asked = select(place.c.tag, place.c.form, place.c.root_id)
        found = rows.execute(asked.where(mine, place.c.root_id.in_([root_id for _form, root_id in some])))
        tags = [row.tag for row in found if (row.form, row.root_id) in some]
        if tags:
            rows.execute(update(place).where(mine, place.c.tag.in_(tags)).values(gone_at=instant(now)))


def kept_texts(rows: Rows, server: str) -> set[tuple[str, str]]:
    """Return form and root of what its server deleted while it waited for its files, and whose answers are here, sealed."""
    asked = select(place.c.form, place.c.root_id).where(
        place.c.server == server, LOCKED, place.c.waits == "files", place.c.gone_at.is_not(None), TEXT_HERE
    )
    return {(row.form, row.root_id) for row in rows.execute(asked)}


def waiting_of(rows: Rows, server: str, form: str) -> list[tuple[str, str]]:
    """Return root and instance id of what waits, of one form as its server calls it."""
    asked = select(place.c.root_id, place.c.instance_id).where(
        place.c.server == server, place.c.form == form, LOCKED
    )
    return [(row.root_id, row.instance_id) for row in rows.execute(asked)]


def overdue(rows: Rows, now: datetime, longest: timedelta) -> tuple[int, str]:
    """Return how many have waited for their files for longer, and the instant since when the first has."""
    since = files_since(now)
    asked = select(func.count().label("n"), func.min(since).label("since")).where(
        since < instant(now - longest), *_FOR_FILES
    )
    row = rows.execute(asked).one()
    return int(row.n), str(row.since or "")


def count(rows: Rows) -> dict[str, int]:
    """Return how many submissions wait, by reason; ``server`` = none but the server itself has the key."""
    served = place.c.form_version.like(f"%{MANAGED}%]") & (place.c.waits == "key")
    reason = case((served, "server"), else_=place.c.waits).label("reason")
    asked = select(reason, func.count().label("n")).where(LOCKED).group_by(reason).order_by(reason)
    return {row.reason: int(row.n) for row in rows.execute(asked)}
