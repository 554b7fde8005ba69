"""Rules on values that are looked up in a list or a file: that it is there, and has the columns that are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from xlsform import columns
from xlsform.errors import nearest
from xlsform.expressions.formulas import Formula, answers
from xlsform.expressions.types import Types
from xlsform.expressions.xpath import Binary, Call, Filtered, Literal, Node, Path, Word
from xlsform.findings.problems import Finding, Severity
from xlsform.model import Choice
from xlsform.rules.lists import Folder, table

_OF_OTHERS = frozenset(
    ("__last-saved", "contact-summary", "user-contact-summary", "casedb", "commcaresession")
)
"""Lists that the engine, or a program of others around it, brings along."""


def check_lookups(types: Types, folder: Folder | None = None) -> Iterator[Finding]:
    """Yield lists, files and columns that are looked into and are not there."""
    form = types.form.form
    files = {row.list_file.rpartition(".")[0]: row.list_file for row in form.survey if row.list_file}
    files |= {
        row.name: f"{row.name}.{row.base[:3]}"
        for row in form.survey
        if row.base in {"csv-external", "xml-external"}
    }
    for one in types.formulas:
        if "instance" not in one.text and "pulldata" not in one.text:
            continue
        for node, _above in one.parts():
            if isinstance(node, Path) and isinstance(node.head, Call) and node.head.name == "instance":
                yield from _instance(types, one, node, files, folder)
            elif isinstance(node, Call) and node.name == "pulldata" and len(node.arguments) == 4:
                yield from _pulled(types, one, node, folder)


def _instance(
    types: Types, one: Formula, node: Path, files: Mapping[str, str], folder: Folder | None
) -> Iterator[Finding]:
    argument = node.head.arguments[0] if isinstance(node.head, Call) and node.head.arguments else None
    if not isinstance(argument, Literal) or argument.value in _OF_OTHERS:
        return
    choices = types.form.form.choices.get(argument.value)
    if choices is None and argument.value not in files:
        if f"pulldata('{argument.value}'" in "".join(
            formula.text.replace(" ", "") for formula in types.formulas
        ):
            return
        near = nearest(argument.value, [*types.form.form.choices, *files])
        yield one.finding("LOOKUP-LIST", list=argument.value, near=near)
        return
    known = (
        _columns(choices, types.form.form.languages)
        if choices is not None
        else _header(files[argument.value], folder)
    )
    yield from _unknown(one, argument.value, _asked(node), known)


def _pulled(types: Types, one: Formula, node: Call, folder: Folder | None) -> Iterator[Finding]:
    names = [part.value if isinstance(part, Literal) else "" for part in node.arguments[:3]]
    if not names[0] or folder is None:
        return
    file = names[0] if names[0].lower().endswith(".csv") else f"{names[0]}.csv"
    if file not in folder.sizes:
        yield one.finding("MEDIA-MISSING", name=file, near=nearest(file, folder.sizes))
        return
    yield from _unknown(one, file, [name for name in names[1:] if name], _header(file, folder))
    yield from _keys(types, one, node.arguments[3], (file, names[2]), folder)


def _keys(
    types: Types, one: Formula, asked: Node, where: tuple[str, str], folder: Folder
) -> Iterator[Finding]:
    """Yield keys, written or chosen from a list, that no row of the file has."""
    file, column = where
    rows = table(folder, file) or []
    there = {row.get(column, "") for row in rows}
    if not any(there):
        return  # a list that is filled later, or a column that is not there
    question = types.asked(asked, one)
    keys = answers(types.form.form, question) if question is not None else None
    if isinstance(asked, Literal):
        keys = (asked.value,)
    elif question is None or question.type != "select_one":
        return
    lacking = [key for key in keys or () if key not in there]
    if lacking:
        words = {"list": file, "name": column, "near": nearest(lacking[0], sorted(there))}
        found = one.finding("LOOKUP-KEY", value=", ".join(lacking[:8]), **words)
        yield found if len(lacking) == len(keys or ()) else replace(found, here=Severity.MISLEADS)


def _unknown(one: Formula, source: str, asked: list[str], known: frozenset[str]) -> Iterator[Finding]:
    for name in dict.fromkeys(asked):
        if known and name not in known:
            yield one.finding("LOOKUP-COLUMN", name=name, list=source, near=nearest(name, sorted(known)))


def _columns(choices: tuple[Choice, ...], languages: Mapping[str, str]) -> frozenset[str]:
    """Return the columns of a list of the form; with several languages converters put a key in the place of the label."""
    translated = any(language for choice in choices for texts in choice.texts.values() for language in texts)
    pictured = any(column in choice.texts for choice in choices for column in columns.MEDIA)
    label = "itextId" if translated or pictured or len(languages) > 1 else "label"
    return frozenset({"name", label, *(name for choice in choices for name in choice.cells)})


def _header(file: str, folder: Folder | None) -> frozenset[str]:
    rows = table(folder, file) if folder is not None else None
    return frozenset(rows[0]) if rows else frozenset()


def _asked(node: Path) -> list[str]:
    """Return the columns that a way through a list names: the last step, and what its conditions compare."""
    found = [step.name for step in node.steps[2:] if isinstance(step, Word)]
    for step in node.steps:
        if isinstance(step, Filtered):
            found += [name for condition in step.conditions for name in _compared(condition)]
    return found


def _compared(node: Node) -> Iterator[str]:
    if isinstance(node, Binary):
        yield from _compared(node.left)
        yield from _compared(node.right)
    elif isinstance(node, Word):
        yield node.name
