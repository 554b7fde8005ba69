"""Files that no pull has taken from their source: of an alert or a case, and of all; told until somebody takes them."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import ColumnElement, and_, func, select

from sync_scripts.store.database import Rows
from sync_scripts.store.schema import register as tables
from sync_scripts.store.schema.raw import attachment, place, submission, waiting
from sync_scripts.store.whose_files import came_with

__all__ = ["files_left", "left_everywhere", "left_sealed"]


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


def left_everywhere(rows: Rows) -> int:
    """Return how many files were left at all sources, of what waits sealed too."""
    refused = select(func.count()).select_from(attachment).where(attachment.c.state == "refused")
    return int(rows.execute(refused).scalar_one()) + left_sealed(rows).total()


def left_sealed(rows: Rows, server: str = "") -> Counter[tuple[str, str, str]]:
    """Return how many encrypted files of what waits sealed were too large, by server, form as it calls it, and root.

    ``server`` = of this one alone.
    """
    held, looked = waiting.c, place.c
    here = and_(looked.server == held.server, looked.tag == held.source_tag)
    asked = (
        select(held.server, held.form, held.root_id, looked.files)
        .join(place, here)
        .where(held.state == "waiting", looked.files.is_not(None))
        .order_by(held.server, held.form, held.root_id)
    )
    found = Counter[tuple[str, str, str]]()
    for row in rows.execute(asked.where(held.server == server) if server else asked):
        found[row.server, row.form, row.root_id] += row.files
    return found
