"""Make the .xlsx of a workbook row by row: the same markers, keys, ids, looks and checks, and no row is kept.

Cells are written in order only: no height is worked out, no link leads to another row, and there is no dashboard.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import zip_longest
from typing import cast

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import Cell
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from sync_scripts.followup import furniture
from sync_scripts.followup.book import Book
from sync_scripts.followup.cells import put_text
from sync_scripts.followup.furniture import FIRST_COLUMN, LISTS
from sync_scripts.followup.guide import add_guide
from sync_scripts.followup.looks import Looks
from sync_scripts.followup.packing import Stream, packed
from sync_scripts.followup.sheets import FIRST_ROW, Line, Sheet
from sync_scripts.followup.write import add_meta, show_first

__all__ = ["StreamedBook", "StreamedSheet"]


class StreamedSheet:
    """One data sheet while it is written."""

    def __init__(self, sheet: Stream, spec: Sheet, book: Book) -> None:
        """Write the headings."""
        self.spec: Sheet = spec
        self.count: int = 0
        self._sheet = sheet
        self._book = book
        self._looks = Looks(sheet.title, book, links=False)
        self._columns = [(column, get_column_letter(number)) for number, column in furniture.numbered(spec)]
        furniture.prepare(self._plain, spec, book)
        for row in _grid(sheet, spec, book):
            sheet.append(row)

    @property
    def _plain(self) -> Worksheet:
        """The sheet, as the parts know it that serve both kinds of sheet."""
        return cast("Worksheet", self._sheet)

    def put(self, line: Line) -> None:
        """Write one row.

        Raises:
            TextTooLong: a text does not fit in a cell.
        """
        row = FIRST_ROW + self.count
        cells = [WriteOnlyCell(self._plain) for _column in range(FIRST_COLUMN - 1 + len(self._columns))]
        self._looks.hidden(cells[0], line.row_id)
        self._looks.hidden(cells[1], line.version)
        for cell, (column, letter) in zip(cells[FIRST_COLUMN - 1 :], self._columns, strict=True):
            value, withheld = line.values.get(column.key), column.key in line.withheld
            self._looks.fill(cell, column, value, f"{letter}{row}", withheld=withheld)
        self._sheet.append(cells)
        self.count += 1

    def finish(self) -> None:
        """Set what depends on the number of rows."""
        furniture.finish(self._plain, self.spec, self._book, self.count)
        self.close()

    def close(self) -> None:
        """Take no more rows; also of a sheet that nobody will read, or openpyxl would complain later."""
        self._sheet.close()


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


class StreamedBook:
    """A workbook while it is written. Guide first, then the data sheets one after another, then lists and meta."""

    def __init__(self, book: Book, specs: Sequence[Sheet]) -> None:
        """Write the guide."""
        self._workbook = Workbook()
        self._book = book
        self._counts: list[tuple[str, int]] = []
        guide = self._workbook.active
        assert isinstance(guide, Worksheet)  # noqa: S101 - a new workbook has one sheet
        add_guide(guide, book, specs)
        furniture.print_setup(guide, book, repeat=False)
        furniture.protect(guide, book)

    @contextmanager
    def sheet(self, spec: Sheet) -> Iterator[StreamedSheet]:
        """Give the next data sheet, to put its rows in."""
        made = StreamedSheet(self._stream(spec.title(self._book.lang)), spec, self._book)
        try:
            yield made
        except BaseException:
            made.close()
            raise
        made.finish()
        self._counts.append((spec.marker, made.count))

    def _stream(self, title: str) -> Stream:
        made = Stream(self._workbook, title)
        self._workbook._add_sheet(made)  # type: ignore[attr-defined]  # noqa: SLF001 - nothing public adds one sheet of this kind
        return made

    def finish(self, book: Book, first: Sheet) -> bytes:
        """Write the lists of ``book``, which holds the choices met on the way, and return the file's bytes."""
        sheet = self._stream(LISTS)
        named = list(furniture.choice_lists(book))
        sheet.append([_text(sheet, text) for name, _choices in named for text in (name, None)])
        for row in zip_longest(*(choices for _name, choices in named), fillvalue=(None, None)):
            sheet.append([_text(sheet, text) for pair in row for text in pair])
        for number, (name, choices) in enumerate(named):
            furniture.list_name(self._workbook, name, number, len(choices))
        sheet.sheet_state = "veryHidden"
        add_meta(self._workbook, furniture.meta(book, iter(self._counts)))
        show_first(self._workbook, first.title(book.lang))
        return packed(self._workbook)


def _text(sheet: Stream, text: str | None) -> Cell | None:
    if text is None:
        return None
    cell = WriteOnlyCell(cast("Worksheet", sheet))
    put_text(cell, text, sheet=LISTS, at=text)
    return cell
