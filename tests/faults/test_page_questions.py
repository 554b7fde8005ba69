"""What a page of a pull asks of the database: no question walks through all that is held, or a pull grows with its square."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import pytest
from sqlalchemy import Engine, event

from sync_scripts.intake import pages
from tests.faults.far_case import Kind
from tests.faults.reach import BOTH, FORKS, Reach

pytestmark = FORKS

_FEW: Final = frozenset(
    {"CONSTANT", "anon_1", "deployed_form", "erased", "form_key", "form_version", "json_each", "provider"}
)
"""Tables that do not grow with the submissions; "CONSTANT" is SQLite's word for nothing at all, "json_each" and "anon_1" (the first
that has no name) for what was handed in."""
_WALK: Final = re.compile(r"^SCAN (\w+)|^SEARCH (\w+) USING (?:COVERING )?INDEX \w+ \(server=\?\)$")


def walks(driver: Any, statement: str, parameters: Any) -> Iterator[str]:
    """Yield the tables that a statement walks through: all of one, or all that is held of one server."""
    plan = driver.execute(f"EXPLAIN QUERY PLAN {statement}", parameters).fetchall()
    for row in plan:
        if "LIMIT" not in statement and (found := _WALK.match(row[3])):
            yield found[1] or found[2]


@contextmanager
def noted(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, set[str]]]:
    """Give the statements that were asked while pages were taken, with the tables through which each walks."""
    found: dict[str, set[str]] = {}
    inside = []
    some = pages.Pages._some

    def batch(self: Any, *given: Any) -> Iterator[None]:
        inside.append(1)
        for _step in some(self, *given):
            inside.pop()
            yield
            inside.append(1)
        inside.pop()

    def note(
        _connection: Any, cursor: Any, statement: str, parameters: Any, _context: Any, many: bool
    ) -> None:
        if (
            inside
            and not many
            and statement not in found
            and re.match(r"SELECT|UPDATE|DELETE|WITH", statement)
        ):
            found[statement] = set(walks(cursor.connection, statement, parameters))

    monkeypatch.setattr(pages.Pages, "_some", batch)
    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", note)


@pytest.mark.parametrize(("kind", "which"), BOTH)
def test_no_question_of_a_page_walks_through_all(
    reach: Callable[[Kind, str], Reach], kind: Kind, which: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of new submissions and of edits, alerts and cases, with what is built of them."""
    made = reach(kind, which).made
    with made.copy() as folder, noted(monkeypatch) as found:
        made.run(folder)
    assert len(found) > 50
    assert {asked: walked for asked, tables in found.items() if (walked := tables - _FEW)} == {}
