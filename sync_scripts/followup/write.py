"""Make the .xlsx of a follow-up workbook: markers, keys, rows, lists, protection, print. No formula in any cell.

Takes a ``Book`` and returns bytes; touches neither the register nor the disk.
"""

from __future__ import annotations

from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.worksheet import Worksheet

from sync_scripts.followup import furniture
from sync_scripts.followup.book import Book, Filled
from sync_scripts.followup.cells import cell_at, put_text
from sync_scripts.followup.dashboard import add_dashboard
from sync_scripts.followup.furniture import LISTS, META
from sync_scripts.followup.guide import add_guide
from sync_scripts.followup.looks import Looks
from sync_scripts.followup.packing import packed
from sync_scripts.followup.sheets import FIRST_ROW, Line

__all__ = ["add_data_sheet", "add_lists", "add_meta", "show_first", "workbook_bytes"]


def _headings(sheet: Worksheet, filled: Filled, book: Book) -> None:
    for head in furniture.headings(filled.sheet, book):
        cell = cell_at(sheet, head.row, head.column)
        put_text(cell, head.text, sheet=sheet.title, at=cell.coordinate)
        if head.font is not None:
            cell.font = head.font
        if head.ground is not None:
            cell.fill = head.ground
        if head.alignment is not None:
            cell.alignment = head.alignment


def _height(line: Line, filled: Filled, book: Book) -> float:
    """Return a row height in points for its longest text, five lines at most: LibreOffice would else guess."""
    most = 1
    for column in filled.sheet.columns:
        value = line.values.get(column.key)
        if value is not None and column.kind != "date":
            per_line = max(1, int(column.width * 1.18))
            shown = book.shown(column, value)
            most = max(most, sum(1 + (len(part) - 1) // per_line for part in shown.split("\n")))
    return 15.0 * min(most, 5) + 2


def _rows(sheet: Worksheet, filled: Filled, book: Book) -> None:
    looks = Looks(sheet.title, book, links=True)
    letters = [
        (number, column, get_column_letter(number)) for number, column in furniture.numbered(filled.sheet)
    ]
    for row, line in enumerate(filled.lines, start=FIRST_ROW):
        for number, text in ((1, line.row_id), (2, line.version)):
            looks.hidden(cell_at(sheet, row, number), text)
        for number, column, letter in letters:
            looks.fill(
                cell_at(sheet, row, number),
                column,
                line.values.get(column.key),
                f"{letter}{row}",
                withheld=column.key in line.withheld,
            )
        sheet.row_dimensions[row].height = _height(line, filled, book)


def _links(sheet: Worksheet, filled: Filled, cases: Filled, book: Book) -> None:
    row_of = {line.values["code"]: row for row, line in enumerate(cases.lines, start=FIRST_ROW)}
    target = cases.sheet.title(book.lang).replace("'", "''")
    for row, line in enumerate(filled.lines, start=FIRST_ROW):
        at = f"C{row}"
        # A Hyperlink with a location: a plain text here would make a link to a file.
        sheet[at].hyperlink = Hyperlink(ref=at, location=f"'{target}'!D{row_of[line.values['code']]}")


def add_data_sheet(workbook: Workbook, filled: Filled, book: Book) -> Worksheet:
    """Add one data sheet with its rows; return it."""
    sheet: Worksheet = workbook.create_sheet(filled.sheet.title(book.lang))
    furniture.prepare(sheet, filled.sheet, book)
    _headings(sheet, filled, book)
    _rows(sheet, filled, book)
    furniture.finish(sheet, filled.sheet, book, len(filled.lines))
    return sheet


def add_lists(workbook: Workbook, book: Book) -> None:
    """Add the hidden sheet of the lists that cells choose from."""
    sheet = workbook.create_sheet(LISTS)
    for number, (name, choices) in enumerate(furniture.choice_lists(book)):
        left = 2 * number + 1
        put_text(cell_at(sheet, 1, left), name, sheet=LISTS, at=name)
        for row, (code, label) in enumerate(choices, start=2):
            put_text(cell_at(sheet, row, left), code, sheet=LISTS, at=name)
            put_text(cell_at(sheet, row, left + 1), label, sheet=LISTS, at=name)
        furniture.list_name(workbook, name, number, len(choices))
    sheet.sheet_state = "veryHidden"


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
    made = {filled.sheet.marker: add_data_sheet(workbook, filled, book) for filled in book.filled}
    cases = next(filled for filled in book.filled if filled.sheet.marker == "dk:cases")
    todo = next(filled for filled in book.filled if filled.sheet.marker == "dk:todo")
    _links(made["dk:todo"], todo, cases, book)
    board = add_dashboard(workbook, book)
    for sheet in (guide, board):
        furniture.print_setup(sheet, book, repeat=False)
        furniture.protect(sheet, book)
    board.page_setup.fitToHeight = 1  # a chart cut in two by the end of a page says nothing
    add_lists(workbook, book)
    counts = ((filled.sheet.marker, len(filled.lines)) for filled in book.filled)
    add_meta(workbook, furniture.meta(book, counts))
    show_first(workbook, todo.sheet.title(book.lang))
    return packed(workbook)
