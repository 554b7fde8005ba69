"""The first limit that a form brings: the next reminder of one that is ahead, at once where all are past, nothing where it is past."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sync_scripts.register.limit_ahead import limit_ahead
from sync_scripts.register.tasks import task
from sync_scripts.store.canonical import instant

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def reminder(kind: str, origin: str, hours: float, number: int = 7, done: bool = False) -> dict[str, Any]:
    """Return a reminder that is due so many hours from now."""
    due_at = NOW + timedelta(hours=hours)
    return task(number, "x:1", kind, due_at, origin=origin, done_at=instant(NOW) if done else None)


@pytest.mark.parametrize(
    ("rows", "hours"),
    [
        ([], None),
        ([reminder("custody_limit", "custody:f/1:48h-12h", 6), reminder("custody_limit", "custody:f/1:48h-3h", 15)], 6),
        ([reminder("custody_limit", "custody:f/1:48h-12h", -5), reminder("custody_limit", "custody:f/1:48h-3h", 4)], 4),
        ([reminder("custody_limit", "custody:f/1:48h-12h", -10), reminder("custody_limit", "custody:f/1:48h-3h", -1)], 0),
        ([reminder("custody_limit", "custody:f/1:48h-12h", -13), reminder("custody_limit", "custody:f/1:48h-3h", -4)], None),
        ([reminder("clinical_limit", "clinical:f/1:pep:24h", 20), reminder("clinical_limit", "clinical:f/1:pep:6h", 38)], 20),
        ([reminder("clinical_limit", "clinical:f/1:at_once", 3)], 3),
        ([reminder("hearing", "hearing:f/1:7d", -48), reminder("hearing", "hearing:f/1:2d", 72)], 72),
        ([reminder("hearing", "hearing:f/1:2d:corrected", -24)], 0),
        ([reminder("hearing", "hearing:f/1:2d", -24), reminder("hearing", "hearing:f/1:2d:corrected2", 72)], 0),
        ([reminder("appeal_limit", "appeal:f/1:1d", 5)], 5),
        ([reminder("custody_limit", "custody:f/1:48h-12h", 6, number=8)], None),
        ([reminder("custody_limit", "custody:f/1:48h-12h", 6, done=True)], None),
        ([reminder("referral_answer", "custody:f/1:48h-12h", 6)], None),
    ],
)  # fmt: skip
def test_the_first_limit_that_is_ahead_is_found(rows: list[dict[str, Any]], hours: float | None) -> None:
    """Each limit by itself; another form's, one that ended, and a clock of no law or medicine count for nothing."""
    expected = None if hours is None else NOW + timedelta(hours=hours)
    assert limit_ahead(rows, {7}, NOW) == expected
