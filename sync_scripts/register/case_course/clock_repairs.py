"""What is derived anew once a clock that had been far ahead is right again; see `store.event_times`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from sync_scripts.register.case.submission_state import ALERT, CASE
from sync_scripts.register.history.merges import LINK
from sync_scripts.store import events as store_events
from sync_scripts.store.database import Rows

__all__ = ["FORMS", "turned"]

FORMS: Final = ("interview:", "followup:", "closure:", "evidence:", "submission:")
"""How subjects begin that are forms of a case."""


def turned(rows: Rows, now: datetime) -> set[str]:
    """Let what was written with such a clock count from now at the latest; return what has to be built again: mostly nothing."""
    return set(_units(store_events.turn_back(rows, now)))


def _units(subjects: Iterable[str]) -> Iterator[str]:
    """Yield the units, forms and pairs of alerts that some events are about."""
    for subject in subjects:
        if subject.startswith((ALERT, CASE, LINK, *FORMS)):
            yield subject
