"""The workbook of a form read: what a trainer hands in and a server has. Writes nothing; see `writing`.

Most workbooks hold texts alone and are read without openpyxl, which takes longer to load than the whole check. What the cells
mean is decided in `sheets`.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from xlsform.workbooks import ooxml
from xlsform.workbooks.plain_cells import Rows, plain_rows
from xlsform.workbooks.sheets import RawCell, RawSheet, Reading, form_of, number_cell, text_cell, with_results


def read(raw: bytes, *, file: str) -> Reading:
    """Read the form in a workbook, with what was found on the way; ``file`` is its name in messages.

    Raises:
        NotAWorkbook, WorkbookLocked, WorkbookTooLarge, WorkbookActive: the file is not one to open.
        NoSurvey, GroupUnbalanced: it holds no form.
    """
    return form_of(cells(raw, file=file), file)


def load(path: Path) -> bytes:
    """Return the bytes of a workbook; of an old ``.xls`` those of an ``.xlsx`` with the same cells.

    Raises:
        WorkbookUnreadable: it is not there, or another program holds it.
        WorkbookLocked, WorkbookTooLarge: an old file that cannot be read.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ooxml.WorkbookUnreadable(file=path.name) from error
    if not raw.startswith(ooxml.OLD):
        return raw
    from xlsform.workbooks import old_xls  # and with it two libraries that no other workbook needs

    return old_xls.modern(raw, path.name)


def cells(raw: bytes, *, file: str) -> list[RawSheet]:
    """Return the filled cells of every sheet.

    Raises:
        NotAWorkbook, WorkbookLocked, WorkbookTooLarge, WorkbookActive: the file is not one to open.
    """
    facts = ooxml.look(raw, file)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl warns about styles and extensions that no form needs
            sheets = _sheets(raw, facts, results=False)
            return with_results(sheets, lambda: _sheets(raw, facts, results=True))
    except Exception as error:  # openpyxl raises anything on a damaged file; the words are the same
        raise ooxml.NotAWorkbook(file=file) from error


def _sheets(raw: bytes, facts: Mapping[str, ooxml.SheetFacts], *, results: bool) -> list[RawSheet]:
    """Return the sheets; of a formula its text, or with ``results`` what a program last computed from it."""
    rows = _filled(raw, tuple(facts), results)
    return [RawSheet(name, rows[name], fact) for name, fact in facts.items() if name in rows]


@lru_cache(maxsize=8)  # one command reads the same workbook for several purposes
def _filled(raw: bytes, names: tuple[str, ...], results: bool) -> Mapping[str, Rows]:
    plain = plain_rows(raw)
    if plain is not None:
        return {name: plain[name] for name in names if name in plain}
    return _any_rows(raw, names, results=results)


def _any_rows(raw: bytes, names: Sequence[str], *, results: bool) -> Mapping[str, Rows]:
    """Return the filled cells of each sheet through openpyxl: formulas, dates and errors too."""
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(raw), read_only=True, keep_links=False, data_only=results)
    return {name: _rows(book[name]) for name in names if name in book.sheetnames}


def _rows(sheet: Any) -> Rows:
    sheet.reset_dimensions()  # what a file says about its size is not believed
    rows = {}
    for number, row in enumerate(sheet.iter_rows(), start=1):
        filled = {cell.column: _raw(cell) for cell in row if cell.value is not None}
        filled = {index: cell for index, cell in filled.items() if cell.text or cell.kind == "formula"}
        if filled:
            rows[number] = filled
    return rows


def _raw(cell: Any) -> RawCell:
    value, kind = cell.value, cell.data_type
    if kind == "f":
        return RawCell("", "formula")
    if kind == "b":
        return RawCell("TRUE" if value else "FALSE", "bool")
    if kind == "e":
        return RawCell(str(value), "error")
    if isinstance(value, int | float):
        return number_cell(value)
    return (
        text_cell(value) if isinstance(value, str) else RawCell(str(value), "date")
    )  # datetime, date, time, timedelta
