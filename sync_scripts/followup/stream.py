"""Make the .xlsx of a workbook of any size: the same markers, keys, ids, looks and checks, and no row is kept.

No height is worked out, no link leads to another row, and there is no dashboard.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from sync_scripts.followup import furniture
from sync_scripts.followup.book import Book
from sync_scripts.followup.filling import DataSheet
from sync_scripts.followup.guide import add_guide
from sync_scripts.followup.incoming import MOST_BYTES
from sync_scripts.followup.packing import packed
from sync_scripts.followup.sheets import Sheet
from sync_scripts.followup.write import add_lists, add_meta, show_first

__all__ = ["StreamedBook"]

_SET_ASIDE: Final = 25_000_000
"""Bytes of what stands beside the data sheets: the lists to choose from, above all."""


class StreamedBook:
    """A workbook while it is written. Guide first, then the data sheets one after another, then lists and meta."""

    def __init__(self, book: Book, specs: Sequence[Sheet]) -> None:
        """Write the guide."""
        self._workbook = Workbook()
        self._book = book
        self._counts: list[tuple[str, int]] = []
        self._room = MOST_BYTES - _SET_ASIDE
        guide = self._workbook.active
        assert isinstance(guide, Worksheet)  # noqa: S101 - a new workbook has one sheet
        add_guide(guide, book, specs)
        furniture.print_setup(guide, book, repeat=False)
        furniture.protect(guide, book)

    @contextmanager
    def sheet(self, spec: Sheet) -> Iterator[DataSheet]:
        """Give the next data sheet, to put its rows in.

        Raises:
            WorkbookTooBig: what is written could not be read when it comes back.
        """
        made = DataSheet(self._workbook, spec, self._book, room=self._room)
        try:
            yield made
            made.finish()
        except BaseException:
            made.close()
            raise
        self._room -= made.sheet.size
        self._counts.append((spec.marker, made.count))

    def finish(self, book: Book, first: Sheet) -> bytes:
        """Write the lists of ``book``, which holds the choices met on the way, and return the file's bytes."""
        add_lists(self._workbook, book)
        add_meta(self._workbook, furniture.meta(book, iter(self._counts)))
        show_first(self._workbook, first.title(book.lang))
        return packed(self._workbook)
