"""The written workbook, opened again: what it carries, what it never holds."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import datetime
from typing import Any

import msoffcrypto
import msoffcrypto.exceptions
import openpyxl
import pytest

from sync_scripts.followup.cell_reader import Lists, readers
from sync_scripts.followup.columns import ALLOWED, FieldNotAllowed, check, sheets
from sync_scripts.followup.files import PasswordTooShort, check_password, encrypted
from sync_scripts.followup.inbound.values import Cell
from sync_scripts.followup.outbound.cells import TextTooLong
from sync_scripts.followup.outbound.workbook_file import workbook_bytes
from sync_scripts.store.detectors import hits
from tests.followup.conftest import CASE, REFERRAL, TODAY, MakeBook

HOSTILE = (
    "=1+1",
    '=HYPERLINK("http://invalid","x")',
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "0012",
    "12/01/2026",
    "1E5",
    "VRAI",
    "{=1}",
    "'quoted",
    "a\nb",
)


def opened(content: bytes) -> Any:
    """Return the workbook as openpyxl reads it, formulas kept as formulas."""
    return openpyxl.load_workbook(io.BytesIO(content), data_only=False)


def rows_of(sheet: Any) -> list[dict[str, Any]]:
    """Return the data rows by machine key."""
    keys = [cell.value for cell in sheet[3]]
    return [dict(zip(keys, (cell.value for cell in row), strict=True)) for row in sheet.iter_rows(min_row=6)]


def test_the_sheets_are_found_by_marker_and_key(make_book: MakeBook) -> None:
    """A reader needs no visible name: markers, export id and keys stand in hidden cells."""
    book = opened(workbook_bytes(make_book()))
    assert book.sheetnames == [
        "Mode d'emploi",
        "À traiter",
        "Dossiers",
        "Actions",
        "Orientations",
        "Tableau de bord",
        "_listes",
        "_meta",
    ]
    assert book.active.title == "À traiter"
    markers = [book[name]["A1"].value for name in book.sheetnames[1:5]]
    assert markers == ["dk:todo", "dk:cases", "dk:actions", "dk:referrals"]
    cases = book["Dossiers"]
    assert cases["A2"].value == "01KAT0000000000000000000AB"
    assert [cell.value for cell in cases[3]][:3] == ["__id", "__v", "code"]
    assert cases.column_dimensions["A"].hidden
    assert cases.row_dimensions[3].hidden
    assert cases.freeze_panes == "D6"
    assert [book[name].sheet_state for name in ("_listes", "_meta")] == ["veryHidden", "veryHidden"]
    meta = {row[0].value: row[1].value for row in book["_meta"].iter_rows()}
    assert meta["format"] == "dikalo-followup/1"
    assert meta["expires"] == "2026-12-02"


def test_a_case_is_shown_with_labels_and_dates(make_book: MakeBook) -> None:
    """Codes become words, the due day a date, and the code in « À traiter » leads to the row in « Dossiers »."""
    book = opened(workbook_bytes(make_book()))
    (row,) = rows_of(book["Dossiers"])
    assert row["code"] == CASE.code
    assert row["flag"] == "▲ En retard"
    assert row["opened"] == "2026-S40"
    assert row["needs"] == "Santé, Appui psychosocial"
    assert row["urgency"] == "2 · high"
    assert row["next_due"] == datetime(2026, 11, 20)  # noqa: DTZ001 - a cell has no zone
    link = book["À traiter"]["C6"].hyperlink
    assert (link.location, link.target) == ("'Dossiers'!D6", None)


@pytest.mark.parametrize(
    ("lang", "shown"), [("fr", "Santé, soins\u00a0; Abri"), ("en", "Santé, soins; Abri")]
)
def test_where_a_label_has_a_comma_the_next_one_is_told_apart(
    make_book: MakeBook, lang: str, shown: str
) -> None:
    """Two needs do not read as three; a workbook that went out with a comma between them comes back untouched all the same."""
    labels = {"health": "Santé, soins", "pss": "Abri"}
    book = make_book(lang=lang)
    book = replace(book, labels={**book.labels, "service": labels})
    (row,) = rows_of(opened(workbook_bytes(book))["Dossiers" if lang == "fr" else "Cases"])
    lists = Lists(book.lang, {"service": labels}, (), frozenset(), frozenset(), TODAY)
    needs = readers(next(sheet for sheet in sheets("T2") if sheet.marker == "dk:cases"), lists)["needs"]

    assert row["needs"] == shown
    assert needs.is_untouched(Cell(shown, "s"), "health pss")
    assert needs.same_locked(Cell("Santé, soins, Abri", "s"), "health pss")
    assert not needs.same_locked(Cell("Santé, soins", "s"), "health pss")


def test_an_english_workbook_has_the_same_keys(make_book: MakeBook) -> None:
    """The language changes what is read, never what is found."""
    french, english = (opened(workbook_bytes(make_book(lang=lang))) for lang in ("fr", "en"))
    assert english.sheetnames[2] == "Cases"
    assert [cell.value for cell in english["Cases"][3]] == [cell.value for cell in french["Dossiers"][3]]
    assert english["Cases"]["C5"].value == "Case"
    assert english["Cases"]["C4"].value == "Dossier"


def test_no_cell_is_a_formula_whatever_is_typed(make_book: MakeBook) -> None:
    """Text that looks like a formula, a number or a date comes back as the very text."""
    cases = tuple(replace(CASE, code=f"DK-{at:06d}-0", note=text) for at, text in enumerate(HOSTILE))
    book = opened(workbook_bytes(make_book(cases=cases, interventions=())))
    kinds = {
        cell.data_type for sheet in book.worksheets for row in sheet.iter_rows() for cell in row if cell.value
    }
    assert kinds <= {"s", "n", "d"}
    assert [row["note"] for row in rows_of(book["Dossiers"])] == list(HOSTILE)


def test_what_no_cell_can_hold_is_shown_otherwise_or_refused(make_book: MakeBook) -> None:
    """Control characters and lone surrogates stand there as escapes; a text too long is refused with its cell."""
    (row,) = rows_of(
        opened(workbook_bytes(make_book(cases=(replace(CASE, note="a\x00b\ud800c"),))))["Dossiers"]
    )
    assert row["note"] == "a\\u0000b\\ud800c"
    with pytest.raises(TextTooLong) as refused:
        workbook_bytes(make_book(cases=(replace(CASE, note="x" * 32_768),)))
    assert (refused.value.sheet, refused.value.cell) == ("À traiter", "K6")


def test_actions_and_referrals_have_twenty_reserved_rows(make_book: MakeBook) -> None:
    """Each blank row has an id of its own before anybody writes in it; ours and theirs are not mixed."""
    book = opened(workbook_bytes(make_book()))
    for name in ("Actions", "Orientations"):
        rows = rows_of(book[name])
        assert len(rows) == 21
        assert len({row["__id"] for row in rows}) == 21
        assert all(row["code"] is None for row in rows[1:])
    assert rows_of(book["Orientations"])[0]["provider"] == REFERRAL.provider
    assert rows_of(book["Orientations"])[0]["consent"] == "Oui"


def test_a_c4_case_shows_five_columns_only(make_book: MakeBook) -> None:
    """The most protected cases show code, state, urgency, owner and due date, and no intervention."""
    book = opened(workbook_bytes(make_book(cases=(replace(CASE, confidentiality="C4"),))))
    (row,) = rows_of(book["Dossiers"])
    shown = {key for key, value in row.items() if value is not None and not key.startswith("__")}
    assert shown == {"code", "flag", "state", "urgency", "owner", "next_due"}
    assert all(row["code"] is None for name in ("Actions", "Orientations") for row in rows_of(book[name]))


def test_only_yellow_cells_can_be_written(make_book: MakeBook) -> None:
    """Protection follows the column: locked for the register's, open for the coordinator's."""
    sheet = opened(workbook_bytes(make_book()))["Dossiers"]
    open_keys = {sheet.cell(3, cell.column).value for cell in sheet[6] if not cell.protection.locked}
    assert open_keys == {"state", "urgency", "owner", "next_due", "note", "closure"}
    assert sheet.protection.sheet
    assert not sheet.protection.autoFilter
    rules = {rule.formula1 for rule in sheet.data_validations.dataValidation}
    assert {"l_state", "l_urgency", "l_owner", "l_closure_reason"} <= rules


def test_every_column_is_on_its_tiers_list() -> None:
    """No sheet asks for a field that its tier may not hold, and T2 does not hold what T3 may."""
    for tier in ALLOWED:
        check(tier, [column.source for sheet in sheets(tier) for column in sheet.columns if column.source])
    with pytest.raises(FieldNotAllowed):
        check("T2", [("act", "violation")])
    for entity, field in (("person", "full_name"), ("incident", "date"), ("assessment", "suicide_risk")):
        with pytest.raises(FieldNotAllowed):
            check("T3", [(entity, field)])


def test_the_password_opens_and_a_changed_file_does_not(make_book: MakeBook) -> None:
    """An accent typed in two pieces is the same password; one changed byte is noticed."""
    clear = workbook_bytes(make_book())
    locked = encrypted(clear, "une phrase e\u0301trange et longue")
    assert locked[:4] == b"\xd0\xcf\x11\xe0"
    file: Any = msoffcrypto.OfficeFile(io.BytesIO(locked))
    file.load_key("une phrase \u00e9trange et longue", verify_password=True)
    out = io.BytesIO()
    file.decrypt(out, verify_integrity=True)
    assert out.getvalue() == clear
    damaged = bytearray(locked)
    damaged[len(locked) // 2] ^= 1
    file = msoffcrypto.OfficeFile(io.BytesIO(bytes(damaged)))
    file.load_key("une phrase \u00e9trange et longue", verify_password=True)
    with pytest.raises(msoffcrypto.exceptions.InvalidKeyError):
        file.decrypt(io.BytesIO(), verify_integrity=True)
    with pytest.raises(PasswordTooShort):
        check_password("trop court")
    check_password("cinq mots bien simples ici")


def test_nothing_in_the_file_looks_like_a_phone_or_a_place(make_book: MakeBook) -> None:
    """The detectors are silent on the workbook's own ids, codes and texts."""
    book = opened(workbook_bytes(make_book()))
    texts = [cell.value for sheet in book.worksheets for row in sheet.iter_rows() for cell in row]
    assert [text for text in texts if isinstance(text, str) and list(hits(text))] == []


