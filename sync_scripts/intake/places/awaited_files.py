"""Which files of what is held have not come: whether they may come still, who is asked for them again, and which come first.

Not those that came by another road, such as a stick; nor those of a version that an edit replaced at a server that shows the
present one alone, for they come with that one; nor those of a submission that its server has deleted.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import blake2b
from itertools import islice
from typing import Final, TypeVar

from sqlalchemy import ColumnElement, and_, select, update

from sync_scripts.intake.encryption.ciphertext import PROVISIONAL, Keyring
from sync_scripts.intake.places import in_waiting
from sync_scripts.intake.places.table import LATE, files_unnamed, noted, remember
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Rows
from sync_scripts.store.schema.raw import attachment, place, submission
from sync_scripts.store.statements import LATER, came_with

_T = TypeVar("_T")

FILES_FOR: timedelta = timedelta(days=30)
"""How long files that did not come are asked for at a server."""
MOST_LATE: Final = 1_000
"""Files that come first at one server; one that is forgotten costs what stands before it."""

# --- which have not come ---------------------------------------------------------------------------------------------

_OTHER: Final = attachment.alias("by_another_road")
_WHOSE: Final = submission.alias("of_another_road")
_MINE: Final = submission.alias("of_this_road")


COMES: Final = attachment.c.state.in_(("announced", "missing", "empty")) & (
    attachment.c.mark.is_(None) | ~attachment.c.mark.startswith(LATER)
)
"""It has not come with its version, and a later version has not taken its place."""
THERE: Final = (
    select(_MINE.c.instance_id)
    .where(came_with(attachment.c, _MINE.c), _MINE.c.status.not_in(("deleted", "erased")))
    .correlate(attachment)
    .exists()
)
"""Its submission is at the server still, as far as is known."""
MISSED: Final = attachment.c.state != "announced"
"""Its source was asked for it, and has not got it: before that nobody says that it is missing."""


def _lacking() -> ColumnElement[bool]:
    """Return the rule: it has not come and may come still, and no file of this name came with the same version by another road.

    The same version is one of the same number and, where both can be read, with the same open answers: who writes a number
    of somebody else into a form takes nothing off the list by that.
    """
    file = attachment.c
    same = (_WHOSE.c.stamp == _MINE.c.stamp) & (
        (_WHOSE.c.open_hash == _MINE.c.open_hash) | _WHOSE.c.open_hash.is_(None) | _MINE.c.open_hash.is_(None)
    )
    held = (
        select(_OTHER.c.tag)
        .select_from(_OTHER.join(_WHOSE, came_with(_OTHER.c, _WHOSE.c)))
        .join(_MINE, came_with(file, _MINE.c))
        .where(
            _OTHER.c.instance_id == file.instance_id,
            _OTHER.c.tag == file.tag,
            _OTHER.c.state == "held",
            same,
        )
        .correlate(attachment)
    )
    return COMES & THERE & ~held.exists()


LACKING: Final = _lacking()

# --- who is asked for them again -------------------------------------------------------------------------------------


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


# --- those that an edit replaced -------------------------------------------------------------------------------------

_LATER = submission.alias("present")
_KEY = (attachment.c.form, attachment.c.root_id, attachment.c.instance_id, attachment.c.tag)


def move_on(rows: Rows, server: str) -> None:
    """Note of files that have not come with an earlier version which one the present one is: nobody waits for them.

    A KoboToolbox shows of an edited submission the present version alone, with the files that the edit kept and its own. What
    had not come with an earlier version by then never comes with it. Whether the later one holds the same bytes, nobody can
    tell: a photo may be replaced under its name. So it is not taken for it, and it is said with which version to look.

    Args:
        rows: the caller's transaction, in which the present versions are stored.
        server: name of a server that shows present versions alone.
    """
    file, held, present = attachment.c, submission.c, _LATER.c
    same = and_(
        present.server == held.server,
        present.form == held.form,
        present.root_id == held.root_id,
        present.current,
        present.instance_id != held.instance_id,
    )
    asked = (
        select(*_KEY, file.mark, present.instance_id.label("present"))
        .select_from(attachment.join(submission, came_with(file, held)).join(_LATER, same))
        .where(
            file.server == server, file.state.in_(("announced", "missing", "empty")), held.current.is_(False)
        )
    )
    for row in rows.execute(asked).all():
        mark = LATER + row.present
        if row.mark != mark:
            key = zip(_KEY, row, strict=False)
            mine = and_(file.server == server, *(column == value for column, value in key))
            rows.execute(update(attachment).where(mine).values(mark=mark))


# --- those that come first -------------------------------------------------------------------------------------------


def late(rows: Rows, server: str) -> frozenset[str]:
    """Return the tags of files that the server listed and did not hand over to the last whole pull: they are asked for first.

    An encrypted submission is proved by all of its files together, so those that are read before one that does not come are
    read for nothing, at every pull.
    """
    return frozenset(rows.execute(select(place.c.tag).where(noted(server, LATE))).scalars())


def keep_late(rows: Rows, server: str, forms: Mapping[str, str], now: datetime) -> None:
    """Remember these instead, by keyed tag (a file may be called after somebody) with what the server calls their form."""
    remember(rows, server, LATE, islice(sorted(forms.items()), MOST_LATE), state=LATE, now=now)
