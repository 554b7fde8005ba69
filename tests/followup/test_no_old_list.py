"""A workbook that was handed out is no old list: ``cases import`` says so and where it belongs, before it asks anything."""

from __future__ import annotations

import csv
from pathlib import Path

import openpyxl
import pytest

from sync_scripts.intake.legacy.table import ListLocked, OwnWorkbook, read
from tests.followup.calling import Run
from tests.followup.desk import sheet_of
from tests.followup.test_import_command import exported


def test_a_handed_out_workbook_is_sent_to_its_own_command(run: Run) -> None:
    """Also where one of its sheets is named; which sheet it is, is not asked."""
    path = exported(run)
    title = sheet_of(openpyxl.load_workbook(path), "dk:cases").title
    for sheet in ("", title):
        with pytest.raises(OwnWorkbook) as found:
            read(path, sheet)
        assert f"dikalo followup import {path.name}" in found.value.words()


def test_it_is_known_again_after_people_worked_on_it(run: Run, tmp_path: Path) -> None:
    """Renamed sheets, a line above, and saved as a CSV file."""
    book = openpyxl.load_workbook(exported(run))
    sheet = sheet_of(book, "dk:cases")
    sheet.title = "Mes dossiers"
    sheet.insert_rows(1)
    sheet["D1"] = "Pour lundi"
    path = tmp_path / "liste.xlsx"
    book.save(path)
    plain = tmp_path / "liste.csv"
    with plain.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["" if one is None else one for one in row] for row in sheet.values])
    for file_ in (path, plain):
        with pytest.raises(OwnWorkbook):
            read(file_)


def test_a_list_of_somebodys_own_in_it_can_be_taken_by_name(run: Run, tmp_path: Path) -> None:
    """A sheet that people added is theirs."""
    book = openpyxl.load_workbook(exported(run))
    added = book.create_sheet("Liste 2024")
    for row in (["N°", "Date"], ["A-1", "2024-03-05"]):
        added.append(row)
    path = tmp_path / "liste.xlsx"
    book.save(path)

    assert list(read(path, "Liste 2024").headings.values()) == ["N°", "Date"]


def test_nobody_is_told_to_unlock_a_workbook_that_was_handed_out(run: Run) -> None:
    """A locked file does not say what it is: both ways are named, and that one of ours stays locked."""
    code, told = run("export", workbook="lune orange du matin")
    assert code == 0, told
    with pytest.raises(ListLocked) as found:
        read(Path(told["file"]))
    words = found.value.words()

    assert "leave it locked" in words
    assert "dikalo followup import" in words
