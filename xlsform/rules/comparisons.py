"""Rules on comparisons, repeats and circles: with an answer that exists, one answer for a reference, none that hangs on itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date

from xlsform.errors import nearest
from xlsform.findings.problems import Finding, Spot
from xlsform.model import Kind, Question, Resolved, Section
from xlsform.rules.conditions import conjuncts, references
from xlsform.rules.formulas import (
    YES,
    Formula,
    compared_words,
    foreign_word,
    formulas,
    inside_filter,
    is_dynamic,
    owners,
    select_values,
)
from xlsform.rules.xpath import Binary, Call, Filtered, Literal, Node, Path, Ref, Self

__all__ = ["check_comparisons", "check_repeats"]


_EQUAL = frozenset(("=", "!="))
_ORDER = frozenset(("<", ">", "<=", ">="))
_DATES = frozenset(("date", "dateTime", "today", "start", "end"))
_DATE_CALLS = frozenset(("today", "now", "date", "date-time"))
_NUMBERS = frozenset(("integer", "decimal", "range", "date", "dateTime", "time"))
_NO_NUMBER = "NaN"
"""What some forms compare with to see whether there is an answer."""
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:T\d{2}:\d{2}.*)?")
_REQUIRED = frozenset(("true()",)) | YES


def check_comparisons(form: Resolved) -> Iterator[Finding]:
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
        values = _answers(form, question)
        if values is not None and other.value != _NO_NUMBER and not _is_among(other, values):
            yield _unknown(one, question, other.value, values)
        elif question.type == "select_multiple":
            near = _selected(side, other)
            near = near if node.operator == "=" else f"not({near})"
            yield one.finding("MULTI-EQUALS", name=question.name, value=other.value, near=near)


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
    values = _answers(form, question)
    for word in other.value.split():
        if values is not None and not _is_among(Literal(word), values):
            yield _unknown(one, question, word, values)


def _is_among(said: Literal, values: tuple[str, ...]) -> bool:
    if said.value in values:
        return True
    if not said.number:
        return False
    return any(value.isdigit() and float(value) == float(said.value) for value in values)


def _answers(form: Resolved, question: Question) -> tuple[str, ...] | None:
    """Return the answers that a question can have; None when they are not written in the form, or are computed."""
    row = question.row
    if row.cell("calculation") or is_dynamic(row.cell("default"), question.type):
        return None  # what an earlier visit or another list says may come in
    return select_values(form.form, question)


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


_OVER_ALL_ROWS = frozenset(
    {
        *("area", "checklist", "count", "count-non-empty", "distance", "enclosed-area"),
        *("geofence", "indexed-repeat", "intersects", "join", "max", "min", "position", "randomize", "sum"),
        "weighted-checklist",
    }
)
"""Functions that take all the rows of a repeat at once."""


def check_repeats(form: Resolved) -> Iterator[Finding]:
    """Yield references into a repeat from outside it, repeats on a shared screen, lists from a repeat, circles."""
    inside = {question.name: question.repeat for question in reversed(form.questions)}
    for one in formulas(form):
        yield from _from_outside(one, inside)
    for spot, text, repeat in _texts(form):
        for name in sorted(references(text)):
            if _is_outside(inside.get(name, ()), repeat):
                yield spot.finding("REF-REPEAT", name=name)
    yield from _field_lists(form)
    yield from _sources(form)
    yield from _circles(form)


def _from_outside(one: Formula, inside: Mapping[str, tuple[str, ...]]) -> Iterator[Finding]:
    seen: set[str] = set()
    for node, above in one.parts():
        if not isinstance(node, Ref) or node.last or node.name in seen:
            continue
        if _is_outside(inside.get(node.name, ()), one.repeat) and not _takes_all(node, above, one.repeat):
            seen.add(node.name)
            yield one.finding("REF-REPEAT", name=node.name)


def _is_outside(repeat: tuple[str, ...], here: tuple[str, ...]) -> bool:
    return here[: len(repeat)] != repeat


def _takes_all(node: Node, above: tuple[Node, ...], repeat: tuple[str, ...]) -> bool:
    """Say whether a reference stands where all rows are meant, or where the row at hand is found.

    In square brackets the converter writes a way from the row of the formula, not from the row that is looked at: outside
    of all repeats both are the same, inside one the way leads nowhere, and only the bare name is right.
    """
    for outer, inner in zip(reversed(above), reversed((*above, node)), strict=False):
        if isinstance(outer, Call) and outer.name in _OVER_ALL_ROWS:
            return True
        if isinstance(outer, Filtered):
            return inner is outer.of or not repeat
        if isinstance(outer, Path):
            return True
    return False


def _texts(form: Resolved) -> Iterator[tuple[Spot, str, tuple[str, ...]]]:
    """Yield the texts on the screen that may show answers, and the repeat they are shown in."""
    for owner in owners(form):
        is_repeat = isinstance(owner, Section) and owner.repeat
        repeat = owner.path if is_repeat else owner.under if isinstance(owner, Section) else owner.repeat
        for column in ("label", "hint", "guidance_hint", "constraint_message", "required_message"):
            for language, text in owner.row.texts.get(column, {}).items():
                if "${" in text:
                    spot = Spot(form.form, owner.row.place, "/".join(owner.path), column, language)
                    yield spot, text, repeat


def _field_lists(form: Resolved) -> Iterator[Finding]:
    lists = [
        section.path
        for section in form.sections
        if not section.repeat and "field-list" in section.row.cell("appearance").split()
    ]
    for section in form.sections:
        around = next((path for path in lists if section.path[: len(path)] == path), None)
        if section.repeat and around is not None:
            spot = Spot(form.form, section.row.place, "/".join(section.path), "type")
            yield spot.finding("REPEAT-IN-FIELDLIST", group="/".join(around))


def _sources(form: Resolved) -> Iterator[Finding]:
    for question in form.questions:
        if question.type in {"select_multiple", "rank"} and (question.list or "").startswith("${"):
            spot = Spot(form.form, question.row.place, "/".join(question.path), "type")
            yield spot.finding("PX-REPEAT-SOURCE", value=(question.list or "")[2:-1])


# --- circles ------------------------------------------------------------------------------------------------------


def _circles(form: Resolved) -> Iterator[Finding]:
    """Yield each circle of calculations and conditions once, at its first row, those of the groups around it included."""
    needs = _knotted({question.name: _needs(question) for question in form.questions if question.name})
    done: set[str] = set()
    for question in form.questions:
        circle = _circle(question.name, needs, done) if question.name in needs else ()
        if circle:
            done.update(circle)
            column = next(
                (name for name in _HANGS_ON if references(question.row.cell(name)) & {*circle}), "relevant"
            )
            spot = Spot(form.form, question.row.place, "/".join(question.path), column)
            yield spot.finding("REF-CYCLE", circle=" → ".join((*circle, circle[0])))


def _knotted(needs: Mapping[str, frozenset[str]]) -> Mapping[str, frozenset[str]]:
    """Leave only what lies on circles or between two of them: the rest is taken off from both ends."""
    return _turned(_peeled(_turned(_peeled(needs))))


def _peeled(needs: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    """Take off whatever needs nothing, again and again."""
    users = _turned(needs)
    left = {name: {other for other in others if other in needs} for name, others in needs.items()}
    free = [name for name, others in left.items() if not others]
    while free:
        name = free.pop()
        del left[name]
        for user in users[name]:
            left[user].discard(name)
            if not left[user]:
                free.append(user)
    return {name: frozenset(others) for name, others in left.items()}


def _turned(needs: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    users: dict[str, set[str]] = {name: set() for name in needs}
    for name, others in needs.items():
        for other in others & needs.keys():
            users[other].add(name)
    return {name: frozenset(some) for name, some in users.items()}


_HANGS_ON = ("calculation", "relevant", "required", "readonly")
"""Columns that the engine computes again when an answer in them changes; others are looked at only on the way."""


def _needs(question: Question) -> frozenset[str]:
    texts = (*(question.row.cell(name) for name in _HANGS_ON), *question.relevances)
    return frozenset(name for text in texts for name in references(text))


def _circle(start: str, needs: Mapping[str, frozenset[str]], done: set[str]) -> tuple[str, ...]:
    """Return the shortest way from a question back to itself, () when there is none."""
    ways: list[tuple[str, ...]] = [(start,)]
    seen = {start}
    for way in ways:  # grows while it is read: the nearest come first
        for name in sorted(needs.get(way[-1], ())):
            if name == start:
                return way
            if name not in seen and name not in done:
                seen.add(name)
                ways.append((*way, name))
    return ()
