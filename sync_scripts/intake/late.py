"""Versions that come after the one that replaced them: they stand as their submission does.

A server speaks of a submission as a whole, and what it says is written on every version that is held then. One that could
not be had in that moment comes later, when nothing changes any more; without this it would never be told.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select, update

from sync_scripts.intake.plan import Version
from sync_scripts.intake.standing import BACK, GONE, HERE
from sync_scripts.store.database import Rows
from sync_scripts.store.schema.raw import submission

__all__ = ["stand"]


def stand(rows: Rows, server: str, late: Iterable[Version]) -> None:
    """Give versions, in the transaction that stored them, what the server said of the one that counts."""
    held = submission.c
    for one in late:
        mine = (held.server == server, held.form == one.form, held.root_id == one.root_id)
        said = select(held.status, held.gone_at, held.review).where(*mine, held.current)
        present = rows.execute(said).one_or_none()
        if present is None or present.status not in {HERE, GONE, BACK}:
            continue
        values = {"status": present.status, "gone_at": present.gone_at, "review": present.review}
        rows.execute(update(submission).where(*mine, held.instance_id == one.instance_id).values(values))
