"""Submissions, or edits, that were deleted at a server before they were pulled, or opened: told once, and written into the chain.

Of those that were not pulled the bytes are gone; what stays here is that they were there, of which form, and when they were
deleted. Those that wait encrypted lie here, sealed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import func, select

from sync_scripts.intake import known
from sync_scripts.intake.notes import GoneUnseen, SealedGone
from sync_scripts.intake.plan import QUARANTINED
from sync_scripts.intake.tagging import Tagger
from sync_scripts.servers.base import Status
from sync_scripts.store import custody
from sync_scripts.store.canonical import instant
from sync_scripts.store.custody import Entry
from sync_scripts.store.database import Actor, Rows
from sync_scripts.store.schema.raw import seen_source

__all__ = ["LOST", "SEALED", "Gone", "count", "put_aside", "tag", "write"]


class Gone(NamedTuple):
    """How it is told that a submission was deleted: what is remembered of its place, and the code of the note."""

    outcome: str
    problem: str


LOST: Final = Gone("gone", GoneUnseen.code)
"""Deleted before it was pulled."""
SEALED: Final = Gone("gone_sealed", SealedGone.code)
"""Deleted while it waits here, encrypted, for a person with its key."""


def tag(tags: Tagger, server: str, origin: str, one: Status, gone: Gone) -> str:
    """Return the tag under which it is remembered that a submission was told of.

    An edit that was lost is told apart from the rest of it; what waits here is one thing, however often it was edited.
    """
    edits = f"{one.versions}" if gone == LOST and (one.versions or 1) > 1 else ""
    return tags.place(server, origin, f"{one.form}\t{one.root_id}\t{gone.outcome}{edits}")


def put_aside(
    rows: Rows, tags: Tagger, server: str, origin: str, lost: Sequence[Status]
) -> set[tuple[str, str]]:
    """Return those, by form and root, whose bytes are in quarantine: they came, and could not be read."""
    places = {
        tags.place(server, origin, f"{one.form}\t{one.root_id}\t{version}"): (one.form, one.root_id)
        for one in lost
        for version in ("", one.root_id)
    }
    return {
        places[each]
        for each, seen in known.seen(rows, server, list(places)).items()
        if seen.outcome == QUARANTINED
    }


def write(
    rows: Rows, server: str, found: Mapping[str, Status], gone: Gone, *, actor: Actor, now: datetime
) -> None:
    """Remember these submissions, by tag, in the caller's transaction, and write a line of custody for each."""
    rows.upsert(
        seen_source,
        [
            {"server": server, "source_tag": each, "size": 0, "mtime_ns": 0, "outcome": gone.outcome}
            for each in found
        ],
    )
    lines = [
        Entry(
            "INTEGRITY",
            actor.code,
            each,
            {
                "form": one.form,
                "gone": instant(one.deleted_at) if one.deleted_at else "",
                "problem": gone.problem,
                "server": server,
            },
        )
        for each, one in found.items()
    ]
    custody.append(rows, lines, now)


def count(rows: Rows) -> int:
    """Return how many submissions were deleted at a server before they were pulled, over all runs."""
    asked = select(func.count()).select_from(seen_source).where(seen_source.c.outcome == LOST.outcome)
    return int(rows.execute(asked).scalar_one())
