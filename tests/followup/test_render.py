"""What LibreOffice shows of the workbook: it opens, prints on few pages, in one face, and comes back unchanged."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from sync_scripts.followup.content import CaseFacts
from sync_scripts.followup.write import workbook_bytes
from tests.followup.conftest import CASE, MakeBook

SOFFICE, PDFINFO, PDFFONTS = (shutil.which(name) for name in ("soffice", "pdfinfo", "pdffonts"))
pytestmark = [
    pytest.mark.office,
    pytest.mark.skipif(not (SOFFICE and PDFINFO and PDFFONTS), reason="needs LibreOffice and poppler-utils"),
]

Convert = Callable[[Path, str], Path]


@pytest.fixture
def convert(tmp_path: Path) -> Convert:
    """Return a function that lets LibreOffice write a file in another format, under a profile of its own."""

    def run(source: Path, kind: str) -> Path:
        target = tmp_path / f"as-{kind}"
        profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
        command = [
            str(SOFFICE),
            profile,
            "--headless",
            "--convert-to",
            kind,
            "--outdir",
            str(target),
            str(source),
        ]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
        return target / f"{source.stem}.{kind}"

    return run


def thirty_cases() -> tuple[CaseFacts, ...]:
    """Return enough cases to fill more than a page."""
    return tuple(
        replace(CASE, code=f"DK-{number:06d}-0", note="Rappel prévu. " * (number % 9)) for number in range(30)
    )


def values(content: bytes) -> dict[str, list[list[Any]]]:
    """Return every cell of every sheet."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    return {
        sheet.title: [[cell.value for cell in row] for row in sheet.iter_rows()] for sheet in book.worksheets
    }


def test_it_prints_on_few_pages_in_one_face(make_book: MakeBook, tmp_path: Path, convert: Convert) -> None:
    """Thirty cases are a handful of pages, not the hundred that hidden columns once made; no second font slips in."""
    source = tmp_path / "suivi.xlsx"
    source.write_bytes(workbook_bytes(make_book(cases=thirty_cases())))
    pdf = convert(source, "pdf")
    info = subprocess.run([str(PDFINFO), str(pdf)], check=True, capture_output=True, text=True).stdout
    pages = re.search(r"Pages:\s+(\d+)", info)
    assert pages is not None
    assert 6 <= int(pages.group(1)) <= 12
    listed = subprocess.run([str(PDFFONTS), str(pdf)], check=True, capture_output=True, text=True).stdout
    faces = {line.split()[0].split("+")[-1].split("-")[0] for line in listed.splitlines()[2:]}
    serif = {face for face in faces if re.search(r"serif|times|roman", face, re.IGNORECASE)}
    assert serif == set()
    assert faces & {"Carlito", "Calibri", "DejaVuSans"}


def test_libreoffice_changes_no_value(make_book: MakeBook, tmp_path: Path, convert: Convert) -> None:
    """Opened and saved by LibreOffice, the workbook holds the very same values, keys and ids."""
    source = tmp_path / "suivi.xlsx"
    content = workbook_bytes(make_book(cases=thirty_cases()))
    source.write_bytes(content)
    again = convert(source, "xlsx").read_bytes()
    before, after = values(content), values(again)
    assert list(after) == list(before)
    for name in ("À traiter", "Dossiers", "Actions", "Références", "_meta"):
        trimmed = [row[: len(before[name][0])] for row in after[name]][: len(before[name])]
        assert trimmed == before[name], name
