"""The operations of an overlay: what an organisation changed, row by row. Values, and how one is carried out on rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from xlsform import columns
from xlsform.overlay.sheets import END, Cells, Name, Sheet, Sheets, is_section, parent_of

__all__ = ["Add", "Drop", "Move", "Op", "Overlay", "Set", "Unfit", "perform", "place_of"]


class Unfit(Exception):
    """An operation does not fit the rows; whoever carries it out says which one."""


@dataclass(frozen=True, slots=True)
class Set:
    """One cell says something else; "" = empty."""

    op: ClassVar[str] = "set"
    sheet: Name
    key: str
    column: str
    was: str
    now: str


@dataclass(frozen=True, slots=True)
class Add:
    """A new row below ``after``: the row before it in its group or list, else the group or list itself."""

    op: ClassVar[str] = "add"
    sheet: Name
    key: str
    after: str
    row: Cells = field(hash=False)


@dataclass(frozen=True, slots=True)
class Move:
    """A row, with all that it holds, stands elsewhere in its group or list."""

    op: ClassVar[str] = "move"
    sheet: Name
    key: str
    after: str


@dataclass(frozen=True, slots=True)
class Drop:
    """A row is gone; ``was`` are its cells. What it holds is dropped before it."""

    op: ClassVar[str] = "drop"
    sheet: Name
    key: str
    was: Cells = field(hash=False)


Op = Set | Add | Move | Drop


@dataclass(frozen=True, slots=True)
class Overlay:
    """An organisation's changes to one version of a base form.

    Attributes:
        form: form id.
        base: version of the base that the operations fit.
        version: version of the organisation's own form.
        org: the organisation; author, why: who made it, and the reason.
        ops: in the order in which they are carried out.
    """

    form: str
    base: str
    version: str
    ops: tuple[Op, ...]
    org: str = ""
    author: str = ""
    why: str = ""

    @property
    def base_name(self) -> str:
        """Return ``alert@2026112501``."""
        return f"{self.form}@{self.base}"


def perform(sheets: Sheets, op: Op) -> None:
    """Carry out one operation; the rows are changed.

    Raises:
        Unfit: the row is not there, is there already, or says something else than ``was``.
    """
    sheet = sheets[op.sheet]
    match op:
        case Set():
            _set(sheet, op)
        case Add():
            _add(sheet, op)
        case Move():
            index = place_of(sheet, op.sheet, op.key, op.after)
            keys = sheet.below[parent_of(op.sheet, op.key)]
            if op.key not in keys or index is None or op.after.removeprefix(END) == op.key:
                raise Unfit
            keys.remove(op.key)
            keys.insert(place_of(sheet, op.sheet, op.key, op.after) or 0, op.key)
        case Drop():
            _drop(sheet, op)


def place_of(sheet: Sheet, name: Name, key: str, after: str) -> int | None:
    """Return the index below its parent that a row behind ``after`` gets; None when there is no such place."""
    parent, anchor = parent_of(name, key), after.removeprefix(END)
    keys = sheet.below.get(parent)
    if keys is None:
        return None
    if anchor == parent:
        return 0
    return keys.index(anchor) + 1 if anchor in keys else None


def _set(sheet: Sheet, op: Set) -> None:
    cells = sheet.cells.get(op.key)
    if cells is None and op.sheet == "settings":
        cells = sheet.cells[op.key] = {}
        sheet.below[""].append(op.key)
    renames = op.column == "name" and op.sheet in {"survey", "choices"} and not op.key.startswith(END)
    if cells is None or cells.get(op.column, "") != op.was or renames:
        raise Unfit
    if op.column == "type" and is_section(cells) != is_section({"type": op.now}):
        raise Unfit
    if op.now:
        cells[op.column] = op.now
    else:
        cells.pop(op.column, None)


def _add(sheet: Sheet, op: Add) -> None:
    if op.sheet == "choices":
        sheet.below.setdefault(parent_of(op.sheet, op.key), [])
    index = place_of(sheet, op.sheet, op.key, op.after)
    if index is None or op.key in sheet.cells:
        raise Unfit
    sheet.cells[op.key] = dict(op.row)
    sheet.below[parent_of(op.sheet, op.key)].insert(index, op.key)
    if op.sheet == "survey" and is_section(op.row):
        sheet.below[op.key] = []
        sheet.cells[END + op.key] = {"type": columns.BEGIN[op.row["type"].partition(" ")[0]]}


def _drop(sheet: Sheet, op: Drop) -> None:
    if sheet.cells.get(op.key) != dict(op.was) or sheet.below.get(op.key):
        raise Unfit
    del sheet.cells[op.key]
    sheet.cells.pop(END + op.key, None)
    sheet.below.pop(op.key, None)
    sheet.below[parent_of(op.sheet, op.key)].remove(op.key)
