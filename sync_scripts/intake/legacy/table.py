"""The cells of an old list, from an Excel workbook or a CSV file, and a map of its headings to begin with. Keeps nothing, guesses nothing."""

from __future__ import annotations

import csv
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, TextIO

from sync_scripts.errors import UsageProblem
from sync_scripts.intake.legacy.mapping import SEALED_WORD, Target
from sync_scripts.register.model import places
from sync_scripts.register.rules.kinds import labels_of
from sync_scripts.texts import language
from xlsform.workbooks import workbook
from xlsform.workbooks.ooxml import MOST_CELLS, WorkbookLocked, WorkbookTooLarge
from xlsform.workbooks.sheets import RawCell

_LARGEST: Final = 50_000_000
MOST_ROWS: Final = 20_000
"""More than an office writes in years; each row becomes a case with some twenty rows of the register."""
_HEAD: Final = 20
_MARKER: Final = re.compile(r"dk:[a-z]+")
_KEY: Final = "__id"
"""What the first rows of a sheet of ours hold, hidden; `sync_scripts.followup.inbound.reading` finds it by these, too."""
_LONGEST_LINE: Final = 1_000_000
_MOST_LINES: Final = 2_000
"""Lines of a file that one row may run over, because of line breaks inside its cells."""


SheetUnknown: Final = UsageProblem.declare(
    "DK-P10",
    'Which sheet holds the list? The workbook has these: {sheets}. Nothing was taken. Write sheet = "..." into '
    "the map.",
)
HeadingsUnusable: Final = UsageProblem.declare(
    "DK-P11",
    "The first filled row must hold one heading a column, each once; this is not so in {cell}. Nothing was taken. "
    "Correct the row of headings and run the command again.",
)
ListUnreadable: Final = UsageProblem.declare(
    "DK-P12",
    "The list cannot be read: it must be an Excel workbook (.xlsx) or a CSV file in UTF-8 of at most 50 MB. Nothing "
    "was taken.",
)
ListTooLarge: Final = UsageProblem.declare(
    "DK-P14",
    "The list is too large to be taken at once: it may have {rows} rows and {cells} filled cells at most. Nothing was "
    "taken. Cut it into several files, each with the row of headings, and take them over one after the other.",
    rows=MOST_ROWS,
    cells=MOST_CELLS,
)
OwnWorkbook: Final = UsageProblem.declare(
    "DK-P22",
    "This file is a follow-up workbook that dikalo itself handed out, and no old list: its cases are in the register already. "
    "Nothing was taken. To bring back what was filled in, run: dikalo followup import {file}",
)
ListLocked: Final = UsageProblem.declare(
    "DK-P23",
    "The workbook {file} is locked with a password, or is an old .xls file. Nothing was taken. If dikalo handed it out (followup "
    "export), leave it locked and run dikalo followup import {file}. If it is an old list, save it as .xlsx without a password.",
)


@dataclass(frozen=True, slots=True)
class OldTable:
    """One sheet.

    Attributes:
        headings: column number (1 = A) -> heading, in the order of the sheet.
        rows: row number as the person sees it -> column number -> cell; rows without any cell are absent.
        merged: row number -> columns in which the row has no cell of its own: they belong to a merged cell that begins
            above or to the left, and what it shows is said of every row beside it, but stands in none of them.
    """

    headings: Mapping[int, str]
    rows: Mapping[int, Mapping[int, RawCell]]
    merged: Mapping[int, frozenset[int]] = field(default_factory=dict)

    def __repr__(self) -> str:
        """Say how much; never what."""
        return f"OldTable({len(self.headings)} columns, {len(self.rows)} rows)"


