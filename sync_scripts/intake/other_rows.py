"""Submissions that a server shows by a row of another root, with the same bytes: there, whatever became of the first row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import select

from sync_scripts.intake import standing
from sync_scripts.register.submissions import chunks
from sync_scripts.servers.base import Status
from sync_scripts.store.database import Rows
from sync_scripts.store.schema.raw import submission

__all__ = ["back", "shown"]


def shown(rows: Rows, server: str, form: str, versions: Sequence[str]) -> list[standing.Held]:
    """Return the version that counts of each submission of a form that these are versions of."""
    held = submission.c
    roots = {
        root
        for some in chunks(versions)
        for root in rows.execute(
            select(held.root_id).where(held.server == server, held.form == form, held.instance_id.in_(some))
        ).scalars()
    }
    found = standing.held_of(rows, server, [Status(form, root) for root in sorted(roots)])
    return [one for one in found.values() if one.form == form]


def back(here: Iterable[standing.Held]) -> list[standing.Change]:
    """Return which of these, that are there, are marked as deleted: the mark comes off."""
    return [standing.Change(one, standing.BACK, None, one.review) for one in here if one.gone]
