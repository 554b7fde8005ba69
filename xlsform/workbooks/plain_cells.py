"""The cells of a workbook that holds only texts, plain numbers and yes or no: read in a tenth of the time that openpyxl takes.

What is more than that - a formula, a date, an error, a cell without its address - is not read here: the whole workbook is then
openpyxl's. `ooxml.look` has been asked before; nothing is checked again.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from typing import Final

from lxml import etree

from xlsform.workbooks import ooxml
from xlsform.workbooks.ooxml import MAIN
from xlsform.workbooks.sheets import RawCell, number_cell, text_cell

Rows = dict[int, dict[int, RawCell]]

_NUMBERS: Final = frozenset((*range(5), *range(9, 14), *range(37, 41), 48, 49))
"""Formats that every workbook has and that are no date."""
_CODES: Final = frozenset(("general", "@", "0", "0.00"))


def plain_rows(raw: bytes) -> Mapping[str, Rows] | None:
    """Return the filled cells of each sheet, None when a cell is more than a text or a number.

    Raises:
        KeyError, ValueError, etree.XMLSyntaxError: the file is damaged.
    """
    with zipfile.ZipFile(io.BytesIO(raw)) as packed:
        reader = _Cells(_shared(packed), _number_styles(packed))
        found = {name: reader.rows(packed.read(part)) for name, part, _state in ooxml.sheets_of(packed)}
    sheets = {name: rows for name, rows in found.items() if rows is not None}
    return sheets if sheets and len(sheets) == len(found) else None


class _Cells:
    """Reads the cells of sheets by the texts and styles that they share."""

    def __init__(self, shared: list[str], styles: frozenset[str]) -> None:
        self._shared, self._styles = shared, styles
        self._columns: dict[str, int] = {}

    def rows(self, body: bytes) -> Rows | None:
        """Return the filled cells of one sheet."""
        found: Rows = {}
        for row in ooxml.tree(body).iter(f"{MAIN}row"):
            cells: dict[int, RawCell] = {}
            for element in row.iter(f"{MAIN}c"):
                cell, letters = self._cell(element), (element.get("r") or "").rstrip("0123456789")
                if cell is None or not letters:
                    return None
                if cell.text:
                    cells[self._column(letters)] = cell
            number = int(row.get("r") or 0)
            if cells and (number < 1 or number in found):
                return None
            if cells:
                found[number] = cells
        return found

    def _cell(self, element: etree._Element) -> RawCell | None:
        """Return one cell, its text "" when it is empty; None for what is not read here."""
        kind, value = element.get("t", "n"), ""
        for child in element:
            if child.tag == f"{MAIN}is" and kind == "inlineStr":
                return text_cell(_text(child))
            if child.tag != f"{MAIN}v":
                return None
            value = child.text or ""
        if kind not in {"n", "s", "str", "b"} or (
            kind == "n" and value and element.get("s", "0") not in self._styles
        ):
            return None
        if kind == "b" and value:
            return RawCell("TRUE" if int(value) else "FALSE", "bool")
        if kind == "n" and value:
            return number_cell(float(value) if set(value) & set(".eE") else int(value))
        return text_cell(self._shared[int(value)] if kind == "s" and value else value)

    def _column(self, letters: str) -> int:
        if letters not in self._columns:
            number = 0
            for letter in letters.upper():
                number = number * 26 + ord(letter) - 64
            self._columns[letters] = number
        return self._columns[letters]


def _shared(packed: zipfile.ZipFile) -> list[str]:
    part = ooxml.part_of(packed, "/sharedStrings")
    return (
        []
        if part is None
        else [_text(one) for one in ooxml.tree(packed.read(part)).iterchildren(f"{MAIN}si")]
    )


def _text(element: etree._Element) -> str:
    """Return a text, its pieces of several looks put together; how it is pronounced is left out."""
    pieces = [*element.iterchildren(f"{MAIN}t"), *element.iterfind(f"{MAIN}r/{MAIN}t")]
    return "".join(one.text or "" for one in pieces).replace("x005F_", "")


def _number_styles(packed: zipfile.ZipFile) -> frozenset[str]:
    """Return the styles, by their number, under which a number is a number and no date."""
    part = ooxml.part_of(packed, "/styles")
    if part is None:
        return frozenset("0")
    styles = ooxml.tree(packed.read(part))
    own = {one.get("numFmtId"): (one.get("formatCode") or "").lower() for one in styles.iter(f"{MAIN}numFmt")}
    plain = {str(number) for number in _NUMBERS} - own.keys() | {
        one for one, code in own.items() if code in _CODES
    }
    looks = styles.iterfind(f"{MAIN}cellXfs/{MAIN}xf")
    return frozenset(str(number) for number, look in enumerate(looks) if look.get("numFmtId", "0") in plain)
