"""A copy of a form's workbook in which each finding is a comment in its cell. Never the workbook itself: openpyxl keeps not all of one."""

from __future__ import annotations

import io
import warnings
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final

from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import MergedCell
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill

from xlsform.findings.problems import Finding
from xlsform.findings.profiles import Level, Profile
from xlsform.visible import visible
from xlsform.workbooks import ooxml, writing

_FILLS: Final[Mapping[Level, str]] = {Level.ERROR: "FFF8CBAD", Level.WARN: "FFFFE699", Level.INFO: "FFDDEBF7"}
"""Level, the gravest first -> colour of the cell."""
_WIDTH: Final = 360
_A_LINE: Final = 45
"""Letters of a comment's line, about."""


def annotated(raw: bytes, findings: Iterable[Finding], profile: Profile, *, file: str) -> bytes:
    """Return the copy: comments, and colours by the profile; what has no cell of its own is said in the first one.

    Raises:
        NotAWorkbook, WorkbookLocked, WorkbookTooLarge, WorkbookActive: the file is not one to open.
    """
    ooxml.look(raw, file)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl warns about styles and extensions that no form needs
        book = load_workbook(io.BytesIO(raw))
    by_cell: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for finding in findings:
        by_cell[_spot(book, finding)].append(finding)
    for (sheet, address), some in by_cell.items():
        _note(book[sheet][address], some, profile)
    return writing.fixed(book)


def _spot(book: Workbook, finding: Finding) -> tuple[str, str]:
    """Return sheet and cell of a finding; of a row its first cell, and the first of all where a cell is not known or lies under another."""
    titles = {title.casefold(): title for title in book.sheetnames}
    row = f"{finding.place.sheet}!{finding.place.row}" if finding.place.row else ""
    sheet, _, address = (finding.cell or row).partition("!")
    title = titles.get(sheet.casefold())
    address = f"A{address}" if address.isdigit() else address
    if title is None or isinstance(book[title][address], MergedCell):
        return titles.get("survey", book.sheetnames[0]), "A1"
    return title, address


def _note(cell: Any, findings: list[Finding], profile: Profile) -> None:
    texts = [f"{one.code} · {one.what} {one.why}\n→ {one.fix}" for one in findings]
    if cell.comment is not None:
        texts.insert(0, cell.comment.text)
    text = visible("\n\n".join(texts))
    lines = sum(1 + len(line) // _A_LINE for line in text.split("\n"))
    cell.comment = Comment(text, "dikalo", height=20 * (lines + 1), width=_WIDTH)
    levels = {profile.level(one) for one in findings}
    colour = next(colour for level, colour in _FILLS.items() if level in levels)
    cell.fill = PatternFill(fill_type="solid", start_color=colour, end_color=colour)
