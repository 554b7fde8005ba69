"""Spellings of a workbook put right where that cannot change what phones get: decided first, then written into its cells.

Headers, types and names of sheets in their canonical spelling, plain quotes in expressions. Every other byte of the
workbook stays. Whether nothing changed is proved by the converter, not believed: see `proved`.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from lxml import etree

from xlsform import columns
from xlsform.convert import convert
from xlsform.errors import FormError
from xlsform.workbooks import layout, ooxml, workbook
from xlsform.workbooks.sheets import RawSheet, canonical_column

MendChangesForm: Final = FormError.declare(
    "DK-F99",
    "{file}: the spellings were not put right, because what phones get would not stay the same. Nothing was changed. "
    "Correct by hand what the check says.",
)

_EXPRESSIONS = frozenset(
    {"relevant", "constraint", "calculation", "required", "readonly", "choice_filter", "repeat_count"}
)
_CURLY = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "\u00a0": " "})
_KNOWN = frozenset({columns.SURVEY, columns.CHOICES, columns.SETTINGS})


@dataclass(frozen=True, slots=True)
class Mend:
    """One spelling: the sheet, its cell (``B2``; "" for the name of the sheet), what stands there and what will."""

    sheet: str
    cell: str
    was: str
    now: str

    @property
    def where(self) -> str:
        """Return the place as a person looks it up."""
        return f"{self.sheet}!{self.cell}" if self.cell else self.sheet


def mends(raw: bytes, file: str) -> tuple[Mend, ...]:
    """Return what could be spelt otherwise, in the order of the workbook.

    Raises:
        NotAWorkbook, WorkbookLocked, WorkbookTooLarge, WorkbookActive: the file is not one to open.
    """
    sheets = workbook.cells(raw, file=file)
    settings = next((sheet for sheet in sheets if sheet.name.lower() == columns.SETTINGS), None)
    keeps = settings is not None and any(
        cell.text.lower() in {"no", "false"}
        for row in settings.rows.values()
        for index, cell in row.items()
        if _header(settings, index) == "clean_text_values"
    )
    return tuple(mend for sheet in sheets for mend in _of_sheet(sheet, cleans=not keeps))


def _of_sheet(sheet: RawSheet, *, cleans: bool) -> Iterator[Mend]:
    name = sheet.name.lower()
    if name not in _KNOWN or not sheet.rows:
        return
    if sheet.name != name:
        yield Mend(sheet.name, "", sheet.name, name)
    first = min(sheet.rows)
    heads: dict[int, str] = {}
    for index, cell in sheet.rows[first].items():
        column, mark, language = cell.text.partition("::")
        heads[index] = canonical_column(name, column.strip())
        known = heads[index] in _COLUMNS[name] and cell.kind == "text"
        now = f"{heads[index]}{mark}{language}"
        if known and column != heads[index] and now not in {one.text for one in sheet.rows[first].values()}:
            yield Mend(sheet.name, f"{layout.column_letter(index)}{first}", cell.text, now)
    for number, row in sorted(sheet.rows.items()):
        for index, cell in row.items() if number > first else ():
            column = heads.get(index, "")
            now = cell.text
            if name == columns.SURVEY and column == "type":
                now = columns.canonical_type(cell.text)
            elif name == columns.SURVEY and column in _EXPRESSIONS and cleans:
                now = cell.text.translate(_CURLY)
            if cell.kind == "text" and now != cell.text:
                yield Mend(sheet.name, f"{layout.column_letter(index)}{number}", cell.text, now)


_COLUMNS: Mapping[str, Sequence[str]] = {
    columns.SURVEY: columns.SURVEY_COLUMNS,
    columns.CHOICES: columns.CHOICE_COLUMNS,
    columns.SETTINGS: columns.SETTINGS_COLUMNS,
}


def _header(sheet: RawSheet, index: int) -> str:
    cell = sheet.rows[min(sheet.rows)].get(index)
    return canonical_column(columns.SETTINGS, cell.text) if cell is not None else ""


# --- writing ------------------------------------------------------------------------------------------------------


def proved(raw: bytes, plan: Sequence[Mend], file: str) -> bytes:
    """Return the workbook with the spellings put right.

    Raises:
        ConversionFailed: it is no form for phones yet, so that nothing can be proved.
        MendChangesForm: phones would get another form than before.
    """
    made = _written(raw, plan)
    if convert(made, "central", name=file).xform != convert(raw, "central", name=file).xform:
        raise MendChangesForm(file=file)
    return made


def _written(raw: bytes, plan: Sequence[Mend]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as packed, zipfile.ZipFile(out, "w") as kept:
        parts = {part: name for name, part, _state in ooxml.sheets_of(packed)}
        for member in packed.infolist():
            body = packed.read(member)
            if member.filename in parts:
                sheet = parts[member.filename]
                body = _with_cells(
                    body, {one.cell: one.now for one in plan if one.sheet == sheet and one.cell}
                )
            elif member.filename == "xl/workbook.xml":
                body = _with_names(body, {one.was: one.now for one in plan if not one.cell})
            kept.writestr(member, body, compress_type=member.compress_type)
    return out.getvalue()


def _with_cells(body: bytes, texts: Mapping[str, str]) -> bytes:
    if not texts:
        return body
    root = _parsed(body)
    for cell in root.iter(f"{ooxml.MAIN}c"):
        if (text := texts.get(cell.get("r") or "")) is not None:
            for child in list(cell):
                cell.remove(child)
            cell.set("t", "inlineStr")
            said = etree.SubElement(etree.SubElement(cell, f"{ooxml.MAIN}is"), f"{ooxml.MAIN}t")
            said.text = text
    return _bytes(root)


def _with_names(body: bytes, names: Mapping[str, str]) -> bytes:
    if not names:
        return body
    root = _parsed(body)
    for sheet in root.iter(f"{ooxml.MAIN}sheet"):
        sheet.set("name", names.get(sheet.get("name") or "", sheet.get("name") or ""))
    return _bytes(root)


def _parsed(body: bytes) -> etree._Element:
    return etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False))


def _bytes(root: etree._Element) -> bytes:
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True))
