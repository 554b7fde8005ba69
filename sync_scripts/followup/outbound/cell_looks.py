"""Data cells as the XML that a sheet holds: the look of a column worked out once, the value as what it is. Never a formula.

A library would make an object of every cell and look its styles up again; over some hundred thousand cells that is most
of the time and of the memory.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from typing import Final, cast
from xml.sax.saxutils import escape

from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import Cell
from openpyxl.worksheet.worksheet import Worksheet

from sync_scripts.followup.inbound.sheet_xml import UNDERSCORE
from sync_scripts.followup.outbound import style
from sync_scripts.followup.outbound.book import Book
from sync_scripts.followup.outbound.cells import DATE_FORMAT, fitting
from sync_scripts.followup.sheets import Column
from xlsform.workbooks.openpyxl_private import Stream

__all__ = ["Looks"]

_DAY_ZERO: Final = date(1899, 12, 30)
"""From which a spreadsheet counts days."""
_RETURN: Final = {"\r": "&#13;"}
_LIKE_SIGN: Final = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
"""Begins what a spreadsheet program would read as one sign: ``_x0041_`` is A."""


class Looks:
    """The looks of one sheet's columns, as they are met; ``links`` says whether codes lead to a row."""

    def __init__(self, sheet: Stream, book: Book, *, links: bool) -> None:
        """Begin with none."""
        self._sheet = sheet
        self._links = links
        self._book = book
        self._styles: dict[tuple[str, bool, str | None], str] = {}
        self._chosen: dict[tuple[str, str, bool], str] = {}
        hidden = self._blank()
        hidden.font, hidden.alignment, hidden.number_format = style.HIDDEN, style.FLAT, "@"
        self._hidden = _style_of(hidden)

    def hidden(self, at: str, text: str) -> str:
        """Return a cell of the hidden columns: a row's id or version."""
        return f'<c r="{at}"{self._hidden}{_text(text)}'

    def cell(self, column: Column, value: str | None, at: str, *, withheld: bool = False) -> str:
        """Return one cell of a column; one that is withheld looks like those that nobody writes in, and is locked.

        Raises:
            TextTooLong: the text does not fit; ``at`` says where.
        """
        if value is not None and column.choices:
            known = (column.key, value, withheld)
            if known not in self._chosen:
                self._chosen[known] = self._rest(column, value, at, withheld=withheld)
            return f'<c r="{at}"{self._chosen[known]}'
        return f'<c r="{at}"{self._rest(column, value, at, withheld=withheld)}'

    def _rest(self, column: Column, value: str | None, at: str, *, withheld: bool) -> str:
        look = self._look(column, value, editable=column.editable and not withheld)
        if value is None:
            return f"{look}/>"
        if column.kind == "date":
            return f"{look}><v>{(date.fromisoformat(value) - _DAY_ZERO).days}</v></c>"
        return look + _text(fitting(self._book.shown(column, value), sheet=self._sheet.title, at=at))

    def _look(self, column: Column, value: str | None, *, editable: bool) -> str:
        known = (column.key, editable, value if column.key == "flag" else None)
        if known not in self._styles:
            cell = self._blank()
            _dress(cell, replace(column, editable=editable), value, links=self._links)
            self._styles[known] = _style_of(cell)
        return self._styles[known]

    def _blank(self) -> Cell:
        return WriteOnlyCell(cast("Worksheet", self._sheet))


def _dress(cell: Cell, column: Column, value: str | None, *, links: bool) -> None:
    """Give a cell the look of its column."""
    look = style.EDITABLE_CELL if column.editable else style.OWN_LOOK.get(column.key, style.LOCKED_CELL)
    if column.key == "code" and not column.editable:
        look = style.LINK_CELL if column.kind == "link" and links else style.CODE_CELL
    if column.key == "flag" and value:
        look = style.FLAGS[value]
    cell.font, cell.fill, cell.border = look[0], look[1], style.LINE
    flush = style.FLUSH if column.key == "code" else style.WRAP
    cell.alignment = style.CENTRE if column.kind == "date" else flush
    cell.protection = style.UNLOCKED if column.editable else style.LOCKED
    cell.number_format = DATE_FORMAT if column.kind == "date" else "@"
    if column.kind != "date":
        cell.quotePrefix = True  # after the styles: assigning one resets it


def _style_of(cell: Cell) -> str:
    """Return the attribute that gives a cell its look; the workbook keeps the look."""
    return f' s="{cell.style_id}"'


def _text(text: str) -> str:
    """Return the rest of a cell that holds a text, whatever it begins with."""
    if not text:
        return "/>"
    keep = "" if text == text.strip() else ' xml:space="preserve"'
    plain = _LIKE_SIGN.sub(UNDERSCORE, text) if "_x" in text else text
    return f' t="inlineStr"><is><t{keep}>{escape(plain, _RETURN)}</t></is></c>'
