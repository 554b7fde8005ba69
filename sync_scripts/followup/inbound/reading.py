"""A workbook read as it stands: sheets by their marker, columns by their key, rows as they come. Decides nothing.

Cells come straight from the XML of a sheet: four times as fast as with openpyxl, and as flat in memory.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from lxml import etree
from openpyxl.utils import get_column_letter
from openpyxl.utils.datetime import from_excel

from sync_scripts.followup.errors import NotFollowupWorkbook, WorkbookDamaged
from sync_scripts.followup.inbound.values import Cell
from sync_scripts.followup.outbound.cells import UNDERSCORE
from sync_scripts.followup.outbound.data_sheet import LISTS
from sync_scripts.followup.outbound.front_sheets import DASHBOARD_TITLES, GUIDE_TITLES
from xlsform.workbooks import openpyxl_private
from xlsform.workbooks.openpyxl_private import Unread, unread

_MARKER: Final = re.compile(r"dk:[a-z]+")
_ULID: Final = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")
_ID: Final = "__id"
OURS: Final = frozenset({*GUIDE_TITLES.values(), *DASHBOARD_TITLES.values(), LISTS})
"""Names of sheets that we made and never read; one that was renamed counts as unknown, which is only told."""
_MARKED: Final = 5
_HEAD_ROWS: Final = 20
"""Among so many rows the marker (and the keys) are looked for: people add a line or two above."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row as it was read: its number in the file, and the cell of each column that has a key."""

    number: int
    cells: Mapping[str, Cell]

    def words(self, key: str) -> str | None:
        """Return what a hidden cell says, such as the row's id."""
        value = self.cells[key].value if key in self.cells else None
        return str(value).strip() or None if value is not None else None


@dataclass(frozen=True, slots=True)
class CameSheet:
    """A data sheet that was found by its marker.

    Attributes:
        marker: kind of the sheet: ``dk:cases``.
        title: its visible name, whatever a person called it.
        export_id: the export that the sheet says it belongs to; empty when that was lost.
        columns: key of each column -> its number, from 1.
        first: row of the first data.
        doubled: keys that stand over two columns; which one a person meant cannot be told.
    """

    marker: str
    title: str
    export_id: str
    columns: Mapping[str, int]
    first: int
    doubled: frozenset[str]
    _sheet: Any = field(repr=False, compare=False)

    def at(self, key: str, row: int) -> str:
        """Return the address of a cell, such as ``I6``."""
        return f"{get_column_letter(self.columns[key])}{row}" if key in self.columns else f"row {row}"

    def rows(self) -> Iterator[Row]:
        """Yield the rows that say anything."""
        places = {at: key for key, at in self.columns.items()}
        for number, cells in _numbered(self._sheet, self.first):
            found = {places[at]: cell for at, cell in cells.items() if at in places}
            if found:
                yield Row(number, found)


@dataclass(frozen=True, slots=True)
class CameWorkbook:
    """A workbook of ours as it came back.

    Attributes:
        meta: what it says of itself; empty when that sheet was lost.
        sheets: its data sheets, in their order.
        unknown_sheets: sheets that we did not make.
    """

    meta: Mapping[str, str]
    sheets: Sequence[CameSheet]
    unknown_sheets: int

    @property
    def export_id(self) -> str:
        """Return the export that it belongs to."""
        return self.meta.get("export_id") or next((one.export_id for one in self.sheets if one.export_id), "")

    def of(self, marker: str) -> list[CameSheet]:
        """Return the sheets of a kind: one, or more when a person copied it."""
        return [sheet for sheet in self.sheets if sheet.marker == marker]


@contextmanager
def opened(content: bytes) -> Iterator[CameWorkbook]:
    """Open a workbook that `followup.files.incoming` let pass.

    Raises:
        WorkbookDamaged: openpyxl cannot make anything of it; also while its rows are read.
        NotFollowupWorkbook: no sheet has a marker of ours.
    """
    with _plainly():
        book = openpyxl_private.opened(content)
    try:
        with _plainly():
            found = _workbook(book)
        yield found
    finally:
        book.close()


