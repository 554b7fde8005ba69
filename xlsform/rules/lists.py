"""Rules on lists of answers: filters that let the right choices through, defaults that exist, no dead weight.

Lists in files are looked into when the folder of media is known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from xlsform.findings.problems import Finding, Spot, at_question
from xlsform.model import Form, Question, Resolved
from xlsform.nearest import nearest
from xlsform.rules.conditions import limits
from xlsform.rules.folder import Folder, table
from xlsform.rules.formulas import is_dynamic, owners, select_values
from xlsform.rules.words import inside_filter
from xlsform.rules.xpath import Binary, Call, Literal, Node, Ref, Word, parse, walk

__all__ = ["LONGEST", "check"]

LONGEST = 200
"""Rows of one list in the sheet choices; longer ones belong into a file."""

_LEGACY = ("pulldata", "search")
_CELLS = ("calculation", "relevant", "constraint", "choice_filter", "default", "appearance")


def check(form: Resolved, folder: Folder | None = None) -> Iterator[Finding]:
    """Yield what is wrong with lists, their filters and the defaults taken from them."""
    for question in form.questions:
        yield from _default(form.form, question)
        yield from _filter(form, question, folder)
        yield from _legacy(form.form, question)
    yield from _weight(form)


def _default(form: Form, question: Question) -> Iterator[Finding]:
    default = question.row.cell("default").strip()
    values = select_values(form, question)
    if not default or values is None or is_dynamic(default, question.type):
        return
    for word in default.split() if question.type == "select_multiple" else [default]:
        if word not in values:
            near = nearest(word, values)
            yield at_question(form, question, "default").finding(
                "DEFAULT-CHOICE", value=word, list=question.list or "", near=near
            )


# --- filters ------------------------------------------------------------------------------------------------------


def _filter(form: Resolved, question: Question, folder: Folder | None) -> Iterator[Finding]:
    text = question.row.cell("choice_filter")
    rows = _rows(form.form, question, folder) if text else None
    if rows is None:
        return
    here = at_question(form.form, question, "choice_filter")
    known = frozenset(name for row in rows for name in row)
    for node, above in walk(parse(text).node):
        if inside_filter(above):
            continue
        if isinstance(node, Word) and node.name not in known and rows:
            if _is_an_answer(node, above, known):
                yield here.finding("QUOTE-MISSING", value=node.name, near=f"'{node.name}'")
                continue
            near = nearest(node.name, sorted(known - {"name", "label"}))
            yield here.finding("FILTER-NOCOL", name=node.name, list=_source(question), near=near)
        if isinstance(node, Binary) and (bare := _bare(node, known)) is not None:
            yield here.finding(
                "FILTER-BARE", value=f"{bare[0]} = {bare[1]}", near=f"{bare[0]} = ${{{bare[1]}}}"
            )
    yield from _childless(form, question, rows, here)


def _is_an_answer(word: Word, above: tuple[Node, ...], known: frozenset[str]) -> bool:
    """Say whether an unknown word is compared with a column: then its quotes are missing, not its column."""
    comparison = above[-1] if above else None
    if not isinstance(comparison, Binary) or comparison.operator not in {"=", "!="}:
        return False
    other = comparison.right if comparison.left == word else comparison.left
    return isinstance(other, Word) and other.name in known


def _rows(form: Form, question: Question, folder: Folder | None) -> list[Mapping[str, str]] | None:
    if question.list is not None and question.list in form.choices:
        return [{"name": choice.name, "label": "", **choice.cells} for choice in form.choices[question.list]]
    if question.file is not None and folder is not None:
        return table(folder, question.file)
    return None


def _source(question: Question) -> str:
    return question.list or question.file or ""


def _bare(node: Binary, known: frozenset[str]) -> tuple[str, str] | None:
    left, right = node.left, node.right
    if node.operator == "=" and isinstance(left, Word) and isinstance(right, Word):
        return (left.name, right.name) if {left.name, right.name} <= known else None
    return None


def _childless(
    form: Resolved, question: Question, rows: list[Mapping[str, str]], here: Spot
) -> Iterator[Finding]:
    """Yield the answers to the question above that leave nothing to choose here."""
    pair = _parent(parse(question.row.cell("choice_filter")).node)
    parent = form.question(pair[1]) if pair is not None else None
    values = select_values(form.form, parent) if parent is not None else None
    if pair is None or parent is None or values is None or parent.type != "select_one" or not rows:
        return
    there = {row.get(pair[0], "") for row in rows}
    if not any(there):
        return  # a list that is filled later, or a column that is not there
    possible = _possible(question, parent.name, values)
    if missing := [name for name in possible if name not in there]:
        shown = ", ".join(missing[:8]) + (", …" if len(missing) > 8 else "")
        yield here.finding("FILTER-EMPTY", values=shown, name=parent.name, list=_source(question))


def _parent(node: Node | None) -> tuple[str, str] | None:
    """Return column and question of a filter that is one comparison, such as ``region = ${region}``."""
    if not isinstance(node, Binary) or node.operator != "=":
        return None
    for side, other in ((node.left, node.right), (node.right, node.left)):
        if isinstance(side, Word) and isinstance(other, Ref) and not other.last:
            return side.name, other.name
    return None


def _possible(question: Question, parent: str, values: tuple[str, ...]) -> list[str]:
    """Return the answers to the question above with which this one is asked at all."""
    left = list(values)
    for text in (*question.relevances, question.relevance):
        for said in limits(text):
            if said.question == parent:
                left = [name for name in left if (name in said.values) is not said.without]
    return left


# --- old ways, dead weight ----------------------------------------------------------------------------------------


def _legacy(form: Form, question: Question) -> Iterator[Finding]:
    row = question.row
    if question.type == "select_one_external":
        yield at_question(form, question, "type").finding("PULLDATA", name=question.type)
    for column in _CELLS:
        text = row.cell(column)
        if not any(word in text for word in _LEGACY):
            continue
        names = {node.name for node, _ in walk(parse(text).node) if isinstance(node, Call)}
        names |= {word for word in _LEGACY if text.replace(" ", "").startswith(f"{word}(")}
        for name in sorted(names & {*_LEGACY}):
            yield at_question(form, question, column).finding("PULLDATA", name=name)
    if row.type.split()[-1:] == ["or_other"]:
        yield at_question(form, question, "type").finding("OR-OTHER")


def _weight(form: Resolved) -> Iterator[Finding]:
    used = {question.list for question in form.questions if question.list} | _instances(form)
    for name, choices in form.form.choices.items():
        here = Spot(form.form, choices[0].place, name, "list_name")
        if name not in used:
            yield here.finding("LIST-UNUSED", list=name)
        elif len(choices) > LONGEST:
            yield here.finding("LIST-LONG", list=name, count=str(len(choices)))


def _instances(form: Resolved) -> set[str]:
    """Return the lists that expressions look into by themselves."""
    found: set[str] = set()
    rows = [owner.row for owner in owners(form)]
    for text in (row.cell(column) for row in rows for column in (*_CELLS, "repeat_count", "parameters")):
        if "instance(" in text.replace(" ", ""):
            for node, _above in walk(parse(text).node):
                if isinstance(node, Call) and node.name == "instance":
                    found.update(part.value for part in node.arguments if isinstance(part, Literal))
    return found