def read(path: Path, sheet: str = "") -> OldTable:
    """Return the list in a file.

    Args:
        path: an ``.xlsx`` workbook or a ``.csv`` file.
        sheet: name of the sheet; may be left out when only one sheet is filled.

    Raises:
        SheetUnknown, HeadingsUnusable, ListUnreadable, ListTooLarge, ListLocked, OwnWorkbook: as they say.
        FormError: the workbook is not one to open (with macros).
    """
    if path.suffix.casefold() == ".csv":
        return _table(_foreign(path, _csv(path)))
    try:
        sheets = [one for one in workbook.cells(workbook.load(path), file=path.name) if one.rows]
    except WorkbookTooLarge:  # which speaks of forms
        raise ListTooLarge from None
    except WorkbookLocked:  # which advises to unlock it
        raise ListLocked(file=path.name) from None
    if not sheets:
        raise HeadingsUnusable(cell="A1")
    named = [one for one in sheets if one.name == sheet] if sheet else sheets
    for one in named:
        _foreign(path, one.rows)
    if len(named) != 1:
        raise SheetUnknown(sheets=", ".join(one.name for one in sheets) or "-")
    table = _table(named[0].rows)
    return replace(table, merged=_covered(table, named[0].facts.merged))


def _foreign(path: Path, rows: Mapping[int, Mapping[int, RawCell]]) -> Mapping[int, Mapping[int, RawCell]]:
    """Return the rows of a sheet that this program did not make; ours bears a marker and, below it, a row of keys.

    Raises:
        OwnWorkbook: it did.
    """
    head = [cell.text for number, row in rows.items() if number <= _HEAD for cell in row.values()]
    if any(map(_MARKER.fullmatch, head)) and _KEY in head:
        raise OwnWorkbook(file=path.name)
    return rows


_RANGE: Final = re.compile(r"\$?([A-Z]{1,3})\$?(\d{1,7}):\$?([A-Z]{1,3})\$?(\d{1,7})")


def _covered(table: OldTable, ranges: Iterable[str]) -> dict[int, frozenset[int]]:
    """Return the cells of a list's rows that lie in a merged cell, without the first one of each.

    However far a range reaches, only what lies in rows and columns of the list is looked at. A range that names no cells
    merges none.

    Raises:
        ListTooLarge: more of them than a list has cells, as ranges that lie over each other can have.
    """
    numbers, columns, cells = list(table.rows), list(table.headings), 0
    found: dict[int, set[int]] = {}
    for match in filter(None, map(_RANGE.fullmatch, ranges)):
        left, right = sorted((_number(match[1]), _number(match[3])))
        top, bottom = sorted((int(match[2]), int(match[4])))
        inside = columns[bisect_left(columns, left) : bisect_right(columns, right)]
        beside = numbers[bisect_left(numbers, top) : bisect_right(numbers, bottom)]
        cells += len(inside) * len(beside)
        if cells > MOST_CELLS:
            raise ListTooLarge
        for number in beside if inside else ():
            found.setdefault(number, set()).update(
                index for index in inside if (number, index) != (top, left)
            )
    return {number: frozenset(indexes) for number, indexes in found.items() if indexes}


def _number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _csv(path: Path) -> Mapping[int, Mapping[int, RawCell]]:
    """Read row by row, and no further than what may be taken: however large the file is, the memory stays small."""
    found: dict[int, Mapping[int, RawCell]] = {}
    cells = 0
    try:
        if path.stat().st_size > _LARGEST:
            raise ListTooLarge
        with path.open(encoding="utf-8-sig", newline="") as file:
            first = file.readline(_LONGEST_LINE)
            delimiter = max((",", ";", "\t"), key=first.count)
            file.seek(0)
            lines = _Lines(file)
            for number, row in enumerate(csv.reader(lines, delimiter=delimiter, strict=True), 1):
                filled = {
                    index: RawCell(cell.strip(), "text") for index, cell in enumerate(row, 1) if cell.strip()
                }
                if filled:
                    found[number] = filled
                cells += len(filled)
                if len(found) > MOST_ROWS + 1 or cells > MOST_CELLS:
                    raise ListTooLarge
                lines.run = 0
    except (OSError, UnicodeDecodeError, csv.Error):
        raise ListUnreadable from None
    return found


