"""Put the parts of a workbook together in memory.

openpyxl would lay each sheet, in clear text, into the system's temporary folder first; here a sheet is kept compressed
until the archive takes it, and nothing touches the disk.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Generator, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING, Any, Final
from zipfile import ZIP_DEFLATED, ZipFile

from openpyxl import Workbook
from openpyxl.cell.cell import Cell
from openpyxl.drawing.spreadsheet_drawing import SpreadsheetDrawing
from openpyxl.worksheet._write_only import WriteOnlyWorksheet
from openpyxl.worksheet._writer import WorksheetWriter
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.writer.excel import ExcelWriter

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

__all__ = ["Folded", "Stream", "packed"]

_BLOCK: Final = 1 << 16


class Folded:
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
        workbook._add_sheet(made)  # type: ignore[attr-defined]  # noqa: SLF001 - nothing public adds one sheet of this kind
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
            self._writer = WorksheetWriter(self, out=Folded())
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
        ws._drawing = SpreadsheetDrawing()  # noqa: SLF001 - as the method does that this one replaces
        ws._drawing.charts, ws._drawing.images = ws._charts, ws._images  # noqa: SLF001
        if isinstance(ws, Stream):
            writer = ws.finished()
        else:
            writer = WorksheetWriter(ws, out=Folded())
            writer.write()
        ws._rels = writer._rels  # noqa: SLF001
        with self._archive.open(ws.path[1:], "w") as member:
            writer.out.pour(member)
        self.manifest.append(ws)


def packed(workbook: Workbook) -> bytes:
    """Return a workbook as the bytes of an .xlsx file; no part of it was on the disk."""
    out = io.BytesIO()
    workbook.properties.modified = datetime.now(UTC).replace(tzinfo=None)
    _InMemory(workbook, ZipFile(out, "w", ZIP_DEFLATED)).save()
    return out.getvalue()
