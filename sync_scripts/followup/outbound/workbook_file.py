"""Make the .xlsx of a workbook: guide, data sheets, lists to choose from, what it says of itself. No formula in any cell.

One writer for every workbook that goes out: held whole, of any size, and of open questions. It keeps no row, so all data sheets can
be written at once, each case read once. Touches neither the register nor the disk.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from sync_scripts.followup.columns import FIRST_ROW, Sheet
from sync_scripts.followup.errors import WorkbookTooBig
from sync_scripts.followup.files import MOST_BYTES
from sync_scripts.followup.outbound import data_sheet, front_sheets
from sync_scripts.followup.outbound.data_sheet import DataSheet
from sync_scripts.followup.outbound.planning import Book
from xlsform.workbooks.openpyxl_private import packed

_SET_ASIDE: Final = 25_000_000
"""Bytes of what stands beside the data sheets: the lists to choose from, above all."""
_ENOUGH: Final = 2_000
"""Cases after which the size of all of them can be guessed."""
_HOPELESS: Final = 1.5
"""How much over the limit a guess has to be: the first cases are more urgent, and so stand on more sheets."""


class Writer:
    """A workbook while it is written.

    Attributes:
        sheets: the data sheets by marker, to put their rows in.
    """

    def __init__(
        self,
        book: Book,
        specs: Sequence[Sheet],
        *,
        guide: Callable[[Worksheet, Book, Sequence[Sheet]], None] = front_sheets.add_guide,
        heights: bool = False,
        links: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        """Write the guide, and the headings of all sheets.

        Args:
            book: the workbook's words; its rows are not looked at.
            specs: what is in each data sheet.
            guide: writes the first sheet.
            heights: work out the height of each row, which LibreOffice would else guess.
            links: marker of a sheet -> code of a case -> where its cell leads to.
        """
        self._workbook = Workbook()
        first = self._workbook.active
        assert isinstance(first, Worksheet)  # noqa: S101 - a new workbook has one sheet
        guide(first, book, specs)
        self._stand_by(first, book)
        self.sheets: dict[str, DataSheet] = {
            spec.marker: DataSheet(
                self._workbook, spec, book, heights=heights, links=(links or {}).get(spec.marker)
            )
            for spec in specs
        }

    def check_size(self, done: int = 0, total: int = 0) -> None:
        """Let a workbook go on that can be read when it comes back.

        Args:
            done: cases that were written.
            total: cases there are; a book that will be far too large is not written to its end.

        Raises:
            WorkbookTooBig: what is written, or will be, is more than the import unpacks.
        """
        size, room = sum(one.sheet.size for one in self.sheets.values()), MOST_BYTES - _SET_ASIDE
        if size > room or (done >= _ENOUGH and size / done * total > _HOPELESS * room):
            raise WorkbookTooBig(most=MOST_BYTES // 1_000_000)

    def close(self) -> None:
        """Take no more rows; also of a workbook that nobody will read."""
        for one in self.sheets.values():
            if not one.sheet.closed:
                one.close()

    def finish(
        self, book: Book, *, board: bool = False, said: Mapping[str, str] | None = None, first: str
    ) -> bytes:
        """Write what stands beside the rows, and return the file's bytes, unencrypted.

        Args:
            book: holds the choices, also those met on the way.
            board: add the dashboard.
            said: what it says of itself in other words than a workbook of cases.
            first: marker of the sheet at which it opens.

        Raises:
            WorkbookTooBig: the import could not read it.
        """
        for one in self.sheets.values():
            one.finish()
        self.check_size()
        if board:
            sheet = front_sheets.add_dashboard(self._workbook, book)
            self._stand_by(sheet, book)
            sheet.page_setup.fitToHeight = 1  # a chart cut in two by the end of a page says nothing
        front_sheets.add_lists(self._workbook, book)
        counts = ((marker, one.count) for marker, one in self.sheets.items())
        front_sheets.add_meta(self._workbook, {**front_sheets.meta(book, counts), **(said or {})})
        _show_first(self._workbook, self.sheets[first].sheet.title)
        return packed(self._workbook, book.exported_at)

    def _stand_by(self, sheet: Worksheet, book: Book) -> None:
        """Set up a sheet that holds no rows of the register."""
        data_sheet.print_setup(sheet, book, repeat=False)
        data_sheet.protect(sheet, book)


def workbook_bytes(book: Book) -> bytes:
    """Return the workbook of a book that is held whole, as the bytes of an .xlsx file.

    Raises:
        TextTooLong: a text does not fit in a cell; nothing is cut in silence.
        WorkbookTooBig: the import could not read it.
    """
    specs = [filled.sheet for filled in book.filled]
    writer = Writer(book, specs, heights=True, links={"dk:todo": _rows_of_cases(book)})
    try:
        for filled in book.filled:
            for line in filled.lines:
                writer.sheets[filled.sheet.marker].put(line)
        return writer.finish(book, board=True, first="dk:todo")
    finally:
        writer.close()


def _rows_of_cases(book: Book) -> dict[str, str]:
    """Return where the code of each case leads to: its row among the cases."""
    cases = next(filled for filled in book.filled if filled.sheet.marker == "dk:cases")
    target = cases.sheet.title(book.lang).replace("'", "''")
    return {
        code: f"'{target}'!D{row}"
        for row, line in enumerate(cases.lines, start=FIRST_ROW)
        if (code := line.values["code"]) is not None
    }


def _show_first(workbook: Workbook, title: str) -> None:
    """Let the workbook open on one sheet, and say nothing of the machine."""
    workbook.active = workbook.sheetnames.index(title)
    for sheet in workbook.worksheets:
        sheet.sheet_view.tabSelected = sheet.title == title
    workbook.properties.creator, workbook.properties.title = "dikalo", None
