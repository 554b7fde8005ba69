"""Large tables of cases are run in turns, and no row is in none."""

from __future__ import annotations

import pytest

from tests.spread import put_off


@pytest.mark.parametrize(("rows", "of"), [(1, 4), (3, 4), (4, 4), (13, 4), (80, 4), (35, 3), (1150, 8)])
def test_each_row_has_its_turn_and_each_turn_a_row(rows: int, of: int) -> None:
    """Neither is a law left out of a run nor a case left out for good."""
    table = [f"tests/a.py::test_a[{number}]" for number in range(rows)]
    taken = [set(table) - put_off(table, of, turn) for turn in range(of)]
    assert set().union(*taken) == set(table)
    assert all(-(-rows // of) >= len(one) >= max(1, rows // of) for one in taken)


def test_a_row_goes_with_itself_on_the_other_database() -> None:
    """What PostgreSQL is asked is told by the same row on SQLCipher."""
    table = [
        f"tests/a.py::test_a[{made}-{number}]" for number in range(9) for made in ("postgresql", "sqlite")
    ]
    taken = set(table) - put_off(table, 4, 1)
    assert taken == {
        f"tests/a.py::test_a[{made}-{number}]" for number in (1, 5) for made in ("postgresql", "sqlite")
    }