@contextmanager
def _plainly() -> Iterator[None]:
    """Turn whatever openpyxl raises on a broken file into one sentence, and its warnings into nothing."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except NotFollowupWorkbook:
        raise
    except Exception:  # noqa: BLE001 - never the library's own words: they may hold what a cell says
        raise WorkbookDamaged from None


def _numbered(sheet: Any, first: int) -> Iterator[tuple[int, Mapping[int, Cell]]]:
    """Yield rows with their numbers; what goes wrong in the middle is damage."""
    rows = cells_of(sheet)
    while True:
        with _plainly():
            some = list(islice(rows, 500))
        if not some:
            return
        yield from (row for row in some if row[0] >= first)


def _workbook(book: Any) -> CameWorkbook:
    sheets: list[CameSheet] = []
    meta: dict[str, str] = {}
    unknown = 0
    for sheet in book.worksheets:
        head = dict(row for row in islice(_numbered(sheet, 1), _HEAD_ROWS) if row[0] <= _HEAD_ROWS)
        found = _data_sheet(sheet, head)
        if found is not None:
            sheets.append(found)
        elif _is_meta(head):
            meta = {
                str(cells[1].value): str(cells[2].value) for cells in head.values() if {1, 2} <= cells.keys()
            }
        else:
            unknown += sheet.title not in OURS
    if not sheets:
        raise NotFollowupWorkbook
    return CameWorkbook(meta, sheets, unknown)


_Head = Mapping[int, Mapping[int, Cell]]
"""The first rows of a sheet: number of the row -> number of the column -> cell."""


def _is_meta(head: _Head) -> bool:
    return bool(head.get(1, {}).get(1, Cell()).value == "format")


def _data_sheet(sheet: Any, head: _Head) -> CameSheet | None:
    """Return a sheet that bears a marker; without its row of keys it has no column."""
    marker = _first(head, _MARKER)
    if marker is None:
        return None
    named = [row for row, cells in head.items() if any(cell.value == _ID for cell in cells.values())]
    columns: dict[str, int] = {}
    doubled: set[str] = set()
    for number, cell in head[named[0]].items() if named else ():
        key = cell.value.strip() if isinstance(cell.value, str) else ""
        if key and columns.setdefault(key, number) != number:
            doubled.add(key)
    # keys stand once more, in the header of the table: data begin below it
    first = (named[1] if len(named) > 1 else named[0] + 2 if named else 0) + 1
    export_id = _first(head, _ULID) or ""
    return CameSheet(marker, sheet.title, export_id, columns, first, frozenset(doubled), sheet)


def _first(head: _Head, pattern: re.Pattern[str]) -> str | None:
    for row, cells in head.items():
        for cell in cells.values():
            if row <= _MARKED and isinstance(cell.value, str) and pattern.fullmatch(cell.value.strip()):
                return cell.value.strip()
    return None


MOST_COLUMNS: Final = 120
_RETURN: Final = "_x000D_"
_BLANK: Final = Cell()


def cells_of(sheet: Any) -> Iterator[tuple[int, Mapping[int, Cell]]]:
    """Yield the rows that a sheet holds: number, and column number -> cell.

    Args:
        sheet: a worksheet of a workbook that openpyxl opened read-only.
    """
    lying = unread(sheet)
    reader = _Reader(lying)
    with lying.xml as source:
        number = 0
        for _event, row in etree.iterparse(
            source, tag="{*}row", resolve_entities=False, no_network=True, huge_tree=False
        ):
            number = int(row.get("r") or number + 1)
            yield number, reader.row(row)
            row.clear()
            while row.getprevious() is not None:  # or what was read stays in memory
                del row.getparent()[0]


class _Reader:
    """What is needed to read the cells of a sheet."""

    def __init__(self, sheet: Unread) -> None:
        self._shared = sheet.shared
        self._dates = sheet.dates
        self._epoch = sheet.epoch
        self._columns: dict[str, int] = {}
        self._names = _Names()

    def row(self, row: Any) -> dict[int, Cell]:
        """Return the cells of a row that hold something."""
        found: dict[int, Cell] = {}
        at = 0
        for one in row:
            place = one.get("r")
            at = self._column(place.rstrip("0123456789")) if place else at + 1
            if at <= MOST_COLUMNS and len(one):
                cell = self._cell(one)
                if cell is not _BLANK:
                    found[at] = cell
        return found

    def _column(self, letters: str) -> int:
        if letters not in self._columns:
            number = 0
            for letter in letters:
                number = number * 26 + ord(letter.upper()) - 64
            self._columns[letters] = number
        return self._columns[letters]

    def _cell(self, one: Any) -> Cell:
        kind = one.get("t") or "n"
        value: str | None = None
        for part in one:
            name = self._names[part.tag]
            if name == "f":
                return Cell(f"={part.text or ''}", "f")
            if name == "v":
                value = part.text
            elif name == "is":
                if len(part) == 1 and self._names[part[0].tag] == "t":  # as nearly all are: nothing formatted
                    return Cell(_inline(part[0].text or ""), "s")
                return Cell(_inline("".join(run.text or "" for run in part.iter("{*}t"))), "s")
        return _BLANK if value is None else self._value(kind, value, one.get("s"))

    def _value(self, kind: str, value: str, style: str | None) -> Cell:  # noqa: PLR0911 - one a kind
        match kind:
            case "s":
                return Cell(_plain(self._shared[int(value)]), "s")
            case "n":
                number = float(value)
                if style is not None and int(style) in self._dates:
                    return Cell(from_excel(number, self._epoch), "d")
                return Cell(int(number) if number.is_integer() else number, "n")
            case "b":
                return Cell(bool(int(value)), "b")
            case "d":
                return Cell(value[:10] if value.endswith("T00:00:00") else value, "s")
            case "e":
                return Cell(value, "e")
            case _:
                return Cell(_plain(value), "s")


class _Names(dict[Any, str]):
    """Names of elements without their namespace, of which there are two; each is taken apart once."""

    def __missing__(self, tag: Any) -> str:
        name = self[tag] = etree.QName(tag).localname if isinstance(tag, str) else ""
        return name


def _inline(words: str) -> str:
    """Return a text that stands in its cell."""
    return _plain(words).replace(UNDERSCORE, "_")


def _plain(words: str) -> str:
    return words.replace(_RETURN, "") if _RETURN in words else words
