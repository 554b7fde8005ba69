"""The forms that travel with the product: where they are, which there are, the lists and register fields they share.

In a checkout they are the folder ``forms/``, in an installed wheel ``xlsform/_forms/``. Nothing is written here.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from gettext import gettext
from pathlib import Path
from typing import Final, Literal, cast, get_args

from xlsform import columns
from xlsform.errors import N_, FormError
from xlsform.model import Choice, Place

Owner = Literal["collected", "derived", "decided", "system"]

_HERE = Path(__file__).resolve().parent
_REGISTER_HEADER = ["entity", "field", "owner", "level", "type"]
_ADMINISTRATIVE = "cm_admin"
_MANY_LISTS = "codelists"


FormsMissing: Final = FormError.declare(
    "DK-F02",
    "The forms that belong to dikalo were not found in {folder}. Install dikalo again, or run it in a checkout.",
)
FormUnknown: Final = FormError.declare(
    "DK-F03",
    "There is no form called {form} here. Known: {known}.",
)
ListUnknown: Final = FormError.declare(
    "DK-F04",
    "{where}: there is no shared list called {name}. Nearest: {near}. Correct the name, or add the list to forms/lists.",
)
BlockUnknown: Final = FormError.declare(
    "DK-F05",
    "{where}: there is no block called {name}. Correct the name, or add the file {name}.yaml to forms/src/blocks.",
)
TableBroken: Final = FormError.declare(
    "DK-F06",
    "{where}: this table cannot be used: {why}{detail}. Correct it and try again.",
    shown={"why": gettext},
    detail="",
)


@dataclass(frozen=True, slots=True)
class Packed:
    """One form of a folder: its id, its source when there is one, its workbook (which may not be built yet)."""

    form_id: str
    source: Path | None
    workbook: Path


@dataclass(frozen=True, slots=True)
class RegisterField:
    """A field of the register: who owns it, how secret it is (0-3), and its type when the catalogue says one."""

    entity: str
    field: str
    owner: Owner
    level: int
    type: str


def forms_root() -> Path:
    """Return the folder of the forms, in a checkout or an installed package.

    Raises:
        FormsMissing: there is none.
    """
    for folder in (_HERE / "_forms", _HERE.parent / "forms"):
        if (folder / "register_fields.csv").is_file():
            return folder
    raise FormsMissing(folder=str(_HERE))


def forms(root: Path | None = None) -> tuple[Packed, ...]:
    """Return the forms of a folder by id: those with a source under ``src/`` and those that are only a workbook."""
    root = root or forms_root()
    sources = {path.stem: path for path in (root / "src").glob("*.yaml")}
    workbooks = {path.stem for path in root.glob("*.xlsx") if not path.name.startswith(("~$", "."))}
    return tuple(
        Packed(form_id=name, source=sources.get(name), workbook=root / f"{name}.xlsx")
        for name in sorted(sources.keys() | workbooks)
    )


def find(form_id: str, root: Path | None = None) -> Packed:
    """Return one form of a folder.

    Raises:
        FormUnknown: it is not there.
    """
    known = {form.form_id: form for form in forms(root)}
    if form_id not in known:
        raise FormUnknown(form=form_id, known=", ".join(known) or "-")
    return known[form_id]


def block(name: str, root: Path | None = None, *, where: str = "") -> Path:
    """Return the file of a shared block of rows.

    Raises:
        BlockUnknown: it is not there.
    """
    path = (root or forms_root()) / "src" / "blocks" / f"{name}.yaml"
    if not name.replace("_", "").replace("-", "").isalnum() or not path.is_file():
        raise BlockUnknown(where=where, name=name)
    return path


def shown(path: Path) -> str:
    """Return a file's name as messages show it: from the forms folder when inside, else the bare name."""
    try:
        root = forms_root()
        return (Path("forms") / path.resolve().relative_to(root)).as_posix()
    except (FormsMissing, ValueError):
        return path.name


