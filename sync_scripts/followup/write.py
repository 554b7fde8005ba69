"""Make the .xlsx of a follow-up workbook: markers, keys, rows, lists, protection, print. No formula in any cell.

Takes a ``Book`` and returns bytes; touches neither the register nor the disk.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from openpyxl import Workbook
from openpyxl.cell.cell import Cell
from openpyxl.formatting.rule import FormulaRule
from openpyxl.utils import get_column_letter
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.table import Table, TableStyleInfo
from openpyxl.worksheet.worksheet import Worksheet

from sync_scripts.followup import style
from sync_scripts.followup.book import FORMAT, Book, Filled
from sync_scripts.followup.cells import cell_at, put_date, put_text
from sync_scripts.followup.dashboard import add_dashboard
from sync_scripts.followup.guide import add_guide
from sync_scripts.followup.sheets import Column, Line

DOUALA = ZoneInfo("Africa/Douala")
HELP_ROW, KEY_ROW, OTHER_ROW, HEADER_ROW, FIRST_ROW = 2, 3, 4, 5, 6
FIRST_COLUMN = 3  # A and B hold the row's id and version, hidden
LISTS, META = "_listes", "_meta"
FINAL_STATUSES = ("done", "not_done", "declined", "revoked", "rejected")
LONGEST_NOTE = 1000


def _columns(filled: Filled) -> Iterator[tuple[int, Column]]:
    return enumerate(filled.sheet.columns, start=FIRST_COLUMN)


def _letter(filled: Filled, key: str) -> str:
    return next(get_column_letter(at) for at, column in _columns(filled) if column.key == key)


def header(column: Column, book: Book, *, other: bool = False) -> str:
    """Return a column's visible header in the book's language, or in the other one."""
    words = column.fr if (book.lang == "fr") != other else column.en
    return words.format(day=f"{book.today:%d/%m}")


def _headings(sheet: Worksheet, filled: Filled, book: Book) -> None:
    name = sheet.title
    french = book.lang == "fr"
    one, two = (
        (filled.sheet.help_fr, filled.sheet.help_en)
        if french
        else (filled.sheet.help_en, filled.sheet.help_fr)
    )
    texts = {
        "A1": filled.sheet.marker,
        "A2": book.export_id,
        "A3": "__id",
        "B3": "__v",
        "A5": "__id",
        "B5": "__v",
        "C1": filled.sheet.title(book.lang),
        "C2": f"{one} — {two}",
    }
    for at, text in texts.items():
        put_text(sheet[at], text, sheet=name, at=at)
        sheet[at].font = style.HIDDEN if at[0] != "C" else style.TITLE if at == "C1" else style.HELP
        sheet[at].alignment = style.FLAT
    for number, column in _columns(filled):
        for row, text in (
            (KEY_ROW, column.key),
            (OTHER_ROW, header(column, book, other=True)),
            (HEADER_ROW, header(column, book)),
        ):
            put_text(cell_at(sheet, row, number), text, sheet=name, at=cell_at(sheet, row, number).coordinate)
        cell_at(sheet, OTHER_ROW, number).font = style.OTHER_HEADER
        top = cell_at(sheet, HEADER_ROW, number)
        top.font, top.fill = style.EDITABLE_HEADER if column.editable else style.LOCKED_HEADER
        top.alignment = style.HEADER
        sheet.column_dimensions[get_column_letter(number)].width = column.width
    for letter in "AB":
        sheet.column_dimensions[letter].hidden = True
        sheet.column_dimensions[letter].width = 4
    sheet.row_dimensions[KEY_ROW].hidden = True
    sheet.row_dimensions[1].height, sheet.row_dimensions[HEADER_ROW].height = 24, 30


def _height(line: Line, filled: Filled, book: Book) -> float:
    """Return a row height in points for its longest text, five lines at most: LibreOffice would else guess."""
    most = 1
    for column in filled.sheet.columns:
        value = line.values.get(column.key)
        if value is not None and column.kind != "date":
            per_line = max(1, int(column.width * 1.18))
            shown = book.shown(column, value)
            most = max(most, sum(1 + (len(part) - 1) // per_line for part in shown.split("\n")))
    return 15.0 * min(most, 5) + 2


def _cell(cell: Cell, column: Column, value: str | None, book: Book, title: str) -> None:
    look = style.EDITABLE_CELL if column.editable else style.LOCKED_CELL
    if column.key == "code" and not column.editable:
        look = style.LINK_CELL if column.kind == "link" else style.CODE_CELL
    if column.key == "flag" and value:
        look = style.FLAGS[value]
    cell.font, cell.fill, cell.border = look[0], look[1], style.LINE
    cell.alignment = style.CENTRE if column.kind == "date" else style.WRAP
    cell.protection = style.UNLOCKED if column.editable else style.LOCKED
    if column.kind == "date":
        cell.number_format = "DD/MM/YYYY"
        if value is not None:
            put_date(cell, value)
        return
    if value is not None:
        put_text(cell, book.shown(column, value), sheet=title, at=cell.coordinate)
    cell.number_format = "@"
    cell.quotePrefix = True  # after the styles: assigning one resets it


def _rows(sheet: Worksheet, filled: Filled, book: Book) -> None:
    for row, line in enumerate(filled.lines, start=FIRST_ROW):
        for number, text in ((1, line.row_id), (2, line.version)):
            cell = cell_at(sheet, row, number)
            put_text(cell, text, sheet=sheet.title, at=cell.coordinate)
            cell.font, cell.alignment = style.HIDDEN, style.FLAT
        for number, column in _columns(filled):
            _cell(cell_at(sheet, row, number), column, line.values.get(column.key), book, sheet.title)
        sheet.row_dimensions[row].height = _height(line, filled, book)


def _last_row(filled: Filled) -> int:
    return FIRST_ROW + max(1, len(filled.lines)) - 1


def _table(sheet: Worksheet, filled: Filled) -> None:
    end = f"{get_column_letter(FIRST_COLUMN + len(filled.sheet.columns) - 1)}{_last_row(filled)}"
    table = Table(displayName=filled.sheet.table, ref=f"A{HEADER_ROW}:{end}")
    table.tableStyleInfo = TableStyleInfo(name=None, showRowStripes=False)
    sheet.add_table(table)
    sheet.freeze_panes = f"D{FIRST_ROW}"


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


def _validation(sheet: Worksheet, filled: Filled) -> None:
    for number, column in _columns(filled):
        if column.editable and (rule := _rule(column)) is not None:
            letter = get_column_letter(number)
            rule.add(f"{letter}{FIRST_ROW}:{letter}{_last_row(filled)}")
            sheet.add_data_validation(rule)


def _live_dates(sheet: Worksheet, filled: Filled) -> None:
    """Colour a due date as the days pass; a finished action, judged by the set of final statuses, never."""
    key = {"dk:todo": "next_due", "dk:cases": "next_due", "dk:actions": "due"}.get(filled.sheet.marker)
    if key is None:
        return
    letter = _letter(filled, key)
    at = f"${letter}{FIRST_ROW}"
    open_row = ""
    if filled.sheet.marker == "dk:actions":
        open_row = f",COUNTIF(l_status_final,${_letter(filled, 'status')}{FIRST_ROW})=0"
    where = f"{letter}{FIRST_ROW}:{letter}{_last_row(filled)}"
    for look, test in ((style.OVERDUE, f"{at}<TODAY()"), (style.SOON, f"{at}<=TODAY()+7")):
        rule = FormulaRule(  # type: ignore[no-untyped-call]  # openpyxl ships no types for it
            formula=[f'AND({at}<>"",{test}{open_row})'], font=look[0], fill=look[1], stopIfTrue=True
        )
        sheet.conditional_formatting.add(where, rule)


def _links(sheet: Worksheet, filled: Filled, cases: Filled, book: Book) -> None:
    row_of = {line.values["code"]: row for row, line in enumerate(cases.lines, start=FIRST_ROW)}
    target = cases.sheet.title(book.lang).replace("'", "''")
    for row, line in enumerate(filled.lines, start=FIRST_ROW):
        at = f"C{row}"
        # A Hyperlink with a location: a plain text here would make a link to a file.
        sheet[at].hyperlink = Hyperlink(ref=at, location=f"'{target}'!D{row_of[line.values['code']]}")


def _protect(sheet: Worksheet, book: Book) -> None:
    if not book.protect:
        return
    guard = sheet.protection
    guard.sheet = True
    # False means allowed: people filter and widen, they do not move or delete rows.
    guard.autoFilter = guard.formatColumns = guard.formatRows = guard.sort = False


def print_setup(sheet: Worksheet, book: Book, *, repeat: bool = True) -> None:
    """Prepare a sheet for A4 landscape with its footer: confidential, when, for whom, page."""
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_margins.bottom, sheet.page_margins.footer = 0.75, 0.35
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
            place.text = text


def _data_sheet(workbook: Workbook, filled: Filled, book: Book) -> Worksheet:
    sheet: Worksheet = workbook.create_sheet(filled.sheet.title(book.lang))
    sheet.sheet_view.showGridLines = False
    _headings(sheet, filled, book)
    _rows(sheet, filled, book)
    _table(sheet, filled)
    _validation(sheet, filled)
    _live_dates(sheet, filled)
    print_setup(sheet, book)
    _protect(sheet, book)
    return sheet


def _lists(workbook: Workbook, book: Book) -> None:
    sheet = workbook.create_sheet(LISTS)
    final = tuple(code for code in book.lists.get("status", ()) if code in FINAL_STATUSES)
    for at, (name, codes) in enumerate((*book.lists.items(), ("status_final", final))):
        left = 2 * at + 1
        known = book.labels.get("status" if name == "status_final" else name, {})
        put_text(cell_at(sheet, 1, left), name, sheet=LISTS, at=name)
        for row, code in enumerate(codes, start=2):
            put_text(cell_at(sheet, row, left), code, sheet=LISTS, at=name)
            put_text(cell_at(sheet, row, left + 1), known.get(code, code), sheet=LISTS, at=name)
        letter = get_column_letter(left + 1)
        place = f"'{LISTS}'!${letter}$2:${letter}${max(2, len(codes) + 1)}"
        workbook.defined_names[f"l_{name}"] = DefinedName(f"l_{name}", attr_text=place)
    sheet.sheet_state = "veryHidden"


def meta(book: Book) -> dict[str, str]:
    """Return what the workbook says of itself, for the way back."""
    rows = {f"rows.{filled.sheet.marker}": str(len(filled.lines)) for filled in book.filled}
    return {
        "format": FORMAT,
        "export_id": book.export_id,
        "register_id": book.register_id,
        "exported_at": book.exported_at.isoformat().replace("+00:00", "Z"),
        "level": book.tier,
        "scope": book.scope,
        "lang": book.lang,
        "expires": book.expires_on.isoformat(),
        **rows,
    }


def _meta(workbook: Workbook, book: Book) -> None:
    sheet = workbook.create_sheet(META)
    for row, (key, value) in enumerate(meta(book).items(), start=1):
        put_text(cell_at(sheet, row, 1), key, sheet=META, at=f"A{row}")
        put_text(cell_at(sheet, row, 2), value, sheet=META, at=f"B{row}")
    sheet.sheet_state = "veryHidden"


def workbook_bytes(book: Book) -> bytes:
    """Return the workbook, unencrypted, as the bytes of an .xlsx file.

    Raises:
        TextTooLong: a text does not fit in a cell; nothing is cut in silence.
    """
    workbook = Workbook()
    guide = workbook.active
    assert isinstance(guide, Worksheet)  # noqa: S101 - a new workbook has one sheet
    add_guide(guide, book)
    made = {filled.sheet.marker: _data_sheet(workbook, filled, book) for filled in book.filled}
    cases = next(filled for filled in book.filled if filled.sheet.marker == "dk:cases")
    todo = next(filled for filled in book.filled if filled.sheet.marker == "dk:todo")
    _links(made["dk:todo"], todo, cases, book)
    board = add_dashboard(workbook, book)
    for sheet in (guide, board):
        print_setup(sheet, book, repeat=False)
        _protect(sheet, book)
    _lists(workbook, book)
    _meta(workbook, book)
    workbook.active = workbook.sheetnames.index(todo.sheet.title(book.lang))
    for sheet in workbook.worksheets:
        sheet.sheet_view.tabSelected = sheet.title == todo.sheet.title(book.lang)
    workbook.properties.creator, workbook.properties.title = "dikalo", None
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()
