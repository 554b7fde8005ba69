"""The operations of an overlay: what an organisation changed, row by row; derived from two forms, and carried out on rows. Pure.

`derive` gives operations that `apply` turns into exactly the edited form; order is among them only where somebody moved something.
Of rows whose place in the base is gone a question of the organisation's own may be kept, as well guarded.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from xlsform import columns
from xlsform.model import Form, Resolved
from xlsform.overlay.sheets import (
    END,
    Cells,
    Name,
    OverlayUnfit,
    Sheet,
    Sheets,
    flat,
    form_of,
    is_section,
    parent_of,
)


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
        edited: version that the workbook bore from which it was last saved; empty where it came another way.
        ops: in the order in which they are carried out.
    """

    form: str
    base: str
    version: str
    ops: tuple[Op, ...]
    org: str = ""
    author: str = ""
    why: str = ""
    edited: str = ""

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


SHEETS: tuple[Name, ...] = ("languages", "settings", "survey", "choices")


def derive(base: Form, edited: Form) -> tuple[Op, ...]:
    """Return what turns the base into the edited form; versions are not compared.

    Raises:
        RowTwice: two rows of one of them have one key.
    """
    old, new = flat(base), flat(edited)
    return tuple(op for name in SHEETS for op in _sheet(name, old[name], new[name]))


def apply(base: Form, overlay: Overlay) -> Form:
    """Return the organisation's form: the base with the operations carried out, under the overlay's version.

    Raises:
        OverlayUnfit: an operation does not fit the base.
        GroupUnbalanced: groups and repeats do not open and close in pairs.
    """
    sheets = flat(base)
    for op in overlay.ops:
        try:
            perform(sheets, op)
        except Unfit as unfit:
            raise OverlayUnfit(form=overlay.form, base=overlay.base_name, op=op.op, key=op.key) from unfit
    return form_of(sheets, version=overlay.version, file=f"{overlay.form}.xlsx")


def same(one: Form, other: Form) -> bool:
    """Say whether two forms ask the same, whatever their versions."""
    return not derive(one, other)


def _sheet(name: Name, old: Sheet, new: Sheet) -> Iterator[Op]:
    kept = {
        key
        for key in old.rows()
        if key in new.cells and is_section(old.cells[key]) == is_section(new.cells[key])
    }
    for key in reversed(list(old.rows())):  # what a section holds goes before it
        if key not in kept:
            yield Drop(name, key, old.cells[key])
    for parent in [parent for parent in new.below if parent not in new.cells]:
        yield from _below(name, parent, old, new, kept)


def _below(name: Name, parent: str, old: Sheet, new: Sheet, kept: set[str]) -> Iterator[Op]:
    keys = new.below[parent]
    stayed = _in_order([key for key in keys if key in kept], old.below.get(parent, []))
    after = parent
    for key in keys:
        if key not in kept:
            yield Add(name, key, after, new.cells[key])
        else:
            if key not in stayed and name in {"survey", "choices"}:
                yield Move(name, key, after)
            yield from _cells(name, key, old.cells[key], new.cells[key])
        after = key
        if key in new.below:
            yield from _below(name, key, old, new, kept)
        if (end := END + key) in new.cells:
            before = old.cells[end] if key in kept else _plain_end(new.cells[end])
            yield from _cells(name, end, before, new.cells[end])
            after = end


def _plain_end(cells: dict[str, str]) -> dict[str, str]:
    return {"type": cells["type"]}


def _cells(name: Name, key: str, old: dict[str, str], new: dict[str, str]) -> Iterator[Op]:
    for column in dict.fromkeys((*old, *new)):
        was, now = old.get(column, ""), new.get(column, "")
        if was != now:
            yield Set(name, key, column, was, now)


def _in_order(keys: Sequence[str], before: Sequence[str]) -> set[str]:
    """Return the most rows whose order among themselves is still the old one: the others have been moved."""
    number = {key: index for index, key in enumerate(before)}
    tops: list[int] = []
    ends: list[str] = []
    behind: dict[str, str | None] = {}
    for key in (key for key in keys if key in number):
        at = bisect_left(tops, number[key])
        behind[key] = ends[at - 1] if at else None
        tops[at : at + 1], ends[at : at + 1] = [number[key]], [key]
    found: set[str] = set()
    last = ends[-1] if ends else None
    while last is not None:
        found.add(last)
        last = behind[last]
    return found


LONGEST = 32
"""Characters of a name."""


def row_behind(sheet: Sheet, key: str) -> str:
    """Return the key to stand behind a row: that of its closing row for a section."""
    return END + key if END + key in sheet.cells else key


def kept_addition(old: Sheets, sheets: Sheets, resolved: Resolved, op: Add) -> Add | None:
    """Return a row that we added, put into what is left around it; None when nothing is."""
    if op.sheet != "survey":
        return None
    home = _home(sheets, parent_of(op.sheet, op.key))
    key = "/".join(part for part in (home, op.key.rpartition("/")[2]) if part)
    if key in sheets.survey.cells:
        return None
    return _placed((old, sheets, resolved), key, op.key, op.row)


def kept_row(old: Sheets, sheets: Sheets, resolved: Resolved, sheet: Name, key: str) -> Add | None:
    """Return a row that is gone from the base as one of our own; None when that cannot be."""
    cells = old[sheet].cells.get(key)
    if cells is None or sheet not in {"survey", "choices"} or (sheet == "survey" and is_section(cells)):
        return None
    parent = parent_of(sheet, key)
    own = "org_" + cells["name"].removeprefix("org_")[: LONGEST - 4]
    if sheet == "choices":
        made, keys = f"{parent}/{own}", sheets.choices.below.get(parent)
        if keys is None or made in sheets.choices.cells:
            return None
        return Add(sheet, made, keys[-1] if keys else parent, {**cells, "name": own})
    home = _home(sheets, parent)
    made = "/".join(part for part in (home, own) if part)
    if made in sheets.survey.cells:
        return None
    return _placed((old, sheets, resolved), made, key, {**cells, "name": own})


def _home(sheets: Sheets, parent: str) -> str:
    """Return the nearest section that is still there."""
    while parent and parent not in sheets.survey.below:
        parent = parent_of("survey", parent)
    return parent


def _placed(world: tuple[Sheets, Sheets, Resolved], key: str, before: str, cells: Cells) -> Add:
    """Return the row at its new place, under the conditions and the level that the groups gave it."""
    old, sheets, resolved = world
    parent = parent_of("survey", key)
    made = {name: text for name, text in cells.items() if name != columns.REGISTER}
    conditions = [*_conditions(old, parent_of("survey", before), parent), cells.get("relevant", "")]
    said = [text for text in conditions if text]
    if said:
        made["relevant"] = said[0] if len(said) == 1 else " and ".join(f"({text})" for text in said)
    made.setdefault(columns.SENSITIVITY, str(_level(resolved, parent_of("survey", before))))
    keys = sheets.survey.below[parent]
    return Add("survey", key, row_behind(sheets.survey, keys[-1]) if keys else parent, made)


def _conditions(old: Sheets, group: str, home: str) -> list[str]:
    """Return the conditions of the sections between the old place and what is left, outermost first."""
    found: list[str] = []
    while group and group != home:
        found.insert(0, old.survey.cells.get(group, {}).get("relevant", ""))
        group = parent_of("survey", group)
    return found


def _level(resolved: Resolved, group: str) -> int:
    section = resolved.section(tuple(group.split("/")))
    return section.level if section is not None else 3
