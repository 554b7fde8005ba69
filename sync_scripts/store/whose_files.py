"""Which submission a file came with: the rule by which their rows belong together."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_

__all__ = ["came_with"]


def came_with(file: Any, held: Any) -> ColumnElement[bool]:
    """Return the rule that a row of files is of a row of submissions.

    Args:
        file: columns of the table of files, or of an alias of it.
        held: columns of the table of submissions, or of an alias of it.
    """
    return and_(
        held.server == file.server,
        held.form == file.form,
        held.root_id == file.root_id,
        held.instance_id == file.instance_id,
    )
