"""Reminders before limits of law and medicine: which limit is ahead first, and which of them are of one matter. Pure.

When a case is closed or handed over its reminders before custody limits, clinical limits, hearings and appeals end with it. A form
that comes afterwards may tell of such a limit, and of nothing else that is urgent. What settles one reminder settles all of its
matter and no other: those of a custody, of an act; before courts those of one hearing, or of one appeal.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from sync_scripts.register.case.tasks import limit_of
from sync_scripts.register.forms.row_output import RowOf
from sync_scripts.register.rules.kinds import KINDS, LIMITS
from sync_scripts.store.canonical import moment

__all__ = ["limit_ahead", "same_matter"]


def limit_ahead(tasks: Iterable[RowOf], numbers: Collection[int], since: datetime) -> datetime | None:
    """Return when the first reminder is due of a limit that was ahead at an instant; None where no form brings one.

    Where every reminder of a limit was past by then, it is due at once. A limit that was past itself asks for nothing.

    Args:
        tasks: of the case, as the rules raise them; what a fact has ended is left out.
        numbers: of the forms.
        since: from when time is counted.
    """
    due: dict[tuple[Any, ...], list[datetime]] = defaultdict(list)
    for row in tasks:
        mine = row["kind"] in LIMITS and row["filing_no"] in numbers and row["done_at"] is None
        if mine and limit_of(row["due_at"], row["before_h"]) > since:
            limit = row["kind"], row["subject"], row["about"], row["variant"]
            due[limit].append(moment(row["due_at"]))
    first = (min((one for one in some if one > since), default=since) for some in due.values())
    return min(first, default=None)


def same_matter(row: Mapping[Any, Any], rows: Iterable[Mapping[Any, Any]]) -> list[Mapping[Any, Any]]:
    """Return the other reminders of the matter that a task is about; none of a task that is no reminder before a limit.

    Args:
        row: the task.
        rows: tasks of its case.
    """
    if KINDS[row["kind"]].limit is None:
        return []
    return [one for one in rows if one["task_id"] != row["task_id"] and _matter(one) == _matter(row)]


def _matter(row: Mapping[Any, Any]) -> tuple[Any, ...]:
    if KINDS[row["kind"]].limit == "subject":
        return row["kind"], row["subject"]
    return row["kind"], row["subject"], row["about"], limit_of(row["due_at"], row["before_h"])