def register_fields(root: Path | None = None) -> Mapping[tuple[str, str], RegisterField]:
    """Return the catalogue of register fields by (entity, field).

    Raises:
        TableBroken: a row is not what the catalogue must hold.
    """
    return _register_fields((root or forms_root()) / "register_fields.csv")


@cache
def _register_fields(path: Path) -> Mapping[tuple[str, str], RegisterField]:
    fields: dict[tuple[str, str], RegisterField] = {}
    for line, row in _table(path, _REGISTER_HEADER):
        key = (row["entity"], row["field"])
        if why := _why_no_field(row) or (N_("this field is given twice") if key in fields else ""):
            raise TableBroken(where=f"{shown(path)}:{line}", why=why)
        fields[key] = RegisterField(*key, cast("Owner", row["owner"]), int(row["level"]), row["type"])
    return fields


def _why_no_field(row: Mapping[str, str]) -> str:
    if not (row["entity"].isidentifier() and row["field"].isidentifier()):
        return N_("entity or field is not a name")
    if row["owner"] not in get_args(Owner):
        return N_("the owner is not known")
    return "" if row["level"] in {"0", "1", "2", "3"} else N_("the level is not 0, 1, 2 or 3")


# --- shared lists -------------------------------------------------------------------------------------------------


def list_names(root: Path | None = None) -> tuple[str, ...]:
    """Return the names that a source may put under ``lists``, sorted."""
    folder = (root or forms_root()) / "lists"
    names: set[str] = set()
    for path in folder.glob("*.csv"):
        if path.stem == _ADMINISTRATIVE:
            names.update(_LEVELS)
        elif path.stem == _MANY_LISTS:
            names.update(row["list"] for _, row in _table(path, ["list", "code"]))
        else:
            names.add(path.stem)
    return tuple(sorted(names))


def shared_choices(
    name: str,
    languages: Sequence[str],
    *,
    keep: Sequence[str] = (),
    root: Path | None = None,
    where: str = "",
) -> tuple[Choice, ...]:
    """Return the rows of a shared list, labels in the languages asked for.

    ``keep`` names further columns of the table that the form's filters need. Administrative units (``region``,
    ``department``, ``arrondissement``, also written ``cm_admin:region``) bring the column of their parent by themselves.

    Raises:
        ListUnknown: there is no such list. ``where`` is the place that asked for it.
        TableBroken: the list's table cannot be read, or lacks a column of ``keep``.
    """
    folder = (root or forms_root()) / "lists"
    level = name.removeprefix(f"{_ADMINISTRATIVE}:")
    if level in _LEVELS:
        return _administrative_choices(folder / f"{_ADMINISTRATIVE}.csv", level, languages)
    if (folder / f"{name}.csv").is_file() and name not in {_ADMINISTRATIVE, _MANY_LISTS}:
        rows = list(_table(folder / f"{name}.csv", ["code"]))
        return _choices(folder / f"{name}.csv", rows, languages, keep)
    path = folder / f"{_MANY_LISTS}.csv"
    rows = [row for row in _table(path, ["list", "code"]) if row[1]["list"] == name] if path.is_file() else []
    if not rows:
        near = get_close_matches(name, list_names(root), n=1)
        raise ListUnknown(where=where, name=name, near=near[0] if near else "-")
    return _choices(path, rows, languages, keep)


def _choices(
    path: Path,
    rows: Sequence[tuple[int, Mapping[str, str]]],
    languages: Sequence[str],
    keep: Sequence[str],
) -> tuple[Choice, ...]:
    made = []
    file = shown(path)
    for line, row in rows:
        if missing := [name for name in keep if name not in row]:
            raise TableBroken(where=f"{file}:{line}", why=N_("a column is missing: "), detail=missing[0])
        texts = {column: _texts(row, column, languages) for column in ("label", *columns.MEDIA)}
        made.append(
            Choice(
                name=row["code"],
                texts={column: text for column, text in texts.items() if text},
                cells={name: row[name] for name in keep if row[name]},
                place=Place(file=file, line=line),
            )
        )
    return tuple(made)


