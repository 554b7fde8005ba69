"""Workbooks that went through LibreOffice, as people's do: nothing appears, nothing is lost, one edit stays one edit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import openpyxl
import pytest

from sync_scripts.followup import errors
from sync_scripts.followup.files import incoming
from sync_scripts.followup.inbound.conflicts import open_conflicts
from sync_scripts.followup.outbound.conflict_export import hand_out
from sync_scripts.followup.outbound.workbook_file import workbook_bytes
from sync_scripts.register.case_decisions.cases import set_note
from sync_scripts.register.rules.kinds import labels_of
from tests.followup.conftest import CASE as FACTS
from tests.followup.conftest import MakeBook
from tests.followup.desk import (
    CASE,
    NOTE,
    OTHER,
    Desk,
    column_of,
    new_action,
    outcomes,
    row_of,
    sheet_of,
)
from tests.office import Office
from tests.register.field import COORDINATOR

pytestmark = pytest.mark.office

ROADS = pytest.mark.parametrize("road", [("xlsx",), ("ods", "xlsx")], ids=["xlsx", "ods"])
STARTS = ("=", "+", "-", "@", "\t", "'", '=HYPERLINK("http://x";"', "0", "'=", "\n=")
ENDS = (
    *(
        "1+1",
        "A1",
        "SUM(1)",
        "cmd|' /C calc'!A0",
        "0012",
        "12/01/2026",
        "1E5",
        "VRAI",
        "TRUE",
        "#REF!",
        "{1}",
        "1,5",
    ),
    *("  ", " fin ", "é\u0301", "<b>&amp;</b>", "]]>", "_x0041_", '"', "12:30"),
)


@ROADS
def test_unedited_it_asks_for_nothing_after_libreoffice(
    desk: Desk, office: Office, road: tuple[str, ...]
) -> None:
    """Saved as xlsx, or by way of ods: an empty plan; one cell edited before is exactly one field afterwards."""
    path = desk.export()
    edited = desk.edit(path, ("dk:cases", CASE, "note", "=1+1 n'est pas une formule ici"))
    book = openpyxl.load_workbook(edited)
    sheet = book["Dossiers"]
    sheet.cell(6, column_of(sheet, "note")).data_type = "s"
    unedited, other = office.each_through([path, desk.saved(book)], *road)

    assert desk.bring(unedited).items == ()
    assert outcomes(desk.apply(other)) == [("apply", "2", "note")]
    assert desk.case()["work_note"] == "=1+1 n'est pas une formule ici"


@pytest.mark.parametrize(("lang", "road"), [("fr", ("ods", "xlsx")), ("en", ("xlsx",))])
def test_moved_renamed_sorted_and_copied_it_comes_back_after_libreoffice(
    desk: Desk, office: Office, lang: str, road: tuple[str, ...]
) -> None:
    """Column at the other end, other headings, sheet renamed, rows upside down, one twice: two edits are two fields."""
    other = "en" if lang == "fr" else "fr"
    book = openpyxl.load_workbook(desk.export(lang=lang))
    cases: Any = sheet_of(book, "dk:cases")
    cases.title, sheet_of(book, "dk:actions").title = "Ma liste", "À faire"
    cases.cell(row_of(cases, CASE), column_of(cases, "urgency")).value = labels_of("urgency", other)["high"]
    cases.cell(row_of(cases, OTHER), column_of(cases, "note")).value = "Vue mardi."
    turn(cases)
    done = desk.bring(office.through(desk.saved(book), *road))
    assert outcomes(done) == [("apply", "2", "note"), ("apply", "2", "urgency")]
    assert {item.title for item in done.items} == {"Ma liste"}
    assert (done.counts["missing_row"], done.ignored_sheets) == (0, 0)


def turn(sheet: Any) -> None:
    """Move the last column to the front, put the rows upside down, the first of them twice; rename every heading."""
    width, last = sheet.max_column, sheet.max_row
    order = [1, 2, width, *range(3, width)]
    marks = [[sheet.cell(row, column).value for column in range(1, width + 1)] for row in (1, 2)]
    rows = [[sheet.cell(row, column).value for column in order] for row in range(3, last + 1)]
    rows[2] = ["__id", "__v", *(f"Colonne {number}" for number in range(3, width + 1))]
    data = rows[3:][::-1]
    sheet.tables.clear()
    for at, values in enumerate([*marks, *rows[:3], *data, data[0]], start=1):
        for column, value in enumerate(values, start=1):
            sheet.cell(at, column).value = value


def test_three_copies_of_one_export_come_back_after_libreoffice(desk: Desk, office: Office) -> None:
    """Other cells are taken, the same correction once, a contradiction is asked about, two actions in one row are two."""
    path = desk.export()
    copies = [
        desk.edit(path, NOTE, *new_action(path, owner="RD-01")),
        desk.edit(
            path, NOTE, ("dk:cases", OTHER, "owner", "RD-01"), *new_action(path, case=OTHER, owner="RD-02")
        ),
        desk.edit(path, ("dk:cases", CASE, "note", "Autre avis.")),
    ]
    done = [desk.apply(copy) for copy in office.each_through(copies, "ods", "xlsx")]
    assert [outcomes(one) for one in done] == [
        [("apply", "2", "note"), ("new", "R2", "")],
        [("apply", "2", "owner"), ("new", "R2", ""), ("same", "3", "note")],
        [("conflict", "4", "note")],
    ]
    assert [len(desk.services(number)) for number in (0, 1)] == [3, 3]


def test_200_hostile_texts_stay_the_very_texts_and_become_no_formula(
    desk: Desk, office: Office, make_book: MakeBook
) -> None:
    """Written as texts, they are texts after LibreOffice saved them, to the last blank; no cell of the file is a formula."""
    words = [start + end for start in STARTS for end in ENDS]
    cases = tuple(replace(FACTS, code=f"DK-{number:06d}-0", note=text) for number, text in enumerate(words))
    path = desk.new_file()
    path.write_bytes(workbook_bytes(make_book(cases=cases, interventions=())))
    book = openpyxl.load_workbook(office.through(path, "ods", "xlsx"))
    sheet: Any = sheet_of(book, "dk:cases")
    column = column_of(sheet, "note")
    read = {
        sheet.cell(row, column_of(sheet, "code")).value: sheet.cell(row, column)
        for row in range(6, 6 + len(words))
    }
    assert len(words) == 200
    assert [read[case.code].value for case in cases] == words
    kinds = {cell.data_type for one in book.worksheets for row in one.iter_rows() for cell in row}
    assert "f" not in kinds


def test_a_formula_that_libreoffice_worked_out_is_still_no_value(desk: Desk, office: Office) -> None:
    """Line 13: it stores the result beside; what was typed is a formula all the same."""
    edited = desk.edit(desk.export(), ("dk:cases", CASE, "note", '="Vue "&"mardi"'))
    done = desk.bring(office.through(edited, "ods", "xlsx"))
    assert outcomes(done) == [("error", "13", "note")]


def test_a_workbook_of_conflicts_comes_back_from_libreoffice(desk: Desk, office: Office) -> None:
    """Its hidden ids and choices survive."""
    edited = desk.edit(desk.export(), ("dk:cases", CASE, "note", "Du fichier."))
    desk.decide(set_note, CASE, "Du registre.")
    desk.apply(edited)
    handed = hand_out(
        desk.register,
        desk.new_file,
        actor=COORDINATOR,
        now=desk.field.later(minutes=1),
        lang="fr",
        demo=False,
        password=None,
    )
    assert handed.path is not None
    book = openpyxl.load_workbook(handed.path)
    sheet = book["Conflits"]
    sheet.cell(6, column_of(sheet, "keep")).value = "Fichier"
    assert desk.apply(office.through(desk.saved(book), "ods", "xlsx")).changes == 1
    with desk.register.reading() as rows:
        assert open_conflicts(rows) == []


@pytest.mark.parametrize(("kind", "said"), [("ods", "(.ods)"), ("xls", "(.xls)"), ("csv", "(.csv)")])
def test_other_formats_are_refused_with_a_sentence(desk: Desk, office: Office, kind: str, said: str) -> None:
    """What LibreOffice writes as a spreadsheet of another kind is named for what it is."""
    with pytest.raises(errors.OtherFormat) as caught:
        incoming(office.through(desk.export(), kind), lambda: "")
    assert said in caught.value.words()
