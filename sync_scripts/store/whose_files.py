"""Which submission a file came with: the rule by which their rows belong together, and where it is no more."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import ColumnElement, and_

__all__ = ["LATER", "came_with"]

LATER: Final = "later:"
"""Before the instance id of the version with which alone a server shows a file that had not come with this one before."""


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
