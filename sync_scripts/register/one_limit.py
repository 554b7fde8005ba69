"""Which reminders are of one and the same matter: what settles one of them settles them all, and no other. Pure.

A custody has reminders before each of its limits, an act those before each limit of medicine; who was brought before the prosecutor,
or was cared for, needs none of them. A case can stand before several courts: there it is one hearing, or one appeal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sync_scripts.register.kinds import KINDS
from sync_scripts.register.tasks import limit_of

__all__ = ["same_matter"]

RowOf = Mapping[Any, Any]


def same_matter(row: RowOf, rows: Iterable[RowOf]) -> list[RowOf]:
    """Return the other reminders of the matter that a task is about; none of a task that is no reminder before a limit.

    Args:
        row: the task.
        rows: tasks of its case.
    """
    if KINDS[row["kind"]].limit is None:
        return []
    return [one for one in rows if one["task_id"] != row["task_id"] and _matter(one) == _matter(row)]


def _matter(row: RowOf) -> tuple[Any, ...]:
    if KINDS[row["kind"]].limit == "subject":
        return row["kind"], row["subject"]
    return row["kind"], row["subject"], row["about"], limit_of(row["due_at"], row["before_h"])