@dataclass
class _Lines:
    """The lines of a file, none of them endless, and not endlessly many of one row."""

    file: TextIO
    run: int = 0
    """Lines since the last whole row."""

    def __iter__(self) -> Iterator[str]:
        """Yield them.

        Raises:
            ListTooLarge: a line or a row is longer than any that a person writes.
        """
        while line := self.file.readline(_LONGEST_LINE):
            self.run += 1
            if len(line) == _LONGEST_LINE or self.run > _MOST_LINES:
                raise ListTooLarge
            yield line


def _table(rows: Mapping[int, Mapping[int, RawCell]]) -> OldTable:
    if not rows:
        raise HeadingsUnusable(cell="A1")
    if len(rows) > MOST_ROWS + 1:
        raise ListTooLarge
    top = min(rows)
    headings: dict[int, str] = {}
    for index, cell in sorted(rows[top].items()):
        heading = " ".join(cell.text.split())
        if cell.kind in {"formula", "error"} or not heading or heading in headings.values():
            raise HeadingsUnusable(cell=reference(index, top))
        headings[index] = heading
    stray = next(
        ((number, index) for number, row in rows.items() for index in row if index not in headings), None
    )
    if stray is not None:
        raise HeadingsUnusable(cell=reference(stray[1], stray[0]))
    return OldTable(headings, {number: row for number, row in sorted(rows.items()) if number != top})


def reference(column: int, row: int) -> str:
    """Return a cell as people name it: ``C7``."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{row}"


_OPTIONAL: Final = ("(facultatif)", "(optional)", ", facultatif)", ", optional)")
"""How a question says that it may be left open: nothing that tells one field from another."""
_CODES: Final = 6
"""Codes of a list that are shown; ``dikalo forms dictionary case`` has all."""


def draft(headings: Iterable[str], known: Mapping[str, Target]) -> str:
    """Return a map to begin with: columns whose heading is a field's question have their field, the others are sealed.

    Args:
        headings: of the list, in their order.
        known: the fields that a column can go into.
    """
    present = list(headings)
    by_label = {
        places.folded(_plain(label)): one.name
        for one in reversed([*known.values()])
        for label in (one.asked.fr, one.asked.en)
        if label
    }
    lines = [f"key = {_quoted(present[0])}", 'sheet = ""', 'list = ""', "", "[columns]"]
    taken: set[str] = set()
    for heading in present:
        field = by_label.get(places.folded(heading), SEALED_WORD)
        if field in taken:
            field = SEALED_WORD
        taken.add(field)
        lines.append(f"{_quoted(heading)} = {_quoted(field)}")
    return "\n".join([*lines, "", *_examples(known)])


def _examples(known: Mapping[str, Target]) -> Iterator[str]:
    yield '# [values."…"]'
    yield '# "Nord-Ouest" = "CM007"'
    yield ""
    yield "# entity.field:"
    for one in known.values():
        codes = list(labels_of(one.list, "fr")) if one.list else [one.kind]
        shown = ", ".join([*codes[:_CODES], *(["…"] if len(codes) > _CODES else [])])
        yield f"#   {one.name} = {_question(one)}"
        yield f"#       {shown}"


def _question(target: Target) -> str:
    """Return what the form asks there, in the language of the person."""
    asked = target.asked
    said = (asked.en or asked.fr) if language() == "en" else (asked.fr or asked.en)
    return " ".join(_plain(said or target.name).split())


def _plain(label: str) -> str:
    """Return a question without the words that say it may be left open.

    >>> _plain("Âge en années (facultatif)"), _plain("Rançon demandée (FCFA, facultatif)")
    ('Âge en années', 'Rançon demandée (FCFA)')
    """
    for words in _OPTIONAL:
        if label.endswith(words):
            return label.removesuffix(words).rstrip() + (")" if words.startswith(",") else "")
    return label


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
