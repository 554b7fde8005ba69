"""Rules on the truth of conditions: what can never hold, what always holds, and what contradicts what stands around it.

Each asks one reading of worlds, without the rest of the form first and then with all of it; of what contradicts, the smallest
set of cells is named. A condition that reads no answer, such as ``false()``, is meant as it stands.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Final

from xlsform.expressions.formulas import YES, Formula, is_dynamic
from xlsform.expressions.types import is_number
from xlsform.expressions.xpath import Binary, Call, Literal, Node, Ref, Self, Word, sides_of, walk, written
from xlsform.findings.problems import Finding, Severity, at_question
from xlsform.model import Question, Resolved, Section
from xlsform.reasoning.atoms import Here, here_of
from xlsform.reasoning.domains import ORDER, TURNED
from xlsform.reasoning.facts import NUMBERS, Facts
from xlsform.reasoning.known import KnownRows
from xlsform.reasoning.reading import Reading
from xlsform.reasoning.worlds import World, meet
from xlsform.rules.lists import Folder, rows_of

_READ: Final = frozenset(("relevant", "constraint", "required", "choice_filter"))
_HERE: Final = {"required": Severity.MISLEADS, "constraint": Severity.BREAKS}
"""What a condition that can never hold does elsewhere than where it hides a question."""
_NEVER: Final = {"constraint": "UNANSWERABLE", "choice_filter": "FILTER-NOTHING"}
Key = tuple[str, str]


def check_truth(facts: Facts, folder: Folder | None = None) -> Iterator[Finding]:
    """Yield conditions that nothing meets or everything does, and what is required where nobody is asked."""
    known, told = KnownRows(facts), set[Key]()
    for formula in facts.formulas:
        node, owner = formula.parsed.node, formula.owner
        if formula.column == "calculation" and node is not None:
            yield from _branches(Reading(facts, ()), formula, {}, node)
        if formula.column == "repeat_count" and node is not None:
            yield from _no_rows(facts, formula, node)
        if formula.column not in _READ or node is None or owner is None:
            continue
        one = _Asked(known, formula, node, owner, _rows(facts.form, formula, folder))
        if not one.counts:
            continue
        for finding, cells in one.findings(told):
            if formula.column == "relevant" or not cells:
                told.add(_key(formula))
            yield finding
    yield from _required(facts)
    for question in facts.form.questions:
        yield from _filled_in(facts, question)


def _no_rows(facts: Facts, formula: Formula, node: Node) -> Iterator[Finding]:
    """Yield a number of rows that is never more than none, whatever is answered."""
    some = Binary(">", node, Literal("0", number=True))
    reads = any(isinstance(part, Ref) for part, _above in walk(node))
    if reads and Reading(facts).assume({}, some, here_of(formula)) is None:
        yield formula.finding("COUNT-ROWS", value=formula.text, near="3")


def _key(formula: Formula) -> Key:
    return (formula.spot.path, formula.column)


class _Asked:
    """One condition, and the questions that are put to it."""

    def __init__(
        self,
        known: KnownRows,
        formula: Formula,
        node: Node,
        owner: Question | Section,
        rows: list[Mapping[str, str]] | None,
    ) -> None:
        self.known, self.facts = known, known.facts
        self.formula, self.node, self.owner, self.rows = formula, node, owner, rows

    @property
    def counts(self) -> bool:
        """Say whether it reads an answer, and whether phones look at it at all."""
        owner = self.owner
        if self.formula.column == "choice_filter" and not self.rows:
            return False
        if self.formula.column == "constraint" and (
            not isinstance(owner, Question) or self.facts.constraint(owner) is None
        ):
            return False
        reads = (Ref, Self) if self.formula.column == "constraint" else (Ref, Word)
        return any(isinstance(part, reads) for part, _above in walk(self.node))

    def findings(self, told: set[Key]) -> Iterator[tuple[Finding, tuple[Formula, ...]]]:
        """Yield what is wrong with it, and the cells that it contradicts."""
        column = self.formula.column
        if not self.can_be(holds=True, believed=()):
            yield self._finding(_NEVER.get(column, "NEVER-TRUE"), ()), ()
            return
        if not self.can_be(holds=False, believed=()):
            if column != "choice_filter" or any(isinstance(part, Ref) for part, _ in walk(self.node)):
                yield self.formula.finding("ALWAYS-TRUE", value=self.formula.text), ()
            return
        if self._is_possible():
            return
        reading = Reading(self.facts)
        if self._context(reading) is None or self.can_be(holds=True, reading=reading):
            return
        cells = self._smallest(list(reading.used))
        if not cells or not told.isdisjoint(cells):
            return  # follows from what was told of another cell
        formulas = tuple(reading.used[key] for key in cells)
        yield self._finding("NEVER-TOGETHER", formulas), formulas

    def can_be(
        self, *, holds: bool, believed: Collection[Key] | None = None, reading: Reading | None = None
    ) -> bool:
        """Say whether it may hold, or not hold, when these cells are believed; for a filter: for some row of the list."""
        reading = reading or Reading(self.facts, believed)
        world = self._context(reading)
        if world is None:
            return False
        return any(
            reading.again().assume(world, self.node, place, holds=holds) is not None
            for place in self._places()
        )

    def _places(self) -> list[Here]:
        here = here_of(self.formula)
        return [here] if self.rows is None else [replace(here, row=row) for row in self.rows]

    def _is_possible(self) -> bool:
        """Say whether it can hold where it is asked for; also where that place itself is never reached."""
        owner = self.owner
        around = self.known.shown(owner.path[:-1] if self.formula.column == "relevant" else owner.path)
        if around is None:
            return True
        reading = Reading(self.facts, known=self.known)
        world = around
        if self.formula.column == "constraint" and isinstance(owner, Question):
            world = meet(around, reading.start(owner)) or around
        return any(reading.again().assume(world, self.node, place) is not None for place in self._places())

    def _context(self, reading: Reading) -> World | None:
        owner, column = self.owner, self.formula.column
        world: World = reading.start(owner) if column == "constraint" and isinstance(owner, Question) else {}
        path = owner.path[:-1] if column == "relevant" else owner.path
        return reading.both(world, self.facts.shown_when(path))

    def _smallest(self, keys: list[Key]) -> tuple[Key, ...]:
        """Return the fewest of these cells that it cannot hold with: one, if one is enough."""
        for key in keys:
            if not self.can_be(holds=True, believed={key}):
                return (key,)
        for key in reversed(keys):
            rest = [other for other in keys if other != key]
            if not self.can_be(holds=True, believed=set(rest)):
                keys = rest
        return tuple(keys)

    def _finding(self, code: str, formulas: tuple[Formula, ...]) -> Finding:
        cells, others = ", ".join(one.cell for one in formulas), "; ".join(one.text for one in formulas)
        near = self._mended() if code == "UNANSWERABLE" else ""
        found = self.formula.finding(code, value=self.formula.text, cells=cells, others=others, near=near)
        return replace(found, here=_HERE.get(self.formula.column))

    def _mended(self) -> str:
        """Return the same comparisons turned round, or joined by or: the first way in which some answers pass and some do not."""
        sides = sides_of(self.node, "and")
        are_equal = all(isinstance(one, Binary) and one.operator == "=" for one in sides)
        if len(sides) != 2:
            return ""
        turned = [
            Binary(TURNED[one.operator], one.left, one.right)
            if isinstance(one, Binary) and one.operator in ORDER
            else one
            for one in sides
        ]
        node = Binary("or", *sides) if are_equal else Binary("and", *turned)
        other = _Asked(self.known, self.formula, node, self.owner, self.rows)
        return written(node) if all(other.can_be(holds=holds, believed=()) for holds in (True, False)) else ""


def _branches(reading: Reading, formula: Formula, world: World, node: Node) -> Iterator[Finding]:
    """Yield branches of an ``if`` that what stands before them leaves nothing for."""
    if not (isinstance(node, Call) and node.name == "if" and len(node.arguments) == 3):
        return
    condition, yes, no = node.arguments
    if not any(isinstance(part, Ref) for part, _above in walk(condition)):
        return
    for branch, holds in ((yes, True), (no, False)):
        left = reading.again().assume(world, condition, here_of(formula), holds=holds)
        if left is None:
            yield formula.finding(
                "BRANCH-NEVER", value=written(branch), condition=written(condition), near=""
            )
            return
        yield from _branches(reading, formula, left, branch)


def _rows(form: Resolved, formula: Formula, folder: Folder | None) -> list[Mapping[str, str]] | None:
    """Return the rows that a filter tells apart, each once; None when it is none, or another rule speaks of its columns."""
    if formula.column != "choice_filter" or not isinstance(formula.owner, Question):
        return None
    rows = rows_of(form.form, formula.owner, folder) or []
    words = {part.name for part, _above in walk(formula.parsed.node) if isinstance(part, Word)}
    known = {name for row in rows for name in row}
    if not words <= known or _is_plain(formula.parsed.node):
        return []
    return [
        dict(pairs)
        for pairs in dict.fromkeys(tuple((w, row.get(w, "")) for w in sorted(words)) for row in rows)
    ]


def _is_plain(node: Node | None) -> bool:
    """Say whether a filter is one comparison of a column with an answer, whose rows another rule counts."""
    return (
        isinstance(node, Binary)
        and node.operator == "="
        and {type(node.left), type(node.right)} == {Word, Ref}
    )


def _filled_in(facts: Facts, question: Question) -> Iterator[Finding]:
    """Yield an answer filled in beforehand that the constraint, or the range, refuses."""
    text = question.row.cell("default").strip()
    if not text or is_dynamic(text, question.type) or question.type not in NUMBERS | {"select_one"}:
        return
    reading, formula = Reading(facts, ()), facts.constraint(question)
    day = question.type in {"date", "dateTime"}
    value = Call("date", (Literal(text),)) if day else Literal(text, number=question.type in NUMBERS)
    if not day and question.type in NUMBERS and not is_number(text):
        return  # told by the rule on types
    world = reading.assume(
        reading.start(question), Binary("=", Ref(question.name), value), Here(repeat=question.repeat)
    )
    if world is not None and formula is not None and formula.parsed.node is not None:
        world = reading.again().assume(world, formula.parsed.node, here_of(formula))
    if world is None:
        spot = at_question(facts.form.form, question, "default")
        yield spot.finding(
            "DEFAULT-REFUSED", value=text, other=formula.text if formula is not None else question.type
        )


def _required(facts: Facts) -> Iterator[Finding]:
    """Yield what must be answered where a condition that reads no answer hides it for good, each condition once."""
    hidden: dict[Key, list[Question]] = {
        _key(one): []
        for one in facts.formulas
        if one.column == "relevant"
        and one.parsed.node is not None
        and not any(isinstance(part, (Ref, Word)) for part, _above in walk(one.parsed.node))
        and Reading(facts, ()).assume({}, one.parsed.node, Here()) is None
    }
    for question in facts.form.questions if hidden else ():
        if (
            question.row.cell("required").strip() in YES
            or facts.formula(question.path, "required") is not None
        ):
            by = next((one for one in facts.shown_when(question.path) if _key(one) in hidden), None)
            if by is not None:
                hidden[_key(by)].append(question)
    for one in facts.formulas:
        if required := hidden.get(_key(one), []):
            spot = at_question(facts.form.form, required[0], "required")
            words = {"count": str(len(required)), "cells": one.cell, "value": one.text}
            yield spot.finding("REQUIRED-UNSHOWN", **words)
