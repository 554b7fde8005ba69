"""From the raw cells of any XLSForm to the form, with what was wrong in them. Knows no Excel library.

Headers become canonical, old spellings and types too; whole numbers and booleans become text. What would be dropped
or changed in silence elsewhere - dates, fractions, formulas, merged or hidden cells - is a finding with its cell.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Final, Literal

from xlsform import columns
from xlsform.errors import FormError
from xlsform.findings.problems import Finding, Severity
from xlsform.model import Choice, Form, Place, Row
from xlsform.workbooks import layout
from xlsform.workbooks.ooxml import SheetFacts

CellKind = Literal["text", "number", "fraction", "date", "bool", "formula", "error"]

MENDED = frozenset(("HEADER-CASE", "SHEET-NAME"))
"""Errors that reading has already put right: they do not stop an import."""

OTHER_SHEETS = frozenset(("entities", "external_choices", "osm"))
"""Sheets that pyxform reads besides ours."""


NoSurvey: Final = FormError.declare(
    "DK-F25",
    "{file} is not a form: it has no sheet called survey (its sheets: {sheets}). Name the sheet with the questions "
    "survey, and the one with the answers choices.",
)


@dataclass(frozen=True, slots=True)
class RawCell:
    """One filled cell: its text, and what it was in the workbook."""

    text: str
    kind: CellKind


def text_cell(value: str) -> RawCell:
    """Return a cell with a text as people see it: no carriage returns, nothing white around it."""
    return RawCell(value.replace("_x000D_", "").replace("\r\n", "\n").replace("\r", "\n").strip(), "text")


def number_cell(value: float) -> RawCell:
    """Return a cell with a number; a whole one has no decimals."""
    whole = float(value).is_integer()
    return RawCell(str(int(value)) if whole else repr(value), "number" if whole else "fraction")


@dataclass(frozen=True, slots=True)
class RawSheet:
    """A sheet: its rows by number, each cell by column number (1 = A); empty cells are absent."""

    name: str
    rows: Mapping[int, Mapping[int, RawCell]]
    facts: SheetFacts


@dataclass(frozen=True, slots=True)
class Reading:
    """A form read from a workbook, and what was found while reading."""

    form: Form
    findings: tuple[Finding, ...]


def with_results(sheets: list[RawSheet], computed: Callable[[], list[RawSheet]]) -> list[RawSheet]:
    """Give formulas the text that servers take for them; they stay formulas.

    ``computed`` reads the same sheets with the results that a program saved; it is asked only when there is a formula.
    """
    if not any(
        cell.kind == "formula" for sheet in sheets for row in sheet.rows.values() for cell in row.values()
    ):
        return sheets
    texts = {sheet.name: sheet.rows for sheet in computed()}

    def seen(sheet: str, number: int, index: int, cell: RawCell) -> RawCell:
        result = texts.get(sheet, {}).get(number, {}).get(index)
        return RawCell(result.text, "formula") if cell.kind == "formula" and result is not None else cell

    return [
        RawSheet(
            sheet.name,
            {
                number: {index: seen(sheet.name, number, index, cell) for index, cell in row.items()}
                for number, row in sheet.rows.items()
            },
            sheet.facts,
        )
        for sheet in sheets
    ]


def form_of(sheets: Sequence[RawSheet], file: str) -> Reading:
    """Return the form that the sheets hold.

    Raises:
        NoSurvey: there is no sheet of questions.
        GroupUnbalanced: groups and repeats do not open and close in pairs.
    """
    found: list[Finding] = []
    known = _known_sheets(sheets, file, found)
    names = _Languages()
    tables = {name: _Table(sheet, name, file, names, found) for name, sheet in known.items()}
    settings = _settings(tables.get(columns.SETTINGS))
    default = settings.get("default_language", "")
    languages = names.ordered(default)
    if default in languages.values():
        del settings["default_language"]
    survey = [row for row in tables[columns.SURVEY].survey() if not _is_stamp(row, settings)]
    form = Form(
        languages=languages,
        settings=settings,
        survey=tuple(survey),
        choices=_choices(tables.get(columns.CHOICES)),
        file=file,
        places={name: Place(file=file, sheet=columns.SETTINGS, row=2) for name in settings},
        letters={key: letter for table in tables.values() for key, letter in table.letters()},
        others=tuple(
            sheet.name for sheet in sheets if sheet.name not in {known[name].name for name in known}
        ),
    )
    return Reading(form, tuple(found))


# --- sheets -------------------------------------------------------------------------------------------------------


def _known_sheets(sheets: Sequence[RawSheet], file: str, found: list[Finding]) -> dict[str, RawSheet]:
    known: dict[str, RawSheet] = {}
    for sheet in sheets:
        name = sheet.name.strip().lower()
        if name in {columns.SURVEY, columns.CHOICES, columns.SETTINGS} and name not in known:
            known[name] = sheet
            if sheet.name != name:
                found.append(_sheet_finding("SHEET-NAME", sheet.name, file, near=name))
        elif sheet.rows and sheet.name != layout.TITLE and name not in OTHER_SHEETS and len(sheets) > 1:
            found.append(_other_sheet(sheet.name, {one.name.strip().lower() for one in sheets}, file))
    if columns.SURVEY not in known:
        if len(sheets) != 1:
            raise NoSurvey(file=file, sheets=", ".join(sheet.name for sheet in sheets) or "-")
        known = {columns.SURVEY: sheets[0]}
        found.append(_sheet_finding("SHEET-NAME", sheets[0].name, file, near=columns.SURVEY))
    return known


_FRENCH_SHEETS = {"choix": columns.CHOICES, "paramètres": columns.SETTINGS, "réglages": columns.SETTINGS}


def _other_sheet(name: str, there: set[str], file: str) -> Finding:
    """Return what is said of a sheet that nobody reads: that it is one of the three under another name, or only a remark."""
    lacking = [one for one in (columns.CHOICES, columns.SETTINGS) if one not in there]
    plain = _FRENCH_SHEETS.get(name.strip().lower(), name.strip().lower())
    near = next(iter(get_close_matches(plain, lacking, n=1, cutoff=0.75)), "")
    if not near or name.startswith("_"):
        return _sheet_finding("SHEET-OTHER", name, file)
    here = Severity.BREAKS if near == columns.CHOICES else Severity.LOSES
    return replace(_sheet_finding("SHEET-NAME", name, file, near=near), here=here)


def _sheet_finding(code: str, name: str, file: str, **data: str) -> Finding:
    return Finding(code, place=Place(file=file, sheet=name), data={"name": name, **data})


def _settings(table: _Table | None) -> dict[str, str]:
    if table is None:
        return {}
    return next((dict(cells) for _, cells, _ in table.lines()), {})


def _choices(table: _Table | None) -> dict[str, tuple[Choice, ...]]:
    lists: dict[str, list[Choice]] = {}
    if table is not None:
        for number, cells, texts in table.lines():
            name, list_name = cells.pop("name", ""), cells.pop("list_name", "")
            lists.setdefault(list_name, []).append(Choice(name, texts, cells, table.place(number)))
    return {name: tuple(choices) for name, choices in lists.items()}


def _is_stamp(row: Row, settings: Mapping[str, str]) -> bool:
    """Tell the rows that a build added; one with another value stays, and the check refuses it."""
    if row.name not in columns.STAMPS or row.type != "calculate":
        return False
    return (row.name, row.cells.get("calculation", "")) in layout.stamps_of(settings)


# --- languages ----------------------------------------------------------------------------------------------------

_CODE = re.compile(r"\(([A-Za-z]{2,3}(?:-[A-Za-z0-9]+)*)\)$")


class _Languages:
    """Languages in order of appearance; one code for each spelling, so that two spellings stay two languages."""

    def __init__(self) -> None:
        self._codes: dict[str, str] = {}

    def code(self, name: str) -> str:
        if name not in self._codes:
            match = _CODE.search(name)
            code = match[1] if match else name
            self._codes[name] = name if code in self._codes.values() else code
        return self._codes[name]

    def ordered(self, default: str) -> dict[str, str]:
        names = sorted(self._codes, key=lambda name: name != default)  # stable: the others keep their order
        return {self._codes[name]: name for name in names}


# --- one sheet ----------------------------------------------------------------------------------------------------

_KNOWN = {
    columns.SURVEY: columns.SURVEY_COLUMNS,
    columns.CHOICES: columns.CHOICE_COLUMNS,
    columns.SETTINGS: columns.SETTINGS_COLUMNS,
}
_NO_TEXT = frozenset(("date", "fraction", "error"))
_YES_NO = frozenset(("required", "readonly"))


def canonical_column(sheet: str, column: str) -> str:
    """Return a column of one of the three sheets in canonical spelling; one that is not known as it is."""
    lower = column.lower()
    plain = lower.replace(" ", "_")
    by_case = {name.lower(): name for name in _KNOWN[sheet]}
    old = columns.OLD_SPELLINGS[sheet]
    return old.get(lower) or old.get(plain) or by_case.get(lower) or by_case.get(plain) or column


@dataclass(frozen=True, slots=True)
class _Header:
    column: str
    language: str


class _Table:
    """A sheet with its headers understood; findings go to the list that it is given."""

    def __init__(
        self, sheet: RawSheet, name: str, file: str, languages: _Languages, found: list[Finding]
    ) -> None:
        self._sheet, self._name, self._file, self._found = sheet, name, file, found
        self._headers: dict[int, _Header] = {}
        self._first = min(sheet.rows, default=1)
        row = sheet.rows.get(self._first, {})
        double = any("::" in cell.text for cell in row.values())
        for number, cell in row.items():
            self._head(number, cell, languages, double=double)
        self._check_hidden()
        self._check_merged()

    def place(self, number: int) -> Place:
        return Place(file=self._file, sheet=self._name, row=number)

    def letters(self) -> Iterator[tuple[tuple[str, str, str], str]]:
        for number, header in self._headers.items():
            yield (self._name, header.column, header.language), layout.column_letter(number)

    def lines(self) -> Iterator[tuple[int, dict[str, str], dict[str, Mapping[str, str]]]]:
        """Yield the filled rows under the header: number, plain cells, translated texts."""
        for number, row in sorted(self._sheet.rows.items()):
            if number <= self._first:
                continue
            cells: dict[str, str] = {}
            texts: dict[str, dict[str, str]] = {}
            for index, header in self._headers.items():
                text = self._text(number, index, header.column, row.get(index))
                if text and header.column in columns.TRANSLATED and self._name != columns.SETTINGS:
                    texts.setdefault(header.column, {})[header.language] = text
                elif text:
                    cells[header.column] = text
            if cells or texts:
                yield number, cells, {**texts}

    def survey(self) -> Iterator[Row]:
        for number, cells, texts in self.lines():
            written = cells.pop("type", "")
            if not written:
                is_asked = cells.get("name") or texts.get(
                    "label"
                )  # without both, converters take it for a remark
                self._find("ROW-TYPE", number, "type", here=None if is_asked else Severity.STYLE)
                continue
            yield Row(
                columns.canonical_type(written), cells.pop("name", ""), cells, texts, self.place(number)
            )

    # headers

    def _head(self, number: int, cell: RawCell, languages: _Languages, *, double: bool) -> None:
        written = " ".join(cell.text.split())
        column, language = self._split(written, double=double)
        canonical = self._canonical(column)
        if self._is_misspelt(column, canonical):
            self._find("HEADER-CASE", self._first, number, name=written, near=canonical)
        header = _Header(canonical, languages.code(language) if language else "")
        earlier = [index for index, other in self._headers.items() if other == header]
        if earlier:
            other = self._sheet.rows[self._first][earlier[0]].text
            self._find("COL-TWICE", self._first, number, name=written, other=other)
            return
        if cell.kind == "formula":
            self._find("FORMULA-CELL", self._first, number)
        self._headers[number] = header

    def _split(self, written: str, *, double: bool) -> tuple[str, str]:
        """Split ``label::Français (fr)``, or with one colon as older forms write it."""
        lower = written.lower()
        if self._name == columns.SETTINGS or lower in columns.OLD_SPELLINGS[self._name]:
            return written, ""
        column, _, language = written.partition("::" if double else ":")
        if column.strip().lower() == "media" and language:
            inner, _, language = language.partition("::" if double else ":")
            column = inner
        if self._canonical(column.strip()) in columns.TRANSLATED:
            return column.strip(), language.strip()
        return written, ""

    def _canonical(self, column: str) -> str:
        return canonical_column(self._name, column)

    def _is_misspelt(self, column: str, canonical: str) -> bool:
        return column != canonical and column.lower() == canonical.lower()

    # cells

    def _text(self, number: int, index: int, column: str, cell: RawCell | None) -> str:
        if cell is None:
            return ""
        if cell.kind == "formula":
            self._find("FORMULA-CELL", number, index, here=Severity.STYLE if cell.text else None)
            return cell.text
        if cell.kind in _NO_TEXT:
            stays = cell.kind == "fraction" or (cell.kind == "date" and self._name == columns.SETTINGS)
            here = Severity.STYLE if stays else None
            self._find("CELL-TYPE", number, index, here=here, kind=cell.kind, value=cell.text)
        if cell.kind == "bool" and column in _YES_NO:
            return "yes" if cell.text == "TRUE" else "no"
        return cell.text

    def _check_hidden(self) -> None:
        facts, rows = self._sheet.facts, self._sheet.rows
        if facts.hidden:
            self._hidden(self._name, None)
        for number in sorted(facts.hidden_rows & rows.keys()):
            self._hidden(str(number), number)
        for index in sorted(facts.hidden_columns & self._headers.keys()):
            if any(index in row for number, row in rows.items() if number != self._first):
                self._hidden(layout.column_letter(index), None)

    def _hidden(self, number: str, row: int | None) -> None:
        place = Place(file=self._file, sheet=self._name, row=row)
        cell = f"{self._name}!{number}"
        self._found.append(
            Finding("HIDDEN-ROW", place=place, cell=cell, data={"number": number, "sheet": self._name})
        )

    def _check_merged(self) -> None:
        for area in self._sheet.facts.merged:
            place = Place(file=self._file, sheet=self._name)
            self._found.append(
                Finding("MERGED-CELL", place=place, cell=f"{self._name}!{area}", data={"range": area})
            )

    def _find(
        self, code: str, number: int, column: int | str, *, here: Severity | None = None, **data: str
    ) -> None:
        index = column if isinstance(column, int) else self._index(column)
        cell = f"{self._name}!{layout.column_letter(index)}{number}"
        self._found.append(Finding(code, place=self.place(number), cell=cell, data=data, here=here))

    def _index(self, column: str) -> int:
        return next((index for index, header in self._headers.items() if header.column == column), 1)
