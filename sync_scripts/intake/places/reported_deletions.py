"""What a server does not show any more and a person was told of: remembered, so that nothing is told twice and nothing drowns.

Too many deletions at once are not believed (the fuse): they have no mark until somebody says what became of them. What was
told once does not trip the fuse again, or one more deletion behind it would never be seen. Of what was deleted before it was
pulled, the bytes are gone; what stays here is that it was there, of which form, and when it was deleted. Remembers keyed tags
alone, by form: of a form that was not compared, what was told of it still holds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import delete, func, select

from sync_scripts.intake.notes import GoneUnseen, SealedGone
from sync_scripts.intake.places import table
from sync_scripts.intake.places.table import (
    ELSEWHERE,
    GONE,
    GONE_SEALED,
    QUARANTINED,
    REPORTED,
    UNANSWERED,
)
from sync_scripts.intake.receive.split import Tagger
from sync_scripts.servers.base import Status
from sync_scripts.store import custody
from sync_scripts.store.canonical import instant
from sync_scripts.store.custody import Entry
from sync_scripts.store.database import Actor, Rows
from sync_scripts.store.schema.raw import place, run

ByForm = Mapping[str, AbstractSet[str]]
"""Tags by form."""
TOLD: Final = REPORTED
"""Reason of those that were too many at once."""
_LENGTH: Final = 16


# --- told, and not marked --------------------------------------------------------------------------------------------


def elsewhere(origin: str) -> str:
    """Return the reason of what came by another origin of a name and was never shown by this one, named by its tag."""
    return f"{ELSEWHERE}:{origin}"


def tag(tags: Tagger, server: str, form: str, root_id: str) -> str:
    """Return the tag of a submission of a server, wherever that server is by now."""
    return tags.place(server, "", f"{form}\t{root_id}\ttold")[:_LENGTH]


def recall(rows: Rows, server: str, why: str = TOLD) -> dict[str, frozenset[str]]:
    """Return the tags of what was told of a server, for one reason."""
    found: dict[str, set[str]] = {}
    for row in rows.execute(select(place.c.form, place.c.tag).where(table.noted(server, why))):
        found.setdefault(row.form, set()).add(row.tag.partition("@")[0])
    return {form: frozenset(every) for form, every in found.items()}


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
    # one submission may be told of for more than one origin
    found = [(f"{each}@{why}", form) for form, tags in sorted(told.items()) for each in sorted(tags)]
    table.remember(rows, server, why, found, state=REPORTED, now=now)


def forget(rows: Rows, server: str, origin: str) -> None:
    """Forget what was told for an origin that is remembered no more."""
    rows.execute(delete(place).where(table.noted(server, elsewhere(origin))))


# --- deleted before it was pulled, or opened -------------------------------------------------------------------------


class Gone(NamedTuple):
    """How it is told that a submission was deleted: the state of its place, and the code of the note."""

    state: str
    problem: str


LOST: Final = Gone(GONE, GoneUnseen.code)
"""Deleted before it was pulled."""
SEALED: Final = Gone(GONE_SEALED, SealedGone.code)
"""Deleted while it waits here, encrypted, for a person with its key."""


def told_tag(tags: Tagger, server: str, origin: str, one: Status, gone: Gone) -> str:
    """Return the tag under which it is remembered that a submission was told of.

    An edit that was lost is told apart from the rest of it; what waits here is one thing, however often it was edited.
    """
    edits = f"{one.versions}" if gone == LOST and (one.versions or 1) > 1 else ""
    return tags.place(server, origin, f"{one.form}\t{one.root_id}\t{gone.state}{edits}")


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
        for each, seen in table.seen(rows, server, list(places)).items()
        if seen.state == QUARANTINED
    }


def write(
    rows: Rows, server: str, found: Mapping[str, Status], gone: Gone, *, actor: Actor, now: datetime
) -> None:
    """Remember these submissions, by tag, in the caller's transaction, and write a line of custody for each.

    A person has to say what became of those that were lost; one that comes all the same, which is known by its root, answers it.
    """
    one = {"server": server, "state": gone.state, "size": 0, "moved_ns": 0, "first_at": instant(now)}
    one["reason"] = UNANSWERED if gone == LOST else None
    roots = {tag: None if (each.versions or 1) > 1 else each.root_id for tag, each in found.items()}
    rows.upsert(
        place, [{**one, "tag": tag, "form": each.form, "root_id": roots[tag]} for tag, each in found.items()]
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


def unheard(rows: Rows, server: str) -> dict[str, int]:
    """Return how many were noted by a run that was killed before it said so, by the code of the note; of the present run none.

    Noted since the last run that came to its report, and before this one began.
    """
    mine = (run.c.command == "pull", run.c.server == server)
    told = select(func.max(run.c.ended_at)).where(*mine, run.c.counts != "{}").scalar_subquery()
    began = select(func.max(run.c.started_at)).where(*mine, run.c.outcome == "running").scalar_subquery()
    asked = select(place.c.state, func.count()).where(
        place.c.server == server,
        place.c.state.in_((LOST.state, SEALED.state)),
        place.c.first_at > func.coalesce(told, ""),
        place.c.first_at < began,
    )
    found = dict(tuple(row) for row in rows.execute(asked.group_by(place.c.state)))
    return {gone.problem: found[gone.state] for gone in (LOST, SEALED) if gone.state in found}


def lost(rows: Rows) -> int:
    """Return how many submissions were deleted at a server before they were pulled, over all runs."""
    asked = select(func.count()).select_from(place).where(place.c.state == LOST.state)
    return int(rows.execute(asked).scalar_one())
