"""The workbook of a form written: what a trainer opens and a server gets. With `tables` and `comments` the only one here that writes.

`write` gives the same bytes for the same form on every machine: fixed order, fixed styles, no clock, no user name, a
stored zip.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell, MergedCell
from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.page import PageMargins
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from xlsform import columns
from xlsform.errors import FormError
from xlsform.model import Choice, Form, Kind, Row
from xlsform.workbooks import layout, ooxml
from xlsform.workbooks.openpyxl_private import look_of, wear

LONGEST = 32_767
"""Characters that a cell can hold; openpyxl would cut the rest without a word."""
SPARE = 200
"""Empty rows below the survey that still offer the drop-downs."""


CellTooLong: Final = FormError.declare(
    "DK-F18",
    "{where}: the text of {column} is longer than a cell of a workbook can hold (32,767 characters). Shorten it.",
)
CharacterForbidden: Final = FormError.declare(
    "DK-F19",
    "{where}: the text of {column} holds a control character. Type the text again.",
)


def write(
    form: Form,
    *,
    core: Collection[tuple[str, ...]] = (),
    bare: bool = False,
    front: layout.Front | None = None,
    original: str = "",
) -> bytes:
    """Return the workbook of a form, stamps added, the same bytes each time.

    ``core`` holds the paths of rows that an organisation may not change: they are shown grey. ``bare`` leaves out our
    two columns and the leaflet, for a server whose operators must not read which answers are sealed. ``front`` is laid
    before the form. ``original`` is the id of the form of which this is a copy under another id: what is filled in with
    either is the same form's, so the stamps say that one.

    Raises:
        CellTooLong, CharacterForbidden: a text that a workbook cannot hold.
    """
    book = Workbook()
    book.add_named_style(NamedStyle(name=_TEXT, font=_FONT, alignment=_WRAP, number_format="@"))
    book.remove(book.worksheets[0])
    if front is not None:
        _front(book.create_sheet(front.title), front)
    ours = {columns.REGISTER, columns.SENSITIVITY} if bare else set()
    tables = {
        name: _Table(
            book.create_sheet(name),
            form,
            [key for key in layout.sheet_columns(form, name) if key[0] not in ours],
        )
        for name in (columns.SURVEY, columns.CHOICES, columns.SETTINGS)
    }
    _survey(tables[columns.SURVEY], form, core, original)
    _choices(tables[columns.CHOICES], form)
    _settings(tables[columns.SETTINGS], form)
    if not bare:
        _leaflet(book.create_sheet(layout.TITLE), form)
    return fixed(book)


# --- sheets -------------------------------------------------------------------------------------------------------


def _survey(table: _Table, form: Form, core: Collection[tuple[str, ...]], original: str) -> None:
    for number, (path, row) in enumerate(form.paths(), start=2):
        table.line(
            number, [_survey_cell(row, key) for key in table.used], str(row.place), _look(path, row, core)
        )
    for number, (name, formula) in enumerate(layout.stamps(form, original), start=len(form.survey) + 2):
        stamp = Row("calculate", name, {"calculation": formula})
        table.line(number, [_survey_cell(stamp, key) for key in table.used], name, _CORE)
    table.sheet.freeze_panes = "C2"
    table.sheet.print_title_cols = "A:B"
    table.sheet.page_setup.fitToWidth = 3  # on one or two, 22 columns would be too small to read
    table.offer("required", '"yes"', len(form.survey) + SPARE)
    table.offer(columns.SENSITIVITY, '"0,1,2,3"', len(form.survey) + SPARE)


def _survey_cell(row: Row, key: tuple[str, str]) -> str:
    column, language = key
    return row.text(column, language) if column in columns.TRANSLATED else row.cell(column)


def _choices(table: _Table, form: Form) -> None:
    rows = [(name, choice) for name, choices in form.choices.items() for choice in choices]
    for number, (name, choice) in enumerate(rows, start=2):
        table.line(number, [_choice_cell(name, choice, key) for key in table.used], str(choice.place), _PLAIN)
    table.sheet.freeze_panes = "C2"


def _choice_cell(list_name: str, choice: Choice, key: tuple[str, str]) -> str:
    column, language = key
    if column in columns.TRANSLATED:
        return choice.texts.get(column, {}).get(language, "")
    return {"list_name": list_name, "name": choice.name}.get(column) or choice.cells.get(column, "")


def _settings(table: _Table, form: Form) -> None:
    values = layout.settings(form)
    table.line(2, [values[column] for column, _ in table.used], columns.SETTINGS, _PLAIN)
    table.sheet.freeze_panes = "A2"


def _leaflet(sheet: Worksheet, form: Form) -> None:
    for number, (french, english) in enumerate(layout.lines(form.title), start=1):
        for letter, text in (("A", french), ("B", english)):
            _put(
                sheet[f"{letter}{number}"],
                _checked(text, layout.TITLE, letter),
                _TITLE if number == 1 else _PLAIN,
            )
    for letter in ("A", "B"):
        sheet.column_dimensions[letter].width = 70
    _page(sheet)


def _front(sheet: Worksheet, front: layout.Front) -> None:
    for number, texts in enumerate(front.rows, start=1):
        look = _HEADER if number == front.header else _TITLE if number < front.header else _PLAIN
        for index, text in enumerate(texts, start=1):
            asked = number > front.header and index in front.ask
            _put(
                cell := sheet.cell(number, index), _checked(text, front.title, "-"), _ASKED if asked else look
            )
            if number < front.header:
                cell.alignment = Alignment(vertical="top")  # runs on over the empty cells beside it
            if address := front.links.get((number, index)):
                cell.hyperlink = Hyperlink(ref=cell.coordinate, location=address)
    for index, width in enumerate(front.widths, start=1):
        sheet.column_dimensions[get_column_letter(index)].width = width
    for index, choices in front.offers.items():
        offer = DataValidation(type="list", formula1=f'"{choices}"', allow_blank=True, showErrorMessage=False)
        offer.add(f"{get_column_letter(index)}{front.header + 1}:{get_column_letter(index)}{len(front.rows)}")
        sheet.add_data_validation(offer)
    sheet.freeze_panes = f"A{front.header + 1}"
    _page(sheet)


# --- cells and looks ----------------------------------------------------------------------------------------------

_TEXT = "dikalo_text"
_FONT = Font(name="Calibri", size=11)
_BOLD = Font(name="Calibri", size=11, bold=True)
_GREY_TEXT = Font(name="Calibri", size=11, color="FF404040")
_WRAP = Alignment(wrap_text=True, vertical="top")
_LINE = Border(bottom=Side(style="hair", color="FFBFBFBF"))


def _fill(colour: str) -> PatternFill:
    return PatternFill(fill_type="solid", start_color=colour, end_color=colour)


@dataclass(frozen=True, slots=True)
class _Look:
    fill: PatternFill | None
    font: Font


_PLAIN = _Look(None, _FONT)
_TITLE = _Look(None, _BOLD)
_CORE = _Look(_fill("FFF5F5F5"), _GREY_TEXT)
_CORE_SECTION = _Look(_fill("FFE4E4E4"), _BOLD)
_ASKED = _Look(_fill("FFFFF2CC"), _FONT)
_GROUP = _Look(_fill("FFDDEBF7"), _BOLD)
_REPEAT = _Look(_fill("FFE2EFDA"), _BOLD)
_HEADER = _Look(_fill("FFD9E1F2"), Font(name="Calibri", size=11, bold=True, color="FF1F3864"))


def _look(path: tuple[str, ...], row: Row, core: Collection[tuple[str, ...]]) -> _Look:
    is_section = row.kind in {Kind.GROUP, Kind.REPEAT, Kind.END}
    if path in core:
        return _CORE_SECTION if is_section else _CORE
    if row.base.endswith("_repeat"):
        return _REPEAT
    return _GROUP if is_section else _PLAIN


class _Table:
    """A sheet with a header row and the columns it was given."""

    def __init__(self, sheet: Worksheet, form: Form, used: Sequence[tuple[str, str]]) -> None:
        self.sheet = sheet
        self.used = used
        self._worn: dict[tuple[int, bool], object] = {}
        for number, (column, _) in enumerate(used, start=1):
            dimension = sheet.column_dimensions[get_column_letter(number)]
            dimension.width = layout.WIDTHS.get(column, 18)
            dimension.number_format = "@"  # what a trainer types below stays text too
        self.line(1, [layout.header(form, *key) for key in used], sheet.title, _HEADER)
        _page(sheet)

    def line(self, number: int, texts: Sequence[str], where: str, look: _Look) -> None:
        """Write one row of text cells."""
        for index, (text, (column, _)) in enumerate(zip(texts, self.used, strict=True), start=1):
            self._put(self.sheet.cell(number, index), _checked(text, where, column), look)

    def _put(self, cell: Cell | MergedCell, text: str, look: _Look) -> None:
        key = (id(look), text[:1] in _FORMULA)
        if key in self._worn:
            wear(cell, self._worn[key])
            _say(cell, text)
        else:
            _put(cell, text, look)
            self._worn[key] = look_of(cell)

    def offer(self, column: str, choices: str, last: int) -> None:
        """Offer values in a drop-down down to a row; others, such as an expression, are still accepted."""
        if (column, "") not in self.used:
            return
        letter = get_column_letter(self.used.index((column, "")) + 1)
        offer = DataValidation(type="list", formula1=choices, allow_blank=True, showErrorMessage=False)
        offer.add(f"{letter}2:{letter}{last}")
        self.sheet.add_data_validation(offer)


def _checked(text: str, where: str, column: str) -> str:
    if len(text) > LONGEST:
        raise CellTooLong(where=where, column=column)
    if ILLEGAL_CHARACTERS_RE.search(text):
        raise CharacterForbidden(where=where, column=column)
    return text


def _put(cell: Cell | MergedCell, text: str, look: _Look) -> None:
    """Write a text; one that looks like a formula stays a text, also after somebody edits it in Excel."""
    cell.style = _TEXT
    if text:
        _say(cell, text)
        cell.quotePrefix = text[0] in _FORMULA
    cell.font = look.font
    cell.border = _LINE
    if look.fill is not None:
        cell.fill = look.fill


def _say(cell: Cell | MergedCell, text: str) -> None:
    if text:
        cell.value = text
        cell.data_type = "s"


_FORMULA = frozenset("=+-@")
"""What a text that looks like a formula begins with."""


def _page(sheet: Worksheet) -> None:
    """Lay a sheet out for A4: its columns fitted to the width, its headings and its name on each page, no fills in the way."""
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = "9"  # A4
    sheet.page_setup.fitToHeight = 0  # as many pages as it takes
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_margins = PageMargins(left=0.3, right=0.3, top=0.4, bottom=0.5, header=0.2, footer=0.2)
    if (footer := sheet.oddFooter) is not None:
        footer.left.text, footer.right.text = "&A", "&P / &N"
    sheet.print_title_rows = "1:1"


# --- same bytes ---------------------------------------------------------------------------------------------------


def fixed(book: Workbook) -> bytes:
    """Save without a clock: members sorted and stored, because deflate differs from one zlib to the next."""
    raw, out = io.BytesIO(), io.BytesIO()
    book.save(raw)
    with zipfile.ZipFile(raw) as made, zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as kept:
        for name, body in ooxml.members(made):
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.create_system, entry.external_attr = 3, 0o600 << 16
            kept.writestr(entry, body)
    return out.getvalue()
