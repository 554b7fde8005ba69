"""The first limit that a form brings: the next reminder of one that is ahead, at once where all are past, nothing where it is past."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sync_scripts.register.case.tasks import Matter, task
from sync_scripts.register.obligations.legal_limits import limit_ahead
from sync_scripts.store.canonical import instant

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def reminder(
    kind: str, name: str | None, before_h: int | None, hours: float, *, number: int = 7, done: bool = False
) -> dict[str, Any]:
    """Return a reminder that is due so many hours from now."""
    of = Matter(about="f/1", variant=name, before_h=before_h)
    return task(
        number, "x:1", kind, NOW + timedelta(hours=hours), of=of, done_at=instant(NOW) if done else None
    )


@pytest.mark.parametrize(
    ("rows", "hours"),
    [
        ([], None),
        ([reminder("custody_limit", "48h", 12, 6), reminder("custody_limit", "48h", 3, 15)], 6),
        ([reminder("custody_limit", "48h", 12, -5), reminder("custody_limit", "48h", 3, 4)], 4),
        ([reminder("custody_limit", "48h", 12, -10), reminder("custody_limit", "48h", 3, -1)], 0),
        ([reminder("custody_limit", "48h", 12, -13), reminder("custody_limit", "48h", 3, -4)], None),
        ([reminder("clinical_limit", "pep", 24, 20), reminder("clinical_limit", "pep", 6, 38)], 20),
        ([reminder("clinical_limit", "at_once", None, 3)], 3),
        ([reminder("hearing", None, 168, -48), reminder("hearing", None, 48, 72)], 72),
        ([reminder("hearing", "1", 48, -24)], 0),
        ([reminder("hearing", None, 48, -24), reminder("hearing", "2", 48, 72)], 0),
        ([reminder("appeal_limit", None, 24, 5)], 5),
        ([reminder("custody_limit", "48h", 12, 6, number=8)], None),
        ([reminder("custody_limit", "48h", 12, 6, done=True)], None),
        ([reminder("referral_answer", "48h", 12, 6)], None),
    ],
)  # fmt: skip
def test_the_first_limit_that_is_ahead_is_found(rows: list[dict[str, Any]], hours: float | None) -> None:
    """Each limit by itself; another form's, one that ended, and a clock of no law or medicine count for nothing."""
    expected = None if hours is None else NOW + timedelta(hours=hours)
    assert limit_ahead(rows, {7}, NOW) == expected
