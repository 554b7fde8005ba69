"""Row by row: what of an old list can be taken, and what is wrong with the rest, cell by cell. Pure; never a value."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sync_scripts.intake.legacy.mapping import KNOWN, Column, ListMap, Target, folded, paths
from sync_scripts.intake.legacy.table import OldTable, reference
from xlsform.workbooks.sheets import RawCell

FIRST_YEAR: Final = 1950
_LONGEST: Final = 32_000
_LONG, _NUMBER, _LIST, _DATE, _FUTURE = "long", "number", "list", "date", "future"
_FRENCH_DAY: Final = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_SEVERAL: Final = re.compile(r"[;,\n]")

Answers = Sequence[tuple[tuple[str, ...], str]]


@dataclass(frozen=True, slots=True)
class Rejected:
    """A cell that cannot be taken, and so its row.

    Attributes:
        row: its row.
        cell: ``C7``.
        heading: of its column.
        why: ``key_missing``, ``key_twice``, ``list``, ``date``, ``future``, ``number``, ``formula``, ``error``, ``long``,
            ``merged``; of a whole row, after it was compared with the register: ``other``, ``twin``, ``erased``.
    """

    row: int
    cell: str
    heading: str
    why: str


@dataclass(frozen=True, slots=True)
class OldRow:
    """One row that can be taken: what tells it apart and in which cell that stands, and its answers by path."""

    row: int
    key: str
    answers: Answers
    cell: str = ""

    def __repr__(self) -> str:
        """Name the row; never what stands in it."""
        return f"OldRow({self.row})"


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be taken and what not."""

    rows: tuple[OldRow, ...]
    rejected: tuple[Rejected, ...]


class _Unreadable(Exception):
    """A cell does not say what its field needs; the argument is why."""


def plan(table: OldTable, mapped: ListMap, today: date) -> Plan:
    """Decide about every row; a row with one bad cell is rejected whole.

    Args:
        table: the list.
        mapped: its map.
        today: no date lies behind it.
    """
    columns = {index: mapped.columns[heading] for index, heading in table.headings.items()}
    key = next(index for index, heading in table.headings.items() if heading == mapped.key)
    keys = {
        number: folded(row[key].text) if key in row and key not in table.merged.get(number, ()) else ""
        for number, row in table.rows.items()
    }
    often = Counter(keys.values())
    where, taken, rejected = paths(mapped), [], []
    for number, row in table.rows.items():
        hidden = table.merged.get(number, frozenset())
        shown = {index: cell for index, cell in row.items() if index not in hidden}
        wrong, answers = _read(number, shown, columns, where, today)
        wrong += [
            Rejected(number, reference(index, number), table.headings[index], "merged")
            for index in sorted(hidden)
        ]
        if key not in hidden and (not keys[number] or often[keys[number]] > 1):
            why = "key_twice" if keys[number] else "key_missing"
            wrong.insert(0, Rejected(number, reference(key, number), mapped.key, why))
        if wrong:
            rejected += wrong
        else:
            cell = reference(key, number)
            taken.append(OldRow(number, keys[number], [*answers, *_marks(answers)], cell))
    return Plan(tuple(taken), tuple(rejected))


def _read(
    number: int,
    row: Mapping[int, RawCell],
    columns: Mapping[int, Column],
    where: Mapping[str, tuple[str, ...]],
    today: date,
) -> tuple[list[Rejected], list[tuple[tuple[str, ...], str]]]:
    wrong, answers = [], []
    for index, cell in sorted(row.items()):
        column = columns[index]
        try:
            answers.append((where[column.heading], _value(cell, column, today)))
        except _Unreadable as unreadable:
            wrong.append(Rejected(number, reference(index, number), column.heading, str(unreadable)))
    return wrong, answers


def _marks(answers: Answers) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield what makes a case, and a person, an act and an author where one was described, and ties them together."""
    yield KNOWN, "no"
    groups = {path[0] for path, _answer in answers}
    for group in ("people", "acts", "authors"):
        if group in groups:
            yield (group, "number"), "1"
    if {"people", "acts"} <= groups:
        yield ("acts", "victims"), "V1"
    if {"acts", "authors"} <= groups:
        yield ("authors", "acts"), "A1"


# --- cells --------------------------------------------------------------------------------------------------------


def _value(cell: RawCell, column: Column, today: date) -> str:
    """Return what a cell says, as a form would hold it.

    Raises:
        _Unreadable: why not.
    """
    if cell.kind in {"formula", "error"}:
        raise _Unreadable(cell.kind)
    if len(cell.text) > _LONGEST:
        raise _Unreadable(_LONG)
    target = column.target
    if target is None or target.kind == "text":
        return cell.text
    if target.kind == "date":
        return _day(cell.text, today).isoformat()
    if target.kind == "number":
        if not cell.text.isascii() or not cell.text.isdecimal():
            raise _Unreadable(_NUMBER)
        return cell.text
    several = (
        target.kind == "choices" and _meant(cell.text, column, target) is None
    )  # a label may hold a comma
    words = _SEVERAL.split(cell.text) if several else [cell.text]
    return " ".join(dict.fromkeys(_code(word, column, target) for word in words if word.strip()))


def _code(word: str, column: Column, target: Target) -> str:
    code = _meant(word, column, target)
    if code is None:
        raise _Unreadable(_LIST)
    return code


def _meant(word: str, column: Column, target: Target) -> str | None:
    """Return the code of a word: as the map says, else as the list calls it."""
    return column.values.get(folded(word)) or target.words.get(folded(word))


def _day(text: str, today: date) -> date:
    """Return a day written as Excel keeps it, as 2026-11-25 or as 25/11/2026."""
    try:
        if found := _FRENCH_DAY.fullmatch(text):
            day, month, year = (int(one) for one in found.groups())
            said = date(year, month, day)
        else:
            said = datetime.fromisoformat(text).date()
    except ValueError:
        raise _Unreadable(_DATE) from None
    if said > today:
        raise _Unreadable(_FUTURE)
    if said.year < FIRST_YEAR:
        raise _Unreadable(_DATE)
    return said
