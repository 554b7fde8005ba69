"""What a server is asked for again by name, since no stamp of it moves: late files, and what may be opened by now."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import blake2b
from typing import TypeVar

from sqlalchemy import select

from sync_scripts.intake import in_waiting
from sync_scripts.intake.keyring import Keyring
from sync_scripts.intake.places.table import files_unnamed
from sync_scripts.intake.still_lacking import COMES, THERE
from sync_scripts.intake.wrapping import PROVISIONAL
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Rows
from sync_scripts.store.schema.raw import attachment, submission

_T = TypeVar("_T")

__all__ = ["FILES_FOR", "awaited", "turned"]

FILES_FOR: timedelta = timedelta(days=30)
"""How long files that did not come are asked for at a server."""


def awaited(rows: Rows, server: str, now: datetime, keys: Keyring) -> list[tuple[str, str]]:
    """Return form and root of submissions to be asked for again, each once.

    Args:
        rows: the open register.
        server: name of the server.
        now: the present moment.
        keys: keys of forms that are at hand.
    """
    table = attachment.c
    asked = (
        select(table.form, table.root_id)
        .where(
            table.server == server,
            COMES,
            THERE,
            table.at >= instant(now - FILES_FOR),
        )
        .distinct()
        .order_by(table.form, table.root_id)
    )
    files = turned([(row.form, row.root_id) for row in rows.execute(asked)], now)
    parked = [(row.form, row.root_id) for row in in_waiting.openable(rows, server, keys.newest, now)]
    cut = in_waiting.cut_off(rows, server, now - FILES_FOR)
    unnamed = files_unnamed(rows, server, now - FILES_FOR)
    return list(dict.fromkeys([*parked, *_unproved(rows, server, now, keys), *files, *unnamed, *cut]))


def _unproved(rows: Rows, server: str, now: datetime, keys: Keyring) -> list[tuple[str, str]]:
    """Return what was opened before its files came, and names none of them in its answers."""
    if not keys.halves:
        return []
    table = submission.c
    asked = select(table.form, table.root_id).where(
        table.server == server,
        table.encryption == PROVISIONAL,
        table.current,
        table.received_at >= instant(now - FILES_FOR),
    )
    return [(row.form, row.root_id) for row in rows.execute(asked.order_by(table.form, table.root_id))]


def turned(every: list[_T], now: datetime) -> list[_T]:
    """Return the same from another one on each time: files that never come keep nothing away that stands behind them."""
    first = int.from_bytes(blake2b(instant(now).encode()).digest()) % max(len(every), 1)
    return every[first:] + every[:first]
