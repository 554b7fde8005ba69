"""What a task is about stands in columns of its row: nothing is read out of a text that joins it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

import sync_scripts
from sync_scripts.register.case.tasks import ANY, Matter, matter_of, task, task_id
from sync_scripts.store.schema import register as tables
from tests.register.field import START

WHOLE = Matter("f/1", "48h", "critical", "low", "2026-11-20T08:00:00.000000Z", None, 12, "w", 3)
PARSING = frozenset({"split", "rsplit", "partition", "rpartition", "startswith", "endswith", "removeprefix"})
SOURCES = sorted(Path(sync_scripts.__file__).parent.rglob("*.py"))


def test_every_part_of_a_matter_is_a_column() -> None:
    """So a query can ask for it, and a row gives it back."""
    row = task(1, "case:DK", "hearing", START, of=WHOLE)

    assert set(Matter.__struct_fields__) <= set(tables.task.c.keys())
    assert matter_of(row) == WHOLE
    assert set(row) == set(tables.task.c.keys())


@pytest.mark.parametrize("name", Matter.__struct_fields__)
def test_each_part_tells_a_task_apart(name: str) -> None:
    """Two tasks that differ in any of it are two; the same ones are one, in whatever register."""
    other = msgspec.structs.replace(WHOLE, **{name: getattr(ANY, name)}) if getattr(WHOLE, name) else None
    other = other or msgspec.structs.replace(WHOLE, **{name: "2026-11-21T08:00:00.000000Z"})

    assert task_id("case:DK", "hearing", other) != task_id("case:DK", "hearing", WHOLE)
    assert task_id("case:DK", "hearing", msgspec.structs.replace(WHOLE)) == task_id(
        "case:DK", "hearing", WHOLE
    )


def parsed(tree: ast.AST) -> Iterator[str]:
    """Yield which columns of a task a module takes apart as text."""
    mine = {*Matter.__struct_fields__, "task_id", "origin"} - {"seq", "before_h"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in PARSING:
            of = node.func.value
            if isinstance(of, ast.Subscript) and isinstance(of.slice, ast.Constant):
                yield from mine & {of.slice.value}
            elif isinstance(of, ast.Attribute) and isinstance(of.value, ast.Name) and of.value.id == "task":
                yield from mine & {of.attr}


def test_nothing_takes_a_column_apart() -> None:
    """A relation is a column. The beginning of an id, which a person types, is the only text that is compared."""
    found = {
        path.name: names for path in SOURCES if (names := set(parsed(ast.parse(path.read_text("utf-8")))))
    }

    assert found == {"work.py": {"task_id"}}
