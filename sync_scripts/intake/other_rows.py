"""Submissions that a server shows by a row of another root or form, with the same answers: there, whatever became of the first row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import select

from sync_scripts.intake import standing
from sync_scripts.register.roots import chunks
from sync_scripts.servers.base import Status
from sync_scripts.store.database import Rows
from sync_scripts.store.schema.raw import submission

__all__ = ["back", "shown"]


def shown(rows: Rows, server: str, versions: Sequence[str]) -> list[standing.Held]:
    """Return the version that counts of each submission that these are versions of, of whatever form of the server."""
    held = submission.c
    asked = select(held.form, held.root_id).where(held.server == server)
    named = {
        (row.form, row.root_id)
        for some in chunks(versions)
        for row in rows.execute(asked.where(held.instance_id.in_(some)))
    }
    found = standing.held_of(rows, server, [Status(*one) for one in sorted(named)])
    return [one for key, one in found.items() if key in named]


def back(here: Iterable[standing.Held]) -> list[standing.Change]:
    """Return which of these, that are there, are marked as deleted: the mark comes off."""
    return [standing.Change(one, standing.BACK, None, one.review) for one in here if one.gone]
