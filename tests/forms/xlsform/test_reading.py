"""Any XLSForm can be read: old spellings become canonical, and what would change in silence is named with its cell."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time
from pathlib import Path

import pytest
from openpyxl import Workbook

from tests.forms.xlsform.worlds import CHOICES, SURVEY, Rows, book, book_of, form, packed, repacked
from xlsform import pack
from xlsform.errors import FormError
from xlsform.findings.inspection import inspect
from xlsform.model import Form
from xlsform.workbooks import importing, layout, ooxml, workbook, writing
from xlsform.workbooks.plain_cells import plain_rows
from xlsform.workbooks.sheets import NoSurvey, Reading


def read(raw: bytes) -> Reading:
    """What is in a workbook."""
    return workbook.read(raw, file="f.xlsx")


def codes(raw: bytes) -> list[tuple[str, str]]:
    """Code and cell of what was found."""
    return [(finding.code, finding.cell) for finding in read(raw).findings]


def survey(*rows: tuple[object, ...]) -> Form:
    """The form of a survey sheet."""
    return read(book(rows)).form


# --- spellings ----------------------------------------------------------------------------------------------------


def test_old_headers_become_canonical() -> None:
    """Relevance, caption, read_only and their like mean what they always meant."""
    made = survey(
        ("type", "name", "caption", "relevance", "read only", "calculate", "bind::constraint", "jr:requiredMsg", "media::image"),
        ("text", "a", "A", "1 = 1", "yes", "2", ". > 1", "Fill it", "p.png"),
    )  # fmt: skip
    row = made.survey[0]

    assert row.cells == {"relevant": "1 = 1", "readonly": "yes", "calculation": "2", "constraint": ". > 1"}
    assert row.texts == {"label": {"": "A"}, "required_message": {"": "Fill it"}, "image": {"": "p.png"}}


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("select one yes_no", "select_one yes_no"),
        ("select1 yes_no", "select_one yes_no"),
        ("select all that apply from marks", "select_multiple marks"),
        ("select_multiple  marks or_other", "select_multiple marks or_other"),
        ("Select One from file cases.csv", "select_one_from_file cases.csv"),
        ("photo", "image"),
        ("int", "integer"),
        ("date time", "dateTime"),
        ("gps", "geopoint"),
        ("imei", "deviceid"),
        ("rank marks", "rank marks"),
    ],
)
def test_old_types_become_canonical(written: str, canonical: str) -> None:
    """One spelling for each type."""
    assert survey(("type", "name", "label"), (written, "a", "A")).survey[0].type == canonical


def test_groups_of_old_forms_are_groups() -> None:
    """``begin group`` and ``begin_group`` are the same."""
    made = survey(
        ("type", "name"), ("begin group", "g"), ("begin repeat", "r"), ("end repeat", ""), ("end group", "")
    )

    assert [row.type for row in made.survey] == ["begin_group", "begin_repeat", "end_repeat", "end_group"]


@pytest.mark.parametrize("mark", [":", "::", " :: "])
def test_languages_are_found_in_the_headers(mark: str) -> None:
    """With one colon as in old forms, or two; the code is what stands in brackets."""
    made = survey(
        (
            "type",
            "name",
            f"label{mark}Français (fr)",
            f"label{mark}English (en)",
            f"media{mark}image{mark}English (en)",
        ),
        ("text", "a", "Nom", "Name", "n.png"),
    )

    assert made.languages == {"fr": "Français (fr)", "en": "English (en)"}
    assert made.survey[0].texts == {"label": {"fr": "Nom", "en": "Name"}, "image": {"en": "n.png"}}


def test_two_spellings_of_a_language_stay_two() -> None:
    """The check says that they are probably one; reading must not hide it."""
    made = survey(
        ("type", "name", "label::Français (fr)", "label::Francais (fr)", "label::English"),
        ("text", "a", "A", "B", "C"),
    )

    assert made.languages == {"fr": "Français (fr)", "Francais (fr)": "Francais (fr)", "English": "English"}
    assert made.survey[0].labels == {"fr": "A", "Francais (fr)": "B", "English": "C"}


def test_the_default_language_comes_first() -> None:
    """Wherever its column stands; a name that is no language stays for the check."""
    rows: Rows = (("type", "name", "label::A (aa)", "label::B (bb)"), ("text", "a", "x", "y"))
    known = read(book(rows, settings=(("default_language",), ("B (bb)",)))).form
    unknown = read(book(rows, settings=(("default_language",), ("bb",)))).form

    assert list(known.languages) == ["bb", "aa"]
    assert known.settings == {}
    assert list(unknown.languages) == ["aa", "bb"]
    assert unknown.settings == {"default_language": "bb"}


def test_settings_in_old_words() -> None:
    """``id_string`` and ``title`` of long ago."""
    made = read(book(settings=(("title", "id_string", "version"), ("T", "f", 2026112501)))).form

    assert (made.title, made.form_id, made.version) == ("T", "f", "2026112501")


def test_numbers_and_booleans_become_text() -> None:
    """Whole numbers without ``.0``; TRUE in required is yes."""
    made = survey(
        ("type", "name", "required", "readonly", "default", "hint"), ("text", "a", True, False, 12.0, True)
    )

    assert made.survey[0].cells == {"required": "yes", "readonly": "no", "default": "12"}
    assert made.survey[0].texts == {"hint": {"": "TRUE"}}


def test_what_is_read_without_openpyxl_is_what_openpyxl_reads() -> None:
    """Texts of several looks, numbers, yes and no; in a form as it is shipped, too."""
    mixed = book_of({"survey": (("type", "name", " x_x000D_ "), (1, 2.5, True), (1e3, "é\r\n", None))})
    for raw in (mixed, pack.find("closure").workbook.read_bytes()):
        plain = plain_rows(raw)
        assert plain is not None
        assert plain == workbook._any_rows(raw, list(plain), results=False)


@pytest.mark.parametrize("value", [date(2026, 11, 25), time(8, 30), "=1+1", "#N/A"])
def test_what_is_more_than_a_text_is_left_to_openpyxl(value: object) -> None:
    """Dates are numbers in a workbook, and a formula has a result that nobody may have computed."""
    assert plain_rows(book_of({"survey": (("type", "name"), ("text", value))})) is None


def test_empty_rows_and_rows_above_the_header_change_no_number() -> None:
    """A place in the sheet is where a person sees it."""
    made = survey((), ("type", "name"), (), ("text", "a"), (None, " "), ("text", "b"))

    assert [(row.name, row.place.row) for row in made.survey] == [("a", 4), ("b", 6)]
    assert layout.address(made, made.survey[1].place, "name") == "survey!B6"


def test_unknown_columns_are_named_and_left_out_of_an_import() -> None:
    """Notes of a trainer go; a column that is probably misspelt stops the import."""
    raw = book(
        (("type", "name", "label", "relevent", "_notes", "remarque"), ("text", "a", "A", "1", "2", "3"))
    )
    reading = importing.tidy(read(raw))

    assert {finding.code: finding.data["name"] for finding in reading.findings} == {
        "COL-UNKNOWN": "relevent",
        "COL-NOTE": "remarque",
    }
    assert reading.form.survey[0].cells == {"_notes": "2"}
    assert [finding.code for finding in importing.blocking(reading.findings)] == ["COL-UNKNOWN"]


# --- what is found ------------------------------------------------------------------------------------------------

AT = ("type", "name", "label", "default")


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (2026.10, "CELL-TYPE"),
        (date(2026, 11, 25), "CELL-TYPE"),
        (datetime(2026, 11, 25, 9, 30), "CELL-TYPE"),  # noqa: DTZ001 - a cell of Excel has no zone
        (time(9, 30), "CELL-TYPE"),
        ("=1+1", "FORMULA-CELL"),
        ("#N/A", "CELL-TYPE"),
    ],
    ids=str,
)
def test_a_cell_that_is_no_text_is_named(value: object, code: str) -> None:
    """The finding has the cell, is an error, and stops an import."""
    reading = read(book((AT, ("text", "a", "A"), ("text", "b", "B", value))))

    assert [(finding.code, finding.cell) for finding in reading.findings] == [(code, "survey!D3")]
    assert importing.blocking(reading.findings) == list(reading.findings)
    assert all(finding.what and finding.why and finding.fix for finding in reading.findings)


def test_cells_of_every_sheet_are_looked_at() -> None:
    """Versions and choices are hurt as easily as questions."""
    raw = book(SURVEY, (*CHOICES, ("l", 1.5, "Z")), (("form_id", "version"), ("f", 2026.1)))

    assert codes(raw) == [("CELL-TYPE", "settings!B2"), ("CELL-TYPE", "choices!B4")]


def _hide(what: str) -> Callable[[Workbook], None]:
    def change(made: Workbook) -> None:
        sheet = made["survey"]
        if what == "row":
            sheet.row_dimensions[3].hidden = True
            sheet.row_dimensions[9].hidden = True  # empty: no matter
        elif what == "column":
            sheet.column_dimensions["D"].hidden = True
        elif what == "sheet":
            made["choices"].sheet_state = "hidden"
        else:
            sheet.merge_cells("B2:B3")

    return change


@pytest.mark.parametrize(
    ("what", "found"),
    [
        ("row", ("HIDDEN-ROW", "survey!3")),
        ("column", ("HIDDEN-ROW", "survey!D")),
        ("sheet", ("HIDDEN-ROW", "choices!choices")),
        ("merged", ("MERGED-CELL", "survey!B2:B3")),
    ],
)
def test_hidden_and_merged_content_is_named(what: str, found: tuple[str, str]) -> None:
    """It is asked all the same, and nobody who looks at the sheet knows."""
    rows: Rows = (AT, ("text", "a", "A", "x"), ("text", "b", "B", "y"))

    assert codes(book_of({"survey": rows, "choices": CHOICES}, _hide(what))) == [found]


def test_columns_given_twice() -> None:
    """The first one counts here; on a server nobody knows."""
    raw = book((("type", "name", "label", "relevant", "relevance"), ("text", "a", "A", "1", "2")))

    assert codes(raw) == [("COL-TWICE", "survey!E1")]
    assert read(raw).form.survey[0].cells == {"relevant": "1"}


def test_headers_in_capitals_are_put_right_and_named() -> None:
    """KoboToolbox would ignore them; the import need not stop."""
    reading = read(
        book((("Type", "name", "LABEL::English (en)"), ("text", "a", "A")), settings=(("Form_ID",), ("f",)))
    )

    assert [(finding.code, finding.cell) for finding in reading.findings] == [
        ("HEADER-CASE", "survey!A1"),
        ("HEADER-CASE", "survey!C1"),
        ("HEADER-CASE", "settings!A1"),
    ]
    assert importing.blocking(reading.findings) == []
    assert reading.form.form_id == "f"


def test_sheets_of_other_names() -> None:
    """A lonely sheet is the survey, whatever its name; others are named and left out."""
    assert codes(book_of({"Enquête": SURVEY})) == [("SHEET-NAME", "")]
    assert codes(book_of({"Survey ": SURVEY})) == [("SHEET-NAME", "")]
    reading = read(book(notes=(("to do",),), entities=(("list_name",), ("cases",))))
    assert [(finding.code, finding.data["name"]) for finding in reading.findings] == [
        ("SHEET-OTHER", "notes")
    ]
    assert reading.form.others == ("notes", "entities")
    with pytest.raises(NoSurvey) as refused:
        read(book_of({"enquête": SURVEY, "choices": CHOICES}))
    assert "enquête, choices" in refused.value.words()


def test_a_row_without_type_is_named() -> None:
    """No phone can ask it."""
    assert codes(book((*SURVEY, (None, "b", "B")))) == [("ROW-TYPE", "survey!A3")]


def test_stamps_of_a_build_are_taken_out_and_false_ones_stay() -> None:
    """What a build wrote is no part of the source; another value is left for the check to refuse."""
    stamped: Rows = (
        ("type", "name", "calculation"),
        ("text", "a", None),
        ("calculate", "dikalo_form", "'f'"),
        ("calculate", "dikalo_version", "'1'"),
    )
    made = read(book(stamped, settings=(("form_id", "version"), ("f", "2")))).form

    assert [row.name for row in made.survey] == ["a", "dikalo_version"]


# --- hostile files ------------------------------------------------------------------------------------------------

SOUND = book()
LOCKED = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512)
SHEET = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>%s</sheetData></worksheet>'
ENTITY = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'


def _lying() -> bytes:
    """A zip whose directory says another size than its member has."""
    raw = bytearray(SOUND)
    place = raw.rindex(b"PK\x01\x02")
    raw[place + 24 : place + 28] = (1).to_bytes(4, "little")
    return bytes(raw)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "DK-F21"),
        (b"type,name\ntext,a\n", "DK-F21"),
        (b"PK\x03\x04 and then nothing", "DK-F21"),
        (SOUND[: len(SOUND) // 2], "DK-F21"),
        (packed([("mimetype", b"application/vnd.oasis.opendocument.spreadsheet")]), "DK-F21"),
        (repacked(SOUND, {"xl/workbook.xml": b"<workbook"}), "DK-F21"),
        (repacked(SOUND, {"xl/worksheets/sheet1.xml": b"<worksheet"}), "DK-F21"),
        (repacked(SOUND, {"xl/worksheets/sheet1.xml": b""}), "DK-F21"),
        (repacked(SOUND, {"xl/_rels/workbook.xml.rels": b"<x/>"}), "DK-F21"),
        (LOCKED, "DK-F22"),
        (bytes(ooxml.LARGEST + 1), "DK-F23"),
        (repacked(SOUND, {"xl/worksheets/sheet9.xml": bytes(20_000_000)}), "DK-F23"),
        (repacked(SOUND, {f"x/{number}": b"" for number in range(2_001)}), "DK-F23"),
        (repacked(SOUND, {"xl/worksheets/sheet1.xml": SHEET % (b"<row>" + b"<c/>" * 400_001 + b"</row>")}, stored=True), "DK-F23"),
        (repacked(SOUND, {"xl/worksheets/sheet1.xml": SHEET % (b'<row><c r="XFD1"/></row>' * 200)}), "DK-F23"),
        (repacked(SOUND, {"xl/vbaProject.bin": b"x"}), "DK-F24"),
        (repacked(SOUND, {"xl/embeddings/oleObject1.bin": b"x"}), "DK-F24"),
        (repacked(SOUND, {"xl/sharedStrings.xml": ENTITY}), "DK-F24"),
        (repacked(SOUND, {"docProps/core.xml": ENTITY.decode().encode("utf-16")}), "DK-F24"),
        (repacked(SOUND, {"xl/workbook.xml": ENTITY}), "DK-F24"),
        (_lying(), "DK-F21"),
    ],
    ids=range(21),
)  # fmt: skip
def test_a_hostile_file_is_a_sentence(raw: bytes, code: str) -> None:
    """Not a workbook, locked, a bomb, full of macros: each under its code, with the file's name and what to do."""
    with pytest.raises(FormError) as refused:
        read(raw)

    assert refused.value.code == code
    assert refused.value.words().startswith("f.xlsx ")


