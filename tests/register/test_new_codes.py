"""New alerts and cases get codes that nobody has."""

from __future__ import annotations

from typing import get_args

import pytest

from sync_scripts.register.building import build
from sync_scripts.register.model.codes import Kind
from sync_scripts.store.database import Register
from sync_scripts.store.schema import register as tables
from tests.register.field import ALERT, CASE, Field, dealt


@pytest.fixture
def field(sqlite_register: Register) -> Field:
    """Give a field over a register on SQLCipher."""
    return Field(sqlite_register)


def test_a_code_that_somebody_has_is_drawn_again(field: Field) -> None:
    """Two people's cases never become one because chance gave one code twice."""
    field.send("alert", "r1", ALERT)
    field.send("case", "c1", CASE)
    for root in ("r2", "r3"):
        field.send("alert", root, ALERT, build_it=False)
    for root in ("c2", "c3"):
        field.send("case", root, CASE, build_it=False)
    ahead = {kind: [dealt(number, kind) for number in (2, 1, 1, 0)] for kind in get_args(Kind)}

    with field.register.writing() as rows:
        roots = [("alert", "r2"), ("alert", "r3"), ("case", "c2"), ("case", "c3")]
        build.apply(rows, roots, lambda kind, _root: ahead[kind].pop(), field.now)

    assert {row["code"] for row in field.rows(tables.alert)} == {dealt(number, "AL") for number in range(3)}
    assert {row["case_code"] for row in field.rows(tables.case)} == {
        dealt(number, "DK") for number in range(3)
    }


def test_draws_that_give_only_taken_codes_are_refused(field: Field) -> None:
    """A source of codes that has run dry stops the page instead of giving one code to two."""
    field.send("case", "c1", CASE)
    field.send("case", "c2", CASE, build_it=False)

    with (
        pytest.raises(ValueError, match="every code that was drawn is taken"),
        field.register.writing() as rows,
    ):
        build.apply(rows, [("case", "c2")], lambda kind, _root: dealt(0, kind), field.now)
