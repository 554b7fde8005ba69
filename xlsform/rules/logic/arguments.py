"""Rules on what functions are given: how many arguments, of which kind, and what each function asks for besides."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import combinations
from types import MappingProxyType

from xlsform import columns
from xlsform.expressions.formulas import CONDITIONS, Formula, answers, inside_filter
from xlsform.expressions.functions import FUNCTIONS, Function
from xlsform.expressions.patterns import (
    STORED,
    as_date,
    fails,
    is_iso,
    matches_no_integer,
    matches_nothing,
    pattern_fault,
    typeset,
)
from xlsform.expressions.types import Type, Types
from xlsform.expressions.xpath import Binary, Call, Literal, Node, Ref, walk, written
from xlsform.findings.problems import Finding, Severity
from xlsform.model import Question
from xlsform.rules.logic.comparisons import check_among, check_counted, selected

_ONE_KIND: Mapping[str, frozenset[Type]] = MappingProxyType(
    {
        "codes": frozenset((Type.NUMBER, Type.DATE, Type.DATETIME, Type.TIME, Type.GEO, Type.BOOLEAN)),
        "date": frozenset((Type.GEO, Type.BOOLEAN)),
        "geo": frozenset((Type.NUMBER, Type.DATE, Type.DATETIME, Type.TIME, Type.BOOLEAN)),
        "nodes": frozenset((Type.BOOLEAN,)),
    }
)
"""What an argument has to be -> types that stop the phone there."""


def check_arguments(types: Types) -> Iterator[Finding]:
    """Yield calls that phones stop at, or that give something else than was meant."""
    for one in types.formulas:
        seen: set[tuple[str, str]] = set()
        for node, above in one.parts():
            for found in _of_part(types, one, node, above):
                if (key := (found.code, found.data.get("value", ""))) not in seen:
                    seen.add(key)
                    yield found


def _of_part(types: Types, one: Formula, node: Node, above: tuple[Node, ...]) -> Iterator[Finding]:
    if isinstance(node, Binary) and node.operator in {"and", "or"}:
        yield from _condition(types, one, node.left, node)
        yield from _condition(types, one, node.right, node)
    elif not above and one.column in CONDITIONS and isinstance(node, Ref | Call):
        yield from _condition(types, one, node, node)
    if not isinstance(node, Call) or (function := FUNCTIONS.get(node.name)) is None:
        return
    if not function.takes(len(node.arguments)):
        yield one.finding("ARG-COUNT", name=node.name, count=str(len(node.arguments)), need=_many(function))
        return
    for number in range(len(node.arguments)):
        yield from _argument(types, one, node, number, inside=inside_filter(above))
    if (special := _SPECIAL.get(node.name)) is not None:
        yield from special(types, one, node, above)


def _many(function: Function) -> str:
    if function.most is None:
        return f"{function.least}, {function.least + 1}, …"
    return "/".join(str(count) for count in range(function.least, function.most + 1))


def _argument(types: Types, one: Formula, call: Call, number: int, *, inside: bool) -> Iterator[Finding]:
    function, part = FUNCTIONS[call.name], call.arguments[number]
    value, need = types.of(part, one.owner, inside=inside), function.need(number)
    is_no_node = need == "nodes" and isinstance(part, Literal | Binary)
    if need == "text" and isinstance(part, Binary) and value.type is Type.BOOLEAN:
        yield replace(one.finding("ARG-KIND", name=call.name, value=written(part)), here=Severity.LOSES)
    elif is_no_node or value.type in _ONE_KIND.get(need, ()):
        yield one.finding("ARG-KIND", name=call.name, value=written(part))
    elif need == "number" or (call.name == "sum" and isinstance(part, Ref)):
        yield from check_counted(types, one, part, value)
    elif need == "boolean":
        yield from _condition(types, one, part, call)
    elif need == "date":
        yield from _date(types, one, call, part)
    if function.rows and len(call.arguments) == 1:
        yield from _one_row(types, one, call, part)


def _date(types: Types, one: Formula, call: Call, part: Node) -> Iterator[Finding]:
    """Yield what cannot be turned into a date: phones stop at any other text."""
    if isinstance(part, Literal):
        if part.number or not part.value or is_iso(part.value):
            return
        if call.name == "decimal-time":
            yield one.finding("ARG-KIND", name=call.name, value=written(part))
        else:
            yield one.finding("DATE-LITERAL", value=part.value, near=as_date(part.value))
        return
    question = types.asked(part, one)
    if question is not None and question.type in {"text", "select_one", "select_multiple"}:
        by_hand = question.type == "text" and "regex" in question.row.cell("constraint")
        codes = answers(types.form.form, question)
        if not by_hand and not (question.type != "text" and (codes is None or any(map(is_iso, codes)))):
            yield one.finding("ARG-KIND", name=call.name, value=written(part))


def _one_row(types: Types, one: Formula, call: Call, part: Node) -> Iterator[Finding]:
    """Yield a sum or a count over one answer: what is not repeated, or only the row at hand."""
    if call.name not in {"sum", "count", "max", "min"} or not isinstance(part, Ref) or part.last:
        return
    question, section = types.form.question(part.name), types.sections.get(part.name)
    if question is not None:
        is_one = one.repeat[: len(question.repeat)] == question.repeat
        many = question.type in {"select_multiple", "rank"}
    elif section is not None and not section.repeat:
        is_one, many = one.repeat[: len(section.under)] == section.under, False
    else:
        return
    if is_one:
        near = f"count-selected({written(part)})" if many else written(part)
        yield one.finding("ROWS-ONE", name=call.name, value=written(part), near=near)


# --- conditions ---------------------------------------------------------------------------------------------------

_NO = frozenset(("no", "non", "n", "0", "false", "faux"))


def _condition(types: Types, one: Formula, node: Node, around: Node) -> Iterator[Finding]:
    """Yield a text that stands alone where a condition is needed: the phone takes every text for true."""
    if isinstance(node, Literal):
        if node.value.strip("0.-") or not node.number:
            near = _compared(around, written(node))
            yield one.finding("COND-TEXT", value=written(node), near=near)
        return
    question = types.asked(node, one)
    if question is None or question.type != "select_one":
        return
    codes = answers(types.form.form, question) or ()
    if any(code.lower() in _NO for code in codes):
        yes = next((code for code in codes if code.lower() not in _NO), codes[0])
        found = one.finding("COND-TEXT", value=written(node), near=f"{written(node)} = '{yes}'")
        yield replace(found, here=Severity.MISLEADS)  # whether it is answered at all may be meant


def _compared(around: Node, value: str) -> str:
    """Return the comparison that was meant: ``${q} = 'a' or 'b'`` asks for a second one."""
    before = around.left if isinstance(around, Binary) else None
    while isinstance(before, Binary) and before.operator in {"and", "or"}:
        before = before.right
    return (
        f"{written(before.left)} {before.operator} {value}"
        if isinstance(before, Binary)
        else f"${{…}} = {value}"
    )


# --- one function at a time ---------------------------------------------------------------------------------------


def _selected(types: Types, one: Formula, node: Call, _above: tuple[Node, ...]) -> Iterator[Finding]:
    left, right = node.arguments
    yield from check_among(types, one, left, right)
    yield from check_among(types, one, right, left)
    asked = types.asked(left, one)
    is_list = asked is not None and asked.type in columns.SELECTS
    if is_list and isinstance(right, Literal) and len(right.value.split()) > 1:
        near = " or ".join(f"selected({written(left)}, '{word}')" for word in right.value.split())
        yield one.finding("SELECTED-WORDS", value=right.value, near=near)
    question = types.asked(right, one)
    if isinstance(left, Literal) and question is not None and question.type == "select_multiple":
        yield one.finding("MULTI-EQUALS", name=question.name, value=left.value, near=selected(right, left))


def _label(types: Types, one: Formula, node: Call, _above: tuple[Node, ...]) -> Iterator[Finding]:
    value, named = node.arguments
    if isinstance(named, Ref):
        yield one.finding(
            "LABEL-OF", value=written(node), near=f"jr:choice-name({written(value)}, '{written(named)}')"
        )
        return
    if not isinstance(named, Literal):
        return
    match = re.fullmatch(r"\s*\$\{\s*([^}\s]+)\s*\}\s*", named.value)
    question = types.form.question(match[1]) if match is not None else None
    if match is None and "/" not in named.value and isinstance(value, Ref):
        near = f"jr:choice-name({written(value)}, '{written(value)}')"
        yield one.finding("LABEL-OF", value=written(node), near=near)
    if question is None:
        return
    yield from check_among(types, one, Ref(question.name), value)
    asked = types.asked(value, one)
    if question.list is None and question.file is None:
        if asked is not None and (asked.list or asked.file):
            near = f"jr:choice-name({written(value)}, '{written(value)}')"
            yield one.finding("LABEL-OF", value=written(node), near=near)
    elif asked is not None and asked.type == "select_multiple":
        near = f"jr:choice-name(selected-at({written(value)}, 0), '{written(value)}')"
        yield one.finding("LABEL-OF", value=written(node), near=near)
    elif asked is not None and _have_nothing_in_common(types, asked, question):
        yield one.finding(
            "LABEL-OF", value=written(node), near=f"jr:choice-name({written(value)}, '{written(value)}')"
        )


def _have_nothing_in_common(types: Types, asked: Question, other: Question) -> bool:
    codes, others = answers(types.form.form, asked), answers(types.form.form, other)
    return codes is not None and others is not None and not {*codes} & {*others}


def _indexed(types: Types, one: Formula, node: Call, _above: tuple[Node, ...]) -> Iterator[Finding]:
    target, *pairs = node.arguments
    question = types.form.question(target.name) if isinstance(target, Ref) else None
    if len(node.arguments) % 2 == 0:
        yield one.finding("ARG-COUNT", name=node.name, count=str(len(node.arguments)), need="3/5/7")
        return
    if isinstance(target, Literal | Call | Binary) or (question is not None and not question.repeat):
        yield one.finding("REPEAT-INDEX", value=written(node))
        return
    for repeat, index in zip(pairs[::2], pairs[1::2], strict=True):
        section = types.sections.get(repeat.name) if isinstance(repeat, Ref) else None
        is_not = isinstance(repeat, Ref) and (section is None or not section.repeat)
        if (
            section is not None
            and question is not None
            and question.path[: len(section.path)] != section.path
        ):
            is_not = True
        if is_not or (isinstance(index, Literal) and index.number and float(index.value) < 1):
            yield one.finding("REPEAT-INDEX", value=written(node))
            return


def _part_of_text(_types: Types, one: Formula, node: Call, _above: tuple[Node, ...]) -> Iterator[Finding]:
    places = [float(part.value) for part in node.arguments[1:] if isinstance(part, Literal) and part.number]
    if len(places) == 2 and places[0] >= places[1] >= 0:
        first, last = sorted(places)
        length = int(last) if last > first else int(first)
        near = f"substr({written(node.arguments[0])}, {int(first)}, {int(first) + max(length, 1)})"
        yield one.finding("SUBSTR-EMPTY", value=written(node), near=near)


_KEEPS = frozenset(("if", "coalesce", "string", "number", "int", "round", "once", "date", "date-time"))


def _once(_types: Types, one: Formula, node: Call, above: tuple[Node, ...]) -> Iterator[Finding]:
    """Yield a once() inside of something else: it gives the whole answer of its row, to which the rest is added anew each time."""
    if any(isinstance(outer, Call) and outer.name not in _KEEPS for outer in above) or any(
        isinstance(outer, Binary) and outer.operator in {"+", "-", "*", "div", "mod"} for outer in above
    ):
        inner = written(node.arguments[0])
        near = f"once({written(above[0]).replace(written(node), inner)})"
        yield one.finding("ONCE-INSIDE", value=written(node), near=near)


def _pattern(types: Types, one: Formula, node: Call, _above: tuple[Node, ...]) -> Iterator[Finding]:
    day, pattern = node.arguments
    if not isinstance(pattern, Literal):
        return
    if (fault := pattern_fault(pattern.value)) is not None:
        yield one.finding("DATE-PATTERN", value=pattern.value, at=fault)
    elif types.of(day, one.owner).type is Type.DATE and (hours := re.search("%[HhMS3]", pattern.value)):
        yield one.finding("HOURS-NONE", value=pattern.value, at=hours[0])


def _first_of(_types: Types, one: Formula, node: Call, _above: tuple[Node, ...]) -> Iterator[Finding]:
    """Yield a second value that is never taken, since the first is always there."""
    first, second = node.arguments
    is_there = isinstance(first, Literal) and bool(first.value)
    is_there = is_there or (isinstance(first, Call) and first.name in _ALWAYS_THERE)
    if is_there and any(isinstance(part, Ref) for part, _ in walk(second)):
        near = f"coalesce({written(second)}, {written(first)})"
        yield one.finding(
            "BRANCH-NEVER", value=written(second), condition=f"{written(first)} != ''", near=near
        )


_ALWAYS_THERE = frozenset(("today", "now", "uuid", "random", "true", "false", "count", "count-selected"))


def _regex(types: Types, one: Formula, node: Call, _above: tuple[Node, ...]) -> Iterator[Finding]:
    text, pattern = node.arguments
    if not isinstance(pattern, Literal):
        return
    if (fault := fails(pattern.value)) is not None:
        yield one.finding("REGEX-BROKEN", value=pattern.value, at=fault)
        return
    if (typed := typeset(pattern.value)) is not None:
        yield one.finding("REGEX-TYPESET", value=pattern.value, at=typed[0], near=typed[1])
    question = types.asked(text, one)
    if question is None:
        return
    codes = answers(types.form.form, question)
    never = question.type == "integer" and matches_no_integer(pattern.value)
    never = never or matches_nothing(pattern.value, _WRITTEN_WITH.get(question.type))
    if codes is not None:
        pairs = combinations(codes[:_MOST_CODES], 2) if question.type == "select_multiple" else ()
        never = not any(_matches(pattern.value, code) for code in (*codes, *map(" ".join, pairs)))
    elif question.type in STORED:
        never = never or (
            not _matches_any(pattern.value, STORED[question.type].phone)
            and _matches_any(pattern.value, STORED[question.type].people)
        )
    if never:
        yield one.finding("REGEX-NEVER", value=pattern.value, name=question.name, type=question.type)


def _matches_any(pattern: str, texts: Iterable[str]) -> bool:
    return any(_matches(pattern, text) for text in texts)


_WRITTEN_WITH: Mapping[str, str] = MappingProxyType({"integer": "-0123456789", "date": "-0123456789"})
"""Type -> the signs that an answer of it is stored with."""
_MOST_CODES = 40
"""Choices of a list of which two are put together."""


def _matches(pattern: str, text: str) -> bool:
    try:
        return re.fullmatch(pattern, text) is not None
    except re.error:
        return True  # written for Java: nothing is known


_Special = Callable[[Types, Formula, Call, tuple[Node, ...]], Iterator[Finding]]
_SPECIAL: Mapping[str, _Special] = MappingProxyType(
    {
        "selected": _selected,
        "is-selected": _selected,
        "jr:choice-name": _label,
        "coalesce": _first_of,
        "indexed-repeat": _indexed,
        "substr": _part_of_text,
        "once": _once,
        "format-date": _pattern,
        "format-date-time": _pattern,
        "regex": _regex,
    }
)
"""Functions that ask for more than a number of arguments and their kinds."""
