"""Fill data cells: the look of a column worked out once and shared, the value as what it is. Never a formula.

openpyxl looks every style of every cell up again; over some ten thousand cells that is most of the time.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from openpyxl.cell.cell import Cell

from sync_scripts.followup import style
from sync_scripts.followup.book import Book
from sync_scripts.followup.cells import DATE_FORMAT, fitting
from sync_scripts.followup.sheets import Column

__all__ = ["Looks"]


class Looks:
    """The looks of one sheet's columns, as they are met; ``links`` says whether codes lead to a row."""

    def __init__(self, title: str, book: Book, *, links: bool) -> None:
        """Begin with none."""
        self._title = title
        self._links = links
        self._book = book
        self._known: dict[tuple[str, str | None], Any] = {}

    def hidden(self, cell: Cell, text: str) -> None:
        """Fill a cell of the hidden columns: a row's id or version."""
        if ("", None) not in self._known:
            cell.font, cell.alignment, cell.number_format = style.HIDDEN, style.FLAT, "@"
            self._known["", None] = _style_of(cell)
        _set(cell, text, "s", self._known["", None])

    def fill(self, cell: Cell, column: Column, value: str | None, at: str, *, withheld: bool = False) -> None:
        """Fill one cell of a column; one that is withheld looks like those that nobody writes in, and is locked.

        Raises:
            TextTooLong: the text does not fit; ``at`` says where.
        """
        if withheld and column.editable:
            column = replace(column, editable=False)
        key = f"{column.key} {column.editable}", value if column.key == "flag" else None
        if key not in self._known:
            _dress(cell, column, value, links=self._links)
            self._known[key] = _style_of(cell)
        look = self._known[key]
        if value is None:
            _set(cell, None, "n", look)
        elif column.kind == "date":
            _set(cell, date.fromisoformat(value), "d", look)
        else:
            _set(cell, fitting(self._book.shown(column, value), sheet=self._title, at=at), "s", look)


def _dress(cell: Cell, column: Column, value: str | None, *, links: bool) -> None:
    """Give a cell the look of its column."""
    look = style.EDITABLE_CELL if column.editable else style.OWN_LOOK.get(column.key, style.LOCKED_CELL)
    if column.key == "code" and not column.editable:
        look = style.LINK_CELL if column.kind == "link" and links else style.CODE_CELL
    if column.key == "flag" and value:
        look = style.FLAGS[value]
    cell.font, cell.fill, cell.border = look[0], look[1], style.LINE
    cell.alignment = style.CENTRE if column.kind == "date" else style.WRAP
    cell.protection = style.UNLOCKED if column.editable else style.LOCKED
    cell.number_format = DATE_FORMAT if column.kind == "date" else "@"
    if column.kind != "date":
        cell.quotePrefix = True  # after the styles: assigning one resets it


def _style_of(cell: Cell) -> Any:
    return cell._style  # type: ignore[attr-defined]  # noqa: SLF001 - nothing public gives a look to share


def _set(cell: Cell, value: str | date | None, kind: str, look: Any) -> None:
    """Set value, kind and look past the setters, which would guess what a text is."""
    cell._style, cell._value, cell.data_type = look, value, kind  # type: ignore[attr-defined]  # noqa: SLF001
