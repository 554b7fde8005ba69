"""Make the .xlsx of a follow-up workbook: markers, keys, rows, lists, protection, print. No formula in any cell.

Takes a ``Book`` and returns bytes; touches neither the register nor the disk.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import zip_longest
from typing import cast

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import Cell
from openpyxl.worksheet.worksheet import Worksheet

from sync_scripts.followup import furniture
from sync_scripts.followup.book import Book, Filled
from sync_scripts.followup.cells import cell_at, put_text
from sync_scripts.followup.dashboard import add_dashboard
from sync_scripts.followup.filling import DataSheet
from sync_scripts.followup.furniture import LISTS, META
from sync_scripts.followup.guide import add_guide
from sync_scripts.followup.packing import Stream, packed
from sync_scripts.followup.sheets import FIRST_ROW

__all__ = ["add_data_sheet", "add_lists", "add_meta", "show_first", "workbook_bytes"]


def add_data_sheet(
    workbook: Workbook, filled: Filled, book: Book, links: Mapping[str, str] | None = None
) -> None:
    """Add one data sheet with its rows; ``links`` are the places that codes of cases lead to."""
    sheet = DataSheet(workbook, filled.sheet, book, heights=True, links=links)
    try:
        for line in filled.lines:
            sheet.put(line)
        sheet.finish()
    except BaseException:
        sheet.close()
        raise


def _rows_of_cases(book: Book) -> dict[str, str]:
    """Return where the code of each case leads to: its row among the cases."""
    cases = next(filled for filled in book.filled if filled.sheet.marker == "dk:cases")
    target = cases.sheet.title(book.lang).replace("'", "''")
    return {
        code: f"'{target}'!D{row}"
        for row, line in enumerate(cases.lines, start=FIRST_ROW)
        if (code := line.values["code"]) is not None
    }


def add_lists(workbook: Workbook, book: Book) -> None:
    """Add the hidden sheet of the lists that cells choose from."""
    sheet = Stream.in_book(workbook, LISTS)
    named = list(furniture.choice_lists(book))
    sheet.append([_listed(sheet, text) for name, _choices in named for text in (name, None)])
    for row in zip_longest(*(choices for _name, choices in named), fillvalue=(None, None)):
        sheet.append([_listed(sheet, text) for pair in row for text in pair])
    for number, (name, choices) in enumerate(named):
        furniture.list_name(workbook, name, number, len(choices))
    sheet.sheet_state = "veryHidden"


def _listed(sheet: Stream, text: str | None) -> Cell | None:
    if text is None:
        return None
    cell = WriteOnlyCell(cast("Worksheet", sheet))
    put_text(cell, text, sheet=LISTS, at=text)
    return cell


def add_meta(workbook: Workbook, said: dict[str, str]) -> None:
    """Add the hidden sheet that says what the workbook is."""
    sheet = workbook.create_sheet(META)
    for row, (key, value) in enumerate(said.items(), start=1):
        put_text(cell_at(sheet, row, 1), key, sheet=META, at=f"A{row}")
        put_text(cell_at(sheet, row, 2), value, sheet=META, at=f"B{row}")
    sheet.sheet_state = "veryHidden"


def show_first(workbook: Workbook, title: str) -> None:
    """Let the workbook open on one sheet, and say nothing of the machine."""
    workbook.active = workbook.sheetnames.index(title)
    for sheet in workbook.worksheets:
        sheet.sheet_view.tabSelected = sheet.title == title
    workbook.properties.creator, workbook.properties.title = "dikalo", None


def workbook_bytes(book: Book) -> bytes:
    """Return the workbook, unencrypted, as the bytes of an .xlsx file.

    Raises:
        TextTooLong: a text does not fit in a cell; nothing is cut in silence.
    """
    workbook = Workbook()
    guide = workbook.active
    assert isinstance(guide, Worksheet)  # noqa: S101 - a new workbook has one sheet
    add_guide(guide, book, [filled.sheet for filled in book.filled])
    todo = next(filled.sheet for filled in book.filled if filled.sheet.marker == "dk:todo")
    places = _rows_of_cases(book)
    for filled in book.filled:
        add_data_sheet(workbook, filled, book, places if filled.sheet is todo else None)
    board = add_dashboard(workbook, book)
    for sheet in (guide, board):
        furniture.print_setup(sheet, book, repeat=False)
        furniture.protect(sheet, book)
    board.page_setup.fitToHeight = 1  # a chart cut in two by the end of a page says nothing
    add_lists(workbook, book)
    counts = ((filled.sheet.marker, len(filled.lines)) for filled in book.filled)
    add_meta(workbook, furniture.meta(book, counts))
    show_first(workbook, todo.title(book.lang))
    return packed(workbook)
