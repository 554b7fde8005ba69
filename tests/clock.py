"""The clock of the tests: one day for every command that they run in their own process, and for whatever they lay out.

It goes on as the machine's does, so that no test sees the same instant twice; what day the machine has decides nothing.
"""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from sync_scripts.clock import seconds

BEGAN: Final = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
"""When every run of the tests begins: a Thursday, ten o'clock in Douala."""
DOUALA: Final = ZoneInfo("Africa/Douala")
_SHARED: Final = "SECONDS_OF_TESTS_AHEAD"
"""Variable by which the processes of one run of the tests have one clock; the product knows nothing of it."""
_AHEAD: Final = float(os.environ.setdefault(_SHARED, str(BEGAN.timestamp() - seconds())))


def now() -> datetime:
    """Return the present instant of the tests."""
    return datetime.fromtimestamp(seconds() + _AHEAD, UTC)


def today() -> date:
    """Return the present day of the tests, in Douala."""
    return now().astimezone(DOUALA).date()


def phone_today() -> date:
    """Return the day on a phone: Java, in which its form engine runs, has the clock of the machine and is handed no other."""
    return datetime.fromtimestamp(seconds(), DOUALA).date()
