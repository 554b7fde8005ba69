"""Files that no server hands over any more with their version, since an edit took its place: nobody waits for them.

A KoboToolbox shows of an edited submission the present version alone, with the files that the edit kept and its own. What
had not come with an earlier version by then never comes with it. Whether the later one holds the same bytes, nobody can
tell: a photo may be replaced under its name. So it is not taken for it, and it is said with which version to look.
"""

from __future__ import annotations

from sqlalchemy import and_, select, update

from sync_scripts.store.database import Rows
from sync_scripts.store.schema.raw import attachment, submission
from sync_scripts.store.whose_files import LATER, came_with

__all__ = ["move_on"]

_LATER = submission.alias("present")
_KEY = (attachment.c.form, attachment.c.root_id, attachment.c.instance_id, attachment.c.tag)


def move_on(rows: Rows, server: str) -> None:
    """Note of files that have not come with an earlier version which one the present one is.

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
