"""The workbook of a form: same bytes each time, nothing but text, and the way back to the same form."""

from __future__ import annotations

import hashlib
import io
import os
import re
import subprocess
import sys
import zipfile
from dataclasses import replace
from datetime import datetime, timezone, tzinfo
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from openpyxl.writer import excel

from tests.forms.xlsform.worlds import SOURCE, form, form_of
from tests.office import Office
from xlsform import columns, pack
from xlsform.convert import convert
from xlsform.model import Choice, Form, Place, Row
from xlsform.sources import emit, source
from xlsform.workbooks import layout, workbook, writing

SHIPPED = [path.source for path in pack.forms() if path.source is not None]
SOURCES = [SOURCE, *SHIPPED]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_yaml_to_workbook_and_back_is_the_identity(path: Path) -> None:
    """The form is the same, and so are the bytes that it builds and the text that it is written as."""
    made = source.load(path)
    raw = writing.write(made)
    reading = workbook.read(raw, file="f.xlsx")

    assert reading.findings == ()
    assert reading.form == made
    assert list(reading.form.choices) == list(made.choices)
    assert list(reading.form.languages) == list(made.languages)
    assert writing.write(reading.form) == raw
    again = source.read(emit.write(reading.form, root=pack.forms_root()).text.encode(), file="f.yaml")
    assert writing.write(again) == raw


def test_the_text_of_a_source_survives_the_way_through_excel() -> None:
    """Written anew with the old text at hand, not one character differs."""
    old = SOURCE.read_text(encoding="utf-8")
    reading = workbook.read(writing.write(form()), file="f.xlsx")

    assert emit.write(reading.form, old=old) == emit.Written(old, ())


