"""Whose own passphrase a colleague replaced: whoever did not ask for that should hear of it. Reads only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Rows
from sync_scripts.store.history import events as store_events
from sync_scripts.store.schema import raw

__all__ = ["Replaced", "replaced"]


@dataclass(frozen=True, slots=True)
class Replaced:
    """Whose own passphrase somebody else replaced, who did, and when."""

    worker: str
    by: str
    at: str


def replaced(rows: Rows, since: datetime) -> Iterator[Replaced]:
    """Yield the passphrases that a colleague replaced since an instant, the last one first."""
    given = raw.event.c
    asked = select(given.subject).where(
        given.op == store_events.KEY_GIVEN,
        given.at >= instant(since),
        given.payload.contains(store_events.REPLACED),
    )
    subjects = rows.execute(asked.distinct()).scalars().all()
    if not subjects:
        return
    for one in reversed(list(store_events.read(rows, subjects=subjects, ops=[store_events.KEY_GIVEN]))):
        if one.payload.get(store_events.REPLACED) and one.at >= instant(since):
            yield Replaced(one.subject.removeprefix("worker:"), one.actor.code, one.at)
