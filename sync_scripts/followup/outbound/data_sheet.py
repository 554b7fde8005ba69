"""One data sheet: its rows while they are written, and what stands around them (headings, table, checks, live colours, print). No row is kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple, cast
from zoneinfo import ZoneInfo

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import Cell
from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.filters import AutoFilter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.table import Table, TableColumn, TableStyleInfo
from openpyxl.worksheet.worksheet import Worksheet

from sync_scripts.followup.columns import FIRST_ROW, Column, Line, Sheet
from sync_scripts.followup.outbound import cells
from sync_scripts.followup.outbound.cells import Looks, put_text
from sync_scripts.followup.outbound.planning import Book
from xlsform.workbooks.openpyxl_private import Stream, add_table

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
        self._columns = [(column, get_column_letter(number)) for number, column in numbered(spec)]
        self._waiting: list[str] = []
        prepare(self._plain, spec, book)
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
        finish(self._plain, self.spec, self._book, self.count)
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
    for head in headings(spec, book):
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


DOUALA: Final = ZoneInfo("Africa/Douala")
HELP_ROW, KEY_ROW, OTHER_ROW, HEADER_ROW = 2, 3, 4, 5
FIRST_COLUMN: Final = 3
"""A and B hold the row's id and version, hidden."""
LISTS, META = "_listes", "_meta"
FINAL_STATUSES: Final = ("done", "not_done", "declined", "revoked", "rejected")
LONGEST_NOTE: Final = 1000
WIDEST_PAGE: Final = 230
"""Widths of columns that one page of A4 across takes in letters that can be read; what is wider goes on two pages, side by side."""
_OPENS_AT: Final = ("dk:todo", "dk:conflicts")
"""The sheets that a workbook of ours opens at."""


def numbered(spec: Sheet) -> Iterator[tuple[int, Column]]:
    """Yield the columns of a sheet with their numbers."""
    return enumerate(spec.columns, start=FIRST_COLUMN)


def letter_of(spec: Sheet, key: str) -> str:
    """Return the letter of a column."""
    return next(get_column_letter(at) for at, column in numbered(spec) if column.key == key)


def header(column: Column, book: Book, *, other: bool = False) -> str:
    """Return a column's visible header in the book's language, or in the other one."""
    words = column.fr if (book.lang == "fr") != other else column.en
    return words.format(day=f"{book.today:%d/%m}")


class Heading(NamedTuple):
    """One cell above the rows."""

    row: int
    column: int
    text: str
    font: Font | None = None
    ground: PatternFill | None = None
    alignment: Alignment | None = None


def headings(spec: Sheet, book: Book) -> Iterator[Heading]:
    """Yield marker, export id, title, help, machine keys and both headers, row by row from the left."""
    french = book.lang == "fr"
    helps = (spec.help_fr, spec.help_en) if french else (spec.help_en, spec.help_fr)
    hidden, flat = cells.HIDDEN, cells.FLAT
    yield Heading(1, 1, spec.marker, hidden, None, flat)
    yield Heading(1, FIRST_COLUMN, spec.title(book.lang), cells.TITLE, None, flat)
    yield Heading(HELP_ROW, 1, book.export_id, hidden, None, flat)
    aside = 1 if _wide(spec) else 0  # not in the column that a second page repeats: there it would be cut
    yield Heading(HELP_ROW, FIRST_COLUMN + aside, " — ".join(helps), cells.HELP, None, flat)
    yield from (Heading(KEY_ROW, at, key, hidden, None, flat) for at, key in ((1, "__id"), (2, "__v")))
    yield from (Heading(KEY_ROW, at, column.key) for at, column in numbered(spec))
    for at, column in numbered(spec):
        place = _beside(column, cells.CENTRE, cells.FLAT, cells.INDENTED)
        yield Heading(OTHER_ROW, at, header(column, book, other=True), cells.OTHER_HEADER, None, place)
    yield from (Heading(HEADER_ROW, at, key, hidden, None, flat) for at, key in ((1, "__id"), (2, "__v")))
    for at, column in numbered(spec):
        font, ground = cells.EDITABLE_HEADER if column.editable else cells.LOCKED_HEADER
        place = _beside(column, cells.HEADER_CENTRE, cells.HEADER_FLUSH, cells.HEADER)
        yield Heading(HEADER_ROW, at, header(column, book), font, ground, place)


def _beside(column: Column, date: Alignment, code: Alignment, other: Alignment) -> Alignment:
    """Return the alignment of a heading: over its cells."""
    if column.kind == "date":
        return date
    return code if column.key == "code" else other


def _wide(spec: Sheet) -> bool:
    """Tell whether a sheet is printed on two pages side by side."""
    return sum(column.width for column in spec.columns) > WIDEST_PAGE


def prepare(sheet: Worksheet, spec: Sheet, book: Book) -> None:
    """Set widths, hidden places, the frozen pane, print and protection: all that stands in the file before the rows."""
    sheet.sheet_view.showGridLines = False
    sheet.sheet_view.tabSelected = spec.marker in _OPENS_AT
    for number, column in numbered(spec):
        sheet.column_dimensions[get_column_letter(number)].width = column.width
    for letter in "AB":
        sheet.column_dimensions[letter].hidden = True
        sheet.column_dimensions[letter].width = 4
    sheet.row_dimensions[KEY_ROW].hidden = True
    sheet.row_dimensions[1].height, sheet.row_dimensions[HEADER_ROW].height = 24, 30
    sheet.freeze_panes = f"D{FIRST_ROW}"
    print_setup(sheet, book)
    if _wide(spec):
        sheet.page_setup.fitToWidth = 2
        code = get_column_letter(FIRST_COLUMN)
        sheet.print_title_cols = f"{code}:{code}"  # the second page says, too, of which case a line is
    protect(sheet, book)


