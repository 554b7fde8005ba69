"""A form asked question by question in a terminal: what is asked next, what an answer may be. Pure.

For a report that reaches a coordinator by telephone, so only for forms without repeats. Questions whose condition
cannot be worked out here are asked; an answer whose rule cannot be worked out is taken: the register flags it, and
a report in the night is never refused for a formula.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from xlsform.columns import STAMPS
from xlsform.errors import FormError
from xlsform.expressions.xpath import Binary, Call, Literal, Node, Parsed, Ref, Self, Word, parse
from xlsform.model import Choice, Form, Kind, Question, resolve

ANSWERABLE: Final = frozenset(
    {"select_one", "select_multiple", "select_one_from_file", "text", "integer", "date"}
)
"""Types of questions that can be answered by typing. Sound, picture and place need a phone."""
_MANY: Final = frozenset({"select_multiple"})


RepeatsAsked: Final = FormError.declare(
    "DK-F97",
    "The form {form} has questions that repeat, so it cannot be asked in a terminal. Fill it in on a phone.",
)
AskedNowhere: Final = FormError.declare(
    "DK-F98",
    "The form {form} does not ask {names} with the other answers given. Nothing was kept. Correct the file of "
    "answers and run the command again.",
)


@dataclass(frozen=True, slots=True)
class Wrong:
    """Why an answer cannot be taken.

    Attributes:
        why: ``required``, ``choice``, ``number``, ``date`` or ``rule``.
        message: the form's own sentence in the language asked for, "" when it has none.
    """

    why: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class Interview:
    """One form as questions that can be typed.

    Attributes:
        form: the form.
        files: name of a media file -> its choices.
        questions: what can be typed, and the notes between, in the order of the form.
        idle: names of optional questions that only lead to what needs a phone, such as whether a photo is safe; they
            may be answered, and nobody is asked.
    """

    form: Form
    files: Mapping[str, Sequence[Choice]] = field(default_factory=dict)
    questions: tuple[Question, ...] = field(init=False)
    idle: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        """Take the questions that a person answers, and the notes between them.

        Raises:
            RepeatsAsked: the form has a repeat.
        """
        resolved = resolve(self.form)
        if any(section.repeat for section in resolved.sections):
            raise RepeatsAsked(form=self.form.form_id)
        asked = tuple(
            one
            for one in resolved.questions
            if one.name not in STAMPS and (one.kind is Kind.NOTE or one.type in ANSWERABLE)
        )
        object.__setattr__(self, "questions", asked)
        object.__setattr__(self, "idle", frozenset(_idle(asked, resolved.questions)))

    def asked(self, question: Question, answers: Answers) -> bool:
        """Tell whether a question is asked after these answers."""
        conditions = (*question.relevances, question.relevance)
        return all(_or(condition, answers) for condition in conditions)

    def after(self, question: Question | None, answers: Answers) -> Question | None:
        """Return the next question that is asked; None after the last. ``None`` = from the beginning."""
        start = self.questions.index(question) + 1 if question is not None else 0
        return next((one for one in self.questions[start:] if self._put(one, answers)), None)

    def before(self, question: Question, answers: Answers) -> Question | None:
        """Return the question that was asked before this one; notes are none."""
        earlier = reversed(self.questions[: self.questions.index(question)])
        return next((one for one in earlier if one.kind is not Kind.NOTE and self._put(one, answers)), None)

    def _put(self, question: Question, answers: Answers) -> bool:
        """Tell whether a question is put to a person at a terminal."""
        return question.name not in self.idle and self.asked(question, answers)

    def choices(self, question: Question, answers: Answers) -> tuple[Choice, ...]:
        """Return the choices that a question offers after these answers, in the order of the list."""
        if question.file is not None:
            every = self.files.get(question.file, ())
        else:
            every = self.form.choices.get(question.list or "", ())
        condition = question.row.cell("choice_filter")
        return tuple(one for one in every if _or(condition, answers, {"name": one.name, **one.cells}))

    def required(self, question: Question, answers: Answers) -> bool:
        """Tell whether a question must be answered; in doubt it need not."""
        said = question.row.cell("required")
        if said.strip().casefold() in {"", "no", "false", "false()"}:
            return False
        if said.strip().casefold() in {"yes", "true", "true()"}:
            return True
        try:
            return holds(said, answers)
        except NotUnderstoodError:
            return False

    def wrong(self, question: Question, answer: str, answers: Answers, language: str) -> Wrong | None:
        """Return why an answer cannot be taken, None when it can; "" = not answered."""
        if not answer:
            message = question.row.text("required_message", language)
            return Wrong("required", message) if self.required(question, answers) else None
        if found := self._malformed(question, answer, answers):
            return Wrong(found)
        try:
            fits = holds(question.row.cell("constraint"), answers, own=answer)
        except NotUnderstoodError:
            return None
        return None if fits else Wrong("rule", question.row.text("constraint_message", language))

    def _malformed(self, question: Question, answer: str, answers: Answers) -> str:
        if question.type.startswith("select"):
            offered = {one.name for one in self.choices(question, answers)}
            given = answer.split() if question.type in _MANY else [answer]
            return "" if offered.issuperset(given) else "choice"
        if question.type == "integer":
            return "" if answer.removeprefix("-").isdecimal() else "number"
        if question.type == "date":
            return "" if _is_day(answer) else "date"
        return ""

    def kept(self, answers: Answers) -> dict[str, str]:
        """Return the answers to what is asked; what was answered and is asked no more is dropped."""
        found: dict[str, str] = {}
        for one in self.questions:
            answer = answers.get(one.name, "")
            if answer and one.kind is not Kind.NOTE and self.asked(one, found):
                found[one.name] = answer
        return found

    def faults(self, answers: Answers, language: str) -> Iterator[tuple[Question, Wrong]]:
        """Yield what is wrong in answers that were all given at once.

        Raises:
            AskedNowhere: they answer something that is not asked.
        """
        kept = self.kept(answers)
        if lost := sorted(set(answers) - set(kept)):
            raise AskedNowhere(form=self.form.form_id, names=", ".join(lost))
        for one in self.questions:
            if one.kind is Kind.NOTE or not self.asked(one, kept):
                continue
            if (found := self.wrong(one, kept.get(one.name, ""), kept, language)) is not None:
                yield one, found


def _or(condition: str, answers: Answers, columns: Mapping[str, str] | None = None) -> bool:
    """Tell whether a condition holds; in doubt it does."""
    try:
        return holds(condition, answers, columns=columns)
    except NotUnderstoodError:
        return True


def _is_day(answer: str) -> bool:
    from datetime import date

    try:
        date.fromisoformat(answer)
    except ValueError:
        return False
    return len(answer) == len("2026-11-25")


def _idle(asked: Iterable[Question], every: Iterable[Question]) -> Iterator[str]:
    """Yield the names of optional questions that decide only whether something that cannot be typed is asked."""
    conditions = [(one, " ".join((*one.relevances, one.relevance))) for one in every]
    for question in asked:
        led = [one for one, said in conditions if f"${{{question.name}}}" in said]
        by_phone = all(
            one.type not in ANSWERABLE and one.kind not in {Kind.NOTE, Kind.CALCULATE} for one in led
        )
        if led and by_phone and not question.row.cell("required").strip():
            yield question.name


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
