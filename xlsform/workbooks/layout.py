"""Which column stands where in a built workbook. Decides only; `workbook` writes by it, and problems name cells by it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from xlsform import columns
from xlsform.model import Choice, Form, Place, Row


@dataclass(frozen=True, slots=True)
class Front:
    """A sheet of questions to a person, before the form: rows of texts, one of them the header.

    ``links`` maps (row, column) to the address of a cell of the form, ``offers`` a column to what may be chosen in it;
    both are counted from 1. ``ask`` are the columns that a person fills in.
    """

    title: str
    widths: tuple[int, ...]
    rows: tuple[tuple[str, ...], ...]
    header: int
    links: Mapping[tuple[int, int], str]
    offers: Mapping[int, str]
    ask: frozenset[int]


def sheet_columns(form: Form, sheet: str) -> list[tuple[str, str]]:
    """Return the columns of a sheet as the build lays it out: (column, language code), "" where not translated.

    A column that no row uses is left out, except the few without which a sheet is none. Unknown ones come last.
    """
    if sheet == columns.SETTINGS:
        used = {name: {""} for name in settings(form)}
        return _ordered(form, used, columns.SETTINGS_COLUMNS)
    known, always = _SHEETS[sheet]
    rows: list[Row] | list[Choice] = (
        list(form.survey) if sheet == columns.SURVEY else [c for some in form.choices.values() for c in some]
    )
    used = {name: ({""} if name not in columns.TRANSLATED else {*form.languages} or {""}) for name in always}
    for row in rows:
        for name in row.cells:
            used.setdefault(name, {""})
        for name, texts in row.texts.items():
            used.setdefault(name, set(form.languages)).update(texts)
    return _ordered(form, used, known)


_SHEETS = {
    columns.SURVEY: (
        columns.SURVEY_COLUMNS,
        ("type", "name", "label", "calculation"),
    ),  # the stamps calculate
    columns.CHOICES: (columns.CHOICE_COLUMNS, ("list_name", "name", "label")),
}


def _ordered(form: Form, used: Mapping[str, set[str]], known: Sequence[str]) -> list[tuple[str, str]]:
    """Order columns as the table says, the unknown ones by name, languages as declared."""
    names = [name for name in known if name in used] + sorted(set(used) - set(known))
    languages = ["", *form.languages]
    return [(name, code) for name in names for code in languages if code in used[name]]


def letters(form: Form) -> Mapping[tuple[str, str, str], str]:
    """Return the letter of every column: (sheet, column, language code) -> ``K``."""
    return {
        (sheet, column, language): column_letter(number)
        for sheet in (columns.SURVEY, columns.CHOICES, columns.SETTINGS)
        for number, (column, language) in enumerate(sheet_columns(form, sheet), start=1)
    }


def address(form: Form, place: Place, column: str, language: str = "") -> str:
    """Return the address of a cell, ``survey!K12``; "" when the row is not known.

    For a source it is where the built workbook has the cell.
    """
    letter = (form.letters or letters(form)).get((place.sheet, column, language), "")
    return f"{place.sheet}!{letter}{place.row}" if letter and place.row else ""


def column_letter(number: int) -> str:
    """Return the letters of the n-th column, 1 = A, 27 = AA."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def settings(form: Form) -> dict[str, str]:
    """Return the row of the settings sheet: what the form says, and the default language, which is its first one."""
    first = next(iter(form.languages.values()), "")
    return {**({"default_language": first} if first else {}), **form.settings}


def header(form: Form, column: str, language: str) -> str:
    """Return a header as it is written: ``label::Français (fr)``."""
    return f"{column}::{form.languages[language]}" if language else column


def stamps(form: Form, original: str = "") -> tuple[tuple[str, str], ...]:
    """Return name and calculation of the two rows that every built survey ends with; a copy names its original."""
    return stamps_of({**form.settings, "form_id": original} if original else form.settings)


def stamps_of(said: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Return name and calculation of the stamps for what the settings say."""
    values = (said.get("form_id", ""), said.get("version", ""))
    return tuple((name, _quoted(value)) for name, value in zip(columns.STAMPS, values, strict=True))


def _quoted(text: str) -> str:
    return f'"{text}"' if "'" in text else f"'{text}'"
