"""Clocks that are far apart write nothing into a shared register and put nothing off; the word for what a transaction sees; names of devices."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sync_scripts.classroom import disk
from sync_scripts.clock import seconds
from sync_scripts.intake.receive.split import hostile
from sync_scripts.store import database, engine, events
from sync_scripts.store.canonical import due
from sync_scripts.store.database import Register
from sync_scripts.store.durable import is_device
from sync_scripts.store.errors import ClockApart
from sync_scripts.store.event_times import server_clock
from sync_scripts.store.vault import safe_name
from tests.store.databases import KEY, NOW, PERSON


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


AT = datetime(2026, 11, 26, 9, tzinfo=UTC)
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
    assert due(None if ago is None else AT - ago, AT, DAY) is again


def seen(register: Register) -> str:
    """Return the word for what a reader sees now."""
    with register.reading() as rows:
        return rows.state


def seen_by_a_writer(register: Register) -> str:
    """Return the word for what a writer sees before it keeps anything."""
    with register.writing() as rows:
        return rows.state


def keep(register: Register) -> None:
    """Keep something."""
    with register.writing() as rows:
        events.append(rows, [events.NewEvent("worker.add", "worker:agent-1", PERSON, {})], NOW)


@pytest.fixture
def colleague(register: Register) -> Iterator[Register]:
    """Open the same register once more, as another process does."""
    file = register.engine.get_execution_options().get("dikalo_file")
    made = engine.sqlcipher(file, KEY) if file else engine.postgresql(register.engine.url.render_as_string())
    yield replace(register, engine=made)
    made.dispose()


def test_it_stays_while_nobody_keeps_anything(register: Register, colleague: Register) -> None:
    """Readers change nothing, nor does a writer that has kept nothing."""
    first = seen(register)
    seen(colleague)
    assert seen_by_a_writer(register) == first == seen(register)


def test_it_is_another_once_a_colleague_kept_something(register: Register, colleague: Register) -> None:
    """On the same file, or the same server."""
    first = seen(register)
    keep(colleague)
    assert seen_by_a_writer(register) != first


def test_it_is_another_once_something_was_kept_here(register: Register) -> None:
    """Also by the very connection that asks."""
    first = seen(register)
    keep(register)
    assert seen_by_a_writer(register) != first


def test_a_reader_sees_what_its_word_says(register: Register, colleague: Register) -> None:
    """What is kept while it reads comes with the next word."""
    with register.reading() as rows:
        first = rows.state
        keep(colleague)
        assert rows.state == first
    assert seen_by_a_writer(register) != first


DEVICES = [
    "con.txt",
    "NUL",
    "Com1.jpg",
    "lpt9",
    "aux.tar.gz",
    "COM².jpg",
    "lpt³",
    "CONIN$",
    "conout$.png",
    "con .jpg",
]
FILES = ["contrat.jpg", "com.jpg", "lpt10.jpg", "nulle.txt", "photo con.jpg", "com1-photo.jpg"]


@pytest.mark.parametrize("name", DEVICES)
def test_no_file_is_written_under_the_name_of_a_device(name: str) -> None:
    """By the classroom, by the vault, by ``decrypt``; and the register remarks on it."""
    assert is_device(name)
    assert hostile(name)
    assert not is_device(safe_name(name))
    assert not is_device(disk.safe_name(name))


@pytest.mark.parametrize("name", FILES)
def test_a_name_that_only_begins_like_one_stays(name: str) -> None:
    """Nobody's photo is renamed for nothing."""
    assert not is_device(name)
    assert not hostile(name)
    assert safe_name(name) == disk.safe_name(name) == name