def test_the_file_says_nothing_of_the_machine(make_book: MakeBook) -> None:
    """No user name and no path of the laptop travel in the file's properties."""
    properties = opened(workbook_bytes(make_book())).properties
    assert (properties.creator, properties.lastModifiedBy) == ("dikalo", None)


def test_the_dashboard_is_printed_on_one_page(make_book: MakeBook) -> None:
    """Over two pages, the end of the first cut a chart in two."""
    board = openpyxl.load_workbook(io.BytesIO(workbook_bytes(make_book())))["Tableau de bord"]

    fits = board.sheet_properties.pageSetUpPr

    assert (board.page_setup.fitToWidth, board.page_setup.fitToHeight) == (1, 1)
    assert fits is not None
    assert fits.fitToPage


def test_texts_stand_off_from_what_is_beside_them(make_book: MakeBook) -> None:
    """An indent counts only where the side is said; headings stand over their cells, in both languages' rows."""
    book = opened(workbook_bytes(make_book()))
    for name in ("À traiter", "Dossiers", "Actions", "Orientations"):
        sheet: Any = book[name]
        for key in (cell for cell in sheet[3] if cell.value and not cell.value.startswith("__")):
            cells = [sheet.cell(row, key.column) for row in (4, 5, 6)]
            sides = {(cell.alignment.horizontal, cell.alignment.indent) for cell in cells}
            date = cells[2].number_format == "DD/MM/YYYY"
            wanted = ("center", 0) if date else ("left", 0) if key.value == "code" else ("left", 1)
            assert {(side or "left", indent) for side, indent in sides} == {wanted}, (name, key.value)


