"""The clock of the tests in a program that a test or a command of a test starts; `tests/conftest.py` puts it on its path."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import datetime, timedelta


def _hand_in(ahead: timedelta) -> None:
    from sync_scripts import clock

    machine = clock.machine

    def now() -> datetime:
        return machine() + ahead

    clock.machine = now


with suppress(ImportError):  # other programs with a Python of their own, such as an office
    _hand_in(timedelta(seconds=float(os.environ["SECONDS_OF_TESTS_AHEAD"])))
