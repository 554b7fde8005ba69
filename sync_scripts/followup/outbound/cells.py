"""Cells of a workbook: colours, fonts and borders, and values that stay what they are. Never a formula.

Every font is named: one without a name falls back to a serif face. The look of a column is worked out once.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from typing import Final, cast
from xml.sax.saxutils import escape

from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import Cell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.worksheet.worksheet import Worksheet

from sync_scripts.errors import DikaloError
from sync_scripts.followup.columns import Column
from sync_scripts.followup.inbound.values import clean
from sync_scripts.followup.outbound.planning import Book
from xlsform.workbooks.openpyxl_private import Stream

FACE = "Calibri"
INK = "1F2A37"
NAVY = "0B3C5D"
AMBER = "F2C14E"
GREY_TEXT = "5B6472"
BLUE = "0072B2"
GREEN = "009E73"
WARNING = "B84A00"


def font(
    *, colour: str = INK, size: float = 10, bold: bool = False, italic: bool = False, under: bool = False
) -> Font:
    """Return a font of the one face."""
    return Font(
        name=FACE, size=size, bold=bold, italic=italic, color=colour, underline="single" if under else None
    )


def ground(colour: str) -> PatternFill:
    """Return a plain fill."""
    return PatternFill("solid", start_color=colour, end_color=colour)


TITLE = font(colour=NAVY, size=16, bold=True)
HELP = font(colour=GREY_TEXT, size=10, italic=True)
OTHER_HEADER = font(colour=GREY_TEXT, size=8, italic=True)
HIDDEN = font(colour=GREY_TEXT, size=8)
LOCKED_HEADER = (font(colour="FFFFFF", bold=True), ground(NAVY))
EDITABLE_HEADER = (font(bold=True), ground(AMBER))
EDITABLE_CELL = (font(), ground("FFFBE6"))
LOCKED_CELL = (font(), ground("F3F5F8"))
CODE_CELL = (font(bold=True), ground("F3F5F8"))
LINK_CELL = (font(colour=BLUE, bold=True, under=True), ground("F3F5F8"))
OVERDUE = (font(colour="8A2B00", bold=True), ground("FBD9C5"))
SOON = (font(colour="6B4E00", bold=True), ground("FDECC2"))
REGISTER_SAYS = (font(), ground("DCEBF7"))
FILE_SAYS = (font(), ground("FDECC2"))
OWN_LOOK = {"register": REGISTER_SAYS, "mine": FILE_SAYS}
"""Columns of the conflicts with a ground of their own."""
FLAGS = {"overdue": OVERDUE, "soon": SOON, "fine": LOCKED_CELL}

LINE = Border(bottom=Side(style="thin", color="D5DAE1"))
WRAP = Alignment(horizontal="left", wrap_text=True, vertical="top", indent=1)
"""An indent counts only where the text is set to a side; without it a text clings to the date beside."""
FLUSH = Alignment(horizontal="left", wrap_text=True, vertical="top")
FLAT = Alignment(wrap_text=False, vertical="top")
CENTRE = Alignment(horizontal="center", vertical="top")
HEADER = Alignment(horizontal="left", wrap_text=True, vertical="center", indent=1)
HEADER_FLUSH = Alignment(horizontal="left", wrap_text=True, vertical="center")
HEADER_CENTRE = Alignment(horizontal="center", wrap_text=True, vertical="center")
INDENTED = Alignment(horizontal="left", vertical="top", indent=1)
UNLOCKED = Protection(locked=False)
LOCKED = Protection(locked=True)


UNDERSCORE: Final = "_x005F_"
"""Stands for an underscore that would begin a sign."""


MOST_CHARACTERS = 32_767

DATE_FORMAT = "DD/MM/YYYY"


TextTooLong: Final = DikaloError.declare(
    "DK-W02",
    "The text of cell {cell} on sheet {sheet} has {length} characters; a cell holds 32,767. "
    "Nothing was written, so that nothing is cut. Shorten the note in the register, then export again.",
)


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
        hidden.font, hidden.alignment, hidden.number_format = HIDDEN, FLAT, "@"
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
    look = EDITABLE_CELL if column.editable else OWN_LOOK.get(column.key, LOCKED_CELL)
    if column.key == "code" and not column.editable:
        look = LINK_CELL if column.kind == "link" and links else CODE_CELL
    if column.key == "flag" and value:
        look = FLAGS[value]
    cell.font, cell.fill, cell.border = look[0], look[1], LINE
    flush = FLUSH if column.key == "code" else WRAP
    cell.alignment = CENTRE if column.kind == "date" else flush
    cell.protection = UNLOCKED if column.editable else LOCKED
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
