"""Make the .xlsx of a workbook of any size: the same markers, keys, ids, looks and checks, and no row is kept.

All data sheets are written at once, so that each case is read once. No height is worked out, no link leads to another
row, and there is no dashboard.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from sync_scripts.followup import furniture
from sync_scripts.followup.book import Book
from sync_scripts.followup.errors import WorkbookTooBig
from sync_scripts.followup.filling import DataSheet
from sync_scripts.followup.guide import add_guide
from sync_scripts.followup.incoming import MOST_BYTES
from sync_scripts.followup.packing import packed
from sync_scripts.followup.sheets import Sheet
from sync_scripts.followup.write import add_lists, add_meta, show_first

__all__ = ["StreamedBook"]

_SET_ASIDE: Final = 25_000_000
"""Bytes of what stands beside the data sheets: the lists to choose from, above all."""
_ENOUGH: Final = 2_000
"""Cases after which the size of all of them can be guessed."""
_HOPELESS: Final = 1.5
"""How much over the limit a guess has to be: the first cases are more urgent, and so stand on more sheets."""


class StreamedBook:
    """A workbook while it is written: guide first, then the data sheets together, then lists and meta.

    Attributes:
        sheets: the data sheets by marker, to put their rows in.
    """

    def __init__(self, book: Book, specs: Sequence[Sheet]) -> None:
        """Write the guide, and the headings of all sheets."""
        self._workbook = Workbook()
        guide = self._workbook.active
        assert isinstance(guide, Worksheet)  # noqa: S101 - a new workbook has one sheet
        add_guide(guide, book, specs)
        furniture.print_setup(guide, book, repeat=False)
        furniture.protect(guide, book)
        self.sheets: dict[str, DataSheet] = {
            spec.marker: DataSheet(self._workbook, spec, book) for spec in specs
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
        """Take no more rows; of a workbook that nobody will read."""
        for one in self.sheets.values():
            if not one.sheet.closed:
                one.close()

    def finish(self, book: Book, first: Sheet) -> bytes:
        """Write the lists of ``book``, which holds the choices met on the way, and return the file's bytes.

        Raises:
            WorkbookTooBig: the import could not read it.
        """
        for one in self.sheets.values():
            one.finish()
        self.check_size()
        add_lists(self._workbook, book)
        counts = ((marker, one.count) for marker, one in self.sheets.items())
        add_meta(self._workbook, furniture.meta(book, counts))
        show_first(self._workbook, first.title(book.lang))
        return packed(self._workbook)
