"""What LibreOffice shows of the workbook: it opens, prints on few pages, in one face, and comes back unchanged."""

from __future__ import annotations

import csv
import io
import re
import shutil
import subprocess
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from sync_scripts.followup.outbound.content import CaseFacts
from sync_scripts.followup.outbound.workbook_file import workbook_bytes
from tests.cli.test_docs import ROOT
from tests.followup.conftest import CASE, REFERRAL, MakeBook
from tests.office import Office

PDFTOTEXT, PDFFONTS = (shutil.which(name) for name in ("pdftotext", "pdffonts"))
pytestmark = [
    pytest.mark.office,
    pytest.mark.skipif(not (PDFTOTEXT and PDFFONTS), reason="needs poppler-utils"),
]

SHEETS = ("Suivi des dossiers", "À traiter", "Dossiers", "Actions", "Orientations", "Tableau de bord")
LONG = {"À traiter", "Dossiers"}
"""Sheets of forty cases: two pages each."""
PAGES = len(SHEETS) + len(LONG)
"""Seen with DejaVu Sans, Carlito and Liberation Sans alike: heights, widths and paper are the file's own."""


def forty_cases() -> tuple[CaseFacts, ...]:
    """Return enough cases to fill more than a page."""
    return tuple(
        replace(CASE, code=f"DK-{number:06d}-0", note="Rappel prévu. " * (number % 9)) for number in range(40)
    )


def values(content: bytes) -> dict[str, list[list[Any]]]:
    """Return every cell of every sheet."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    return {
        sheet.title: [[cell.value for cell in row] for row in sheet.iter_rows()] for sheet in book.worksheets
    }


def printed(pdf: Path) -> list[list[str]]:
    """Return the lines of text on each page."""
    command = [str(PDFTOTEXT), "-layout", "-enc", "UTF-8", str(pdf), "-"]
    text = subprocess.run(command, check=True, capture_output=True).stdout.decode("utf-8")
    return [[line for line in page.splitlines() if line.strip()] for page in text.split("\f")[:-1]]


def test_it_prints_on_few_pages_in_one_face(make_book: MakeBook, tmp_path: Path, office: Office) -> None:
    """Forty cases are eight pages, give or take a fifth, not the hundred that hidden columns once made.

    Every sheet begins a page, all but the two lists end on it, and a list that goes on repeats its headings; every page
    has its whole footer; no second font slips in.
    """
    source = tmp_path / "suivi.xlsx"
    source.write_bytes(workbook_bytes(make_book(cases=forty_cases())))
    pdf = office.through(source, "pdf")
    pages = printed(pdf)
    begins = [next((name for name in SHEETS if page[0].startswith(name)), "") for page in pages]
    goes_on = {before for before, name in pairwise(begins) if before and not name}

    assert abs(len(pages) - PAGES) <= PAGES * 0.2, begins
    assert [name for name in begins if name] == list(SHEETS), "no sheet begins in the middle of a page"
    assert goes_on == LONG, begins
    for number, (name, page) in enumerate(zip(begins, pages, strict=True), 1):
        assert name or page[0].split()[0] == "Case", "the headings are not repeated"
        assert re.fullmatch(rf" *CONFIDENTIEL.* export .* {number} ?/ ?{len(pages)}", page[-1]), page[-1]
    listed = subprocess.run([str(PDFFONTS), str(pdf)], check=True, capture_output=True, text=True).stdout
    faces = {line.split()[0].split("+")[-1].split("-")[0] for line in listed.splitlines()[2:]}
    serif = {face for face in faces if re.search(r"serif|times|roman", face, re.IGNORECASE)}
    assert serif == set()
    assert faces & {"Carlito", "Calibri", "DejaVuSans"}


def test_a_list_too_wide_for_one_page_goes_on_two_side_by_side(
    make_book: MakeBook, tmp_path: Path, office: Office
) -> None:
    """With what happened to people it has four columns more: on one page its letters were half as high, and nobody read them."""
    source = tmp_path / "suivi.xlsx"
    source.write_bytes(workbook_bytes(make_book(cases=forty_cases(), tier="T3")))
    sides = [page for page in printed(office.through(source, "pdf")) if page[0].startswith("Dossiers")]

    assert len(sides) == 2
    assert all(any(line.startswith("DK-000000-0") for line in page) for page in sides), "whose line is it?"
    helped = [[line for line in page if "Modifiez seulement" in line] for page in sides]
    assert [len(lines) for lines in helped] == [1, 0], (
        "on the second page the sentence of help is cut after two words"
    )


def test_a_dozen_referrals_and_the_blank_rows_are_one_page(
    make_book: MakeBook, tmp_path: Path, office: Office
) -> None:
    """French names of services are longer than English ones: they pushed the last blank rows onto a page of their own."""
    asked = ("health", "livelihood", "nfi_food", "civil_doc", "family_tracing", "legal")
    with (ROOT / "forms/lists/codelists.csv").open(encoding="utf-8", newline="") as file:
        names = {row[1]: row[2] for row in csv.reader(file) if row[0] == "service"}
    referrals = tuple(
        replace(REFERRAL, intervention_id=f"i{number}", service=asked[number % len(asked)])
        for number in range(12)
    )
    book = make_book(interventions=referrals)
    book = replace(book, labels={**book.labels, "service": {code: names[code] for code in asked}})
    source = tmp_path / "suivi.xlsx"
    source.write_bytes(workbook_bytes(book))
    begins = [page[0].strip() for page in printed(office.through(source, "pdf"))]

    assert [next(name for name in (*SHEETS, page) if page.startswith(name)) for page in begins] == list(
        SHEETS
    )


def test_libreoffice_changes_no_value(make_book: MakeBook, tmp_path: Path, office: Office) -> None:
    """Opened and saved by LibreOffice, the workbook holds the very same values, keys and ids."""
    source = tmp_path / "suivi.xlsx"
    content = workbook_bytes(make_book(cases=forty_cases()))
    source.write_bytes(content)
    again = office.through(source, "xlsx").read_bytes()
    before, after = values(content), values(again)
    assert list(after) == list(before)
    for name in ("À traiter", "Dossiers", "Actions", "Orientations", "_meta"):
        trimmed = [row[: len(before[name][0])] for row in after[name]][: len(before[name])]
        assert trimmed == before[name], name
