"""What an expression speaks of: the answer to a question, a choice among several, how many there are, or whatever it gives.

An expression that has one value as long as nothing else is answered is an atom, also when nobody looks into it: it cannot be
one thing and another. Numbers are sums of atoms. Runs nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final, NamedTuple

from xlsform.expressions.formulas import Formula
from xlsform.expressions.xpath import Binary, Call, Filtered, Literal, Node, Path, Ref, Self, Word, walk
from xlsform.model import Question
from xlsform.reasoning.domains import ANY_NUMBER, ANY_WORD, Domain, Numbers, as_number
from xlsform.reasoning.facts import NUMBERS, SEVERAL, Facts

DEEPEST: Final = 24
"""Expressions inside expressions, and answers behind answers, that are followed."""


class Atom(NamedTuple):
    """Something that a condition speaks of: of a question (by name), or an expression and the row whose place it depends on."""

    kind: str
    of: str | Node
    at: str = ""


Sum = tuple[dict[Atom, float], float]
"""Atoms, how often each counts, and a number."""


@dataclass(frozen=True, slots=True)
class Here:
    """Where a formula stands: the question that ``.`` is, its path and repeat, and the row of a list that is looked at."""

    own: str = ""
    path: str = ""
    repeat: tuple[str, ...] = ()
    row: Mapping[str, str] = field(default_factory=dict)


def here_of(formula: Formula) -> Here:
    """Return where a formula stands."""
    own = formula.owner.path[-1] if formula.column == "constraint" and formula.owner is not None else ""
    return Here(own, formula.spot.path, formula.repeat)


_CHANCE: Final = frozenset(("random", "uuid", "randomize"))
_COUNTED: Final = frozenset(("count", "count-non-empty", "count-selected", "string-length", "position"))
_OVER_ROWS: Final = _COUNTED | {"sum", "max", "min", "join"}
GIVE_NUMBERS: Final = _COUNTED | {
    *("sum", "max", "min", "number", "int", "round", "abs", "today", "now", "date", "date-time", "pow"),
    *("decimal-date-time", "decimal-time"),
}
"""Functions whose results are compared as numbers."""
_PLACED: Final = frozenset(("position", "current"))
"""Functions whose results depend on the row that they stand in."""
COUNT: Final = Numbers(empty=False, whole=True).within(0, math.inf)


class Atoms:
    """The atoms of the expressions of one form."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    def value(self, node: Node, here: Here) -> Node:
        """Return what stands in the place of ``.``, or of a column of the row that is looked at."""
        if isinstance(node, Self) and here.own:
            return Ref(here.own)
        if isinstance(node, Word) and node.name in here.row:
            return Literal(here.row[node.name])
        return node

    def question(self, node: Node, here: Here) -> Question | None:
        """Return the question whose one answer stands there."""
        if not isinstance(node, Ref) or node.last:
            return None
        return self.facts.question(node.name, here.repeat)

    def is_number(self, node: Node, here: Here) -> bool:
        """Say whether phones compare it as a number whatever is on the other side."""
        match node:
            case Literal():
                return node.number
            case Call():
                return node.name in GIVE_NUMBERS
            case Binary():
                return node.operator in {"+", "-", "*", "div", "mod"}
            case _:
                question = self.question(node, here)
                return question is not None and question.type in NUMBERS

    def sum(self, node: Node, here: Here, depth: int = 0) -> Sum | None:
        """Return an expression as a sum of atoms and a number; None when it is not fixed or no sum."""
        node = self.value(node, here)
        match node:
            case Literal():
                number = as_number(node.value)
                return None if math.isnan(number) else ({}, number)
            case Call("date" | "date-time", (Literal(value, False),)) if (day := _day(value)) is not None:
                return {}, day
            case Call("number", (inner,)) if depth < DEEPEST:
                return self.sum(inner, here, depth + 1)
            case Binary("+" | "-" | "*" | "div" as operator, left, right) if depth < DEEPEST:
                one, other = self.sum(left, here, depth + 1), self.sum(right, here, depth + 1)
                return None if one is None or other is None else _put_together(operator, one, other)
        atom = self._number(node, here)
        return None if atom is None else ({atom: 1.0}, 0.0)

    def _number(self, node: Node, here: Here) -> Atom | None:
        """Return what a number is of: the answer to a question, how many were chosen, or whatever the expression gives."""
        question = self.question(node, here)
        if isinstance(node, Call) and node.name == "count-selected" and len(node.arguments) == 1:
            counted = self.question(self.value(node.arguments[0], here), here)
            if counted is not None and counted.type in {*SEVERAL, "select_one"}:
                return Atom("many", counted.name)
        if question is not None and question.type in SEVERAL:
            return None
        if question is not None and question.type in NUMBERS:
            return Atom("answer", question.name)
        return self.atom("number", node, here)

    def atom(self, kind: str, node: Node, here: Here) -> Atom | None:
        """Return an atom for an expression that has one value as long as nothing else is answered; None for any other."""
        over_rows = isinstance(node, Call) and node.name in _OVER_ROWS
        relative = False
        for part, _above in walk(node):
            is_elsewhere = isinstance(part, Ref) and not part.last and self.question(part, here) is None
            if (isinstance(part, Call) and part.name in _CHANCE) or (is_elsewhere and not over_rows):
                return None
            relative = relative or isinstance(part, (Path, Filtered, Self, Word))
            relative = relative or (isinstance(part, Call) and part.name in _PLACED)
        return Atom(kind, node, here.path if relative else "")

    def initial(self, atom: Atom) -> Domain:
        """Return what an atom can be when nothing is said of it."""
        question = self.facts.anywhere(atom.of) if isinstance(atom.of, str) else None
        if question is not None and atom.kind == "answer":
            return self.facts.domain(question)
        if question is not None:
            values = self.facts.values(question)
            most = math.inf if values is None else len(values)
            return COUNT.within(0, most if question.type in SEVERAL else 1)
        if isinstance(atom.of, Call) and atom.kind == "number":
            if atom.of.name in _COUNTED:
                return COUNT
            is_there = atom.of.name in {"today", "now"}
            return Numbers(empty=not is_there, whole=atom.of.name == "today")
        return ANY_NUMBER if atom.kind == "number" else ANY_WORD


def _day(text: str) -> float | None:
    """Return a date as the number of its day."""
    try:
        return float(date.fromisoformat(text.strip()).toordinal() - date(1970, 1, 1).toordinal())
    except ValueError:
        return None


def _put_together(operator: str, one: Sum, other: Sum) -> Sum | None:
    """Return the sum of two sums, their difference, or one of them so many times."""
    if operator in {"+", "-"}:
        sign, counts = (1 if operator == "+" else -1), dict(one[0])
        for atom, count in other[0].items():
            counts[atom] = counts.get(atom, 0) + sign * count
        return counts, one[1] + sign * other[1]
    if operator == "*" and not one[0]:
        one, other = other, one
    if other[0] or not other[1]:
        return None
    factor = other[1] if operator == "*" else 1 / other[1]
    return {atom: count * factor for atom, count in one[0].items()}, one[1] * factor
