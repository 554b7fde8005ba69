"""Rules on what may have no answer: put in order it counts as smaller than nothing, and added up it takes the total with it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from xlsform.expressions.conditions import conjuncts
from xlsform.expressions.formulas import YES, Formula, inside_filter
from xlsform.expressions.types import Types
from xlsform.expressions.xpath import Binary, Literal, Node, addends, written
from xlsform.findings.problems import Finding
from xlsform.model import Kind, Question, Section

_ORDER = frozenset(("<", ">", "<=", ">="))
_COUNTED = frozenset(("integer", "decimal", "range"))
_ORDERED = _COUNTED | {"date", "dateTime", "time"}
_REQUIRED = frozenset(("true()",)) | YES


def check_emptiness(types: Types) -> Iterator[Finding]:
    """Yield conditions and calculations that forget the empty answer."""
    for one in types.formulas:
        if one.column not in {"relevant", "calculation"}:
            continue
        ordered: dict[str, Question] = {}
        for node, above in one.parts():
            if not isinstance(node, Binary) or inside_filter(above):
                continue
            if node.operator in _ORDER and not _asks_for_any(one, node):
                sides = (node.left, node.right)
                ordered |= {question.name: question for question in _unanswered(types, one, sides, _ORDERED)}
            is_whole = not (above and isinstance(above[-1], Binary) and above[-1].operator == "+")
            if node.operator == "+" and is_whole:
                yield from _added(types, one, node)
        for name in ordered:
            if not is_guarded(one, name):
                yield one.finding("NUM-EMPTY", name=name)


def _added(types: Types, one: Formula, node: Binary) -> Iterator[Finding]:
    """Yield a total of several answers that is nothing as soon as one of them is; of one answer alone that is right."""
    parts = [*addends(node)]
    asked = [question for question in (types.asked(part, one) for part in parts) if question is not None]
    missing = {question.name for question in _unanswered(types, one, parts, _COUNTED)}
    names = sorted(name for name in missing if not is_guarded(one, name))
    if names and sum(question.type in _COUNTED for question in asked) > 1:
        near = " + ".join(
            f"coalesce({written(part)}, 0)" if types.asked(part, one) else written(part) for part in parts
        )
        yield one.finding("SUM-EMPTY", names=", ".join(names), near=near)


def _unanswered(
    types: Types, one: Formula, parts: Iterable[Node], kinds: frozenset[str]
) -> Iterator[Question]:
    """Yield the questions of these types that stand there and may have no answer yet."""
    for part in parts:
        question = types.asked(part, one)
        if question is not None and question.type in kinds and not _is_always_there(one, question):
            yield question


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


def is_guarded(one: Formula, name: str) -> bool:
    """Say whether the expression, or a condition above it, thinks of the empty answer."""
    return any(asks_for(name, text) for text in (one.text, *one.relevances))


def asks_for(name: str, text: str) -> bool:
    """Say whether a condition looks whether there is an answer."""
    spaced = re.compile(
        rf"\$\{{\s*{re.escape(name)}\s*\}}\s*!?=\s*(?:''|\"\")"
        rf"|(?:coalesce|string-length|boolean)\(\s*\$\{{\s*{re.escape(name)}\s*\}}"
    )
    return spaced.search(text) is not None
