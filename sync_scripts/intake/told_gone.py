"""What a server does not show any more and a person was told of, without a mark: remembered until somebody says what became of it.

Too many at once are not believed (the fuse). What was told once does not trip it again, or one more deletion behind it
would never be seen. Remembers keyed tags alone, by form: of a form that was not compared, what was told of it still holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, and_, delete, select

from sync_scripts.intake.tagging import Tagger
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Rows
from sync_scripts.store.schema.raw import watermark

__all__ = ["ELSEWHERE", "TOLD", "ByForm", "count", "elsewhere", "keep", "recall", "still", "tag"]

ByForm = Mapping[str, AbstractSet[str]]
"""Tags by form."""
TOLD: Final = "*told"
"""Form of the watermark that remembers the tags of those that were too many at once, as JSON."""
ELSEWHERE: Final = "*elsewhere"
"""Begins the forms of those that remember, for one origin each, what came by another one of the same name and was never shown there."""
_LENGTH: Final = 16


def elsewhere(origin: str) -> str:
    """Return the form of the watermark of what one origin, named by its tag, never showed."""
    return f"{ELSEWHERE}:{origin}"


def tag(tags: Tagger, server: str, form: str, root_id: str) -> str:
    """Return the tag of a submission of a server, wherever that server is by now."""
    return tags.place(server, "", f"{form}\t{root_id}\ttold")[:_LENGTH]


def recall(rows: Rows, server: str, why: str = TOLD) -> dict[str, frozenset[str]]:
    """Return the tags of what was told of a server, for one reason."""
    value = rows.execute(select(watermark.c.value).where(_own(server, why))).scalar()
    found = msgspec.json.decode(value, type=dict[str, frozenset[str]] | list[str]) if value else {}
    return found if isinstance(found, dict) else {}  # once it was a list of all forms: it is told again


def still(before: ByForm, gone: ByForm) -> dict[str, AbstractSet[str]]:
    """Return what still holds of what was told: all of a form that was not compared, of the others what is ``gone`` still.

    ``gone`` names every form that was compared to its end.

    >>> still({"a": {"1", "2"}, "b": {"3"}}, {"a": {"2", "4"}})
    {'a': {'2'}, 'b': {'3'}}
    """
    return {form: tags & gone[form] if form in gone else tags for form, tags in before.items()}


def count(told: ByForm) -> int:
    """Return how many they are."""
    return sum(map(len, told.values()))


def keep(rows: Rows, server: str, told: ByForm, now: datetime, why: str = TOLD) -> None:
    """Remember these instead, in the caller's transaction."""
    kept = {form: sorted(tags) for form, tags in sorted(told.items()) if tags}
    if not kept:
        rows.execute(delete(watermark).where(_own(server, why)))
        return
    value = msgspec.json.encode(kept).decode()
    rows.upsert(watermark, [{"server": server, "form": why, "value": value, "at": instant(now)}])


def _own(server: str, why: str) -> ColumnElement[bool]:
    return and_(watermark.c.server == server, watermark.c.form == why)
