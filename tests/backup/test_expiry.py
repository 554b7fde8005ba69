"""Which copies go: 35 days, the newest always, what was erased at once, and a clock that nobody can trust."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sync_scripts.backup.expiry import Aged, expired

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)


def copies(*days: float, outdated: tuple[int, ...] = ()) -> list[Aged]:
    """Return copies made so many days ago, in that order."""
    return [Aged(str(n), NOW - timedelta(days=ago), outdated=n in outdated) for n, ago in enumerate(days)]


@pytest.mark.parametrize(
    ("held", "gone"),
    [
        (copies(0), []),
        (copies(100), []),
        (copies(34, 20, 0), []),
        (copies(36, 20, 0), ["0"]),
        (copies(90, 60, 30, 10, 0), ["1", "0"]),
        (copies(40, 36, 0), []),  # the two before are both older: a long pause, or a clock that ran ahead
        (copies(20, 10, 0, outdated=(0, 1)), ["0", "1"]),  # something was erased since
        (copies(40, 10, 0, outdated=(0,)), ["0"]),  # once, although it is old, too
        (copies(60, -4000, 10, 0), ["0"]),  # one dated in ten years is as old as the one after it
        (copies(60, -4000, 40, 10, 0), ["2", "1", "0"]),
        (copies(60, -1, 0), []),  # the clock is behind the copy before
    ],
)
def test_what_goes(held: list[Aged], gone: list[str]) -> None:
    """Each line is one history of copies, the newest last."""
    assert expired(held, NOW) == gone