def test_a_cell_far_away_costs_nothing() -> None:
    """A sheet that claims a million rows is read by what it holds."""
    far = (
        SHEET
        % b'<row r="1"><c r="A1" t="inlineStr"><is><t>type</t></is></c></row><row r="1048576"><c r="A1048576"><v>1</v></c></row>'
    )
    reading = read(repacked(SOUND, {"xl/worksheets/sheet1.xml": far}))

    assert [row.place.row for row in reading.form.survey] == [1_048_576]


@pytest.mark.parametrize("claim", ["A1", "A1:XFD1048576"])
def test_what_a_sheet_says_of_its_size_is_not_believed(claim: str) -> None:
    """Too small would hide rows, too large would fill the memory."""
    cells = "".join(f'<c r="{at}" t="inlineStr"><is><t>{text}</t></is></c>' for at, text in
                    (("A1", "type"), ("B1", "name")))  # fmt: skip
    more = '<c r="A2" t="inlineStr"><is><t>text</t></is></c><c r="B2" t="inlineStr"><is><t>a</t></is></c>'
    rows = f'<row r="1">{cells}</row><row r="2">{more}</row>'
    sheet = (SHEET % rows.encode()).replace(
        b"<sheetData>", b'<dimension ref="%s"/><sheetData>' % claim.encode()
    )
    tracemalloc.start()
    try:
        made = read(repacked(SOUND, {"xl/worksheets/sheet1.xml": sheet})).form
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert [row.name for row in made.survey] == ["a"]
    assert peak < 20_000_000


