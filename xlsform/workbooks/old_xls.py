"""From an old ``.xls`` workbook to the bytes of an ``.xlsx`` with the same cells, so that everything else knows one kind. Reads bytes only.

xlrd gives no formulas, only what a program last computed: that is what servers take from such a file too.
"""

from __future__ import annotations

import io
from contextlib import suppress
from typing import Any

import xlrd
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from xlsform.workbooks import ooxml


def modern(raw: bytes, file: str) -> bytes:
    """Return the workbook with the same sheets, cells, hidden rows and merged cells.

    Raises:
        WorkbookLocked: it has a password, or is no workbook that can be read.
        WorkbookTooLarge: it is no form.
    """
    if len(raw) > ooxml.LARGEST:
        raise ooxml.WorkbookTooLarge(file=file)
    book = _opened(raw, file)
    if any(sheet.nrows * sheet.ncols > ooxml.MOST_CELLS for sheet in book.sheets()):
        raise ooxml.WorkbookTooLarge(file=file)
    made = Workbook()
    made.remove(made.worksheets[0])
    for sheet in book.sheets():
        _copy(sheet, made.create_sheet(sheet.name), book.datemode)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def _opened(raw: bytes, file: str) -> Any:
    try:
        return xlrd.open_workbook(file_contents=raw, logfile=io.StringIO(), formatting_info=True)
    except Exception as error:  # xlrd raises anything on a damaged file; the words are the same
        raise ooxml.WorkbookLocked(file=file) from error


def _copy(sheet: Any, made: Worksheet, datemode: int) -> None:
    if sheet.visibility:
        made.sheet_state = "hidden"
    for number in range(sheet.nrows):
        for index in range(sheet.ncols):
            _put(made, (number + 1, index + 1), sheet.cell(number, index), datemode)
    for number, row in sheet.rowinfo_map.items():
        made.row_dimensions[number + 1].hidden = bool(row.hidden)
    for index, column in sheet.colinfo_map.items():
        if column.hidden and index < sheet.ncols:
            made.column_dimensions[get_column_letter(index + 1)].hidden = True
    for top, below, left, right in sheet.merged_cells:
        made.merge_cells(start_row=top + 1, end_row=below, start_column=left + 1, end_column=right)


def _put(made: Worksheet, at: tuple[int, int], cell: Any, datemode: int) -> None:
    if cell.ctype == xlrd.XL_CELL_TEXT and cell.value:
        made.cell(*at).value = ILLEGAL_CHARACTERS_RE.sub("", cell.value)
        made.cell(*at).data_type = "s"
    elif cell.ctype == xlrd.XL_CELL_NUMBER:
        made.cell(*at).value = int(cell.value) if float(cell.value).is_integer() else cell.value
    elif cell.ctype == xlrd.XL_CELL_BOOLEAN:
        made.cell(*at).value = bool(cell.value)
    elif cell.ctype == xlrd.XL_CELL_DATE:
        with suppress(xlrd.XLDateError):  # a number that is no day of this calendar
            made.cell(*at).value = xlrd.xldate_as_datetime(cell.value, datemode)
    elif cell.ctype == xlrd.XL_CELL_ERROR:
        made.cell(*at).value = xlrd.error_text_from_code.get(cell.value, "#N/A")
        made.cell(*at).data_type = "e"
