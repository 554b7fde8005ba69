"""Take the pictures of forms in the docs: ``nox -s screens``. Needs Chromium, LibreOffice, pdftoppm, Java and ODK Web Forms.

The preview of the alert, its flow, a copy of it with three planted faults and their comments, its print, its paper, a lesson, and the
check of a form of six faults: each as the program gives it, in French.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from openpyxl import Workbook, load_workbook
from PIL import Image, ImageChops, ImageOps

from docs import first_day
from sync_scripts import texts
from sync_scripts.classroom.preview import Preview, showing
from xlsform import pack
from xlsform.pdf import routes
from xlsform.preview import library

PICTURES = Path(__file__).resolve().parent / "pictures"
FR, EN = "label::Français (fr)", "label::English (en)"
FAULTS = (
    (FR, "danger_now", ""),
    ("type", "when_rel", "select_one when_rell"),
    ("hint::Français (fr)", "alert_icon", ""),
)
"""Column, row and what a hurried hand writes there."""
_NOTE = re.compile(rb"(<(\w+):AutoFill>.*?:Row>(\d+)<.*?:Column>(\d+)<)", re.DOTALL)
"""Where a comment begins to say its place, the letters before its names, its row and its column."""


HURRIED = {
    "survey": (
        ("type", "name", FR, EN, "required", "relevant", "constraint", "choice_filter", "appearance"),
        ("select_one region", "region", "Région", "Region", "oui", "", "", "", ""),
        (
            "select_one departement",
            "departement",
            "Département",
            "Division",
            "yes",
            "",
            "",
            "zone = ${region}",
            "",
        ),
        ("date", "date_faits", "Date des faits", "", "", "", ". <= '25/11/2026'", "", ""),
        ("select_one yes_no", "blesse", "Quelqu'un est-il blessé ?", "Is anybody hurt?", "", "", "", "", ""),
        ("text", "soins", "Quels soins ?", "Which care?", "", "${blesse} = 'oui'", "", "", "mutliline"),
    ),
    "choices": (
        ("list_name", "name", FR, EN, "region"),
        ("region", "nw", "Nord-Ouest", "North-West", ""),
        ("departement", "mezam", "Mezam", "Mezam", "nw"),
        ("yes_no", "yes", "Oui", "Yes", ""),
        ("yes_no", "no", "Non", "No", ""),
    ),
    "settings": (("form_title", "form_id", "version"), ("Enquête", "enquete", "v2 final")),
}
"""A form of six faults, sheet by sheet."""


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


def printed(workbook: Path, target: Path, home: Path) -> None:
    """Take a picture of the first printed page of a workbook."""
    office = next(one.program for one in routes() if one.kind == "office")
    words = [f"-env:UserInstallation={(home / 'office').as_uri()}", "--headless", "--convert-to", "pdf"]
    subprocess.run(
        [str(office), *words, "--outdir", str(home), str(workbook)], check=True, capture_output=True
    )
    first_page(home / f"{workbook.stem}.pdf", target, home)


def first_page(pdf: Path, target: Path, home: Path) -> None:
    """Take a picture of the first page of a PDF, its white edges cut off."""
    draw = shutil.which("pdftoppm") or "pdftoppm"
    subprocess.run(
        [draw, "-r", "100", "-l", "1", "-singlefile", "-png", str(pdf), str(home / "page")], check=True
    )
    with Image.open(home / "page.png") as page:
        white = Image.new(page.mode, page.size, "white")
        cut = page.crop(ImageChops.difference(page, white).getbbox())
    ImageOps.expand(cut, border=20, fill="white").save(target, optimize=True)


def hurried(home: Path) -> Path:
    """Return a form of six faults, as somebody in a hurry writes it."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, rows in HURRIED.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append([cell or None for cell in row])
    book.save(home / "enquete.xlsx")
    return home / "enquete.xlsx"


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
        printed(home / "opened.xlsx", PICTURES / "annotation.png", home)
        printed(pack.find("alert").workbook, PICTURES / "impression.png", home)
        run("forms", "paper", "alert", "-o", str(home / "paper.pdf"))
        first_page(home / "paper.pdf", PICTURES / "alerte-papier.png", home)
        run("forms", "fill", "alert", "a04", "--to", str(home / "lesson.html"))
        browse((home / "lesson.html").as_uri(), PICTURES / "lecon.png", (820, 1180), home)
        checked = first_day.terminal(["--lang", "fr", "forms", "check", hurried(home).name], home)
        checked = re.sub(r"[^\n]*\d+/\d+\S*(?:\r|\n)", "", checked)  # the bar that goes once all is checked
        page, lines = first_day.page("forms check enquete.xlsx", checked), first_day.height(checked)
        first_day.picture(page, lines, PICTURES / "verification.png", home)
    for name in (
        "apercu",
        "deroulement",
        "annotation",
        "impression",
        "alerte-papier",
        "lecon",
        "verification",
    ):
        print(f"{name}.png", (PICTURES / f"{name}.png").stat().st_size)


if __name__ == "__main__":
    main()
