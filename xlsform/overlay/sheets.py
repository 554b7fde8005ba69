"""A form as flat rows with keys, so that two versions can be compared row by row and cell by cell. Pure.

The key of a survey row is its path, ``end:`` and the path for the row that closes it; of a choice its list and name; of
a setting its column; of a language its code. A translated column is written ``label.fr``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from gettext import gettext
from typing import Final, Literal

from xlsform import columns
from xlsform.errors import FormError
from xlsform.model import Choice, Form, Kind, Place, Row

Name = Literal["languages", "settings", "survey", "choices"]
Cells = Mapping[str, str]
END = "end:"
VALUE = "value"
"""The one column of a setting."""
BASE = "_base"
"""Setting of a workbook for editing that says what it was made from; phones and servers ignore it."""
UNCOMPARED = frozenset(("version", "default_language", BASE))


@dataclass(slots=True)
class Sheet:
    """Rows by key, and the keys below each parent in order; closing rows are in ``cells`` only."""

    cells: dict[str, dict[str, str]] = field(default_factory=dict)
    below: dict[str, list[str]] = field(default_factory=dict)

    def walk(self, parent: str = "") -> Iterator[str]:
        """Yield the keys below a parent in the order of the sheet, a section before what it holds."""
        for key in self.below.get(parent, ()):
            yield key
            yield from self.walk(key)

    def rows(self) -> Iterator[str]:
        """Yield every key but those of closing rows, in the order of the sheet."""
        for parent in [parent for parent in self.below if parent not in self.cells]:
            yield from self.walk(parent)


@dataclass(slots=True)
class Sheets:
    """All rows of one form."""

    languages: Sheet
    settings: Sheet
    survey: Sheet
    choices: Sheet

    def __getitem__(self, name: Name) -> Sheet:
        """Return one sheet."""
        found: Sheet = getattr(self, name)
        return found


def parent_of(sheet: Name, key: str) -> str:
    """Return the key of what holds a row: group or repeat, list; "" at the top."""
    if sheet == "survey":
        return key.removeprefix(END).rpartition("/")[0]
    return key.partition("/")[0] if sheet == "choices" and "/" in key else ""


def is_section(cells: Cells) -> bool:
    """Say whether a survey row opens a group or repeat."""
    return cells.get("type", "").partition(" ")[0] in columns.BEGIN


# --- from a form --------------------------------------------------------------------------------------------------


def flat(form: Form) -> Sheets:
    """Return the rows of a form.

    Raises:
        RowTwice: two rows have one key.
    """
    first = next(iter(form.languages.values()), "")
    said = {name: text for name, text in form.settings.items() if name not in UNCOMPARED}
    settings = said | ({"default_language": first} if first else {})
    return Sheets(
        languages=_simple({code: {"name": name} for code, name in form.languages.items()}),
        settings=_simple({name: {VALUE: text} for name, text in settings.items()}),
        survey=_survey(form),
        choices=_choices(form),
    )


def _simple(rows: Mapping[str, dict[str, str]]) -> Sheet:
    return Sheet(dict(rows), {"": list(rows)})


def _survey(form: Form) -> Sheet:
    made = Sheet(below={"": []})
    above: list[str] = []
    for number, row in enumerate(form.survey, start=2):
        if row.kind is Kind.END:
            made.cells[END + above.pop()] = _row_cells(row)
            continue
        name = row.name or f"?{number}"  # no row can be called that; the check says that it has no name
        key = "/".join([*above[-1:], name])
        _once(made, "survey", key, form, row.place)
        made.cells[key] = _row_cells(row)
        made.below[above[-1] if above else ""].append(key)
        if row.base in columns.BEGIN:
            made.below[key] = []
            above.append(key)
    return made


def _choices(form: Form) -> Sheet:
    made = Sheet()
    for name, choices in form.choices.items():
        made.below[name] = []
        for choice in choices:
            key = f"{name}/{choice.name}"
            _once(made, "choices", key, form, choice.place)
            made.cells[key] = {"name": choice.name, **_texts(choice.texts), **choice.cells}
            made.below[name].append(key)
    return made


def _once(sheet: Sheet, name: Name, key: str, form: Form, place: Place) -> None:
    if key in sheet.cells:
        raise RowTwice(file=form.file or form.form_id, sheet=name, key=key, row=place.row or 0)


def _row_cells(row: Row) -> dict[str, str]:
    named = {"name": row.name} if row.name else {}
    return {"type": row.type, **named, **_texts(row.texts), **row.cells}


def _texts(texts: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    return {
        f"{column}.{code}" if code else column: text
        for column, by_language in texts.items()
        for code, text in by_language.items()
        if text
    }


# --- to a form ----------------------------------------------------------------------------------------------------


def form_of(sheets: Sheets, *, version: str, file: str = "") -> Form:
    """Return the form that the rows say; the default language is the one that the settings name.

    Raises:
        GroupUnbalanced: groups and repeats do not open and close in pairs.
    """
    settings = {key: cells[VALUE] for key, cells in sheets.settings.cells.items() if cells.get(VALUE)}
    first = settings.pop("default_language", "")
    names = {code: cells["name"] for code, cells in sheets.languages.cells.items()}
    ordered = sorted(names.items(), key=lambda item: item[1] != first)  # stable
    survey = enumerate(_survey_rows(sheets.survey), start=2)
    return Form(
        languages=dict(ordered),
        settings={**settings, "version": version},
        survey=tuple(_row(cells, Place(file=file, sheet=columns.SURVEY, row=n)) for n, cells in survey),
        choices=_lists(sheets.choices, file),
        file=file,
        places={name: Place(file=file, sheet=columns.SETTINGS, row=2) for name in (*settings, "version")},
    )


def _survey_rows(sheet: Sheet, parent: str = "") -> Iterator[Cells]:
    for key in sheet.below[parent]:
        yield sheet.cells[key]
        if is_section(sheet.cells[key]):
            yield from _survey_rows(sheet, key)
            yield sheet.cells[END + key]


def _lists(sheet: Sheet, file: str) -> dict[str, tuple[Choice, ...]]:
    made: dict[str, tuple[Choice, ...]] = {}
    number = 2
    for name, keys in sheet.below.items():
        rows = []
        for key in keys:
            row = _row(
                {"type": "choice", **sheet.cells[key]}, Place(file=file, sheet=columns.CHOICES, row=number)
            )
            rows.append(Choice(row.name, row.texts, row.cells, row.place))
            number += 1
        if rows:
            made[name] = tuple(rows)
    return made


def _row(cells: Cells, place: Place) -> Row:
    rest: dict[str, str] = {}
    texts: dict[str, dict[str, str]] = {}
    for name, text in cells.items():
        column, _, code = name.partition(".")
        if column in columns.TRANSLATED:
            texts.setdefault(column, {})[code] = text
        elif name not in {"type", "name"}:
            rest[name] = text
    return Row(cells["type"], cells.get("name", ""), rest, texts, place)


OverlayDamaged: Final = FormError.declare(
    "DK-F70",
    "{where}: the overlay cannot be used: {why}. Nothing was changed. Save the customised workbook again "
    "(dikalo forms save FILE), which writes the overlay anew, or put back the last one from forms/overlays/before.",
    shown={"why": gettext},
)
OverlayUnfit: Final = FormError.declare(
    "DK-F71",
    "The overlay of {form} does not fit its base {base}: {op} {key} finds something else there. Nothing was changed. "
    "Save the customised workbook again (dikalo forms save FILE), which writes the overlay anew.",
)
RowTwice: Final = FormError.declare(
    "DK-F72",
    "{file}: two rows of the sheet {sheet} are called {key} (the second one: row {row}). Nothing was changed. Give "
    "each row its own name, then run the command again.",
)
OtherForm: Final = FormError.declare(
    "DK-F73",
    "{file} belongs to the form {found}, not to {form}. Nothing was changed. Take the file of {form}, or name the "
    "other form.",
)
BaseUnknown: Final = FormError.declare(
    "DK-F74",
    "The form {form} here was made from version {version} of the base, and that version is not at hand. Nothing was "
    "changed. Put its workbook, as it was, into forms/overlays/base and call it {form}@{version}.xlsx.",
)
WorkbookOlder: Final = FormError.declare(
    "DK-F35",
    "{file} was made from version {version} of the form {form}, and version {used} is in use since then: saving it would undo what was "
    "changed meanwhile (dikalo forms add, zone, translate, or another workbook). Nothing was written. Take a new workbook "
    "(dikalo forms customise {form}; yours is kept beside it) and enter your changes there.",
)
UpgradeFirst: Final = FormError.declare(
    "DK-F75",
    "The base of {form} has a newer version ({shipped}; yours stands on {base}). Nothing was changed and your file is "
    "untouched. First run: dikalo forms upgrade {form}; then save this file again.",
)
OutOfStep: Final = FormError.declare(
    "DK-F76",
    "The workbook {form}.xlsx and its overlay do not say the same: one of them was changed by hand. Nothing was "
    "changed. Say which one counts: dikalo forms save forms/{form}.xlsx, or dikalo forms save "
    "forms/overlays/{form}.yaml.",
)
ConflictsDamaged: Final = FormError.declare(
    "DK-F77",
    "{file}: this workbook of conflicts cannot be used: {why}. Nothing was changed. Correct it, or delete it and run dikalo "
    "forms upgrade FORM again, which writes a new one.",
    shown={"why": gettext},
)
ConflictOpen: Final = FormError.declare(
    "DK-F69",
    "The form {form} was not sent: a conflict of its upgrade waits for a decision in forms/overlays/{form}.conflits.xlsx. "
    "Settle it there and run dikalo forms upgrade {form}, or delete that file to go on with the form in use.",
)
FormRefused: Final = FormError.declare(
    "DK-F78",
    "{file} was not taken: what is said above may not be, or would not work on phones (in all: {count}). Nothing "
    "was changed, and no option lets it through. Correct the file and run the command again.",
)