def finish(sheet: Worksheet, spec: Sheet, book: Book, count: int) -> None:
    """Set the table, its checks and live colours, for a sheet of some rows."""
    last = FIRST_ROW + max(1, count) - 1
    _table(sheet, spec, book, last)
    _validation(sheet, spec, last)
    _live_dates(sheet, spec, last)


def _table(sheet: Worksheet, spec: Sheet, book: Book, last: int) -> None:
    end = f"{get_column_letter(FIRST_COLUMN + len(spec.columns) - 1)}{last}"
    table = Table(displayName=spec.table, ref=f"A{HEADER_ROW}:{end}")
    table.tableStyleInfo = TableStyleInfo(name=None, showRowStripes=False)
    table.autoFilter = AutoFilter(ref=table.ref)
    # named here: a sheet that keeps no cell cannot be asked for its headers
    names = ["__id", "__v", *(header(column, book) for column in spec.columns)]
    table.tableColumns = [TableColumn(id=number, name=name) for number, name in enumerate(names, start=1)]
    add_table(sheet, table)


_DATE_ERROR = "Une date entre 2015 et 2035. / A date between 2015 and 2035."
_LIST_ERROR = "Choisissez dans la liste. / Choose from the list."
_TEXT_ERROR = "1 000 caractères au plus, sans nom ni téléphone. / 1,000 characters at most, no name or phone."


def _rule(column: Column) -> DataValidation | None:
    if column.kind == "choice":
        rule = DataValidation(type="list", formula1=f"l_{column.choices}", allow_blank=True)
        rule.error = _LIST_ERROR
    elif column.kind == "date":
        # Day numbers of 2015-01-01 and 2035-12-31: dates written as text depend on the reader's language.
        rule = DataValidation(
            type="date", operator="between", formula1="42005", formula2="49674", allow_blank=True
        )
        rule.error = _DATE_ERROR
    elif column.kind == "text":
        rule = DataValidation(type="textLength", operator="lessThanOrEqual", formula1=str(LONGEST_NOTE))
        rule.allow_blank, rule.error = True, _TEXT_ERROR
    else:
        return None
    rule.errorTitle, rule.showErrorMessage = "dikalo", True
    return rule


def _validation(sheet: Worksheet, spec: Sheet, last: int) -> None:
    for number, column in numbered(spec):
        if column.editable and (rule := _rule(column)) is not None:
            letter = get_column_letter(number)
            rule.add(f"{letter}{FIRST_ROW}:{letter}{last}")
            sheet.data_validations.append(rule)


def _live_dates(sheet: Worksheet, spec: Sheet, last: int) -> None:
    """Colour a due date as the days pass; a finished action, judged by the set of final statuses, never."""
    key = {"dk:todo": "next_due", "dk:cases": "next_due", "dk:actions": "due"}.get(spec.marker)
    if key is None:
        return
    letter = letter_of(spec, key)
    at = f"${letter}{FIRST_ROW}"
    open_row = ""
    if spec.marker == "dk:actions":
        open_row = f",COUNTIF(l_status_final,${letter_of(spec, 'status')}{FIRST_ROW})=0"
    where = f"{letter}{FIRST_ROW}:{letter}{last}"
    for look, test in ((cells.OVERDUE, f"{at}<TODAY()"), (cells.SOON, f"{at}<=TODAY()+7")):
        rule = FormulaRule(  # type: ignore[no-untyped-call]  # openpyxl ships no types for it
            formula=[f'AND({at}<>"",{test}{open_row})'], font=look[0], fill=look[1], stopIfTrue=True
        )
        sheet.conditional_formatting.add(where, rule)


def protect(sheet: Worksheet, book: Book) -> None:
    """Guard what people do not fill in, unless the book goes to people who sort."""
    if not book.protect:
        return
    guard = sheet.protection
    guard.sheet = True
    # False means allowed: people filter and widen, they do not move or delete rows.
    guard.autoFilter = guard.formatColumns = guard.formatRows = guard.sort = False


def print_setup(sheet: Worksheet, book: Book, *, repeat: bool = True) -> None:
    """Prepare a sheet for A4 landscape with its footer: confidential, when, for whom, page."""
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", Worksheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    margins = sheet.page_margins
    margins.left = margins.right = 0.4
    margins.top, margins.header = 0.5, 0.3
    margins.bottom, margins.footer = 0.75, 0.35
    if repeat:
        sheet.print_title_rows = f"{OTHER_ROW}:{HEADER_ROW}"
    when = f"{book.exported_at.astimezone(DOUALA):%d/%m/%Y %H:%M}"
    fiction = "Données fictives / invented data · " if book.demo else ""
    texts = (
        "CONFIDENTIEL – ne pas diffuser / do not share",
        f"{fiction}export {when} · {book.mark}",
        "&P / &N",
    )
    foot = sheet.oddFooter
    if foot is not None:
        for place, text in zip((foot.left, foot.center, foot.right), texts, strict=True):
            place.text, place.size = text, 9
