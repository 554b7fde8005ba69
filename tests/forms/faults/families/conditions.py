"""Conditions that nothing meets or that everything meets: the tables of ``tests.forms.rules.test_silent_faults``, counted here."""

from __future__ import annotations

from collections.abc import Iterator

from tests.forms.faults.planting import Drawn
from tests.forms.rules.tables import form
from tests.forms.rules.test_silent_faults import CHOICES, CONDITIONS


def drawn() -> Iterator[Drawn]:
    """Yield each condition with the code and the row that must be named."""
    for name, (table, expected) in CONDITIONS.items():
        code, column, row, *_cells = expected.split()
        yield Drawn(f"{name} ({column})", form(table, choices=CHOICES), code, int(row))
