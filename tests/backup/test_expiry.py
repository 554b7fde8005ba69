"""Which copies go: 35 days, the newest always, what was erased at once, and a clock that nobody can trust."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from sync_scripts.backup.expiry import Aged, expired

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)


ENDS = {3, 10}
"""Of twenty-one days to a Wednesday, the Sundays that are a week ago or longer."""


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
        (
            copies(*range(20, -1, -1)),
            [str(n) for n in range(12, -1, -1) if n not in ENDS],
        ),  # one a week, after a week
        (copies(60, -1, 0), []),  # the clock is behind the copy before
    ],
)
def test_what_goes(held: list[Aged], gone: list[str]) -> None:
    """Each line is one history of copies, the newest last."""
    assert expired(held, NOW) == gone


def test_thinned_day_by_day_one_a_week_is_left_and_the_oldest_is_of_last_month() -> None:
    """A backup a day for a year, each judged with those that the last one left."""
    held: list[Aged] = []
    for day in range(365):
        now = NOW + timedelta(days=day)
        held.append(Aged(str(day), now))
        gone = set(expired(held, now))
        held = [one for one in held if one.name not in gone]
        ages = [(now - one.at).days for one in held]
        assert ages[-8:] == list(range(min(day, 7), -1, -1))
        assert all(older - younger <= 7 for older, younger in pairwise(ages))
        assert 28 <= ages[0] <= 35 or day < 35
    assert 11 <= len(held) <= 13


def test_what_nobody_wrote_down_is_not_thinned() -> None:
    """It may hold what no other holds."""
    strange = [replace(one, strange=True) for one in copies(20, 19, 18)]
    assert expired([*strange, *copies(17, 1, 0)], NOW) == []
