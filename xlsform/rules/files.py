"""Rules on the files beside a form: lists that a phone can read to the end, with the columns that are asked for; and nothing for nothing.

Each file is looked at once, at the first row that names it. Reads the folders it is given and nothing else.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from xlsform import columns
from xlsform.errors import nearest
from xlsform.expressions.xpath import Word, parse, walk
from xlsform.findings.problems import Finding, Severity, Spot, at_question
from xlsform.model import Form, Place, Question, Resolved, media
from xlsform.rules.lists import Folder, Table, opened

_PARTERS: Final = ("\t", "|", ",")
"""What parts the cells of a file where phones look for commas, or for semicolons if the first line has one."""
_SHOWN: Final = 6
"""Names of files that a finding shows."""
_BESIDE: Final = frozenset({"thumbs.db", "desktop.ini", "itemsets.csv"})


def check_files(form: Resolved, folder: Folder | None = None) -> Iterator[Finding]:
    """Yield what is wrong in the lists that the form takes from files, and files that it does not name."""
    if folder is None:
        return
    seen: set[str] = set()
    for question in form.questions:
        name = question.file or (f"{question.name}.csv" if question.type == "csv-external" else "")
        table = opened(folder, name) if name and name not in seen else None
        if table is None:
            continue
        seen.add(name)
        spot = at_question(form.form, question, "type" if question.file else "name")
        found = list(_unreadable(spot, name, table))
        yield from found
        if not found:
            yield from _header(spot, name, table)
            yield from _rows(form, question, spot, name, table)
    yield from _unnamed(form.form, folder)


# --- one list -----------------------------------------------------------------------------------------------------


def _unreadable(spot: Spot, name: str, table: Table) -> Iterator[Finding]:
    if table.coding:
        yield spot.finding("FILE-CODING", name=name, coding=table.coding)
    elif sign := next((one for one in _PARTERS if any(one in header for header in table.header)), ""):
        yield spot.finding("FILE-DELIMITER", name=name, sign={"\t": "tab"}.get(sign, sign))


def _header(spot: Spot, name: str, table: Table) -> Iterator[Finding]:
    """Yield names of columns that phones refuse, or that no form can write."""
    for header, count in Counter(table.header).items():
        number = table.header.index(header) + 1
        if count > 1 or header != header.strip() or not header:
            shown = {"header": header or "-", "number": str(number), "count": str(count)}
            yield spot.finding("FILE-HEADER", name=name, **shown)


def _rows(form: Resolved, question: Question, spot: Spot, name: str, table: Table) -> Iterator[Finding]:
    for line, row in table.numbered():
        if len(row) > len(table.header):
            words = {"line": str(line), "count": str(len(row)), "columns": str(len(table.header))}
            yield spot.finding("FILE-ROW", name=name, **words)
            break
    if not question.file:
        return
    asked = _columns(question)
    for role, header in asked.items():
        if header not in table.header:
            known = [one for one in table.header if one.strip()]
            where = (
                at_question(form.form, question, "parameters")
                if role in question.row.cell("parameters")
                else spot
            )
            yield where.finding("FILE-COLUMN", name=name, header=header, near=nearest(header, known))
        else:
            yield from _blank(spot, name, table, header)
    if asked["value"] in table.header:
        yield from _twice(question, spot, name, table, asked["value"])
        yield from _alike(question, spot, name, table, asked)


def _columns(question: Question) -> dict[str, str]:
    """Return the columns that hold what is stored and what is shown."""
    said = dict(re.findall(r"(\w+)\s*=\s*(\S+)", question.row.cell("parameters")))
    return {"value": said.get("value", "name"), "label": said.get("label", "label")}


def _blank(spot: Spot, name: str, table: Table, header: str) -> Iterator[Finding]:
    at = table.header.index(header)
    bad = [
        line
        for line, row in table.numbered()
        if (cell := row[at] if at < len(row) else "") != cell.strip() or not cell
    ]
    if bad:
        yield spot.finding("FILE-BLANK", name=name, header=header, line=str(bad[0]), count=str(len(bad)))


def _twice(question: Question, spot: Spot, name: str, table: Table, value: str) -> Iterator[Finding]:
    """Yield values that a person could choose twice: the same in all columns that the filter looks at."""
    counts = Counter(_cells(question, table, value))
    if twice := [key[0] for key, count in counts.items() if count > 1 and key[0].strip()]:
        yield spot.finding("FILE-TWICE", name=name, header=value, value=twice[0], count=str(len(twice)))


def _alike(
    question: Question, spot: Spot, name: str, table: Table, asked: Mapping[str, str]
) -> Iterator[Finding]:
    """Yield two answers on one screen that have the same text, or whose names differ only in capitals or blanks; the first of each."""
    values = [key[0] for key in _cells(question, table, asked["value"])]
    for role, code in (("label", "CHOICE-DUP-LABEL"), ("value", "CHOICE-CASE")):
        seen: dict[tuple[str, ...], str] = {}
        if asked[role] not in table.header:
            continue
        for value, key in zip(values, _cells(question, table, asked[role]), strict=True):
            other = seen.setdefault((columns.bare(key[0]), *key[1:]), value)
            if other != value and key[0].strip():
                found = spot.finding(code, list=name, name=value, other=other, header=asked[role])
                yield replace(found, here=Severity.MISLEADS)
                break


def _cells(question: Question, table: Table, header: str) -> list[tuple[str, ...]]:
    """Return what each row holds in a column, and in those that the filter looks at."""
    filters = {
        part.name
        for part, _ in walk(parse(question.row.cell("choice_filter")).node)
        if isinstance(part, Word)
    }
    at = [table.header.index(one) for one in dict.fromkeys((header, *sorted(filters))) if one in table.header]
    return [tuple(row[n] if n < len(row) else "" for n in at) for row in table.rows]


# --- the folder ---------------------------------------------------------------------------------------------------


def _unnamed(form: Form, folder: Folder) -> Iterator[Finding]:
    wanted = set(media(form))
    misspelt = {nearest(name, folder.sizes) for name in wanted - folder.sizes.keys()}
    left = sorted(name for name in folder.own - wanted - misspelt if not _is_aside(name))
    texts = "\n".join(_texts(form)) if left else ""
    stray = [name for name in left if name not in texts and f"'{name.rpartition('.')[0]}'" not in texts]
    if stray:
        shown = ", ".join(stray[:_SHOWN]) + (", …" if len(stray) > _SHOWN else "")
        yield Spot(form, Place(file=form.file)).finding("MEDIA-UNUSED", names=shown, count=str(len(stray)))


def _is_aside(name: str) -> bool:
    return name.startswith((".", "~")) or name.lower() in _BESIDE


def _texts(form: Form) -> Iterator[str]:
    for row in form.survey:
        yield from row.cells.values()
        for texts in row.texts.values():
            yield from texts.values()
    for choices in form.choices.values():
        for choice in choices:
            yield from choice.cells.values()
            for texts in choice.texts.values():
                yield from texts.values()
