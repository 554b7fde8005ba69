"""What lists ask about dangers is read from an index of its own, on both databases: not from all tasks that ever rose."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from sqlalchemy import event, text

from sync_scripts.register.history import merges
from sync_scripts.store.database import Rows
from tests.store.databases import World

ASKED: tuple[Callable[[Rows], Any], ...] = (
    merges.dangers_behind,
    lambda rows: rows.execute(merges.left_alerts_with_news()).all(),
)


@contextmanager
def plans(world: World) -> Iterator[list[str]]:
    """Give the plan of each statement that is asked of a register."""
    found: list[str] = []
    engine = world.register.engine
    explain = "EXPLAIN QUERY PLAN" if engine.dialect.name == "sqlite" else "EXPLAIN"

    def note(_connection: Any, cursor: Any, statement: str, parameters: Any, *_more: Any) -> None:
        with closing(cursor.connection.cursor()) as other:
            other.execute(f"{explain} {statement}", parameters)
            found.append("\n".join(str(row[-1]) for row in other.fetchall()))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize("asked", ASKED, ids=("behind", "set-aside"))
def test_a_list_looks_dangers_up(world: World, asked: Callable[[Rows], Any]) -> None:
    """PostgreSQL walks through an empty table whatever it holds, unless it is told not to."""
    with world.register.reading() as rows:
        if world.register.engine.dialect.name == "postgresql":
            rows.execute(text("SET LOCAL enable_seqscan = off"))
        with plans(world) as found:
            asked(rows)
    assert "ix_task_danger" in "\n".join(found)
