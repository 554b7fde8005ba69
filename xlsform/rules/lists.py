"""Rules on lists of answers and on the files beside a form: filters, defaults, no dead weight; files that are there and small enough.

Lists in files are looked into when the folder of media is known. Reads the folders it is given and nothing else.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import lru_cache
from itertools import zip_longest
from pathlib import Path

from xlsform import columns
from xlsform.errors import nearest
from xlsform.expressions.conditions import alternatives, conjuncts, limit, references
from xlsform.expressions.formulas import (
    as_converted,
    choice_meant,
    inside_filter,
    is_dynamic,
    owners,
    select_values,
)
from xlsform.expressions.xpath import Binary, Call, Literal, Node, Ref, Word, parse, walk, written
from xlsform.expressions.xpath import Path as Way
from xlsform.findings.problems import Finding, Severity, Spot, at_question
from xlsform.model import Form, Place, Question, Resolved
from xlsform.rules.screens import must_be_answered

LONGEST = 200
"""Rows of one list in the sheet choices; longer ones belong into a file."""
_MOST_ALIKE = 50
"""Lists whose names begin alike that a misspelt one is compared with."""
_ALMOST = 0.9
"""How much two names of lists are alike when one of them is the other, misspelt."""

_LEGACY = ("pulldata", "search")
_CELLS = ("calculation", "relevant", "constraint", "choice_filter", "default", "appearance")


def check_lists(form: Resolved, folder: Folder | None = None) -> Iterator[Finding]:
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
            near = choice_meant(form, question, word, values)
            yield at_question(form, question, "default").finding(
                "DEFAULT-CHOICE", value=word, list=question.list or "", near=near
            )


# --- filters ------------------------------------------------------------------------------------------------------


def _filter(form: Resolved, question: Question, folder: Folder | None) -> Iterator[Finding]:
    text = question.row.cell("choice_filter")
    rows = rows_of(form.form, question, folder) if text else None
    if rows is None:
        return
    here = at_question(form.form, question, "choice_filter")
    known = frozenset(name for row in rows for name in row)
    for node, above in walk(parse(text).node):
        if inside_filter(above):
            continue
        if isinstance(node, Word) and node.name not in known and rows:
            if _is_an_answer(node, above, known):
                is_asked = form.question(node.name) is not None
                near = f"${{{node.name}}}" if is_asked else f"'{node.name}'"
                yield here.finding("QUOTE-MISSING", value=node.name, near=near)
                continue
            near = nearest(node.name, sorted(known - {"name", "label"}))
            yield here.finding("FILTER-NOCOL", name=node.name, list=_source(question), near=near)
        if isinstance(node, Binary) and (bare := _bare(node, known)) is not None:
            yield here.finding(
                "FILTER-BARE", value=f"{bare[0]} = {bare[1]}", near=f"{bare[0]} = ${{{bare[1]}}}"
            )
    yield from _childless(form, question, rows, here)
    yield from _whole(question, rows, here, text)


def _whole(question: Question, rows: Sequence[Mapping[str, str]], here: Spot, text: str) -> Iterator[Finding]:
    """Yield a filter that looks at nothing of the list: it lets every answer through, or none."""
    parts = [part for part, _above in walk(parse(text).node)]
    asked = next((part for part in parts if isinstance(part, Ref) and not part.last), None)
    if asked is not None and not any(isinstance(part, Word | Way) for part in parts):
        own = next((name for row in rows for name in row if name not in {"name", "label"}), "")
        near = f"{own} = {written(asked)}" if own else ""
        yield here.finding("FILTER-WHOLE", list=_source(question), value=text, near=near)


def _is_an_answer(word: Word, above: tuple[Node, ...], known: frozenset[str]) -> bool:
    """Say whether an unknown word is compared with a column: then its quotes are missing, not its column."""
    comparison = above[-1] if above else None
    if not isinstance(comparison, Binary) or comparison.operator not in {"=", "!="}:
        return False
    other = comparison.right if comparison.left == word else comparison.left
    return isinstance(other, Word) and other.name in known


def rows_of(form: Form, question: Question, folder: Folder | None) -> list[Mapping[str, str]] | None:
    """Return the rows of the list of a question, in the form or in its file; None when nothing is known of them."""
    if question.list is not None and question.list in form.choices:
        # where there are several languages, the texts of a list stand elsewhere in what phones get
        label = {} if form.languages else {"label": ""}
        return [{"name": choice.name, **label, **choice.cells} for choice in form.choices[question.list]]
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
    pair = parent_of(parse(question.row.cell("choice_filter")).node)
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
        found = here.finding("FILTER-EMPTY", values=shown, name=parent.name, list=_source(question))
        yield found if must_be_answered(question) else replace(found, here=Severity.MISLEADS)


def parent_of(node: Node | None) -> tuple[str, str] | None:
    """Return column and question of a filter that is one comparison, such as ``region = ${region}``."""
    if not isinstance(node, Binary) or node.operator != "=":
        return None
    for side, other in ((node.left, node.right), (node.right, node.left)):
        if isinstance(side, Word) and isinstance(other, Ref) and not other.last:
            return side.name, other.name
    return None


def _possible(question: Question, parent: str, values: tuple[str, ...]) -> list[str]:
    """Return the answers to the question above with which this one is asked at all."""
    texts = [as_converted(text) for text in (*question.relevances, question.relevance) if text]
    return [name for name in values if all(_lets_through(text, parent, name) for text in texts)]


def _lets_through(condition: str, parent: str, answer: str) -> bool:
    """Say whether a condition can hold with this answer; one on that question which cannot be read holds with none."""
    if len(sides := alternatives(condition)) > 1:
        return any(_lets_through(side, parent, answer) for side in sides)
    if len(parts := conjuncts(condition)) > 1:
        return all(_lets_through(part, parent, answer) for part in parts)
    said = limit(condition)
    if said is None:
        return parent not in references(condition)
    return said.question != parent or (answer in said.values) is not said.without


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
    by_beginning: dict[str, list[str]] = {}
    for one in sorted(used):
        by_beginning.setdefault(_beginning(one), []).append(one)
    for name, choices in form.form.choices.items():
        here = Spot(form.form, choices[0].place, name, "list_name")
        if name and name not in used:
            torn = _torn_from(form.form, name, by_beginning)
            yield (
                here.finding("LIST-SPELT", list=name, other=torn)
                if torn
                else here.finding("LIST-UNUSED", list=name)
            )
        elif len(choices) > LONGEST:
            yield here.finding("LIST-LONG", list=name, count=str(len(choices)))


def _torn_from(form: Form, name: str, used: Mapping[str, Sequence[str]]) -> str:
    """Return the list in use that a list is a part of: spelt almost so, and without any of the same choices; "" for none."""
    parts = {columns.bare(choice.name) for choice in form.choices[name]}
    alike = {columns.bare(one): one for one in used.get(_beginning(name), ())[:_MOST_ALIKE]}
    for other in get_close_matches(columns.bare(name), alike, n=3, cutoff=_ALMOST):
        choices = form.choices.get(alike[other], ())
        if choices and not parts & {columns.bare(choice.name) for choice in choices}:
            return alike[other]
    return ""


def _beginning(name: str) -> str:
    return columns.bare(name)[:2]


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


LARGEST_PICTURE, LARGEST_SOUND = 20_000, 60_000
"""Bytes of a picture and of a sound that every phone of a form has to download."""

_LIMITS: Mapping[str, int] = {"image": LARGEST_PICTURE, "audio": LARGEST_SOUND}
_FROM_ELSEWHERE = ("http://", "https://", "${")


def check_media(form: Resolved, folder: Folder | None = None) -> Iterator[Finding]:
    """Yield files that are not in the folder, or too large; nothing when the folder was not looked at."""
    if folder is None:
        return
    said: set[str] = set()
    for spot, name in _files(form.form):
        if name in said or name.startswith(_FROM_ELSEWHERE):
            continue
        said.add(name)
        size = folder.sizes.get(name)
        if size is None:
            found = spot.finding("MEDIA-MISSING", name=name, near=nearest(name, folder.sizes))
            is_shown = spot.column in columns.MEDIA
            yield replace(found, here=Severity.MISLEADS) if is_shown or not folder.sizes else found
        elif size > _LIMITS.get(spot.column, size):
            limit = f"{_LIMITS[spot.column] // 1000} kB"
            yield spot.finding("MEDIA-BIG", name=name, size=f"{size // 1000} kB", limit=limit)


def _files(form: Form) -> Iterator[tuple[Spot, str]]:
    for path, row in form.paths():
        place = "/".join(path)
        yield from _shown(form, place, row.texts, row.place)
        if row.list_file:
            yield Spot(form, row.place, place, "type"), row.list_file
        if row.base in {"csv-external", "xml-external"}:
            yield Spot(form, row.place, place, "name"), f"{row.name}.{row.base[:3]}"
    for name, choices in form.choices.items():
        for choice in choices:
            yield from _shown(form, f"{name}/{choice.name}", choice.texts, choice.place)


def _shown(
    form: Form, path: str, texts: Mapping[str, Mapping[str, str]], place: Place
) -> Iterator[tuple[Spot, str]]:
    for column in columns.MEDIA:
        for language, name in texts.get(column, {}).items():
            yield Spot(form, place, path, column, language), name.removeprefix("jr://images/").strip()


LARGEST_TABLE = 5_000_000
"""Bytes of a list that is still looked into."""


@dataclass(frozen=True, slots=True)
class Folder:
    """The media of a form: each file by its name, its size in bytes, and which lie in a folder of this form alone."""

    files: Mapping[str, Path]
    sizes: Mapping[str, int]
    own: frozenset[str] = frozenset()


def at(*places: Path, own: Collection[Path] = ()) -> Folder:
    """Return the files of these folders, of two with one name the earlier; a folder that is not there is empty."""
    files: dict[str, Path] = {}
    for place in places:
        for file in sorted(place.iterdir()) if place.is_dir() else ():
            if file.is_file():
                files.setdefault(file.name, file)
    sizes = {name: file.stat().st_size for name, file in files.items()}
    return Folder(files, sizes, frozenset(name for name, file in files.items() if file.parent in own))


@dataclass(frozen=True, slots=True)
class Table:
    """A list in a file as it stands there; ``coding`` names what it is written in when phones cannot read that."""

    header: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    lines: tuple[int, ...] = ()
    coding: str = ""

    def numbered(self) -> Iterator[tuple[int, tuple[str, ...]]]:
        """Yield each row with its line in the file."""
        return zip(self.lines, self.rows, strict=True)


def opened(folder: Folder, name: str) -> Table | None:
    """Return a list in a ``.csv`` file; None when it is not there, too large or no such file."""
    size, file = folder.sizes.get(name, 0), folder.files.get(name)
    if file is None or size > LARGEST_TABLE or not name.lower().endswith(".csv"):
        return None
    return _table(file, size, file.stat().st_mtime_ns)


def table(folder: Folder, name: str) -> list[Mapping[str, str]] | None:
    """Return the rows of a list in a ``.csv`` file by their columns; None when it cannot be read."""
    read = opened(folder, name)
    if read is None or read.coding:
        return None
    return [
        dict(zip_longest(read.header, row, fillvalue="")) for row in read.rows if len(row) <= len(read.header)
    ]


@lru_cache(maxsize=16)
def _table(path: Path, _size: int, _changed: int) -> Table | None:
    try:
        raw = path.read_bytes()
    except OSError:
        return None
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return Table(coding="UTF-16")
    try:
        text = raw.decode("utf-8-sig")
        parter = ";" if ";" in text.partition("\n")[0] else ","  # as phones do
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=parter)
        found = [(reader.line_num, tuple(row)) for row in reader if row]
    except UnicodeDecodeError:
        return Table(coding="Windows-1252")
    except csv.Error:
        return None
    if not found:
        return Table()
    (_, header), *rows = found
    return Table(header, tuple(row for _, row in rows), tuple(line for line, _ in rows))
