"""Forms with one fault each, written as small tables, and each of them mended.

The tests check that the fault is found by its own code and that the mended form is silent; the page of form problems is
made of the same tables. A new code of the catalogue needs a table here.
"""

from __future__ import annotations

from tests.forms.rules.faults import (
    calculated,
    cells,
    converter,
    engine,
    expressions,
    languages,
    lists,
    logic,
    mapping,
    names,
    offered,
    placement,
    safety,
    screens,
)
from tests.forms.rules.faults.planted import Planted

__all__ = ["ALL", "UNPLANTED", "Planted"]

ALL: tuple[Planted, ...] = (
    *cells.TABLES,
    *names.TABLES,
    *languages.TABLES,
    *logic.TABLES,
    *expressions.TABLES,
    *placement.TABLES,
    *calculated.TABLES,
    *lists.TABLES,
    *offered.TABLES,
    *screens.TABLES,
    *safety.TABLES,
    *mapping.TABLES,
    *converter.TABLES,
    *engine.TABLES,
)

UNPLANTED = frozenset({"PX-NAMES_009", "PX-HEADER_001", "VERSION-TAKEN"})
"""What the converter says only to programs, never of a workbook; its templates are known all the same; and what needs a second form."""
