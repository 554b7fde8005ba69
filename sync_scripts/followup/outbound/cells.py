"""Put values into cells so that they stay what they are: text is text, a date is a date. Never writes a formula."""

from __future__ import annotations

from datetime import date
from typing import Final

from openpyxl.cell.cell import Cell
from openpyxl.worksheet.worksheet import Worksheet

from sync_scripts.errors import DikaloError
from xlsform.visible import visible

MOST_CHARACTERS = 32_767

DATE_FORMAT = "DD/MM/YYYY"


TextTooLong: Final = DikaloError.declare(
    "DK-W02",
    "The text of cell {cell} on sheet {sheet} has {length} characters; a cell holds 32,767. "
    "Nothing was written, so that nothing is cut. Shorten the note in the register, then export again.",
)


def clean(text: str) -> str:
    """Return a text with every sign that nobody sees as an escape; many of them no workbook could hold."""
    return visible(text.replace("\r\n", "\n"))


def cell_at(sheet: Worksheet, row: int, column: int) -> Cell:
    """Return one cell; our sheets merge none, so each is a plain one."""
    cell = sheet.cell(row, column)
    assert isinstance(cell, Cell)  # noqa: S101 - says to the type checker what the line above says
    return cell


def fitting(text: str, *, sheet: str, at: str) -> str:
    """Return a text as a cell can hold it.

    Raises:
        TextTooLong: the text is over 32,767 characters; ``sheet`` and ``at`` say where.
    """
    kept = clean(text)
    if len(kept) > MOST_CHARACTERS:
        raise TextTooLong(sheet=sheet, cell=at, length=len(kept))
    return kept


def put_text(cell: Cell, text: str, *, sheet: str, at: str) -> None:
    """Write a text as text, whatever it begins with.

    Raises:
        TextTooLong: see `fitting`.
    """
    cell.value = fitting(text, sheet=sheet, at=at)
    cell.data_type = "s"  # after the value: openpyxl takes a leading "=" for a formula
    cell.number_format = "@"


def put_date(cell: Cell, day: str) -> None:
    """Write an ISO date as a date."""
    cell.value = date.fromisoformat(day)
    cell.number_format = DATE_FORMAT
