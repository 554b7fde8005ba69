"""Questions to the table of places, a bounded number of values each. Writes nothing but what is forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select

from sync_scripts.intake.places.state import FILES, OWED, Seen
from sync_scripts.register.model.codes import chunks
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Rows
from sync_scripts.store.schema.raw import place, submission

__all__ = ["CHUNK", "Named", "files_unnamed", "forget", "seen"]

Named = tuple[str, str]
"""Form, as its server calls it, and root of a submission."""
CHUNK = 500
"""Values bound in one question."""


def seen(rows: Rows, server: str, tags: Sequence[str]) -> dict[str, Seen]:
    """Return how these places looked when they were last read; not those that were never handed over."""
    table = place.c
    asked = select(table.tag, table.size, table.moved_ns, table.state, table.reason)
    return {
        row.tag: Seen(row.size, row.moved_ns, row.state, row.reason)
        for some in chunks(tags, CHUNK)
        for row in rows.execute(
            asked.where(table.server == server, table.tag.in_(some), table.state != OWED)
        ).all()
    }


def forget(rows: Rows, server: str, tags: Sequence[str]) -> None:
    """Forget that these places were read."""
    for some in chunks(tags, CHUNK):
        rows.execute(delete(place).where(place.c.server == server, place.c.tag.in_(some)))


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
        .where(table.server == server, table.form.is_not(None), table.reason == FILES)
        .where(held.received_at >= instant(since))
        .order_by(table.form, table.root_id)
    )
    return [(row.form, row.root_id) for row in rows.execute(asked)]
