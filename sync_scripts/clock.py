"""The one place that reads the clock of this machine.

Whoever decides anything by the time is handed it, as ``now`` or as a clock: a command by its shell, what lies below by its
caller. Ruff refuses every other reading (TID251). No setting, option or variable of the environment moves this clock.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Returns the present instant, aware, in UTC."""


def machine() -> datetime:
    """Return what the clock of this machine says, in UTC."""
    return datetime.now(UTC)


def seconds() -> float:
    """Return it in seconds since 1970, for whatever is compared with another clock or with the times of files."""
    return time.time()
