"""Which files that answers announce have not come: whether anybody asked for them yet, and whether they may come still.

Not those that came by another road, such as a stick; nor those of a version that an edit replaced at a server that shows the
present one alone, for they come with that one; nor those of a submission that its server has deleted.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import ColumnElement, select

from sync_scripts.store.schema.raw import attachment, submission
from sync_scripts.store.whose_files import LATER, came_with

__all__ = ["COMES", "LACKING", "MISSED", "THERE"]

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
