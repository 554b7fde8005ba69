"""What an expression of a form says for some answers, without the engine of the phones. Pure; runs nothing.

For the short interview at a coordinator's desk, where no Java need be. Only what is sure is said: an expression with
anything beyond comparisons and a few plain functions is not understood, and whoever asks decides what that means.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from xlsform.rules.xpath import Binary, Call, Literal, Node, Parsed, Ref, Self, Word, parse

__all__ = ["Answers", "NotUnderstoodError", "Value", "holds", "text"]

Answers = Mapping[str, str]
"""Name of a question -> its answer; unanswered ones are absent."""
Value = str | float | bool


class NotUnderstoodError(ValueError):
    """The expression holds something that is not worked out here."""


@dataclass(frozen=True, slots=True)
class _Here:
    """What an expression may look at: all answers, the answer it stands at, the columns of the choice it filters."""

    answers: Answers
    own: str
    columns: Mapping[str, str]


def holds(
    expression: str, answers: Answers, *, own: str = "", columns: Mapping[str, str] | None = None
) -> bool:
    """Tell whether a condition holds.

    Args:
        expression: as the form has it; the empty one holds.
        answers: what was answered so far.
        own: the answer that ``.`` means.
        columns: for a filter of choices, the cells of one choice by column.

    Raises:
        NotUnderstoodError: it cannot be told here.
    """
    return not expression.strip() or _truth(_of(expression, _Here(answers, own, columns or {})))


def text(expression: str, answers: Answers) -> str:
    """Return what a calculation comes to, as a phone would write it.

    Raises:
        NotUnderstoodError: it cannot be told here.
    """
    return _text(_of(expression, _Here(answers, "", {})))


def _of(expression: str, here: _Here) -> Value:
    read: Parsed = parse(expression)
    if read.node is None:
        raise NotUnderstoodError(expression)
    return _value(read.node, here)


def _value(node: Node, here: _Here) -> Value:
    match node:
        case Literal(value, number):
            return float(value) if number else value
        case Ref(name, last):
            return "" if last else here.answers.get(name, "")
        case Self():
            return here.own
        case Word(name) if name in here.columns:
            return here.columns[name]
        case Binary():
            return _binary(node, here)
        case Call(name, arguments):
            return _call(name, arguments, here)
        case _:
            raise NotUnderstoodError(type(node).__name__)


def _binary(node: Binary, here: _Here) -> Value:
    left = _value(node.left, here)
    if node.operator in {"and", "or"}:
        if _truth(left) is (node.operator == "or"):
            return _truth(left)
        return _truth(_value(node.right, here))
    right = _value(node.right, here)
    if node.operator in {"=", "!="}:
        return _equal(left, right) is (node.operator == "=")
    if node.operator in _ORDERS:
        return _ORDERS[node.operator](_number(left), _number(right))
    if node.operator in _SUMS:
        return _SUMS[node.operator](_number(left), _number(right))
    raise NotUnderstoodError(node.operator)


_ORDERS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
_SUMS: Final[Mapping[str, Callable[[float, float], float]]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "div": lambda a, b: a / b if b else math.nan,
    "mod": lambda a, b: math.fmod(a, b) if b else math.nan,
}


def _equal(left: Value, right: Value) -> bool:
    if isinstance(left, bool) or isinstance(right, bool):
        return _truth(left) is _truth(right)
    if isinstance(left, float) or isinstance(right, float):
        return _number(left) == _number(right)
    return left == right


def _call(name: str, arguments: Sequence[Node], here: _Here) -> Value:
    if name == "if" and len(arguments) == 3:
        return _value(arguments[1 if _truth(_value(arguments[0], here)) else 2], here)
    known = _FUNCTIONS.get(name)
    if known is None or len(arguments) not in known[0]:
        raise NotUnderstoodError(name)
    return known[1](*(_value(one, here) for one in arguments))


def _matches(value: Value, pattern: Value) -> bool:
    """Match a whole text, as phones do; a pattern that Python reads otherwise is not understood."""
    try:
        return re.fullmatch(_text(pattern), _text(value)) is not None
    except re.error as error:
        raise NotUnderstoodError(error.msg) from None


def _day(value: Value) -> float:
    """Return the day of a moment, both as a number of days; a text is none here, for nothing says in which zone it would be."""
    moment = _number(value)
    if math.isnan(moment):
        raise NotUnderstoodError(_text(value))
    return float(math.floor(moment))


def _coalesce(first: Value, second: Value) -> Value:
    return first if first != "" else second


def _truth(value: Value) -> bool:
    if isinstance(value, float):
        return value != 0 and not math.isnan(value)
    return value if isinstance(value, bool) else value != ""


def _number(value: Value) -> float:
    try:
        return float(value)
    except ValueError:
        return math.nan


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else str(value)
    return value


_ANY: Final = range(1, 20)
_FUNCTIONS: Final[Mapping[str, tuple[Sequence[int], Callable[..., Value]]]] = {
    "not": ((1,), lambda value: not _truth(value)),
    "true": ((0,), lambda: True),
    "false": ((0,), lambda: False),
    "selected": ((2,), lambda many, one: _text(one).strip() in _text(many).split()),
    "count-selected": ((1,), lambda many: float(len(_text(many).split()))),
    "string-length": ((1,), lambda value: float(len(_text(value)))),
    "regex": ((2,), _matches),
    "coalesce": ((2,), _coalesce),
    "concat": (_ANY, lambda *parts: "".join(_text(one) for one in parts)),
    "contains": ((2,), lambda whole, part: _text(part) in _text(whole)),
    "starts-with": ((2,), lambda whole, part: _text(whole).startswith(_text(part))),
    "number": ((1,), _number),
    "boolean": ((1,), _truth),
    "date": ((1,), _day),
}
"""Name -> how many arguments it may have, and what it does."""
