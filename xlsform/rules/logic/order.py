"""Rules on order: what is computed, or asked for, before there is an answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace

from xlsform.expressions.conditions import references
from xlsform.expressions.formulas import Formula
from xlsform.expressions.types import Types
from xlsform.expressions.xpath import Binary, Call, Literal, Node, Ref, parse, walk, written
from xlsform.findings.problems import Finding, Severity, Spot
from xlsform.model import Kind, Question
from xlsform.rules.logic.emptiness import is_guarded


def check_order(types: Types) -> Iterator[Finding]:
    """Yield what hangs on answers that come too late for it."""
    order = {row.name: number for number, row in enumerate(types.form.form.survey) if row.name}
    screens = {
        section.path for section in types.form.sections if "field-list" in section.row.cell("appearance")
    }
    yield from _shown_early(types, order, screens)
    for one in types.formulas:
        if one.column == "default" or "once(" in one.text:
            yield from _too_early(types, one)
        if one.column in _SEVERITY:
            yield from _asked_later(types, one, order, screens)


def _shown_early(
    types: Types, order: Mapping[str, int], screens: AbstractSet[tuple[str, ...]]
) -> Iterator[Finding]:
    """Yield texts that show an answer which is only given further down."""
    form = types.form.form
    for path, row in form.paths():
        said: set[str] = set()
        for column, texts in row.texts.items():
            language, text = next(iter(texts.items()), ("", ""))
            names = [
                name
                for name in sorted(references(text) - said)
                if "${" in text
                if (asked := types.form.question(name)) is not None
                and asked.kind is Kind.QUESTION
                and not _is_filled(asked)
                and order.get(name, -1) > order.get(row.name, len(order))
                and not _on_one_screen(path, asked.path, screens)
            ]
            said.update(names)
            if names:
                spot = Spot(form, row.place, "/".join(path), column, language)
                yield spot.finding("REF-LATER", names=", ".join(names))


def _on_one_screen(
    path: tuple[str, ...], other: tuple[str, ...], screens: AbstractSet[tuple[str, ...]]
) -> bool:
    return any(path[: len(one)] == one == other[: len(one)] for one in screens)


def _asked_later(
    types: Types, one: Formula, order: Mapping[str, int], screens: AbstractSet[tuple[str, ...]]
) -> Iterator[Finding]:
    """Yield what hangs on an answer that is only asked further down, on another screen."""
    owner = one.owner
    if owner is None:
        return
    names = []
    for name in _unanswered(types, one.parsed.node):
        asked = types.form.question(name)
        if asked is None or order.get(name, -1) <= order.get(owner.path[-1], 0):
            continue
        if one.column in {"constraint", "required"} and is_guarded(one, name):
            continue
        if not _on_one_screen(owner.path, asked.path, screens):
            names.append(name)
    if names:
        found = one.finding("REF-LATER", names=", ".join(names))
        yield replace(found, here=_SEVERITY[one.column])


_SEVERITY: Mapping[str, Severity | None] = {
    **dict.fromkeys(("relevant", "choice_filter", "required"), None),
    **dict.fromkeys(("repeat_count", "constraint"), Severity.LOSES),
}
"""Column that the phone looks at on the way -> what happens where an answer in it comes later; None: what the catalogue says."""


# --- computed once ------------------------------------------------------------------------------------------------


def _too_early(types: Types, one: Formula) -> Iterator[Finding]:
    """Yield what is computed when the form opens, and reads what nobody has answered by then."""
    if one.column == "default":
        owner = one.owner
        if not isinstance(owner, Question) or owner.row.cell("trigger") or owner.repeat:
            return
        names = _unanswered(types, one.parsed.node)
        if names:
            yield one.finding("EARLY", value=one.text, names=", ".join(names))
        return
    for node, _above in one.parts():
        if isinstance(node, Call) and node.name == "once" and len(node.arguments) == 1:
            names = _unanswered(types, node.arguments[0])
            if names and _freezes(node.arguments[0]) and not _is_behind(one, names):
                yield one.finding("EARLY", value=written(node), names=", ".join(names))
                return


def _unanswered(types: Types, node: Node | None) -> list[str]:
    """Return the questions that people answer and that nothing fills in beforehand."""
    found: dict[str, None] = {}
    computed: set[str] = set()
    left = [node]
    while left:
        for part, _above in walk(left.pop()):
            question = types.form.question(part.name) if isinstance(part, Ref) and not part.last else None
            if question is None:
                found.update(dict.fromkeys(_rows_to_come(types, part)))
                continue
            if question.kind is Kind.QUESTION and not _is_filled(question):
                found[question.name] = None
            elif (
                question.kind is Kind.CALCULATE
                and question.name not in computed
                and not question.row.cell("trigger")
            ):
                computed.add(question.name)
                left.append(parse(question.row.cell("calculation")).node)
    return [*found]


def _rows_to_come(types: Types, node: Node) -> list[str]:
    """Return a repeat to which people add rows as they go."""
    section = types.sections.get(node.name) if isinstance(node, Ref) else None
    is_open = (
        section is not None and section.repeat and not section.row.cell("repeat_count").strip().isdigit()
    )
    return [section.path[-1]] if section is not None and is_open else []


def _is_filled(question: Question) -> bool:
    row = question.row
    by_itself = row.cell("default") or row.cell("calculation") or row.cell("trigger") or row.cell("readonly")
    # what is hidden, or comes in a group of inputs, a program around the form has filled before it opens
    is_handed_in = "hidden" in row.cell("appearance").split() or "inputs" in question.path
    return bool(by_itself) or is_handed_in or question.type in _NOT_ASKED


_NOT_ASKED = frozenset(("hidden", "csv-external", "xml-external"))


def _freezes(node: Node) -> bool:
    """Say whether an expression has a value before anything is answered: then once() keeps that one."""
    if isinstance(node, Call) and node.name in {"concat", "join"}:
        return any(isinstance(part, Literal) and part.value.strip() for part in node.arguments)
    if isinstance(node, Call) and node.name == "if" and len(node.arguments) == 3:
        asked, _then, other = node.arguments
        is_false = isinstance(asked, Call) and asked.name in {"selected", "is-selected"}
        if isinstance(asked, Binary) and asked.operator == "=":
            is_false = any(isinstance(side, Literal) and side.value for side in (asked.left, asked.right))
        return is_false and ((isinstance(other, Literal) and bool(other.value)) or _freezes(other))
    return isinstance(node, Call) and node.name in _NEVER_EMPTY


_NEVER_EMPTY = frozenset(
    ("count-selected", "string-length", "not", "boolean", "sum", "count", "count-non-empty")
)
"""Functions that give something of nothing."""


def _is_behind(one: Formula, names: list[str]) -> bool:
    """Say whether the row comes into being only with these answers."""
    shown = " ".join((*one.relevances, one.text if one.column == "relevant" else ""))
    return all(name in shown for name in names)
