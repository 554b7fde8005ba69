"""The cells of one sheet, straight from its XML: four times as fast as openpyxl's own reader, and as flat in memory.

openpyxl opens the workbook, knows its styles and shared texts; here only rows are read. Documents with a document type
were refused before (`incoming_file`), and no entity is resolved.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from lxml import etree
from openpyxl.utils.datetime import from_excel

from sync_scripts.followup.inbound.plain_values import Cell
from xlsform.workbooks.openpyxl_private import Unread, unread

__all__ = ["UNDERSCORE", "cells_of"]

MOST_COLUMNS: Final = 120
UNDERSCORE: Final = "_x005F_"
"""Stands for an underscore that would begin a sign."""
_RETURN: Final = "_x000D_"
_BLANK: Final = Cell()


def cells_of(sheet: Any) -> Iterator[tuple[int, Mapping[int, Cell]]]:
    """Yield the rows that a sheet holds: number, and column number -> cell.

    Args:
        sheet: a worksheet of a workbook that openpyxl opened read-only.
    """
    lying = unread(sheet)
    reader = _Reader(lying)
    with lying.xml as source:
        number = 0
        for _event, row in etree.iterparse(
            source, tag="{*}row", resolve_entities=False, no_network=True, huge_tree=False
        ):
            number = int(row.get("r") or number + 1)
            yield number, reader.row(row)
            row.clear()
            while row.getprevious() is not None:  # or what was read stays in memory
                del row.getparent()[0]


class _Reader:
    """What is needed to read the cells of a sheet."""

    def __init__(self, sheet: Unread) -> None:
        self._shared = sheet.shared
        self._dates = sheet.dates
        self._epoch = sheet.epoch
        self._columns: dict[str, int] = {}
        self._names = _Names()

    def row(self, row: Any) -> dict[int, Cell]:
        """Return the cells of a row that hold something."""
        found: dict[int, Cell] = {}
        at = 0
        for one in row:
            place = one.get("r")
            at = self._column(place.rstrip("0123456789")) if place else at + 1
            if at <= MOST_COLUMNS and len(one):
                cell = self._cell(one)
                if cell is not _BLANK:
                    found[at] = cell
        return found

    def _column(self, letters: str) -> int:
        if letters not in self._columns:
            number = 0
            for letter in letters:
                number = number * 26 + ord(letter.upper()) - 64
            self._columns[letters] = number
        return self._columns[letters]

    def _cell(self, one: Any) -> Cell:
        kind = one.get("t") or "n"
        value: str | None = None
        for part in one:
            name = self._names[part.tag]
            if name == "f":
                return Cell(f"={part.text or ''}", "f")
            if name == "v":
                value = part.text
            elif name == "is":
                if len(part) == 1 and self._names[part[0].tag] == "t":  # as nearly all are: nothing formatted
                    return Cell(_inline(part[0].text or ""), "s")
                return Cell(_inline("".join(run.text or "" for run in part.iter("{*}t"))), "s")
        return _BLANK if value is None else self._value(kind, value, one.get("s"))

    def _value(self, kind: str, value: str, style: str | None) -> Cell:  # noqa: PLR0911 - one a kind
        match kind:
            case "s":
                return Cell(_plain(self._shared[int(value)]), "s")
            case "n":
                number = float(value)
                if style is not None and int(style) in self._dates:
                    return Cell(from_excel(number, self._epoch), "d")
                return Cell(int(number) if number.is_integer() else number, "n")
            case "b":
                return Cell(bool(int(value)), "b")
            case "d":
                return Cell(value[:10] if value.endswith("T00:00:00") else value, "s")
            case "e":
                return Cell(value, "e")
            case _:
                return Cell(_plain(value), "s")


class _Names(dict[Any, str]):
    """Names of elements without their namespace, of which there are two; each is taken apart once."""

    def __missing__(self, tag: Any) -> str:
        name = self[tag] = etree.QName(tag).localname if isinstance(tag, str) else ""
        return name


def _inline(words: str) -> str:
    """Return a text that stands in its cell."""
    return _plain(words).replace(UNDERSCORE, "_")


def _plain(words: str) -> str:
    return words.replace(_RETURN, "") if _RETURN in words else words