def test_every_cut_of_a_workbook_is_a_sentence() -> None:
    """Truncated anywhere, or one byte wrong: never a crash."""
    raw = writing.write(form())
    spots = range(0, len(raw), len(raw) // 60)
    damaged = [raw[:spot] for spot in spots] + [raw[:spot] + b"\xff" + raw[spot + 1 :] for spot in spots]
    for one in damaged:
        try:
            workbook.read(one, file="f.xlsx")
        except FormError as refused:
            assert refused.words()  # noqa: PT017 - many are refused, some are still whole


def test_a_stored_zip_is_a_workbook() -> None:
    """What we write ourselves passes our own limits."""
    with zipfile.ZipFile(io.BytesIO(writing.write(form()))) as made:
        assert sum(info.file_size for info in made.infolist()) < ooxml.LARGEST_UNPACKED
    assert list(ooxml.look(writing.write(form()), "f.xlsx")) == [
        "survey",
        "choices",
        "settings",
        "Lisez-moi",
    ]


# --- old workbooks ------------------------------------------------------------------------------------------------

OLD = Path(__file__).parents[2] / "data" / "enquete.xls"
"""Made with xlwt 1.3.0: a missing quote, a date cell, a hidden row, a number and a yes for a choice."""


def test_an_old_workbook_is_read_like_a_new_one() -> None:
    """Texts, numbers, yes and dates of an .xls arrive as those of an .xlsx do, and findings name its cells."""
    done = inspect(OLD)
    found = {one.code: one.cell for one in done.findings}

    assert done.form is not None
    assert done.form.survey[0].type == "select_one oui_non"
    assert done.form.survey[0].cell("required") == "yes"
    assert [choice.name for choice in done.form.choices["oui_non"]] == ["1", "non"]
    assert done.form.version == "2026112501"
    assert (found["QUOTE-MISSING"], found["CELL-TYPE"]) == ("survey!D3", "survey!F5")
    assert found["HIDDEN-ROW"] == "survey!6"


@pytest.mark.parametrize("raw", [LOCKED, OLD.read_bytes()[:3_000], OLD.read_bytes()[:-2_000]])
def test_an_old_workbook_that_cannot_be_read_is_a_sentence(raw: bytes, tmp_path: Path) -> None:
    """Locked, or cut off on the way: one code, nothing else."""
    (tmp_path / "f.xls").write_bytes(raw)
    failure = inspect(tmp_path / "f.xls").failure

    assert failure is not None
    assert failure.code == "DK-F22"
