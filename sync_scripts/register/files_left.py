"""Files of an alert or a case that no pull has taken from their source: told on its page until somebody takes them."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, func, select

from sync_scripts.store.database import Rows
from sync_scripts.store.schema import register as tables
from sync_scripts.store.schema.raw import attachment, submission
from sync_scripts.store.whose_files import came_with

__all__ = ["files_left"]


def files_left(rows: Rows, which: ColumnElement[bool]) -> int:
    """Return how many files of some submissions were left where they are: too large, or of a name that could do harm.

    Args:
        rows: the open register.
        which: rule about the filing of the submissions.
    """
    held, file, filed = submission.c, attachment.c, tables.filing.c
    source = attachment.join(submission, came_with(file, held)).join(
        tables.filing, and_(filed.stamp == held.stamp, filed.root_id == held.root_id)
    )
    asked = select(func.count()).select_from(source).where(file.state == "refused", which)
    return int(rows.execute(asked).scalar_one())
