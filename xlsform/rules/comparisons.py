"""Rules on comparisons: with an answer that exists, in quotes, as a date where it is one, and not with nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from xlsform.findings.problems import Finding
from xlsform.model import Kind, Question, Resolved, Section
from xlsform.nearest import nearest
from xlsform.rules.conditions import conjuncts
from xlsform.rules.formulas import YES, Formula, formulas, select_values
from xlsform.rules.words import compared_words, foreign_word, inside_filter
from xlsform.rules.xpath import Binary, Call, Literal, Node, Ref, Self

__all__ = ["check"]

_EQUAL = frozenset(("=", "!="))
_ORDER = frozenset(("<", ">", "<=", ">="))
_DATES = frozenset(("date", "dateTime", "today", "start", "end"))
_DATE_CALLS = frozenset(("today", "now", "date", "date-time"))
_NUMBERS = frozenset(("integer", "decimal", "range", "date", "dateTime", "time"))
_NO_NUMBER = "NaN"
"""What some forms compare with to see whether there is an answer."""
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:T\d{2}:\d{2}.*)?")
_REQUIRED = frozenset(("true()",)) | YES


def check(form: Resolved) -> Iterator[Finding]:
    """Yield comparisons that can never be true, never be false, or forget the empty answer."""
    for one in formulas(form):
        if one.column != "choice_filter":
            yield from _quotes(one)
        unguarded: dict[str, Question] = {}
        for node, above in one.parts():
            if isinstance(node, Binary) and node.operator in _EQUAL | _ORDER:
                yield from _compared(form, one, node)
                if not inside_filter(above):
                    unguarded |= _may_be_nothing(form, one, node)
            elif isinstance(node, Call):
                yield from _called(form, one, node)
        for name in unguarded:
            if not _is_guarded(one, name):
                yield one.finding("NUM-EMPTY", name=name)


def _asked(form: Resolved, one: Formula, node: Node) -> Question | None:
    """Return the question whose answer stands there."""
    if isinstance(node, Ref) and not node.last:
        return form.question(node.name)
    if isinstance(node, Self) and one.column == "constraint" and isinstance(one.owner, Question):
        return one.owner
    return None


# --- answers of a list --------------------------------------------------------------------------------------------


def _quotes(one: Formula) -> Iterator[Finding]:
    seen: set[str] = set()
    for word, comparison in compared_words(one):
        if word.name not in seen and not foreign_word(word.name).endswith("()"):
            seen.add(word.name)
            shown = comparison.operator
            yield one.finding("QUOTE-MISSING", value=word.name, operator=shown, near=f"'{word.name}'")


def _compared(form: Resolved, one: Formula, node: Binary) -> Iterator[Finding]:
    for side, other in ((node.left, node.right), (node.right, node.left)):
        if not isinstance(other, Literal):
            continue
        question = _asked(form, one, side)
        if _is_date(question, side) and not other.number and other.value.strip():
            yield one.finding("DATE-LITERAL", value=other.value, near=_as_date(other.value))
        if question is None or node.operator not in _EQUAL or not other.value:
            continue
        values = select_values(form.form, question)
        if values is not None and other.value != _NO_NUMBER and not _is_among(other, values):
            yield _unknown(one, question, other.value, values)
        elif question.type == "select_multiple":
            yield one.finding(
                "MULTI-EQUALS", name=question.name, value=other.value, near=_selected(side, other)
            )


def _called(form: Resolved, one: Formula, node: Call) -> Iterator[Finding]:
    if node.name in {"selected", "is-selected"} and len(node.arguments) == 2:
        for side, other in (node.arguments, node.arguments[::-1]):
            yield from _among(form, one, side, other)
    if node.name == "jr:choice-name" and len(node.arguments) == 2:
        value, named = node.arguments
        if isinstance(named, Literal) and named.value.startswith("${") and named.value.endswith("}"):
            yield from _among(form, one, Ref(named.value[2:-1].strip()), value)
    if node.name in {"date", "date-time"} and len(node.arguments) == 1:
        (value,) = node.arguments
        if isinstance(value, Literal) and not value.number and value.value and not _is_iso(value.value):
            yield one.finding("DATE-LITERAL", value=value.value, near=_as_date(value.value))


def _among(form: Resolved, one: Formula, side: Node, other: Node) -> Iterator[Finding]:
    question = _asked(form, one, side)
    if question is None or not isinstance(other, Literal):
        return
    values = select_values(form.form, question)
    for word in other.value.split():
        if values is not None and not _is_among(Literal(word), values):
            yield _unknown(one, question, word, values)


def _is_among(said: Literal, values: tuple[str, ...]) -> bool:
    if said.value in values:
        return True
    if not said.number:
        return False
    return any(value.isdigit() and float(value) == float(said.value) for value in values)


def _unknown(one: Formula, question: Question, value: str, values: tuple[str, ...]) -> Finding:
    near = nearest(value, values)
    shown = ", ".join(values[:12]) + (", …" if len(values) > 12 else "")
    return one.finding(
        "CHOICE-UNKNOWN", name=question.name, value=value, list=question.list or "", choices=shown, near=near
    )


def _selected(side: Node, other: Literal) -> str:
    left = f"${{{side.name}}}" if isinstance(side, Ref) else "."
    return f"selected({left}, '{other.value}')"


# --- dates --------------------------------------------------------------------------------------------------------


def _is_date(question: Question | None, side: Node) -> bool:
    if isinstance(side, Call):
        return side.name in _DATE_CALLS
    return question is not None and question.type in _DATES


def _is_iso(text: str) -> bool:
    parts = _ISO.fullmatch(text.strip())
    try:
        return parts is not None and bool(date(int(parts[1]), int(parts[2]), int(parts[3])))
    except ValueError:
        return False


def _as_date(text: str) -> str:
    """Return how the date is written; a French one is turned round."""
    if _is_iso(text):
        return f"date('{text.strip()}')"
    if french := re.fullmatch(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})", text.strip()):
        turned = f"{french[3]}-{int(french[2]):02}-{int(french[1]):02}"
        return f"date('{turned}')" if _is_iso(turned) else "date('2026-11-25')"
    return "date('2026-11-25')"


# --- nothing ------------------------------------------------------------------------------------------------------


def _may_be_nothing(form: Resolved, one: Formula, node: Binary) -> dict[str, Question]:
    """Return the number or date that is put in order here and may have no answer yet."""
    if (
        node.operator not in _ORDER
        or one.column not in {"relevant", "calculation"}
        or _asks_for_any(one, node)
    ):
        return {}
    sides = (_asked(form, one, side) for side in (node.left, node.right))
    return {
        question.name: question
        for question in sides
        if question is not None and question.type in _NUMBERS and not _is_always_there(one, question)
    }


def _asks_for_any(one: Formula, node: Binary) -> bool:
    """Say whether a condition only asks for at least one: no answer and none are the same there."""
    least = {">": "0", ">=": "1"}.get(node.operator)
    return one.column == "relevant" and node.right == Literal(least or "", number=True)


def _is_always_there(one: Formula, question: Question) -> bool:
    """Say whether the question must have been answered wherever this expression counts."""
    if question.kind is not Kind.QUESTION or question.row.cell("required").strip() not in _REQUIRED:
        return False
    needed = {part for text in (*question.relevances, question.relevance) if text for part in conjuncts(text)}
    return needed <= _given(one)


def _given(one: Formula) -> set[str]:
    owner = one.owner
    texts = [*one.relevances, *([one.text] if one.column == "relevant" else [])]
    if isinstance(owner, Section):
        texts += owner.relevances
    return {part for text in texts for part in conjuncts(text)}


def _is_guarded(one: Formula, name: str) -> bool:
    """Say whether the expression, or a condition above it, thinks of the empty answer."""
    spaced = re.compile(
        rf"\$\{{\s*{re.escape(name)}\s*\}}\s*!?=\s*(?:''|\"\")"
        rf"|(?:coalesce|string-length|boolean)\(\s*\$\{{\s*{re.escape(name)}\s*\}}"
    )
    return any(spaced.search(text) for text in (one.text, *one.relevances))
