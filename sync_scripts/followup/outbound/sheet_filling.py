"""One data sheet while it is written: headings, then rows, then what stands around them. No row is kept.

The same for a workbook that is held whole and for one of any size; only the first has heights worked out, and links.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, cast

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import Cell
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from sync_scripts.followup.outbound import furniture
from sync_scripts.followup.outbound.book import Book
from sync_scripts.followup.outbound.cell_looks import Looks
from sync_scripts.followup.outbound.cells import put_text
from sync_scripts.followup.outbound.furniture import FIRST_COLUMN
from sync_scripts.followup.sheets import FIRST_ROW, Column, Line, Sheet
from xlsform.workbooks.openpyxl_private import Stream

__all__ = ["DataSheet"]

_AT_ONCE: Final = 200
"""Rows written together."""
_LINE, _MARGIN, _MOST_LINES = 15.0, 2, 5
"""Height of a line of text and of the room around, in points; lines shown of the longest text."""
_SIGNS: Final = 1.18
"""Characters of the face to a unit of width."""
_INDENT: Final = 2
"""Characters that the indent of a text takes, and the space beside it."""


class DataSheet:
    """One data sheet while it is written.

    Attributes:
        spec: what is in it.
        count: rows written so far.
    """

    def __init__(
        self,
        workbook: Workbook,
        spec: Sheet,
        book: Book,
        *,
        heights: bool = False,
        links: Mapping[str, str] | None = None,
    ) -> None:
        """Write the headings.

        Args:
            workbook: where it becomes the last sheet.
            spec: what is in it.
            book: the workbook's words.
            heights: give each row the height of its longest text; LibreOffice would else guess.
            links: code of a case -> where its cell leads to.
        """
        self.spec: Sheet = spec
        self.count: int = 0
        self.sheet: Stream = Stream.in_book(workbook, spec.title(book.lang))
        self._book = book
        self._heights = heights
        self._links = links or {}
        self._looks = Looks(self.sheet, book, links=links is not None)
        self._columns = [(column, get_column_letter(number)) for number, column in furniture.numbered(spec)]
        self._waiting: list[str] = []
        furniture.prepare(self._plain, spec, book)
        for row in _grid(self.sheet, spec, book):
            self.sheet.append(row)

    @property
    def _plain(self) -> Worksheet:
        """The sheet, as the parts know it that serve both kinds of sheet."""
        return cast("Worksheet", self.sheet)

    def put(self, line: Line) -> None:
        """Write one row.

        Raises:
            TextTooLong: a text does not fit in a cell.
        """
        row = FIRST_ROW + self.count
        cells = [self._looks.hidden(f"A{row}", line.row_id), self._looks.hidden(f"B{row}", line.version)]
        cells += (
            self._looks.cell(
                column, line.values.get(column.key), f"{letter}{row}", withheld=column.key in line.withheld
            )
            for column, letter in self._columns
        )
        tall = f' ht="{self._height(line):g}" customHeight="1"' if self._heights else ""
        self._waiting.append(f'<row r="{row}"{tall}>{"".join(cells)}</row>')
        self.count += 1
        if (code := line.values.get("code")) in self._links:
            self.sheet.link(f"{get_column_letter(FIRST_COLUMN)}{row}", self._links[code or ""])
        if len(self._waiting) == _AT_ONCE:
            self._write()

    def _write(self) -> None:
        self.sheet.write_xml("".join(self._waiting))
        self._waiting.clear()

    def finish(self) -> None:
        """Set what depends on the number of rows."""
        self._write()
        furniture.finish(self._plain, self.spec, self._book, self.count)
        self.close()

    def close(self) -> None:
        """Take no more rows; also of a sheet that nobody will read, or openpyxl would complain later."""
        self.sheet.close()

    def _height(self, line: Line) -> float:
        """Return a row height in points for its longest text, five lines at most."""
        most = max(
            (_lines(column, self._book.shown(column, value)) for column, value in self._texts(line)),
            default=1,
        )
        return _LINE * min(most, _MOST_LINES) + _MARGIN

    def _texts(self, line: Line) -> Iterator[tuple[Column, str]]:
        for column, _letter in self._columns:
            value = line.values.get(column.key)
            if value is not None and column.kind != "date":
                yield column, value


def _lines(column: Column, shown: str) -> int:
    """Return how many lines a text takes in its column."""
    width = max(1, int(column.width * _SIGNS) - _INDENT)
    if len(shown) <= width and "\n" not in shown:
        return 1
    return sum(_wrapped(part, width) for part in shown.split("\n"))


def _wrapped(part: str, width: int) -> int:
    """Return how many lines of a width hold a text that is broken between words, and inside one that is too long."""
    lines, used = 1, 0
    for word in part.split(" "):
        if used and used + 1 + len(word) > width:
            lines, used = lines + 1, 0
        used += len(word) + bool(used)
        lines, used = lines + max(0, used - 1) // width, used if used <= width else (used - 1) % width + 1
    return lines


def _grid(sheet: Stream, spec: Sheet, book: Book) -> Iterator[list[Cell | None]]:
    """Yield the rows above the data."""
    width = FIRST_COLUMN + len(spec.columns) - 1
    rows: list[list[Cell | None]] = [[None] * width for _row in range(FIRST_ROW - 1)]
    for head in furniture.headings(spec, book):
        cell = WriteOnlyCell(cast("Worksheet", sheet))
        put_text(cell, head.text, sheet=sheet.title, at=f"{get_column_letter(head.column)}{head.row}")
        if head.font is not None:
            cell.font = head.font
        if head.ground is not None:
            cell.fill = head.ground
        if head.alignment is not None:
            cell.alignment = head.alignment
        rows[head.row - 1][head.column - 1] = cell
    yield from rows
