"""All that is used of openpyxl under a private name, for what it does not do by a public one. Nothing else touches such names.

Each of them was looked up in `VERSION`; another version is first read name by name, then named here (a test asks for it).

What openpyxl does not do: write a sheet without laying it, in clear text, into the system's temporary folder; take rows that are
already XML; open a sheet without reading it through to learn its size; hand out the XML of a sheet; copy the look of a cell.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Collection, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import IO, TYPE_CHECKING, Any, Final
from zipfile import ZIP_DEFLATED, ZipFile

from openpyxl import Workbook
from openpyxl.cell.cell import Cell
from openpyxl.drawing.spreadsheet_drawing import SpreadsheetDrawing
from openpyxl.reader.excel import ExcelReader
from openpyxl.worksheet._read_only import ReadOnlyWorksheet
from openpyxl.worksheet._write_only import WriteOnlyWorksheet
from openpyxl.worksheet._writer import WorksheetWriter
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.table import Table
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.writer.excel import ExcelWriter

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

VERSION: Final = "3.1.5"
"""The version of openpyxl that the names below are of."""
_BLOCK: Final = 1 << 16


# --- looks and tables -------------------------------------------------------------------------------------------------


def look_of(cell: Any) -> object:
    """Return the look of a cell, for `wear`: to find the same look again by its parts takes long."""
    return copy(cell._style)


def wear(cell: Any, look: object) -> None:
    """Give a cell of the same workbook a look that `look_of` returned."""
    cell._style = copy(look)


def add_table(sheet: Worksheet, table: Table) -> None:
    """Add a table whose columns are named: ``add_table`` would look for the names in cells, which a stream does not keep."""
    sheet._tables.add(table)  # type: ignore[attr-defined]


# --- writing ----------------------------------------------------------------------------------------------------------


class _Folded:
    """What was written so far, compressed; read once, at the end.

    Attributes:
        size: bytes that were written.
    """

    def __init__(self) -> None:
        """Begin empty."""
        self.size: int = 0
        self._held = io.BytesIO()
        self._press = zlib.compressobj(1)

    def write(self, data: ReadableBuffer, /) -> int:
        """Take more."""
        self._held.write(self._press.compress(data))
        taken = memoryview(data).nbytes
        self.size += taken
        return taken

    def close(self) -> None:
        """Do nothing: there is no file behind."""

    def pour(self, target: Any) -> None:
        """Write everything to a file and forget it."""
        self._held.write(self._press.flush())
        self._held.seek(0)
        unfold = zlib.decompressobj()
        while block := self._held.read(_BLOCK):
            target.write(unfold.decompress(block))
        target.write(unfold.flush())
        self._held = io.BytesIO()


class Stream(WriteOnlyWorksheet):
    """A sheet that is written row by row and keeps no cell."""

    _writer: Any
    _xml: Any
    _rows: Any
    _hyperlinks: list[Hyperlink]
    sheet_state: str

    @classmethod
    def in_book(cls, workbook: Workbook, title: str) -> Stream:
        """Return a new sheet, the last of a workbook."""
        made = cls(workbook, title)
        workbook._add_sheet(made)  # type: ignore[attr-defined]
        return made

    @property
    def size(self) -> int:
        """Return how many bytes the sheet unpacks to, so far."""
        return int(self._writer.out.size) if self._writer is not None else 0

    def write_xml(self, rows: str) -> None:
        """Write rows as they will stand in the file, after those that were appended."""
        self._begin()
        self._xml.flush()
        self._writer.out.write(rows.encode())

    def link(self, at: str, location: str) -> None:
        """Let a cell lead to a place of this workbook."""
        self._begin()
        # a Hyperlink with a location: a plain text here would make a link to a file
        self._hyperlinks.append(Hyperlink(ref=at, location=location))

    def _begin(self) -> None:
        self._get_writer()
        if self._rows is None:
            self._rows = self._write_rows()
            next(self._rows)

    def _write_rows(self) -> Generator[None, Any, None]:
        """Write the cells that are sent; as the method that this one replaces, which keeps the writer to itself."""
        self._xml = self._writer.xf.send(True)
        with self._xml.element("sheetData"), suppress(GeneratorExit):
            for number in count(1):
                row = yield
                self._writer.write_row(self._xml, self._values_to_row(row, number), number)
        self._writer.xf.send(None)

    def _get_writer(self) -> None:
        if self._writer is None:
            self._writer = WorksheetWriter(self, out=_Folded())
            self._writer.write_top()

    def _values_to_row(self, values: Any, row_idx: int) -> Iterator[Cell]:
        """Yield the cells of a row where they stand; None is no cell."""
        for number, cell in enumerate(values, 1):
            if cell is not None:
                cell.column, cell.row = number, row_idx
                yield cell

    def finished(self) -> Any:
        """Write what follows the rows, once, and return the writer."""
        if not self.closed:
            self.close()
        return self._writer


class _InMemory(ExcelWriter):
    """The writer of the whole archive."""

    _archive: ZipFile

    def write_worksheet(self, ws: Any) -> None:
        ws._drawing = SpreadsheetDrawing()
        ws._drawing.charts, ws._drawing.images = ws._charts, ws._images
        if isinstance(ws, Stream):
            writer = ws.finished()
        else:
            writer = WorksheetWriter(ws, out=_Folded())
            writer.write()
        ws._rels = writer._rels
        with self._archive.open(ws.path[1:], "w") as member:
            writer.out.pour(member)
        self.manifest.append(ws)


def packed(workbook: Workbook, at: datetime) -> bytes:
    """Return a workbook as the bytes of an .xlsx file, changed last at an instant; no part of it was on the disk."""
    out = io.BytesIO()
    workbook.properties.modified = at.astimezone(UTC).replace(tzinfo=None)
    _InMemory(workbook, ZipFile(out, "w", ZIP_DEFLATED)).save()
    return out.getvalue()


# --- reading ----------------------------------------------------------------------------------------------------------


class _Unsized(ReadOnlyWorksheet):
    """A sheet that is not read through when it is opened, only to learn how many rows it has; nobody asks that."""

    def _get_size(self) -> None:
        pass


class _Reader(ExcelReader):
    """Opens a workbook as `openpyxl.load_workbook` does read-only."""

    def read_worksheets(self) -> None:
        book: Any = self.wb
        for sheet, part in self.parser.find_sheets():
            if part.target in self.valid_files and "chartsheet" not in part.Type:
                read = _Unsized(book, sheet.name, part.target, self.shared_strings)
                book._sheets.append(read)


def opened(content: bytes) -> Any:
    """Return a workbook whose sheets are read only when somebody does; raises anything on a damaged file."""
    reader = _Reader(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
    reader.read()
    return reader.wb


@dataclass(frozen=True, slots=True)
class Unread:
    """A sheet of a workbook that was `opened`, with what is needed to read its cells.

    Attributes:
        xml: opens its part of the file.
        shared: the texts that cells name by number.
        dates: numbers of the looks that show a number as a date.
        epoch: from when days are counted.
    """

    xml: AbstractContextManager[IO[bytes]]
    shared: Sequence[str]
    dates: Collection[int]
    epoch: datetime


def unread(sheet: Any) -> Unread:
    """Return a sheet as it lies in the file."""
    book = sheet.parent
    return Unread(sheet._get_source(), sheet._shared_strings, book._date_formats, book.epoch)