def test_pages_leave_room_for_the_footer_and_waste_none(make_book: MakeBook) -> None:
    """With the margins of the library the footer was cut in half, and a fifth of the page stayed blank."""
    for sheet in opened(workbook_bytes(make_book())).worksheets[:6]:
        margins = sheet.page_margins
        assert (margins.bottom, margins.footer, margins.top, margins.left) == (0.75, 0.35, 0.5, 0.4), (
            sheet.title
        )


def test_a_demonstration_does_not_say_that_people_are_in_danger(make_book: MakeBook) -> None:
    """Its data are invented, and it says just that."""
    demo, real = (
        opened(workbook_bytes(replace(make_book(), demo=fiction))).worksheets[0]["A2"].value
        for fiction in (True, False)
    )
    assert ("fictives" in demo, "danger" in demo) == (True, False)
    assert ("fictives" in real, "danger" in real) == (False, True)


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_headings_are_texts_and_none_stands_twice(make_book: MakeBook, lang: str) -> None:
    """A table with two equal headings, or with one that is no text, is "repaired" by Excel."""
    for name in opened(workbook_bytes(make_book(lang=lang))).worksheets[1:5]:
        (table,) = name.tables.values()
        names = [column.name for column in table.tableColumns]
        cells = [cell.value for cell in name[5]][: len(names)]
        assert names == cells
        assert len(set(names)) == len(names)
        assert all(isinstance(one, str) and "\n" not in one for one in names)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", 1),
        ("Vue mardi.", 1),
        ("communauté, groupe, communauté, groupe, communauté, groupe", 2),
        ("x" * 40, 1),
        ("x" * 41, 2),
        ("Un mot " + "y" * 60, 3),
        ("a\nb\n\nc", 4),
        ("mot " * 200, 5),
    ],
)
def test_a_row_is_as_high_as_its_longest_text(make_book: MakeBook, text: str, lines: int) -> None:
    """Broken between words as spreadsheet programs do, or the last line is cut; five lines at most."""
    facts = replace(CASE, note=text, needs=())
    sheet = opened(workbook_bytes(make_book(cases=(facts,))))["Dossiers"]
    assert sheet.row_dimensions[6].height == 15 * lines + 2


@pytest.mark.parametrize("tier", ["T2", "T3"])
def test_no_heading_is_cut(tier: str) -> None:
    """The other language stands above in one line of size 8, between neighbours: it needs the width of its column, indent included."""
    cut = [
        (sheet.fr, words)
        for sheet in sheets("T3" if tier == "T3" else "T2")
        for column in sheet.columns
        for words in (column.fr, column.en)
        if len(words.format(day="26/11")) * 8 / 11 + 1.3 > column.width
    ]
    assert cut == []
