"""From a base and an edited form to the operations between them, and back. Pure.

`derive` gives operations that `apply` turns into exactly the edited form; order is among them only where somebody moved
something.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from xlsform.model import Form
from xlsform.overlay.errors import OverlayUnfit
from xlsform.overlay.operations import Add, Drop, Move, Op, Overlay, Set, Unfit, perform
from xlsform.overlay.sheets import END, Name, Sheet, flat, form_of, is_section

__all__ = ["apply", "derive", "same"]

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
