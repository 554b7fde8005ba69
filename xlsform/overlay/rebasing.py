"""Bring an organisation's operations to a newer base: three ways, by key. Pure; a person decides what conflicts.

Each operation is looked at against the new base in turn. What fits is carried out; what the base has done itself falls
away; what it did otherwise is a conflict, with the ways out of it. `rebase` is asked again with the decisions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from xlsform.model import Form, resolve
from xlsform.overlay.operations import (
    Add,
    Drop,
    Move,
    Op,
    Set,
    Unfit,
    kept_addition,
    kept_row,
    perform,
    place_of,
    row_behind,
)
from xlsform.overlay.sheets import END, Cells, Name, OverlayUnfit, Sheets, flat, is_section, parent_of

Code = Literal["CELL", "ROW-GONE", "KEY-TAKEN", "ANCHOR-GONE", "DROPPED-CHANGED", "TRANSLATE"]
Way = Literal["base", "ours", "other"]
"""Take what the base says now; keep what the organisation said; a third text."""
Key = tuple[str, str, str, str]
"""Code, sheet, row and column: what a decision belongs to."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person chose for one conflict; ``text`` counts for the way ``other`` only."""

    way: Way
    text: str = ""


@dataclass(frozen=True, slots=True)
class Conflict:
    """One operation that the base does not let through as it is.

    Attributes:
        before, now: what the base said and says; ours: what the organisation says. "" = nothing, "-" = no such row.
        ways: the decisions that are possible.
    """

    code: Code
    sheet: Name
    key: str
    column: str
    before: str
    now: str
    ours: str
    ways: tuple[Way, ...]

    @property
    def id(self) -> Key:
        """Return what a decision is found by."""
        return (self.code, self.sheet, self.key, self.column)


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to know and nothing to decide: ``ORDER-CHANGED``, ``ANCHOR-GONE`` of a move, ``TEXT-MOVED``."""

    code: Literal["ORDER-CHANGED", "ANCHOR-GONE", "TEXT-MOVED"]
    sheet: Name
    key: str
    column: str = ""


@dataclass(frozen=True, slots=True)
class Rebased:
    """The operations on the new base; with conflicts left, those that are settled, and ``sheets`` as far as they go."""

    ops: tuple[Op, ...]
    conflicts: tuple[Conflict, ...]
    notices: tuple[Notice, ...]
    fallen: tuple[Op, ...]
    """Operations that are not needed any more, or were given up."""
    sheets: Sheets = field(compare=False)


def rebase(
    old: Form, new: Form, ops: Sequence[Op], decisions: Mapping[Key, Decision] | None = None
) -> Rebased:
    """Return the operations as they must be on the new base, and what a person has to decide first.

    Raises:
        OverlayUnfit: an operation makes no sense on any base.
        RowTwice: two rows of a base have one key.
    """
    work = _Work(old, new, decisions or {})
    for op in ops:
        work.take(op)
    work.translate(ops)
    return Rebased(
        tuple(work.ops), tuple(work.conflicts), tuple(work.notices), tuple(work.fallen), work.sheets
    )


class _Work:
    """One pass over the operations; ``sheets`` is the new base with what was carried out so far."""

    def __init__(self, old: Form, new: Form, decisions: Mapping[Key, Decision]) -> None:
        self.old, self.new, self.sheets = flat(old), flat(new), flat(new)
        self.resolved = resolve(old)
        self.form, self.base = old.form_id, f"{old.form_id}@{old.version}"
        self.decisions = decisions
        self.ops: list[Op] = []
        self.conflicts: list[Conflict] = []
        self.notices: list[Notice] = []
        self.fallen: list[Op] = []
        self.adrift: dict[tuple[Name, str], str | None] = {}
        """Rows whose place is gone -> the key they get instead, "" when given up, None while nobody decided."""

    def take(self, op: Op) -> None:
        match op:
            case Set():
                self._set(op)
            case Add():
                self._add(op)
            case Move():
                self._move(op)
            case Drop():
                self._drop(op)

    # --- one operation ---

    def _set(self, op: Set) -> None:
        if self._follows(op):
            return
        cells = self.sheets[op.sheet].cells.get(op.key, {} if op.sheet == "settings" else None)
        if cells is None:
            self._gone(op)
            return
        now = cells.get(op.column, "")
        if now == op.was:
            self._do(op)
            self._note_text(op)
        elif now == op.now:
            self.fallen.append(op)
        else:
            self._cell(op, now)

    def _cell(self, op: Set, now: str) -> None:
        conflict = Conflict(
            "CELL", op.sheet, op.key, op.column, op.was, now, op.now, ("base", "ours", "other")
        )
        decision = self._decided(conflict)
        if decision is None or decision.way == "base":
            self._leave(op, decision)
        else:
            self._do(replace(op, was=now, now=op.now if decision.way == "ours" else decision.text))

    def _add(self, op: Add) -> None:
        if self._follows(op):
            return
        sheet, parent = self.sheets[op.sheet], parent_of(op.sheet, op.key)
        is_new_list = op.sheet == "choices" and parent not in self.old.choices.below
        if parent not in sheet.below and not is_new_list:
            self._homeless(op)
        elif op.key in sheet.cells:
            self._taken(op, sheet.cells[op.key])
        elif is_new_list or place_of(sheet, op.sheet, op.key, op.after) is not None:
            self._do(op)
        else:
            self._unanchored(op)

    def _taken(self, op: Add, now: Cells) -> None:
        if dict(now) == dict(op.row):
            self.fallen.append(op)
            return
        words = [_words(one) for one in (now, op.row)]
        fits = is_section(now) == is_section(op.row)
        ways: tuple[Way, ...] = ("base", "ours") if fits else ("base",)
        conflict = Conflict("KEY-TAKEN", op.sheet, op.key, "", "-", words[0], words[1], ways)
        decision = self._decided(conflict)
        if decision is None or decision.way == "base":
            self._leave(op, decision)
            return
        for column, text in op.row.items():
            if now.get(column, "") != text:
                self._do(Set(op.sheet, op.key, column, now.get(column, ""), text))

    def _unanchored(self, op: Add) -> None:
        placed = replace(op, after=self._last(op))
        words = _words(op.row)
        conflict = Conflict("ANCHOR-GONE", op.sheet, op.key, "", op.after, "-", words, ("base", "ours"))
        decision = self._decided(conflict)
        if decision is not None and decision.way == "ours":
            self._do(placed)
        elif decision is not None:
            self._give_up(op)
        else:
            perform(self.sheets, placed)  # what follows it needs its place

    def _move(self, op: Move) -> None:
        sheet = self.sheets[op.sheet]
        if op.key not in sheet.cells:
            if self._decided(Conflict("ROW-GONE", op.sheet, op.key, "", "", "-", "", ("base",))) is not None:
                self.fallen.append(op)
            return
        parent, anchor = parent_of(op.sheet, op.key), op.after.removeprefix(END)
        keys = sheet.below[parent]
        rest = [key for key in keys if key != op.key]
        index = 0 if anchor == parent else rest.index(anchor) + 1 if anchor in rest else None
        if index == keys.index(op.key):
            self.fallen.append(op)  # it stands there already
            return
        if index is None:
            self.notices.append(Notice("ANCHOR-GONE", op.sheet, op.key))
            self._do(replace(op, after=self._last(op)))
            return
        if self._order_changed(op):
            self.notices.append(Notice("ORDER-CHANGED", op.sheet, op.key))
        self._do(op)

    def _drop(self, op: Drop) -> None:
        now = self.sheets[op.sheet].cells.get(op.key)
        if now is None:
            self.fallen.append(op)
            return
        more = list(self.sheets[op.sheet].walk(op.key)) if op.key in self.sheets[op.sheet].below else []
        if now == dict(op.was) and not more:
            self._do(op)
            return
        words = [_words(op.was), _words(now)]
        if more:
            words[1] += f" (+ {', '.join(more)})"
        conflict = Conflict(
            "DROPPED-CHANGED", op.sheet, op.key, "", words[0], words[1], "-", ("base", "ours")
        )
        decision = self._decided(conflict)
        if decision is None or decision.way == "base":
            self._leave(op, decision)
            return
        for key in (*reversed(more), op.key):
            self._do(Drop(op.sheet, key, dict(self.sheets[op.sheet].cells[key])))

    # --- rows whose place is gone ---

    def _gone(self, op: Set) -> None:
        """A row that we changed is gone: give up the change, or keep the row as a question of our own."""
        base = self.old[op.sheet].cells.get(op.key, {})
        kept = kept_row(self.old, self.sheets, self.resolved, op.sheet, op.key)
        ways: tuple[Way, ...] = ("base", "ours") if kept is not None else ("base",)
        conflict = Conflict("ROW-GONE", op.sheet, op.key, "", _words(base), "-", op.now, ways)
        decision = self._decided(conflict)
        if decision is not None and decision.way == "ours" and kept is not None:
            self._do(kept)
            self.adrift[op.sheet, op.key] = kept.key
        else:
            self.adrift[op.sheet, op.key] = None if decision is None else ""
        self._follows(op)

    def _homeless(self, op: Add) -> None:
        """The group of a row that we added is gone: give it up, or put it into what is left around it."""
        kept = kept_addition(self.old, self.sheets, self.resolved, op)
        ways: tuple[Way, ...] = ("base", "ours") if kept is not None else ("base",)
        conflict = Conflict("ROW-GONE", op.sheet, op.key, "", "-", "-", _words(op.row), ways)
        decision = self._decided(conflict)
        if decision is not None and decision.way == "ours" and kept is not None:
            self.adrift[op.sheet, op.key] = kept.key
            self._do(kept)
        elif decision is not None:
            self._give_up(op)
        else:
            self.adrift[op.sheet, op.key] = None

    def _give_up(self, op: Add) -> None:
        self.adrift[op.sheet, op.key] = ""
        self.fallen.append(op)

    def _follows(self, op: Set | Add) -> bool:
        """Carry out an operation on a row that went elsewhere, or let it wait or fall with it; say whether it did."""
        was = op.key.removeprefix(END)
        while was and (op.sheet, was) not in self.adrift:
            was = parent_of(op.sheet, was)
        if not was:
            return False
        now = self.adrift[op.sheet, was]
        if now == "":
            self.fallen.append(op)
        elif now is not None and isinstance(op, Add):
            self._do(replace(op, key=_under(op.key, was, now), after=_under(op.after, was, now)))
        elif now is not None and isinstance(op, Set):
            key = _under(op.key, was, now)
            self._do(replace(op, key=key, was=self.sheets[op.sheet].cells[key].get(op.column, "")))
        return True

    # --- what all of them need ---

    def _do(self, op: Op) -> None:
        try:
            perform(self.sheets, op)
        except Unfit as unfit:  # not derived by us: somebody changed the overlay
            raise OverlayUnfit(form=self.form, base=self.base, op=op.op, key=op.key) from unfit
        self.ops.append(op)

    def _decided(self, conflict: Conflict) -> Decision | None:
        """Return the decision for a conflict; without a possible one the conflict is kept."""
        decision = self.decisions.get(conflict.id)
        if decision is None or decision.way not in conflict.ways:
            self.conflicts.append(conflict)
            return None
        return decision

    def _leave(self, op: Op, decision: Decision | None) -> None:
        if decision is not None:
            self.fallen.append(op)

    def _last(self, op: Add | Move) -> str:
        parent = parent_of(op.sheet, op.key)
        keys = [key for key in self.sheets[op.sheet].below[parent] if key != op.key]
        return row_behind(self.sheets[op.sheet], keys[-1]) if keys else parent

    def _order_changed(self, op: Move) -> bool:
        parent = parent_of(op.sheet, op.key)
        orders = [one[op.sheet].below.get(parent, []) for one in (self.old, self.new)]
        common = set(orders[0]) & set(orders[1])
        return [key for key in orders[0] if key in common] != [key for key in orders[1] if key in common]

    def _note_text(self, op: Set) -> None:
        """Remark a translation of ours whose original has changed."""
        column, _, code = op.column.partition(".")
        if not code or code in self.new.languages.cells:
            return
        first = next(iter(self.new.languages.cells), "")
        texts = [one[op.sheet].cells.get(op.key, {}).get(f"{column}.{first}") for one in (self.old, self.new)]
        if texts[0] != texts[1]:
            self.notices.append(Notice("TEXT-MOVED", op.sheet, op.key, op.column))

    def translate(self, ops: Sequence[Op]) -> None:
        """Ask for the texts that the new base has and a language of ours has not."""
        first = next(iter(self.new.languages.cells), "")
        ours = [op.key for op in ops if isinstance(op, Add) and op.sheet == "languages"]
        asked = {one.id[1:] for one in self.conflicts}
        for name, key, column, text in list(_untranslated(self.sheets, first, ours)):
            if (name, key, column) in asked:
                continue
            conflict = Conflict("TRANSLATE", name, key, column, "", text, "", ("base", "other"))
            decision = self._decided(conflict)
            if decision is not None:
                self._do(Set(name, key, column, "", text if decision.way == "base" else decision.text))


def _untranslated(sheets: Sheets, first: str, codes: Sequence[str]) -> Iterator[tuple[Name, str, str, str]]:
    names: tuple[Name, ...] = ("survey", "choices")
    for name in names:
        for key in sheets[name].rows():
            for column, text in sheets[name].cells[key].items():
                base, _, code = column.partition(".")
                for other in codes if code == first else ():
                    if not sheets[name].cells[key].get(f"{base}.{other}"):
                        yield name, key, f"{base}.{other}", text


def _under(key: str, was: str, now: str) -> str:
    """Return a key below a row that was renamed."""
    end, bare = (END, key.removeprefix(END)) if key.startswith(END) else ("", key)
    if bare == was or bare.startswith(f"{was}/"):
        return f"{end}{now}{bare[len(was) :]}"
    return key


def _words(cells: Cells) -> str:
    """Return a row as a person reads it: its first text, else its type and name."""
    label = next((text for column, text in cells.items() if column.partition(".")[0] == "label"), "")
    kind = " ".join(part for part in (cells.get("type", ""), cells.get("name", "")) if part)
    return f"{label} ({kind})" if label and kind else label or kind
