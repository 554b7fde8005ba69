"""When something is done again: never put off by a clock that was ahead."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sync_scripts.store.canonical import due

NOW = datetime(2026, 11, 26, 9, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("ago", "again"),
    [
        (None, True),
        (timedelta(0), False),
        (DAY - timedelta(seconds=1), False),
        (DAY, True),
        (40 * DAY, True),
        (-timedelta(microseconds=1), True),
        (-40 * DAY, True),
    ],
)
def test_it_is_done_again_after_its_time_and_after_a_mark_of_the_future(
    ago: timedelta | None, again: bool
) -> None:
    """What no clock can have written by now says nothing of when it was done."""
    assert due(None if ago is None else NOW - ago, NOW, DAY) is again
