"""What the expressions of a form give: number, text, date and so on, worked out over the whole form. Runs nothing, finds nothing.

The phone has one way of turning each type into another, and most of them are silent: a word that has to be a number is nothing,
a time that is put in order is the day it has not. Rules ask here what stands at a place before they say what becomes of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from xlsform.expressions.formulas import Formula, answers, formulas, is_dynamic
from xlsform.expressions.functions import FUNCTIONS
from xlsform.expressions.xpath import Binary, Call, Filtered, Literal, Node, Ref, Self, parse
from xlsform.model import Question, Resolved, Section


class Type(StrEnum):
    """What an expression gives."""

    NUMBER = "number"
    TEXT = "text"
    DATE = "date"
    DATETIME = "datetime"
    TIME = "time"
    GEO = "geo"
    NODES = "nodes"
    BOOLEAN = "boolean"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Value:
    """What an expression gives; ``words``: a text that is surely no number, whatever is answered."""

    type: Type
    words: bool = False

    @property
    def counts(self) -> bool:
        """Say whether the phone can count with it: what cannot be a number becomes nothing there."""
        return self.type is not Type.GEO and not self.words


UNKNOWN = Value(Type.UNKNOWN)
_LETTER = re.compile(r"[^\d\s.,-]")
_NUMBER = re.compile(r"\s*-?(?:\d+[.,]?\d*|[.,]\d+)\s*")
_OF_QUESTIONS: Mapping[str, Type] = MappingProxyType(
    {
        **dict.fromkeys(("integer", "decimal", "range"), Type.NUMBER),
        **dict.fromkeys(("date", "today"), Type.DATE),
        **dict.fromkeys(("dateTime", "start", "end"), Type.DATETIME),
        "time": Type.TIME,
        **dict.fromkeys(("geopoint", "geotrace", "geoshape", "start-geopoint"), Type.GEO),
        **dict.fromkeys(("select_one", "select_multiple", "rank", "text", "barcode"), Type.TEXT),
        **dict.fromkeys(("image", "audio", "video", "file"), Type.TEXT),
    }
)
_DAYS = frozenset((Type.DATE, Type.DATETIME))
_DEEPEST = 60
"""Calculations that hang on calculations: no form has more, and the interpreter has its own limit."""


def is_number(text: str) -> bool:
    """Say whether the phone reads a text as a number."""
    return _NUMBER.fullmatch(text) is not None


class Types:
    """The types of one form; each question is worked out once."""

    def __init__(self, form: Resolved) -> None:
        self.form = form
        self.formulas: tuple[Formula, ...] = tuple(formulas(form))
        self.sections: Mapping[str, Section] = {one.path[-1]: one for one in reversed(form.sections)}
        self._questions: dict[str, Value] = {}
        self._depth = 0

    def of(self, node: Node, owner: Question | Section | None, *, inside: bool = False) -> Value:
        """Return what a part of an expression in a row gives; ``inside`` square brackets ``.`` is a node of which nothing is known."""
        found = UNKNOWN
        match node:
            case Literal():
                kind = Type.NUMBER if node.number else Type.TEXT
                found = Value(kind, words=not node.number and not is_number(node.value))
            case Ref():
                found = self._reference(node.name)
            case Self() if not inside and isinstance(owner, Question):
                found = self.question(owner)
            case Binary():
                found = _of_operator(node.operator)
            case Call():
                found = self._call(node, owner, inside=inside)
            case Filtered(of=Ref()):
                found = self.of(node.of, owner)
            case _:
                pass
        return found

    def is_day_number(self, node: Node | None, owner: Question | Section | None, depth: int = 0) -> bool:
        """Say whether an expression gives a day as a number, which phones show as such: a date and days added to it."""
        match node:
            case Binary("+" | "-" as operator, left, right):
                sides = [
                    self.of(side, owner).type in _DAYS or self.is_day_number(side, owner, depth)
                    for side in (left, right)
                ]
                return sides[0] != sides[1] and (operator == "+" or sides[0])
            case Call("int" | "round" | "number", (inner, *_)):
                return self.of(inner, owner).type in _DAYS or self.is_day_number(inner, owner, depth)
            case Ref(name) if depth < _DEEPEST:
                question = self.form.question(name)
                if question is None or question.type != "calculate":
                    return False
                return self.is_day_number(parse(question.row.cell("calculation")).node, question, depth + 1)
            case _:
                return False

    def question(self, question: Question) -> Value:
        """Return what the answer to a question is."""
        if question.name not in self._questions:
            self._questions[question.name] = UNKNOWN  # of a circle nothing is known
            self._questions[question.name] = self._answer(question)
        return self._questions[question.name]

    def asked(self, node: Node, one: Formula) -> Question | None:
        """Return the question whose answer stands there; ``.`` is the one of the row. A text that is computed nobody types."""
        found = None
        if isinstance(node, Ref) and not node.last:
            found = self.form.question(node.name)
        if isinstance(node, Self) and isinstance(one.owner, Question):
            found = one.owner
        return None if found is None or _is_shown(found) else found

    def _reference(self, name: str) -> Value:
        question = self.form.question(name)
        if question is not None:
            return self.question(question)
        section = self.sections.get(name)
        return Value(Type.NODES) if section is not None and section.repeat else UNKNOWN

    def _answer(self, question: Question) -> Value:
        if question.type in {"calculate", "hidden"}:
            return self._calculated(question)
        if _is_shown(question):
            return UNKNOWN
        kind = _OF_QUESTIONS.get(question.type, Type.UNKNOWN)
        codes = answers(self.form.form, question)
        return Value(kind, words=codes is not None and not any(is_number(code) for code in codes))

    def _calculated(self, question: Question) -> Value:
        text = question.row.cell("calculation")
        node = parse(text).node if text else None
        if node is None or self._depth >= _DEEPEST or question.row.cell("default"):
            return UNKNOWN
        self._depth += 1
        found = self.of(node, question)
        self._depth -= 1
        return found

    def _call(self, node: Call, owner: Question | Section | None, *, inside: bool) -> Value:
        function = FUNCTIONS.get(node.name)
        if function is None:
            return UNKNOWN
        parts = [part for part in node.arguments if part != Literal("")]
        values = [self.of(part, owner, inside=inside) for part in parts]
        if function.gives == "same":
            return _joined(values[1:] if node.name == "if" else values)
        if node.name in {"concat", "join"}:
            return Value(
                Type.TEXT, words=any(_has_letters(*pair) for pair in zip(parts, values, strict=True))
            )
        return Value(Type(function.gives), words=node.name == "uuid")


def _is_shown(question: Question) -> bool:
    """Say whether a question of type text only shows what is computed: a date in it stays one."""
    row = question.row
    computed = row.cell("calculation") or is_dynamic(row.cell("default"), question.type)
    return question.type in {"text", "barcode"} and bool(computed)


def _has_letters(part: Node, value: Value) -> bool:
    """Say whether a text with this in it is no number."""
    if isinstance(part, Literal):
        return _LETTER.search(part.value) is not None
    return value.words


def _of_operator(operator: str) -> Value:
    if operator in {"+", "-", "*", "div", "mod"}:
        return Value(Type.NUMBER)
    return Value(Type.NODES if operator == "|" else Type.BOOLEAN)


def _joined(values: list[Value]) -> Value:
    """Return what is given by one of several."""
    types = {value.type for value in values}
    return Value(types.pop(), words=all(value.words for value in values)) if len(types) == 1 else UNKNOWN
