"""What an Excel file is before anybody trusts it: limits, refusals, hidden rows, merged cells. Reads bytes, no values.

A workbook comes from strangers: it may be a bomb, locked, full of macros, or no workbook at all. `look` says so in a
sentence before openpyxl sees the file.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from lxml import etree

from xlsform.errors import FormError

LARGEST = 20_000_000
"""Bytes of the largest file that is read."""
LARGEST_UNPACKED = 100_000_000
HIGHEST_RATIO = 100
MOST_MEMBERS = 2_000
MOST_CELLS = 400_000
"""Cells of one sheet, empty but formatted ones too; and merged ranges."""
WIDEST = 2_000_000
"""Sum over the rows of a sheet of their last column: bounds the work on a sheet with a lonely cell far away."""

OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How an old workbook begins, and a locked one."""
_DOCTYPE = [
    word
    for text in ("<!DOCTYPE", "<!ENTITY")
    for word in (text.encode(), text.encode("utf-16-le"), text.encode("utf-16-be"))
]
_ACTIVE = re.compile(r"vbaProject\.bin$|/embeddings/|/activeX/", re.IGNORECASE)
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


NotAWorkbook: Final = FormError.declare(
    "DK-F21",
    "{file} is not an Excel workbook (.xlsx), or it is damaged. Open it in Excel or LibreOffice and save it as .xlsx.",
)
WorkbookLocked: Final = FormError.declare(
    "DK-F22",
    "{file} is locked with a password, or is an old .xls file that cannot be read. Open it in Excel or LibreOffice and "
    "save it as .xlsx without a password.",
)
WorkbookTooLarge: Final = FormError.declare(
    "DK-F23",
    "{file} is far larger than any form, or made to fill the memory, and was not opened. If it really is a form, copy "
    "its sheets survey, choices and settings into a new workbook.",
)
WorkbookActive: Final = FormError.declare(
    "DK-F24",
    "{file} holds macros or embedded objects and was not opened: a form needs neither. Copy its sheets survey, choices "
    "and settings into a new workbook and save it as .xlsx.",
)
WorkbookUnreadable: Final = FormError.declare(
    "DK-F30",
    "{file} cannot be opened. Check that it is there, close it in other programs, and try again.",
)


@dataclass(slots=True)
class SheetFacts:
    """What a sheet hides or merges: row numbers, column numbers (1 = A), ranges."""

    hidden: bool = False
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    merged: list[str] = field(default_factory=list)


def look(raw: bytes, file: str) -> dict[str, SheetFacts]:
    """Return the facts of each sheet by name, in order.

    Raises:
        NotAWorkbook, WorkbookLocked, WorkbookTooLarge, WorkbookActive: the file is not one to open.
    """
    if raw.startswith(OLD):
        raise WorkbookLocked(file=file)
    if len(raw) > LARGEST:
        raise WorkbookTooLarge(file=file)
    return dict(_looked(raw, file))


@lru_cache(maxsize=8)  # one command looks at the same workbook before it reads, converts and compares it
def _looked(raw: bytes, file: str) -> dict[str, SheetFacts]:
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as packed:
            _check_members(packed, len(raw), file)
            return {name: _facts(packed, part, state, file) for name, part, state in sheets_of(packed)}
    except (
        zipfile.BadZipFile,
        etree.XMLSyntaxError,
        KeyError,
        ValueError,
        RuntimeError,
        NotImplementedError,
    ) as error:
        raise NotAWorkbook(file=file) from error  # RuntimeError: a member with a zip password


def _check_members(packed: zipfile.ZipFile, size: int, file: str) -> None:
    members = packed.infolist()
    unpacked = sum(member.file_size for member in members)
    if len(members) > MOST_MEMBERS or unpacked > LARGEST_UNPACKED or unpacked > HIGHEST_RATIO * size:
        raise WorkbookTooLarge(file=file)
    names = [member.filename for member in members]
    if "xl/workbook.xml" not in names or len(set(names)) != len(names):
        raise NotAWorkbook(file=file)
    if any(_ACTIVE.search(name) for name in names):
        raise WorkbookActive(file=file)
    for member in members:
        if member.filename.endswith((".xml", ".rels", ".vml")) and _declares(packed.read(member)):
            raise WorkbookActive(file=file)


def _declares(body: bytes) -> bool:
    return any(word in body for word in _DOCTYPE)


def sheets_of(packed: zipfile.ZipFile) -> Iterator[tuple[str, str, str]]:
    """Yield name, part and state of each worksheet."""
    parts = dict(_parts(packed, "/worksheet"))
    for sheet in tree(packed.read("xl/workbook.xml")).iter(f"{MAIN}sheet"):
        if part := parts.get(sheet.get(_RELATION) or ""):
            yield sheet.get("name") or "", part, sheet.get("state") or "visible"


def part_of(packed: zipfile.ZipFile, kind: str) -> str | None:
    """Return the one part of a kind (``/styles``) that a workbook names."""
    return next((part for _link, part in _parts(packed, kind)), None)


def _parts(packed: zipfile.ZipFile, kind: str) -> Iterator[tuple[str, str]]:
    for link in tree(packed.read("xl/_rels/workbook.xml.rels")):
        target = link.get("Target") or ""
        if target and str(link.get("Type")).endswith(kind):
            yield link.get("Id") or "", target.lstrip("/") if target.startswith("/") else f"xl/{target}"


def tree(body: bytes) -> etree._Element:
    """Return the tree of a part; nothing outside of it is ever asked for."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    return etree.fromstring(body, parser)


def _facts(packed: zipfile.ZipFile, part: str, state: str, file: str) -> SheetFacts:
    facts = SheetFacts(hidden=state != "visible")
    cells = width = 0
    with packed.open(part) as stream:
        tags = [f"{MAIN}{name}" for name in ("c", "row", "col", "mergeCell")]
        for _, element in etree.iterparse(
            stream, tag=tags, resolve_entities=False, no_network=True, huge_tree=False
        ):
            name = element.tag.removeprefix(MAIN)
            if name == "c":
                cells += 1
                continue
            if name == "row":
                width += _last_column(element)
                if _is_on(element.get("hidden")):
                    facts.hidden_rows.add(int(element.get("r") or 0))
            elif name == "mergeCell":
                facts.merged.append(element.get("ref") or "")
            elif _is_on(element.get("hidden")):
                last = min(int(element.get("max") or 0), 1000)
                facts.hidden_columns.update(range(int(element.get("min") or 1), last + 1))
            element.clear()
            if cells > MOST_CELLS or width > WIDEST or len(facts.merged) > MOST_CELLS:
                raise WorkbookTooLarge(file=file)
    return facts


def _last_column(row: etree._Element) -> int:
    letters = "".join(letter for letter in (row[-1].get("r") or "") if letter.isalpha()) if len(row) else ""
    number = 0
    for letter in letters[:4]:
        number = number * 26 + ord(letter.upper()) - 64
    return max(number, len(row))


def _is_on(value: str | None) -> bool:
    return value in {"1", "true"}


_CLOCK = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")


def members(made: zipfile.ZipFile) -> Iterator[tuple[str, bytes]]:
    """Yield what a workbook that openpyxl saved is made of, in order and without the time at which it was saved."""
    for name in sorted(made.namelist()):
        body = made.read(name)
        if name == "docProps/core.xml":
            body = _CLOCK.sub(rb"\g<1>2000-01-01T00:00:00Z", body)
        yield name, body