def test_twice_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """No clock is in them: years later they are the same."""
    first = writing.write(form())

    class Later(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Later:
            return cls(2031, 1, 1, tzinfo=tz)

    monkeypatch.setattr(excel, "datetime", SimpleNamespace(datetime=Later, timezone=timezone))
    assert writing.write(form()) == first


def test_the_same_bytes_in_another_process() -> None:
    """Hash seeds, zone and user differ there."""
    program = (
        "import hashlib, sys; from pathlib import Path; from xlsform.sources import source; from xlsform.workbooks import writing\n"
        "print(hashlib.sha256(writing.write(source.load(Path(sys.argv[1])))).hexdigest())"
    )
    environment = os.environ | {"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "LC_ALL": "C"}
    other = subprocess.run(
        [sys.executable, "-c", program, str(SOURCE)],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    here = hashlib.sha256(writing.write(source.load(SOURCE))).hexdigest()

    assert other.stdout.strip() == here


def test_members_are_stored_sorted_and_undated() -> None:
    """Deflate differs between builds of zlib; the clock and the user differ between people."""
    raw = writing.write(form())
    with zipfile.ZipFile(io.BytesIO(raw)) as made:
        infos = made.infolist()
        everything = b"".join(made.read(info) for info in infos)

    assert [info.filename for info in infos] == sorted(info.filename for info in infos)
    assert {info.compress_type for info in infos} == {zipfile.ZIP_STORED}
    assert {info.date_time for info in infos} == {(1980, 1, 1, 0, 0, 0)}
    assert set(re.findall(rb"<dcterms:\w+[^>]*>([^<]*)<", everything)) == {b"2000-01-01T00:00:00Z"}


def test_every_cell_is_text() -> None:
    """Numbers, times, booleans and formulas are what was typed, in the format Text, also where nothing stands yet."""
    book = load_workbook(io.BytesIO(writing.write(form())))
    sheets = [book[name] for name in (columns.SURVEY, columns.CHOICES, columns.SETTINGS, "Lisez-moi")]
    cells = [cell for sheet in sheets for row in sheet.iter_rows() for cell in row]

    assert book.sheetnames == [sheet.title for sheet in sheets]
    assert {cell.data_type for cell in cells if cell.value is not None} == {"s"}
    assert {cell.number_format for cell in cells} == {"@"}
    assert book["survey"].column_dimensions["A"].number_format == "@"
    assert not any(sheet.merged_cells.ranges for sheet in sheets)


def test_what_looks_like_a_formula_stays_a_text() -> None:
    """Also after somebody edits the cell: the mark that Excel keeps for it is set."""
    made = form_of("survey:\n  - {type: note, name: a, label: '=HYPERLINK(1)', hint: '+1', default: '-1'}\n")
    raw = writing.write(made)
    sheet = load_workbook(io.BytesIO(raw))["survey"]
    cells = {cell.value: cell for cell in sheet[2]}

    assert workbook.read(raw, file="f.xlsx").form == made
    for text in ("=HYPERLINK(1)", "+1", "-1"):
        assert cells[text].data_type == "s"
        assert cells[text].quotePrefix


def test_a_trainer_finds_the_way() -> None:
    """The header stays in sight, sections are coloured, core rows and stamps are grey, drop-downs are offered."""
    core = {("place",), ("place", "zone")}
    sheet = load_workbook(io.BytesIO(writing.write(form(), core=core)))["survey"]
    fills = {
        sheet.cell(number, 2).value: sheet.cell(number, 2).fill.fgColor.rgb
        for number in range(2, sheet.max_row + 1)
    }

    assert sheet.freeze_panes == "C2"
    assert fills["zone"] == fills["dikalo_form"] == "FFF5F5F5"
    assert fills["place"] == "FFE4E4E4"
    assert fills["visitor"] != fills["place"]
    assert fills["sector"] == "00000000"
    assert {offer.formula1 for offer in sheet.data_validations.dataValidation} == {'"yes"', '"0,1,2,3"'}


def test_sheets_are_printed_dark_on_light_with_their_headings() -> None:
    """Each sheet fits the width, goes on for as many pages as it takes, and repeats its headings; no dark ground is printed."""
    for sheet in load_workbook(io.BytesIO(writing.write(form()))):
        assert sheet.sheet_properties.pageSetUpPr is not None
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert sheet.page_setup.fitToHeight == 0
        assert sheet.print_title_rows == "$1:$1"
        grounds = {cell.fill.fgColor.rgb for row in sheet.iter_rows() for cell in row if cell.fill.fill_type}
        assert all(min(bytes.fromhex(ground[2:])) >= 0xC0 for ground in grounds), sheet.title


@pytest.mark.slow
@pytest.mark.office
def test_the_alert_is_printed_on_twelve_pages(office: Office, tmp_path: Path) -> None:
    """A trainer prints the workbook and can read it: 12 pages of A4 at most."""
    (tmp_path / "alert.xlsx").write_bytes(pack.find("alert").workbook.read_bytes())
    out = office.save("pdf", tmp_path / "out", tmp_path / "alert.xlsx")
    pages = re.findall(rb"/Type\s*/Page\b", (out / "alert.pdf").read_bytes())

    assert 6 <= len(pages) <= 12


def test_the_build_stamps_the_form() -> None:
    """KoboToolbox replaces id and version; the last two rows keep them."""
    rows = [
        [cell.value for cell in row]
        for row in load_workbook(io.BytesIO(writing.write(form())))["survey"].iter_rows()
    ]
    calculation = rows[0].index("calculation")

    assert [(row[0], row[1], row[calculation]) for row in rows[-2:]] == [
        ("calculate", "dikalo_form", "'visite'"),
        ("calculate", "dikalo_version", "'2026112501'"),
    ]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_phones_see_no_difference_without_our_columns(path: Path) -> None:
    """The bare copy has neither register, sensitivity nor Lisez-moi, and gives the same XForm, byte for byte."""
    made = source.load(path)
    full, bare = writing.write(made), writing.write(made, bare=True)
    book = load_workbook(io.BytesIO(bare))
    headers = [cell.value for cell in book["survey"][1]]

    assert book.sheetnames == ["survey", "choices", "settings"]
    assert not {"register", "sensitivity"} & set(headers)
    assert convert(full).xform == convert(bare).xform


def test_a_text_that_no_cell_can_hold_is_refused() -> None:
    """Openpyxl would cut it without a word."""
    row = Row("note", "a", texts={"label": {"": "x" * 32_768}}, place=Place("f.yaml", 7))
    with pytest.raises(writing.CellTooLong) as refused:
        writing.write(Form({}, {}, (row,)))
    assert refused.value.where == "f.yaml:7"

    with pytest.raises(writing.CharacterForbidden):
        writing.write(Form({}, {}, (replace(row, texts={"label": {"": "\x07"}}),)))


@pytest.mark.office
@pytest.mark.parametrize("path", [SOURCE, *SHIPPED[:1]], ids=lambda path: path.stem)
def test_a_save_by_libreoffice_changes_nothing(path: Path, office: Office, tmp_path: Path) -> None:
    """A trainer opens and saves the workbook; the form, and what it builds, stay what they were."""
    raw = writing.write(source.load(path))
    (tmp_path / "form.xlsx").write_bytes(raw)
    out = office.save("xlsx:Calc MS Excel 2007 XML", tmp_path / "out", tmp_path / "form.xlsx")
    saved = (out / "form.xlsx").read_bytes()
    reading = workbook.read(saved, file="form.xlsx")

    assert saved != raw
    assert reading.findings == ()
    assert reading.form == source.load(path)
    assert writing.write(reading.form) == raw


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=20).map(
    str.strip
)
TEXT = TEXTS.filter(lambda text: bool(text) and "_x" not in text and not re.search("[\ufffe\uffff]", text))


WRITTEN = given(labels=st.lists(TEXT, min_size=1, max_size=4), calculation=TEXT, name=TEXT)


@settings(max_examples=20, deadline=None)
@WRITTEN
def test_any_text_survives(labels: list[str], calculation: str, name: str) -> None:
    """Whatever people write goes through YAML and through the workbook unchanged: twenty trials."""
    survives(labels, calculation, name)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@WRITTEN
def test_much_text_survives(labels: list[str], calculation: str, name: str) -> None:
    """The same, three hundred trials."""
    survives(labels, calculation, name)


def survives(labels: list[str], calculation: str, name: str) -> None:
    """Write a form in both ways and read it again."""
    rows = tuple(
        Row("note", f"n{index}", {"calculation": calculation}, {"label": {"fr": label}})
        for index, label in enumerate(labels)
    )
    made = Form(
        {"fr": "Français (fr)"},
        {"form_title": name, "form_id": "f"},
        rows,
        {"l": (Choice("a", {"label": {"fr": name}}),)},
    )

    assert workbook.read(writing.write(made), file="f.xlsx").form == made
    assert source.read(emit.write(made).text.encode(), file="f.yaml") == made


def test_what_the_workbook_says_of_itself_is_what_the_commands_do() -> None:
    """``forms save`` gives the version; only who brings a form of their own raises it by hand."""
    for language in (0, 1):
        told = [line[language] for line in layout.lines("Alerte")]
        (saved,) = [line for line in told if "dikalo forms save" in line]
        raised = [line for line in told if "2026112502" in line]

        assert "forms/media" in saved
        assert saved not in raised
        assert [
            line.startswith(("Si le formulaire ne vient pas", "If the form is not")) for line in raised
        ] == [True]
