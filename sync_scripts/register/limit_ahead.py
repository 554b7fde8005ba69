"""The first limit of law or medicine that some forms bring, for a task that stands in the place of its reminders. Pure.

When a case is closed or handed over its reminders before custody limits, clinical limits, hearings and appeals end with it. A form
that comes afterwards may tell of such a limit, and of nothing else that is urgent. A message of a reminder speaks of its limit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sync_scripts.register.kinds import LIMITS
from sync_scripts.register.output import RowOf
from sync_scripts.register.tasks import limit_of
from sync_scripts.store.canonical import moment

__all__ = ["limit_ahead"]


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
