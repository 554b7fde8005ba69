"""Too much: what could not come back is not handed out, and a flood of rows ends soon, with a sentence."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from sqlalchemy import select

from sync_scripts.followup import errors
from sync_scripts.followup.columns import sheets
from sync_scripts.followup.errors import WorkbookTooBig
from sync_scripts.followup.inbound.reading import CameSheet, Row
from sync_scripts.followup.outbound import workbook_file
from sync_scripts.followup.outbound.export import export_all
from sync_scripts.followup.outbound.gather import Scope
from sync_scripts.followup.outbound.planning import Order
from sync_scripts.store.schema import workbooks
from tests.followup.conftest import MakeBook
from tests.followup.desk import CASE, Desk, outcomes
from tests.register.field import COORDINATOR

MANY = 100_000
Make = Callable[[int], str]


def cell(at: str, text: str) -> str:
    """Return a cell as LibreOffice would never write it, but may be read."""
    return f'<c r="{at}" t="inlineStr"><is><t>{escape(text)}</t></is></c>'


FLOODS: dict[str, tuple[str, Make]] = {
    "a list pasted below the actions": (
        "4",
        lambda row: cell(f"C{row}", CASE) + cell(f"I{row}", f"Travail {row}"),
    ),
    "a list pasted below the cases": ("3", lambda row: cell(f"C{row}", CASE) + cell(f"M{row}", "Note")),
    "rows with ids of their own": ("4", lambda row: cell(f"A{row}", f"{row:026d}") + cell(f"I{row}", "x")),
    "one row over and over": ("4", lambda row: cell(f"A{row}", "0" * 26) + cell(f"I{row}", "x")),
}


def flooded(path: Path, sheet: str, make: Make, count: int = MANY) -> Path:
    """Return a copy with so many more rows on one sheet, written as text: a library would take minutes."""
    target = path.with_stem("flood")
    rows = "".join(f'<row r="{row}">{make(row)}</row>' for row in range(1_000, 1_000 + count))
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as out:
        for name in source.namelist():
            content = source.read(name)
            if name == f"xl/worksheets/sheet{sheet}.xml":
                at = content.index(b"</sheetData>")
                content = content[:at] + rows.encode() + content[at:]
            out.writestr(name, content)
    return target


@pytest.mark.parametrize("flood", FLOODS)
def test_100_000_rows_that_were_not_handed_out_are_refused_after_5_000(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, flood: str
) -> None:
    """By sheet and with what to do; what lies beyond is not even read, so neither time nor memory grows with it."""
    whole = flood == next(iter(FLOODS))
    path = flooded(desk.export(), *FLOODS[flood], count=MANY if whole else MANY // 10)
    count = 0
    rows = CameSheet.rows

    def counted(sheet: CameSheet) -> Iterator[Row]:
        nonlocal count
        for row in rows(sheet):
            count += 1
            yield row

    monkeypatch.setattr(CameSheet, "rows", counted)
    before = desk.state()
    with pytest.raises(errors.RowsUnknown) as refused:
        desk.apply(path)
    assert refused.value.sheet in {"Dossiers", "Actions"}
    assert "cases import" in refused.value.words()
    assert count < 7_000
    assert desk.state() == before


def test_100_000_blank_rows_are_no_rows(desk: Desk) -> None:
    """Somebody gave a whole column a colour: nothing is asked, nothing is refused."""
    path = flooded(desk.export(), "4", lambda row: f'<c r="C{row}" s="5"/><c r="D{row}" s="5"/>')
    assert desk.bring(path).items == ()


def test_a_flood_in_a_workbook_that_nobody_remembers_is_refused_too(desk: Desk) -> None:
    """Whatever differs would be a question, and there would be 100,000 of them."""
    path = flooded(desk.export(), *FLOODS["rows with ids of their own"], count=MANY // 10)
    with desk.register.writing() as rows:
        rows.execute(workbooks.followup_row.delete())
    with pytest.raises(errors.RowsUnknown):
        desk.apply(path, late="Oublié")


def test_some_thousand_rows_more_are_still_taken(desk: Desk) -> None:
    """The limit stops floods, not diligence: 300 rows below the ready ones are 300 lines of a preview."""
    path = flooded(desk.export(), *FLOODS["a list pasted below the cases"], count=300)
    assert outcomes(desk.bring(path)) == [("refused", "R5", "")] * 300


def test_what_could_not_come_back_is_not_handed_out(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The import unpacks 200 MB at most; a workbook beyond that is refused while it is written, and nothing is kept."""
    monkeypatch.setattr(workbook_file, "MOST_BYTES", workbook_file._SET_ASIDE + 12_000)
    order = Order("T2", "fr", Scope(), COORDINATOR, desk.field.later(), demo=False)
    with pytest.raises(WorkbookTooBig) as refused:
        export_all(desk.register, order, tmp_path / "no.xlsx", password=None)
    assert "--region" in refused.value.words()
    assert not (tmp_path / "no.xlsx").exists()
    with desk.register.reading() as rows:
        assert rows.execute(select(workbooks.followup_export)).first() is None


def test_a_workbook_that_will_be_far_too_large_is_not_written_to_its_end(
    make_book: MakeBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After 2,000 cases the size of all of them can be guessed: nobody waits for minutes to be refused."""
    book = make_book()
    streamed = workbook_file.Writer(book, sheets("T2"))
    (line,) = book.filled[1].lines
    for _time in range(400):
        streamed.sheets["dk:cases"].put(line)
    size = sum(one.sheet.size for one in streamed.sheets.values())
    monkeypatch.setattr(workbook_file, "MOST_BYTES", workbook_file._SET_ASIDE + 2 * size)
    streamed.check_size(400, 100_000)  # too early to tell
    streamed.check_size(2_000, 5_000)  # 2.5 times as much: over the limit by a quarter, perhaps
    with pytest.raises(WorkbookTooBig):
        streamed.check_size(2_000, 7_000)
    streamed.close()
