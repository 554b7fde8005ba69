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

__all__ = ["ELSEWHERE", "TOLD", "keep", "recall", "tag"]

TOLD: Final = "*told"
"""Form of the watermark that remembers the tags of those that were too many at once, as JSON."""
ELSEWHERE: Final = "*elsewhere"
"""Form of the one that remembers those that came from another server of the same name, and that the present one never showed."""
_LENGTH: Final = 16


def tag(tags: Tagger, server: str, form: str, root_id: str) -> str:
    """Return the tag of a submission of a server, wherever that server is by now."""
    return tags.place(server, "", f"{form}\t{root_id}\ttold")[:_LENGTH]


def recall(rows: Rows, server: str, why: str = TOLD) -> frozenset[str]:
    """Return the tags of what was told of a server, for one of the two reasons."""
    value = rows.execute(select(watermark.c.value).where(_own(server, why))).scalar()
    return msgspec.json.decode(value, type=frozenset[str]) if value else frozenset()


def keep(rows: Rows, server: str, tags: Collection[str], now: datetime, why: str = TOLD) -> None:
    """Remember these instead, in the caller's transaction."""
    if not tags:
        rows.execute(delete(watermark).where(_own(server, why)))
        return
    value = msgspec.json.encode(sorted(tags)).decode()
    rows.upsert(watermark, [{"server": server, "form": why, "value": value, "at": instant(now)}])


def _own(server: str, why: str) -> ColumnElement[bool]:
    return and_(watermark.c.server == server, watermark.c.form == why)
