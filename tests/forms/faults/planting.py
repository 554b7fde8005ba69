"""A planted fault: a base form and one change of its rows, as data, with the code and the cell that must be found.

A base is a text with the sheets of a workbook, cells parted by bars. A place is named as a person reads it: the name of
the row, a full stop, the column; ``choices`` rows are ``list/name``, the row of a sheet's headers is ``#survey``,
settings are ``settings.version``. Nothing is written to disk.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Literal

from tests.forms.rules.faults.planted import Sheets, parsed
from xlsform.model import Form

BASES = Path(__file__).parent / "bases"
Action = Literal["cell", "head", "cut", "drop", "add", "sheet"]


@dataclass(frozen=True)
class Fault:
    """One change and what must be said of it.

    Attributes:
        base: the form, a file of ``bases``.
        action: cell: other content; head: another header; cut: a column without its cells; drop: a row taken out;
            add: a row put in after another; sheet: another name for a whole sheet.
        at: where the change is made.
        new: what stands there then.
        code: of the finding that names it; "" for any that is no matter of style, at the place.
        place: where the finding must point, if not to ``at``; "" for anywhere.
    """

    base: str
    action: Action
    at: str
    new: str
    code: str
    place: str | None = None

    @property
    def words(self) -> str:
        """The change in one line, for people."""
        return f"{self.base}: {self.action} {self.at} {self.new}".strip()


@dataclass(frozen=True)
class Drawn:
    """A form with a fault that another test drew already: what is wrong in words, the code and the row of the finding."""

    words: str
    form: Form
    code: str
    row: int


def cell(base: str, at: str, new: str, code: str, place: str | None = None) -> Fault:
    """Put other content into a cell."""
    return Fault(base, "cell", at, new, code, place)


def head(base: str, at: str, new: str, code: str, place: str | None = None) -> Fault:
    """Call a column otherwise: ``at`` is ``#sheet.column``."""
    return Fault(base, "head", at, new, code, place)


def cut(base: str, at: str, code: str, place: str | None = "") -> Fault:
    """Take a column out: ``at`` is ``#sheet.column``."""
    return Fault(base, "cut", at, "", code, place)


def drop(base: str, at: str, code: str, place: str | None = "") -> Fault:
    """Take a row out."""
    return Fault(base, "drop", at, "", code, place)


def sheet(base: str, at: str, new: str, code: str) -> Fault:
    """Call a sheet otherwise: ``at`` is ``#sheet``."""
    return Fault(base, "sheet", at, new, code, "")


def add(base: str, after: str, new: str, code: str, place: str | None = "") -> Fault:
    """Put a row in after another one; ``new`` holds its cells in the order of the sheet, parted by bars."""
    return Fault(base, "add", after, new, code, place)


@cache
def _base(name: str) -> str:
    return (BASES / f"{name}.txt").read_text(encoding="utf-8")


def sheets_of(base: str) -> Sheets:
    """Return the sheets of a base form, to be changed at will."""
    return parsed(_base(base))


def planted(fault: Fault) -> tuple[Sheets, str]:
    """Return the sheets with the fault, and the cell that must be named; "" for any.

    Raises:
        LookupError: the base has no such place, so that nothing would be planted.
    """
    sheets = sheets_of(fault.base)
    at, row, column = _found(sheets, fault.at)
    rows = sheets[at]
    if fault.action in {"cell", "head"}:
        rows[row] += [""] * (column + 1 - len(rows[row]))
        if rows[row][column] == fault.new:
            raise LookupError(fault.words)
        rows[row][column] = fault.new
    elif fault.action == "cut":
        sheets[at] = [[*line[:column], *line[column + 1 :]] for line in rows]
    elif fault.action == "sheet":
        return {fault.new if name == at else name: lines for name, lines in sheets.items()}, ""
    elif fault.action == "drop":
        del rows[row]
    else:
        rows[row + 1 : row + 1] = [
            [part.strip() for part in line.split("|")] for line in fault.new.split("\n")
        ]
    if fault.place is not None:
        return sheets, _address(*_found(sheets, fault.place)) if fault.place else ""
    return sheets, _address(at, row, column)


def moved(fault: Fault, code: str) -> Fault:
    """Return the same fault with another code expected: to try the judge."""
    return replace(fault, code=code)


def _found(sheets: Sheets, at: str) -> tuple[str, int, int]:
    """Return sheet, row and column, both counted from 0."""
    name, _, column = at.partition(".")
    sheet, row = _row(sheets, name)
    header = sheets[sheet][0]
    if column and column not in header:
        raise LookupError(f"{at}: no such column")
    return sheet, row, header.index(column) if column else 0


def _row(sheets: Sheets, name: str) -> tuple[str, int]:
    if name.startswith("#"):
        return name[1:], 0
    if name == "settings":
        return name, 1
    sheet = "choices" if "/" in name else "survey"
    header = sheets[sheet][0]
    for number, line in enumerate(sheets[sheet]):
        said = dict(zip(header, line, strict=False))
        known = f"{said.get('list_name')}/{said['name']}" if sheet == "choices" else said.get("name", "")
        if number and (known or f"{said.get('type')}") == name:
            return sheet, number
    raise LookupError(f"{name}: no such row")


def _address(sheet: str, row: int, column: int) -> str:
    return f"{sheet}!{chr(65 + column % 26) if column < 26 else 'A' + chr(65 + column - 26)}{row + 1}"
