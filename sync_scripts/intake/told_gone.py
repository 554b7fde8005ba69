"""What a server does not show any more and a person was told of, without a mark: remembered until somebody says what became of it.

Too many at once are not believed (the fuse). What was told once does not trip it again, or one more deletion behind it
would never be seen. Remembers keyed tags alone.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, and_, delete, select

from sync_scripts.intake.tagging import Tagger
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Rows
from sync_scripts.store.schema.raw import watermark

__all__ = ["TOLD", "keep", "recall", "tag"]

TOLD: Final = "*told"
"""Form of the watermark that remembers their tags, as JSON."""
_LENGTH: Final = 16


def tag(tags: Tagger, server: str, form: str, root_id: str) -> str:
    """Return the tag of a submission of a server, wherever that server is by now."""
    return tags.place(server, "", f"{form}\t{root_id}\ttold")[:_LENGTH]


def recall(rows: Rows, server: str) -> frozenset[str]:
    """Return the tags of what was told of a server."""
    value = rows.execute(select(watermark.c.value).where(_own(server))).scalar()
    return msgspec.json.decode(value, type=frozenset[str]) if value else frozenset()


def keep(rows: Rows, server: str, tags: Collection[str], now: datetime) -> None:
    """Remember these instead, in the caller's transaction."""
    if not tags:
        rows.execute(delete(watermark).where(_own(server)))
        return
    value = msgspec.json.encode(sorted(tags)).decode()
    rows.upsert(watermark, [{"server": server, "form": TOLD, "value": value, "at": instant(now)}])


def _own(server: str) -> ColumnElement[bool]:
    return and_(watermark.c.server == server, watermark.c.form == TOLD)
