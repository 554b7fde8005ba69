"""The word for what a transaction sees: the same one only as long as nobody has kept anything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from sync_scripts.store import engine, events
from sync_scripts.store.database import Register
from tests.store.databases import KEY, NOW, PERSON


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
