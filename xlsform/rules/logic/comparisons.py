"""Rules on what is compared and counted: with an answer that exists, and with something of its own kind."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from xlsform.expressions.conditions import references
from xlsform.expressions.formulas import Formula, answers, choice_meant, compared_words, inside_filter
from xlsform.expressions.patterns import as_date, is_iso, unquoted
from xlsform.expressions.types import Type, Types, Value
from xlsform.expressions.xpath import Binary, Call, Literal, Node, Path, Ref, Self, addends, written
from xlsform.findings.problems import Finding
from xlsform.model import Question
from xlsform.rules.logic.spelling import foreign_word, meant

_EQUAL = frozenset(("=", "!="))
_ORDER = frozenset(("<", ">", "<=", ">="))
_ARITHMETIC = frozenset(("+", "-", "*", "div", "mod"))
_DAYS = frozenset((Type.DATE, Type.DATETIME))
_NO_NUMBER = "NaN"
"""What some forms compare with to see whether there is an answer."""
_BY_HAND = frozenset(("text", "barcode"))


def check_comparisons(types: Types) -> Iterator[Finding]:
    """Yield comparisons that can never be true or never be false, and sums of what is no number."""
    known = (types.form.named.keys() | types.sections.keys()) - {""}
    for one in types.formulas:
        if one.column != "choice_filter":
            yield from _quotes(one, known)
        seen: set[tuple[str, str]] = set()
        for node, above in one.parts():
            if isinstance(node, Binary | Path):
                for found in _of_part(types, one, node, above):
                    if (key := (found.code, found.data.get("value", ""))) not in seen:
                        seen.add(key)
                        yield found


def check_shown(types: Types) -> Iterator[Finding]:
    """Yield calculations that give a day as a number, where a text shows them to people."""
    shown = {
        name
        for row in types.form.form.survey
        for texts in row.texts.values()
        for text in texts.values()
        for name in references(text)
    }
    for one in types.formulas:
        owner = one.owner
        is_shown = isinstance(owner, Question) and owner.type == "calculate" and owner.name in shown
        if one.column == "calculation" and is_shown and types.is_day_number(one.parsed.node, owner):
            near = f"format-date(date({one.text}), '%d/%m/%Y')"
            yield one.finding("DAY-NUMBER", value=one.text, near=near)


def _of_part(types: Types, one: Formula, node: Binary | Path, above: tuple[Node, ...]) -> Iterator[Finding]:
    if (text := unquoted(node)) is not None:
        if not (above and unquoted(above[-1])):
            yield one.finding("DATE-LITERAL", value=text, near=as_date(text))
    elif isinstance(node, Binary):
        values = [types.of(side, one.owner, inside=inside_filter(above)) for side in (node.left, node.right)]
        if node.operator in _EQUAL:
            yield from _equal(types, one, node, values)
        elif (found := _chained(one, node)) is not None:
            yield found
        elif node.operator in _ORDER | _ARITHMETIC:
            yield from _counted(types, one, node, above, values)


def _chained(one: Formula, node: Binary) -> Finding | None:
    """Return the finding on ``0 < . < 10``: phones compare the truth of the first half with the second number."""
    left = node.left
    if node.operator not in _ORDER or not isinstance(left, Binary) or left.operator not in _ORDER:
        return None
    near = f"{written(left)} and {written(left.right)} {node.operator} {written(node.right)}"
    return one.finding("COMPARE-CHAIN", value=written(node), near=near)


# --- kinds --------------------------------------------------------------------------------------------------------


def _equal(types: Types, one: Formula, node: Binary, values: list[Value]) -> Iterator[Finding]:
    for (side, value), (other, _) in _both_ways(node, values):
        if not isinstance(other, Literal):
            continue
        if value.type in _DAYS and not other.number and other.value.strip() and not is_iso(other.value):
            yield one.finding("DATE-LITERAL", value=other.value, near=as_date(other.value))
            return
        question = types.asked(side, one)
        codes = answers(types.form.form, question) if question is not None else None
        if question is None or codes is None or not other.value:
            if not other.number and other.value in {"", _NO_NUMBER}:
                return
            continue
        if other.value != _NO_NUMBER and not _is_among(other, codes):
            yield _unknown(one, question, other.value, codes)
        elif question.type == "select_multiple":
            near = selected(side, other)
            near = near if node.operator == "=" else f"not({near})"
            yield one.finding("MULTI-EQUALS", name=question.name, value=other.value, near=near)
        return
    if _are_never_equal(types, one, node, values):
        yield one.finding("TYPE-COMPARE", value=written(node.left), other=written(node.right))


def _are_never_equal(types: Types, one: Formula, node: Binary, values: list[Value]) -> bool:
    for (side, value), (other, against) in _both_ways(node, values):
        if value.type is Type.NUMBER and against.words and against.type is Type.TEXT:
            return True
        if (
            value.type is Type.BOOLEAN
            and isinstance(side, Ref)
            and isinstance(other, Literal)
            and against.words
        ):
            return True
        if value.type is Type.TIME and isinstance(other, Literal):
            return True
        if isinstance(other, Call) and other.name in {"true", "false"} and types.asked(side, one) is not None:
            return True  # every answer is true, be it no
        if value.type in _DAYS and (
            _is_plain_number(types, one, other) or (against.words and not isinstance(other, Literal))
        ):
            return True
    return False


def _is_plain_number(types: Types, one: Formula, node: Node) -> bool:
    """Say whether a number stands there that is no reckoning with dates: a literal, or what somebody answers."""
    if isinstance(node, Literal):
        return node.number
    question = types.asked(node, one)
    return question is not None and question.type in {"integer", "decimal", "range"}


def _counted(
    types: Types, one: Formula, node: Binary, above: tuple[Node, ...], values: list[Value]
) -> Iterator[Finding]:
    kinds = [value.type for value in values]
    if Type.TIME in kinds:
        time = written(node.left if kinds[0] is Type.TIME else node.right)
        yield one.finding("TIME-ORDER", value=time, near=f"decimal-time({time})")
    elif kinds == [Type.DATETIME, Type.DATETIME] and _loses_hours(node, above):
        near = f"decimal-date-time({written(node.left)}) {node.operator} decimal-date-time({written(node.right)})"
        yield one.finding("HOURS-LOST", value=written(node), near=near)
    elif (found := _mixed(types, one, node, above, values)) is not None:
        yield found
    elif node.operator == "+":
        is_inner = bool(above) and isinstance(above[-1], Binary) and above[-1].operator == "+"
        if is_inner:
            return
        if (found := _added(types, one, node)) is not None:
            yield found
            return
        for part in addends(node):
            yield from check_counted(types, one, part, types.of(part, one.owner, inside=inside_filter(above)))
    else:
        for side, value in zip((node.left, node.right), values, strict=True):
            yield from check_counted(types, one, side, value)


def _divided(one: Formula, node: Binary, above: tuple[Node, ...]) -> Finding:
    """Return the finding on a date that is divided: phones divide before they subtract."""
    outer = above[-1] if above else None
    is_difference = isinstance(outer, Binary) and outer.operator == "-" and outer.right is node
    first = written(outer.left) if isinstance(outer, Binary) and is_difference else "today()"
    near = f"({first} - {written(node.left)}) div {written(node.right)}"
    return one.finding("DATE-DIVIDED", value=written(node), near=near)


def _mixed(
    types: Types, one: Formula, node: Binary, above: tuple[Node, ...], values: list[Value]
) -> Finding | None:
    if node.operator == "div" and values[0].type in _DAYS:
        return _divided(one, node, above)
    if node.operator in _ORDER | {"-"} and any(value.type in _DAYS for value in values):
        return _date_against(types, one, node, [value.type for value in values])
    return None


def _loses_hours(node: Binary, above: tuple[Node, ...]) -> bool:
    """Say whether hours matter: between two moments that are asked, and not where days are turned into something longer."""
    if any(isinstance(outer, Binary) and outer.operator == "div" for outer in above):
        return False
    return node.operator == "-" or (
        node.operator in _ORDER and isinstance(node.left, Ref | Self) and isinstance(node.right, Ref)
    )


def _date_against(types: Types, one: Formula, node: Binary, kinds: list[Type]) -> Finding | None:
    other = node.right if kinds[0] in _DAYS else node.left
    if isinstance(other, Literal):
        if node.operator == "-" and (other.number or not is_iso(other.value)):
            return None
        is_year = other.number and 1900 <= float(other.value) <= 2100
        if other.number and not is_year:
            return None
        text = f"{int(float(other.value))}-01-01" if is_year else other.value
        return one.finding("DATE-LITERAL", value=other.value or "''", near=as_date(text))
    question = types.asked(other, one) if node.operator in _ORDER else None
    if question is not None and question.type in {
        "integer",
        "decimal",
        "range",
        "select_one",
        "select_multiple",
        *_BY_HAND,
    }:
        return one.finding("TYPE-COMPARE", value=written(node.left), other=written(node.right))
    return None


def _added(types: Types, one: Formula, node: Binary) -> Finding | None:
    """Return the finding on texts that are put together with a plus."""
    parts = [*addends(node)]
    words = any(
        value.type is Type.TEXT and value.words for value in (types.of(part, one.owner) for part in parts)
    )
    if not words and not all(_is_by_hand(types, one, part) for part in parts):
        return None
    return one.finding("TEXT-PLUS", value=written(node), near=f"concat({', '.join(map(written, parts))})")


def check_counted(types: Types, one: Formula, node: Node, value: Value) -> Iterator[Finding]:
    """Yield what has to be a number where it stands, and is none."""
    if not value.counts:
        yield one.finding("TYPE-NUMBER", value=written(node))
    elif _is_by_hand(types, one, node):
        yield one.finding("TEXT-NUMBER", value=written(node))


def _is_by_hand(types: Types, one: Formula, node: Node) -> bool:
    """Say whether people write there what they like: neither the keyboard nor a constraint asks for digits."""
    question = types.asked(node, one)
    if (
        question is None
        or question.type not in _BY_HAND
        or "numbers" in question.row.cell("appearance").split()
    ):
        return False
    is_itself = isinstance(node, Self) and one.column == "constraint"
    checked = ("regex", "number(", "int(") if is_itself else ("regex", "<", ">")
    return not any(sign in question.row.cell("constraint") for sign in checked)


def _both_ways(
    node: Binary, values: list[Value]
) -> tuple[tuple[tuple[Node, Value], tuple[Node, Value]], ...]:
    left, right = (node.left, values[0]), (node.right, values[1])
    return (left, right), (right, left)


# --- answers of a list --------------------------------------------------------------------------------------------


def _quotes(one: Formula, known: AbstractSet[str]) -> Iterator[Finding]:
    seen: set[str] = set()
    for word, comparison in compared_words(one):
        if word.name not in seen and not foreign_word(word.name).endswith("()"):
            seen.add(word.name)
            shown = comparison.operator
            yield one.finding("QUOTE-MISSING", value=word.name, operator=shown, near=meant(word.name, known))


def check_among(types: Types, one: Formula, side: Node, other: Node) -> Iterator[Finding]:
    """Yield answers that are looked for among those of a question and that its list does not have."""
    question = types.asked(side, one)
    if question is None or not isinstance(other, Literal):
        return
    values = answers(types.form.form, question)
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
    near = choice_meant(one.spot.form, question, value, values)
    shown = ", ".join(values[:12]) + (", …" if len(values) > 12 else "")
    return one.finding(
        "CHOICE-UNKNOWN", name=question.name, value=value, list=question.list or "", choices=shown, near=near
    )


def selected(side: Node, other: Literal) -> str:
    """Return how an answer is looked for among several."""
    return f"selected({written(side)}, '{other.value}')"
