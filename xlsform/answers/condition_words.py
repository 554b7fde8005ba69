"""Conditions put into words for a person, with the labels of the form; what cannot be is shown as it is written. Reads no file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from gettext import gettext as _
from gettext import ngettext

from xlsform.expressions.xpath import Binary, Call, Literal, Node, Ref, parse
from xlsform.model import Kind, Resolved, Row

_FLIPPED: Mapping[str, str] = {"=": "=", "!=": "!=", "<": ">", ">": "<", "<=": ">=", ">=": "<="}


@dataclass(frozen=True)
class Speaker:
    """Puts the conditions of one form into words.

    Attributes:
        form: the form, resolved.
        language: code of the form's language whose labels name the answers.
        name: returns how a question is called in a sentence, given its name in the form: ``question 4``.
    """

    form: Resolved
    language: str
    name: Callable[[str], str]

    def say(self, expression: str) -> str:
        """Return a condition in words; "" for the empty one, which always holds."""
        if not expression.strip():
            return ""
        node = parse(expression).node
        said = self._any(node) if node is not None else None
        return said if said is not None else self._as_written(expression)

    # --- and, or, not ---------------------------------------------------------------------------------------------

    def _any(self, node: Node) -> str | None:
        match node:
            case Binary("and" | "or" as word, left, right):
                return self._both(word, left, right)
            case Call("not", (inner,)):
                return self._denied(inner)
            case Call("selected", (Literal(codes), Ref() as asked)):
                return self._among(asked.name, codes.split(), among=True)
            case Call("selected", (Ref() as asked, Literal(code))):
                return self._holds(asked.name, code, holds=True)
            case Binary(sign, left, right) if sign in _FLIPPED:
                return self._compared(sign, left, right)
        return None

    def _both(self, word: str, left: Node, right: Node) -> str | None:
        sides = [self._side(word, node) for node in (left, right)]
        if None in sides:
            return None
        pattern = _("{left} and {right}") if word == "and" else _("{left} or {right}")
        return pattern.format(left=sides[0], right=sides[1])

    def _side(self, word: str, node: Node) -> str | None:
        said = self._any(node)
        mixed = isinstance(node, Binary) and node.operator in {"and", "or"} and node.operator != word
        return f"({said})" if mixed and said is not None else said

    def _denied(self, inner: Node) -> str | None:
        match inner:
            case Call("selected", (Literal(codes), Ref() as asked)):
                return self._among(asked.name, codes.split(), among=False)
            case Call("selected", (Ref() as asked, Literal(code))):
                return self._holds(asked.name, code, holds=False)
        said = self._any(inner)
        return None if said is None else _("it is not so that {condition}").format(condition=said)

    # --- answers --------------------------------------------------------------------------------------------------

    def _among(self, name: str, codes: list[str], *, among: bool) -> str:
        if len(codes) == 1:
            return self._equals(name, codes[0], same=among)
        pattern = _("{question} is one of: {answers}") if among else _("{question} is none of: {answers}")
        answers = ", ".join(_("“{answer}”").format(answer=self._answer(name, code)) for code in codes)
        return pattern.format(question=self._named(name), answers=answers)

    def _holds(self, name: str, code: str, *, holds: bool) -> str:
        row = self._row(name)
        if row is None or row.base not in {"select_multiple", "select_multiple_from_file"}:
            return self._equals(name, code, same=holds)
        pattern = (
            _("“{answer}” is ticked in {question}") if holds else _("“{answer}” is not ticked in {question}")
        )
        return pattern.format(answer=self._answer(name, code), question=self._named(name))

    def _equals(self, name: str, value: str, *, same: bool) -> str:
        if not value:
            pattern = _("{question} has no answer") if same else _("{question} has an answer")
            return pattern.format(question=self._named(name))
        pattern = _("{question} is “{answer}”") if same else _("{question} is not “{answer}”")
        return pattern.format(question=self._named(name), answer=self._answer(name, value))

    def _answer(self, name: str, code: str) -> str:
        """Return the label of an answer, its code when nothing names it."""
        row = self._row(name)
        for choice in self.form.form.choices.get(row.list_name or "", ()) if row is not None else ():
            if choice.name == code:
                return choice.labels.get(self.language) or next(iter(choice.labels.values()), code)
        return code

    # --- numbers --------------------------------------------------------------------------------------------------

    def _compared(self, sign: str, left: Node, right: Node) -> str | None:
        if isinstance(left, Literal) and not isinstance(right, Literal):
            sign, left, right = _FLIPPED[sign], right, left
        match left, right:
            case Ref() as asked, Literal() as value:
                return self._answered(asked.name, sign, value)
            case Call("count-selected", (Ref() as asked,)), Literal() as value:
                return self._counted(asked.name, sign, value)
            case Call("sum" | "max" | "count", (Ref() as asked,)), Literal("0") if sign in {">", "!="}:
                return self._in_a_row(asked.name)
        return None

    def _answered(self, name: str, sign: str, value: Literal) -> str | None:
        if (meant := self._computed(name, sign, value)) is not None:
            return meant
        if sign in {"=", "!="}:
            return self._equals(name, value.value, same=sign == "=")
        patterns = {
            ">": _("{question} is more than {number}"),
            "<": _("{question} is less than {number}"),
            ">=": _("{question} is at least {number}"),
            "<=": _("{question} is at most {number}"),
        }
        return patterns[sign].format(question=self._named(name), number=value.value)

    def _counted(self, name: str, sign: str, value: Literal) -> str | None:
        if not value.value.isdigit() or sign not in {">", ">="}:
            return None
        least = int(value.value) + (sign == ">")
        return ngettext(
            "at least {n} answer is ticked in {question}",
            "at least {n} answers are ticked in {question}",
            least,
        ).format(n=least, question=self._named(name))

    # --- values that the form computes ----------------------------------------------------------------------------

    def _computed(self, name: str, sign: str, value: Literal) -> str | None:
        """Return the condition behind a computed value such as ``if(condition, 1, 0)``; None for anything else."""
        row = self._row(name)
        if row is None or row.kind is not Kind.CALCULATE or sign not in {"=", "!="}:
            return None
        match parse(row.cell("calculation")).node:
            case Call("if", (condition, Literal(then), Literal(other))) if value.value in {then, other}:
                holds = (value.value == then) == (sign == "=")
                return self._any(condition) if holds else self._denied(condition)
        return None

    def _in_a_row(self, name: str) -> str | None:
        row = self._row(name)
        if row is None or row.kind is not Kind.CALCULATE:
            return None
        said = self._computed(name, "=", Literal("1", number=True))
        return None if said is None else _("at least once, {condition}").format(condition=said)

    # --- names ----------------------------------------------------------------------------------------------------

    def _row(self, name: str) -> Row | None:
        return self._rows.get(name)

    @cached_property
    def _rows(self) -> Mapping[str, Row]:
        return {row.name: row for row in self.form.form.survey if row.name}

    def _named(self, name: str) -> str:
        row = self._row(name)
        if row is not None and row.kind is Kind.CALCULATE:
            return _("the computed value {name}").format(name=name)
        return self.name(name)

    def _as_written(self, expression: str) -> str:
        return _("the form finds that {expression}").format(expression=" ".join(expression.split()))
