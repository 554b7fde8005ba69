"""Take the pictures of ``docs/voir-un-formulaire.md``: ``nox -s screens``. Needs Chromium, LibreOffice, pdftoppm and ODK Web Forms.

The preview of the alert, its flow, a copy of it with three planted faults and their comments, and its print: each as the program gives
it, in French.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from openpyxl import load_workbook
from PIL import Image, ImageChops

from sync_scripts import texts
from sync_scripts.classroom.preview import Preview, showing
from xlsform import pack
from xlsform.pdf import routes
from xlsform.preview import library

PICTURES = Path(__file__).resolve().parent / "pictures"
FAULTS = (
    ("label::Français (fr)", "danger_now", ""),
    ("type", "when_rel", "select_one when_rell"),
    ("hint::Français (fr)", "alert_icon", ""),
)
"""Column, row and what a hurried hand writes there."""
_NOTE = re.compile(rb"(<(\w+):AutoFill>.*?:Row>(\d+)<.*?:Column>(\d+)<)", re.DOTALL)
"""Where a comment begins to say its place, the letters before its names, its row and its column."""


def run(*words: str) -> None:
    """Run a command of dikalo in French; one that finds faults is no failure."""
    subprocess.run(
        [sys.executable, "-m", "sync_scripts", "--lang", "fr", *words], check=False, capture_output=True
    )


def browse(address: str, target: Path, size: tuple[int, int], home: Path) -> None:
    """Take a picture of a page in Chromium, once its scripts are done."""
    browser = next(one.program for one in routes() if one.kind == "browser")
    options = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--hide-scrollbars",
        "--virtual-time-budget=15000",
    ]
    place = [
        f"--user-data-dir={home / 'browser'}",
        f"--window-size={size[0]},{size[1]}",
        f"--screenshot={target}",
    ]
    subprocess.run([str(browser), *options, *place, address], check=True, capture_output=True)


def first_page(workbook: Path, target: Path, home: Path) -> None:
    """Take a picture of the first printed page of a workbook, its white edges cut off."""
    office = next(one.program for one in routes() if one.kind == "office")
    words = [f"-env:UserInstallation={(home / 'office').as_uri()}", "--headless", "--convert-to", "pdf"]
    subprocess.run(
        [str(office), *words, "--outdir", str(home), str(workbook)], check=True, capture_output=True
    )
    draw = shutil.which("pdftoppm") or "pdftoppm"
    pdf = home / f"{workbook.stem}.pdf"
    subprocess.run(
        [draw, "-r", "100", "-l", "1", "-singlefile", "-png", str(pdf), str(home / "page")], check=True
    )
    with Image.open(home / "page.png") as page:
        white = Image.new(page.mode, page.size, "white")
        page.crop(ImageChops.difference(page, white).getbbox()).save(target, optimize=True)


def spoilt(home: Path) -> Path:
    """Return a copy of the alert with the planted faults."""
    book = load_workbook(pack.find("alert").workbook)
    survey = book["survey"]
    columns = {cell.value: number for number, cell in enumerate(survey[1], start=1)}
    rows = {row[columns["name"] - 1].value: number for number, row in enumerate(survey.iter_rows(), start=1)}
    for column, name, text in FAULTS:
        survey.cell(rows[name], columns[column]).value = text or None
    for row in range(1, survey.max_row + 1):
        survey.row_dimensions[
            row
        ].height = 48  # LibreOffice puts comments where rows of a fixed height have their cells
    book.save(home / "alert.xlsx")
    return home / "alert.xlsx"


def opened(annotated: Path, copy: Path) -> None:
    """Copy a workbook with its comments open beside their cells, as they are when somebody points at them."""

    def beside(note: re.Match[bytes]) -> bytes:
        x, row, column = note[2].decode(), int(note[3]), int(note[4])
        place = f"{column + 1}, 10, {row}, 2, {column + 3}, 0, {row + 1}, 40"
        return f"<{x}:Visible/><{x}:Anchor>{place}</{x}:Anchor>".encode() + note[1]

    with zipfile.ZipFile(annotated) as old, zipfile.ZipFile(copy, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name.endswith(".vml"):
                data = _NOTE.sub(beside, data).replace(b"visibility:hidden", b"visibility:visible")
            new.writestr(name, data)


def main() -> None:
    """Make every picture anew."""
    texts.speak("fr")
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with showing(Preview(pack.find("alert").workbook, pack.forms_root()), library.folder()) as address:
            browse(address, PICTURES / "apercu.png", (1500, 900), home)
        run("forms", "map", "alert", "-o", str(home / "flow.html"))
        browse((home / "flow.html").as_uri(), PICTURES / "deroulement.png", (900, 900), home)
        run("forms", "check", str(spoilt(home)), "--annotate", str(home / "relu.xlsx"))
        opened(home / "relu.xlsx", home / "opened.xlsx")
        first_page(home / "opened.xlsx", PICTURES / "annotation.png", home)
        first_page(pack.find("alert").workbook, PICTURES / "impression.png", home)
    for name in ("apercu", "deroulement", "annotation", "impression"):
        print(f"{name}.png", (PICTURES / f"{name}.png").stat().st_size)


if __name__ == "__main__":
    main()
