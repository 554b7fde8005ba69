"""The steps of the layout make what the tables in the code say, on both databases."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, text

from sync_scripts.store import engine, migrations
from sync_scripts.store.schema import metadata
from tests.store.databases import KEY, World

_SQLITE = (
    "SELECT type, name, sql FROM sqlite_master WHERE type IN ('table', 'index') AND name NOT LIKE 'sqlite_%'"
)
_COLUMNS = """
SELECT table_name, column_name, data_type, is_nullable, coalesce(column_default, ''), coalesce(collation_name, '')
FROM information_schema.columns WHERE table_schema = 'public'
"""
_CONSTRAINTS = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE connamespace = 'public'::regnamespace
"""
_INDEXES = "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"


def clauses(statement: str) -> Iterator[str]:
    """Yield the columns and constraints of a statement one by one: what a later step adds stands last."""
    depth, part = 0, ""
    for sign in statement:
        depth += (sign == "(") - (sign == ")")
        if (sign == "," and depth == 1) or (sign == "(" and depth == 1) or (sign == ")" and depth == 0):
            yield part
            part = ""
        else:
            part += sign
    yield part


def pieces(row: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Yield a table as its clauses, and anything else as it is."""
    if row[0] == "table":
        yield from ((*row[:2], part) for part in clauses(row[2]))
    else:
        yield row


def layout(connection: Connection) -> set[tuple[str, ...]]:
    """Return everything that a database is made of, apart from Alembic's own table and the triggers."""
    sqlite = connection.dialect.name == "sqlite"
    queries = (_SQLITE,) if sqlite else (_COLUMNS, _CONSTRAINTS, _INDEXES)
    rows = [tuple(map(str, row)) for query in queries for row in connection.execute(text(query))]
    return {
        tuple(" ".join(part.split()) for part in piece)
        for row in rows
        if "alembic_version" not in str(row)
        for piece in pieces(row)
    }


def from_code(made: Engine) -> set[tuple[str, ...]]:
    """Return the layout that the tables in the code give in an empty database."""
    with made.begin() as connection:
        dialect = connection.dialect.name
        tables = [table for table in metadata.sorted_tables if table.info.get("only", dialect) == dialect]
        metadata.create_all(connection, tables=tables)
        found = layout(connection)
    made.dispose()
    return found


def test_the_steps_make_the_tables_of_the_code_on_sqlcipher(sqlite_world: World, tmp_path: Path) -> None:
    """A column added to the code and to no step is found here; of the first layout ``nox -s layout`` writes it down."""
    path = tmp_path / "code.db"
    engine.make_file(path)
    with sqlite_world.register.engine.connect() as connection:
        found = layout(connection)

    assert found == from_code(engine.sqlcipher(path, KEY))
    assert len(found) > 400


def test_the_steps_make_the_tables_of_the_code_on_postgresql(
    new_database: Callable[..., str],
) -> None:
    """The same, with every constraint and index as the server writes it."""
    migrated = engine.postgresql(new_database())
    with migrated.connect() as connection:
        found = layout(connection)
    migrated.dispose()

    assert found == from_code(engine.postgresql(new_database("template1")))
    assert len(found) > 400


def test_the_first_step_reads_no_table_of_the_code() -> None:
    """It stays what it was when data were first kept under it."""
    step = migrations.STEPS / "versions" / "v0001_first.py"

    assert "schema" not in step.read_text(encoding="utf-8")


_FURTHER = """
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.get_bind().exec_driver_sql("ALTER TABLE worker ADD COLUMN further TEXT")
"""


def brought_along(made: Engine, steps: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work under the first layout, then open the register with a program that knows a further step."""
    migrations.upgrade(made)
    with made.begin() as connection:
        connection.execute(text("INSERT INTO worker (code, roles, active) VALUES ('coord-1', '', TRUE)"))
        assert migrations.layout(connection) == migrations.HEAD == "0001"
        before = layout(connection)
    shutil.copytree(migrations.STEPS, steps)
    (steps / "versions" / "v0002_further.py").write_text(_FURTHER, encoding="utf-8")
    monkeypatch.setattr(migrations, "STEPS", steps)
    monkeypatch.setattr(migrations, "HEAD", "0002")

    migrations.upgrade(made)

    with made.connect() as connection:
        assert migrations.layout(connection) == "0002"
        assert connection.execute(text("SELECT code, further FROM worker")).all() == [("coord-1", None)]
        assert len(layout(connection) - before) == 1
    made.dispose()


def test_a_register_of_an_earlier_layout_comes_along_on_sqlcipher(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody starts anew: what was kept under the first layout is there under the next one."""
    engine.make_file(tmp_path / "old.db")

    brought_along(engine.sqlcipher(tmp_path / "old.db", KEY), tmp_path / "steps", monkeypatch)


def test_a_register_of_an_earlier_layout_comes_along_on_postgresql(
    new_database: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same there."""
    brought_along(engine.postgresql(new_database("template1")), tmp_path / "steps", monkeypatch)
