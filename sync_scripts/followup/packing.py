"""Put the parts of a workbook together in memory.

openpyxl would lay each sheet, in clear text, into the system's temporary folder first; here a sheet is kept compressed
until the archive takes it, and nothing touches the disk.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from zipfile import ZIP_DEFLATED, ZipFile

from openpyxl import Workbook
from openpyxl.cell.cell import Cell
from openpyxl.drawing.spreadsheet_drawing import SpreadsheetDrawing
from openpyxl.worksheet._write_only import WriteOnlyWorksheet
from openpyxl.worksheet._writer import WorksheetWriter
from openpyxl.writer.excel import ExcelWriter

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

__all__ = ["Folded", "Stream", "packed"]

_BLOCK: Final = 1 << 16


class Folded:
    """What was written so far, compressed; read once, at the end."""

    def __init__(self) -> None:
        """Begin empty."""
        self._held = io.BytesIO()
        self._press = zlib.compressobj(1)

    def write(self, data: ReadableBuffer, /) -> int:
        """Take more."""
        self._held.write(self._press.compress(data))
        return memoryview(data).nbytes

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
    sheet_state: str

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
