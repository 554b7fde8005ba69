"""A computer whose clock is far from that of the database server writes nothing into a shared register."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sync_scripts.clock import seconds
from sync_scripts.store import database
from sync_scripts.store.database import Register
from sync_scripts.store.errors import ClockApart
from sync_scripts.store.event_times import server_clock


def _machine() -> datetime:
    """Return what the clock of this machine says: the times of files and of a server go by it, whatever day the tests have."""
    return datetime.fromtimestamp(seconds(), UTC)


def writes(register: Register) -> bool:
    """Tell whether a transaction that writes begins, by a process that just started."""
    register._clock_seen = None
    try:
        with register.writing():
            return True
    except ClockApart:
        return False


@pytest.mark.parametrize(
    ("hours", "on_server"), [(0, True), (0.5, True), (-0.5, True), (2, False), (-2, False), (36000, False)]
)
def test_a_clock_that_is_far_off_writes_nothing(
    register: Register, monkeypatch: pytest.MonkeyPatch, hours: float, on_server: bool
) -> None:
    """Ahead or behind, by more than an hour; a file has no clock of its own to look at."""

    def theirs(_connection: Any) -> datetime:
        return _machine() + timedelta(hours=hours)

    monkeypatch.setattr(database, "server_clock", theirs)

    assert writes(register) == (on_server or register.dialect == "sqlite")
    with register.reading():
        pass


@pytest.mark.parametrize("world", ["postgresql"], indirect=True)
def test_the_clock_of_the_server_is_read(register: Register) -> None:
    """As it is: here both are one. A file has none."""
    with register.engine.connect() as connection:
        assert abs(server_clock(connection) - _machine()) < timedelta(minutes=1)
