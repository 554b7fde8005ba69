"""Plain tables of text as a workbook: a header row, cells that stay text, some columns to fill in. Writes only.

The same bytes for the same content, like the workbook of a form. What a table means is its caller's business; it is read
back with `workbook.cells`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from xlsform.workbooks import writing

_FONT = Font(name="Calibri", size=11)
_BOLD = Font(name="Calibri", size=11, bold=True, color="FFFFFFFF")
_GREY = Font(name="Calibri", size=11, color="FF595959")
_WRAP = Alignment(wrap_text=True, vertical="top")
_HEADER = PatternFill(fill_type="solid", start_color="FF1F3864", end_color="FF1F3864")
_FIXED = PatternFill(fill_type="solid", start_color="FFF2F2F2", end_color="FFF2F2F2")
_CALL = PatternFill(fill_type="solid", start_color="FFFFF2CC", end_color="FFFFF2CC")
_LINE = Border(bottom=Side(style="hair", color="FFBFBFBF"))


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its header, its width in signs, whether people write into it, whether it is only for programs."""

    header: str
    width: int
    filled_in: bool = False
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table: rows are texts in the order of the columns; ``call`` holds the numbers (0 = first) of rows to stand out."""

    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    call: Collection[int] = ()


def write(sheets: Sequence[Sheet]) -> bytes:
    """Return the workbook. A text that looks like a formula stays a text; control characters are left out."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for sheet in sheets:
        _fill(book.create_sheet(sheet.title), sheet)
    return writing.fixed(book)


def _fill(made: Worksheet, sheet: Sheet) -> None:
    for number, column in enumerate(sheet.columns, start=1):
        made.column_dimensions[get_column_letter(number)].width = column.width
        _put(made, (1, number), column.header, _BOLD, _HEADER)
    for row, texts in enumerate(sheet.rows):
        for number, (column, text) in enumerate(zip(sheet.columns, texts, strict=True), start=1):
            fill = (_CALL if row in sheet.call else None) if column.filled_in else _FIXED
            _put(made, (row + 2, number), text, _GREY if column.quiet else _FONT, fill)
    made.freeze_panes = "A2"
    made.auto_filter.ref = f"A1:{get_column_letter(len(sheet.columns))}{len(sheet.rows) + 1}"
    made.page_setup.orientation = "landscape"
    made.page_setup.paperSize = "9"  # A4
    made.page_setup.fitToWidth, made.page_setup.fitToHeight = 1, 0
    made.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    made.print_title_rows = "1:1"


def _put(made: Worksheet, at: tuple[int, int], text: str, font: Font, fill: PatternFill | None) -> None:
    cell = made.cell(*at)
    cell.number_format = "@"
    if text:
        cell.value = ILLEGAL_CHARACTERS_RE.sub("", text)
        cell.data_type = "s"
        cell.quotePrefix = text[0] in "=+-@"
    cell.font, cell.alignment, cell.border = font, _WRAP, _LINE
    if fill is not None:
        cell.fill = fill
