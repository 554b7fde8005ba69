"""Which files that answers announce are still lacking: not those that came by another road, such as a stick."""

from __future__ import annotations

from typing import Final

from sqlalchemy import ColumnElement, and_, select

from sync_scripts.store.schema.raw import attachment, submission

__all__ = ["LACKING"]

_OTHER: Final = attachment.alias("by_another_road")
_WHOSE: Final = submission.alias("of_another_road")
_MINE: Final = submission.alias("of_this_road")


def _lacking() -> ColumnElement[bool]:
    """Return the rule: it has not come, and no file of this name came with the same version by another road.

    The same version is one of the same number and, where both can be read, with the same open answers: who writes a number
    of somebody else into a form takes nothing off the list by that.
    """
    file = attachment.c
    of_other = and_(
        _WHOSE.c.server == _OTHER.c.server,
        _WHOSE.c.form == _OTHER.c.form,
        _WHOSE.c.root_id == _OTHER.c.root_id,
        _WHOSE.c.instance_id == _OTHER.c.instance_id,
    )
    of_mine = and_(
        _MINE.c.server == file.server,
        _MINE.c.form == file.form,
        _MINE.c.root_id == file.root_id,
        _MINE.c.instance_id == file.instance_id,
    )
    same = (_WHOSE.c.stamp == _MINE.c.stamp) & (
        (_WHOSE.c.open_hash == _MINE.c.open_hash) | _WHOSE.c.open_hash.is_(None) | _MINE.c.open_hash.is_(None)
    )
    held = (
        select(_OTHER.c.tag)
        .select_from(_OTHER.join(_WHOSE, of_other))
        .join(_MINE, of_mine)
        .where(
            _OTHER.c.instance_id == file.instance_id,
            _OTHER.c.tag == file.tag,
            _OTHER.c.state == "held",
            same,
        )
        .correlate(attachment)
    )
    return file.state.in_(("missing", "empty")) & ~held.exists()


LACKING: Final = _lacking()
