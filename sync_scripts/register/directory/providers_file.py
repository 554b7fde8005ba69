"""A directory of providers from a CSV file: read strictly, every bad row named with its line. Writes nothing.

Taken are the file of the phones (name, label, department, services) and one with a column for each field. A column that
is not known stops the whole file: above all an address must not slip in.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, NamedTuple

from sync_scripts.errors import UsageProblem
from sync_scripts.register.directory.providers import FIELDS, ProviderField, checked

_LARGEST: Final = 2_000_000
_MOST: Final = 5_000
_NAMES: Final[Mapping[str, str]] = {
    **{name: name for name in FIELDS},
    "provider_code": "code",
    "code": "code",
    "label": "name",
}
_YES: Final = frozenset({"yes", "oui", "1", "true", "x"})
_NO: Final = frozenset({"no", "non", "0", "false", ""})


FileUnsuitable: Final = UsageProblem.declare(
    "DK-B03",
    "The file cannot be taken as a list of providers ({why}). Nothing was written. It is a CSV file in UTF-8, with the "
    "columns code, name, services and if you like department, opening, contact, verified_on, on_phones; no others, above "
    "all no address.",
)


@dataclass(frozen=True, slots=True)
class GoodRow:
    """A row that can be taken: its line, the code and what it says."""

    line: int
    code: str
    said: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot: its line, the column, and what would be possible."""

    line: int
    column: str
    possible: str


class FileRows(NamedTuple):
    """The rows of a file that can be taken, and those that cannot."""

    good: list[GoodRow]
    bad: list[BadRow]


def read(data: bytes, today: date) -> FileRows:
    """Return the rows of a file that can be taken and those that cannot.

    Raises:
        FileUnsuitable: it is no such file at all; says why.
    """
    lines = _lines(data)
    names = _columns(lines[0])
    good: list[GoodRow] = []
    bad: list[BadRow] = []
    seen: set[str] = set()
    for number, cells in enumerate(lines[1:], 2):
        if not any(cell.strip() for cell in cells):
            continue
        found = _row(number, names, cells, seen, today)
        if isinstance(found, GoodRow):
            seen.add(found.code)
            good.append(found)
        else:
            bad.append(found)
    return FileRows(good, bad)


def _lines(data: bytes) -> list[list[str]]:
    if len(data) > _LARGEST:
        raise FileUnsuitable(why="> 2 MB")
    if data[:2] == b"PK" or b"\0" in data:
        raise FileUnsuitable(why="xlsx, ods: CSV")
    try:
        text = data.decode("utf-8-sig")
        first = text.partition("\n")[0]
        lines = list(
            csv.reader(io.StringIO(text), delimiter=";" if first.count(";") > first.count(",") else ",")
        )
    except (UnicodeDecodeError, csv.Error):
        raise FileUnsuitable(why="UTF-8, CSV") from None
    if not lines or len(lines) > _MOST:
        raise FileUnsuitable(why=f"0 … {_MOST}")
    return lines


def _columns(heading: Sequence[str]) -> list[str]:
    words = [word.strip().casefold() for word in heading]
    of_phones = "label" in words
    names = ["code" if of_phones and word == "name" else _NAMES.get(word, "") for word in words]
    if "" in names:
        raise FileUnsuitable(why=f"{heading[names.index('')].strip()[:40] or '?'}?")
    if len(set(names)) != len(names) or not {"code", "name", "services"} <= set(names):
        raise FileUnsuitable(why="code, name, services")
    return names


def _row(
    number: int, names: Sequence[str], cells: Sequence[str], seen: set[str], today: date
) -> GoodRow | BadRow:
    if len(cells) != len(names):
        return BadRow(number, "-", str(len(names)))
    said = dict(zip(names, cells, strict=True))
    code = said.pop("code").strip().upper()
    if not code or code in seen:
        return BadRow(number, "code", "-")
    try:
        return GoodRow(number, code, checked(dict(_values(said)), today))
    except ProviderField as problem:
        return BadRow(number, problem.field, problem.possible)


def _values(said: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    for name, cell in said.items():
        text = cell.strip()
        if name != "on_phones":
            if text or name in {"name", "services"}:
                yield name, text
        elif text.casefold() in _YES:
            yield name, True
        elif text.casefold() in _NO:
            if text:
                yield name, False
        else:
            raise ProviderField(field=name, possible="yes, no")
