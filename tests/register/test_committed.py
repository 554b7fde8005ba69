"""Whether the originals of a piece of evidence are in the chain: every file by its own line, found in one pass."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest
from sqlalchemy import event

from sync_scripts.register.history.logbook import _in_chain
from sync_scripts.store import custody
from sync_scripts.store.custody import Entry
from sync_scripts.store.database import Register
from tests.store.databases import NOW

FILES = [sha256(bytes([number])).hexdigest() for number in range(4)]


@pytest.fixture
def chain(register: Register) -> Register:
    """A chain in which three files were received, and a fourth was only taken away."""
    lines = [
        Entry("RECEIVED", "CO-01", "c" * 64, {"a": '"file":"', "file": file, "z": 1}) for file in FILES[:3]
    ]
    lines += [
        Entry("REDACTED", "CO-01", "c" * 64, {"file": FILES[3]}),
        Entry("RECEIVED", "CO-01", "c" * 64, {"form": "alert"}),
    ]
    with register.writing() as rows:
        custody.append(rows, lines, NOW)
    return register


@pytest.mark.parametrize(
    ("wanted", "there"),
    [
        (FILES[:1], True),
        (FILES[:3], True),
        (FILES, False),
        (FILES[3:], False),
        ([FILES[0], "f" * 64], False),
        ([FILES[0], None], False),
        ([FILES[0][:63]], False),
    ],
)
def test_every_file_has_its_line_or_none_counts(
    chain: Register, wanted: list[str | None], *, there: bool
) -> None:
    """A line of another deed, or of another file, is none; nor is half a name."""
    with chain.reading() as rows:
        assert _in_chain(rows, set(wanted)) == there


def test_however_many_files_the_chain_is_read_once(chain: Register) -> None:
    """One question for all of them."""
    said: list[str] = []

    def hear(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        said.append(statement)

    with chain.reading() as rows:
        event.listen(chain.engine, "before_cursor_execute", hear)
        assert _in_chain(rows, set(FILES[:3]))
        event.remove(chain.engine, "before_cursor_execute", hear)

    assert len(said) == 1