def _texts(row: Mapping[str, str], column: str, languages: Sequence[str]) -> dict[str, str]:
    """Read ``label_fr``, ``label_en``; a column without a language, ``image``, counts for all."""
    texts = {code: row.get(f"{column}_{code}") or row.get(column, "") for code in languages}
    return {code: text for code, text in texts.items() if text}


_UNIT_COLUMNS = (
    "region_pcode",
    "region_fr",
    "department_pcode",
    "department",
    "arrondissement_pcode",
    "arrondissement",
    "seat_alias",
    "status",
)
_LEVELS = {"region": "", "department": "region", "arrondissement": "department"}
"""Administrative level -> the level above it."""


def _administrative_choices(path: Path, level: str, languages: Sequence[str]) -> tuple[Choice, ...]:
    made: dict[str, Choice] = {}
    file = shown(path)
    for line, row in _table(path, _UNIT_COLUMNS):
        code, parent = row[f"{level}_pcode"], _LEVELS[level]
        labels = {language: _unit_label(row, level, language) for language in languages}
        made.setdefault(
            code,
            Choice(
                name=code,
                texts={"label": labels},
                cells={parent: row[f"{parent}_pcode"]} if parent else {},
                place=Place(file=file, line=line),
            ),
        )
    return tuple(made.values())


def _unit_label(row: Mapping[str, str], level: str, language: str) -> str:
    if level == "region":
        return row.get(f"region_{language}") or row["region_fr"]
    return arrondissement_label(row) if level == "arrondissement" else row[level]


def administrative_file(root: Path | None = None) -> bytes:
    """Return the media file ``arrondissements.csv``, same bytes each time.

    Raises:
        TableBroken: the administrative list cannot be read.
    """
    path = (root or forms_root()) / "lists" / f"{_ADMINISTRATIVE}.csv"
    return arrondissements(row for _, row in _table(path, _UNIT_COLUMNS)).encode()


def _table(path: Path, needed: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield line number and cells of a CSV file; every row must fill the header exactly."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            header = reader.fieldnames or []
            if missing := [name for name in needed if name not in header]:
                raise TableBroken(
                    where=f"{shown(path)}:1", why=N_("a column is missing: "), detail=missing[0]
                )
            for row in reader:
                if None in row or None in row.values():
                    raise TableBroken(
                        where=f"{shown(path)}:{reader.line_num}",
                        why=N_("a row has not as many cells as the header"),
                    )
                yield reader.line_num, row
    except (UnicodeDecodeError, csv.Error, OSError) as error:
        raise TableBroken(where=shown(path), why=N_("it cannot be read as UTF-8 CSV")) from error


COLUMNS = ("name", "label", "department")
"""Columns of ``arrondissements.csv``: P-code, what a person reads, P-code of the department it is filtered by."""

_SEATS = ";"
"""What separates several everyday names of one town in the administrative list."""


def arrondissements(units: Iterable[Mapping[str, str]]) -> str:
    """Return the media file ``arrondissements.csv``: active units in the order of the list, LF, no BOM.

    A label is the official name with the everyday name of the seat town in brackets, because people say "Fonfuka" and
    the list says "Bum". Names are the same in French and English, so there is one label.
    """
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(COLUMNS)
    for unit in units:
        if unit["status"] == "active":
            rows.writerow(
                (unit["arrondissement_pcode"], arrondissement_label(unit), unit["department_pcode"])
            )
    return out.getvalue()


def arrondissement_label(unit: Mapping[str, str]) -> str:
    """Return what a person reads for one arrondissement.

    >>> arrondissement_label({"arrondissement": "Bum", "seat_alias": "Fonfuka"})
    'Bum (Fonfuka)'
    >>> arrondissement_label({"arrondissement": "Batibo", "seat_alias": ""})
    'Batibo'
    """
    seats = [seat.strip() for seat in unit["seat_alias"].split(_SEATS) if seat.strip()]
    return f"{unit['arrondissement']} ({', '.join(seats)})" if seats else unit["arrondissement"]
