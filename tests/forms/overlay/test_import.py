"""Workbooks that come back from other programs: LibreOffice, KoboToolbox's builder, a trainer's hand, other people."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.forms.overlay.conftest import SHIPPED, Laptop
from tests.forms.overlay.excel import EN, FR, excel, quarter
from tests.forms.xlsform.worlds import Rows, book
from tests.office import Office
from xlsform import build
from xlsform.model import Form
from xlsform.sources import emit, source
from xlsform.workbooks import importing, workbook, writing

FORMS = sorted(path.stem for path in SHIPPED.glob("*.xlsx") if not path.name.startswith(("~$", ".")))


def imported(raw: bytes) -> Form:
    """The form that an import makes of a workbook, through its source."""
    reading = importing.tidy(workbook.read(raw, file="x.xlsx"))
    assert importing.blocking(reading.findings) == []
    return source.read(emit.write(reading.form, root=SHIPPED).text.encode(), file="x.yaml", root=SHIPPED)


def built(form: Form) -> bytes:
    """What the build makes of it."""
    return writing.write(form, core=build.core_rows(form.form_id, SHIPPED))


# --- LibreOffice --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def saved(office: Office, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every shipped workbook, opened and saved by LibreOffice."""
    files = [SHIPPED / f"{name}.xlsx" for name in FORMS]
    return office.save("xlsx", tmp_path_factory.mktemp("saved"), *files)


@pytest.mark.office
@pytest.mark.parametrize("name", FORMS)
def test_a_workbook_saved_by_libreoffice_builds_the_same_bytes(saved: Path, name: str) -> None:
    """Save, import, build: nothing was lost, nothing was added."""
    raw, shipped = (saved / f"{name}.xlsx").read_bytes(), (SHIPPED / f"{name}.xlsx").read_bytes()

    assert raw != shipped
    assert built(imported(raw)) == shipped


@pytest.mark.office
def test_a_workbook_saved_by_libreoffice_is_no_change_of_ours(saved: Path, real: Laptop) -> None:
    """A trainer who only looked saves nothing."""
    code, document = real.told("save", str(saved / "alert.xlsx"))

    assert (code, document["operations"]) == (0, [])


# --- KoboToolbox --------------------------------------------------------------------------------------------------

KOBO_SURVEY: Rows = (
    (
        *("type", "select_from_list_name", "name", "label::Français (fr)", "label::English (en)", "required"),
        *("relevant", "calculation", "register", "sensitivity", "$kuid", "$xpath", "$autoname"),
    ),
    (
        "begin_group",
        None,
        "gate",
        "Accord",
        "Agreement",
        "false",
        None,
        None,
        "alert",
        None,
        "k1",
        "gate",
        "gate",
    ),
    (
        *("select_one", "consent_alert", "consent_alert", "D'accord ?", "Agreed?", "true"),
        *(None, None, "consent_state", "1", "k2", "gate/consent_alert", "consent_alert"),
    ),
    ("end_group", *(None,) * 9, "k3", None, None),
    (
        *("text", None, "place_hint", "Un repère", "A landmark", "false", "${consent_alert} = 'given'"),
        *(None, "alert.place_hint", "3", "k4", "place_hint", "place_hint"),
    ),
    ("calculate", None, "dikalo_form", None, None, None, None, "'my_alert'", None, None, "k5", "d", "d"),
    ("calculate", None, "dikalo_version", None, None, None, None, "'2026112503'", None, None, "k6", "v", "v"),
    ("calculate", None, "__version__", None, None, None, None, "'vAbCdEf'", None, None, "k7", "w", "w"),
)
KOBO_CHOICES: Rows = (
    ("list_name", "name", "label::Français (fr)", "label::English (en)", "$kuid", "$autovalue"),
    ("consent_alert", "given", "Oui", "Yes", "c1", "given"),
    ("consent_alert", "refused", "Non", "No", "c2", "refused"),
)
KOBO_SETTINGS: Rows = (
    ("id_string", "version", "default_language"),
    ("aXyZ0123456789abcdefgh", "2 (2026-11-25 09:07:18)", "Français (fr)"),
)


def test_a_form_exported_from_kobos_builder_is_itself_again() -> None:
    """Its number gives way to the stamps; lists, yes and no, our two columns are there; nothing of Kobo's stays."""
    form = imported(book(KOBO_SURVEY, KOBO_CHOICES, KOBO_SETTINGS))

    assert (form.form_id, form.version) == ("my_alert", "2026112503")
    rows = {row.name: row for row in form.survey if row.name}
    assert set(rows) == {"gate", "consent_alert", "place_hint"}
    assert (rows["consent_alert"].type, rows["consent_alert"].cell("required")) == (
        "select_one consent_alert",
        "yes",
    )
    assert rows["place_hint"].cell("required") == ""
    assert [rows[name].cell("register") for name in rows] == ["alert", "consent_state", "alert.place_hint"]
    assert [rows[name].cell("sensitivity") for name in rows] == ["", "1", "3"]
    assert not [cell for row in form.survey for cell in row.cells if cell.startswith(("$", "select_from"))]
    assert [choice.cells for choice in form.choices["consent_alert"]] == [{}, {}]


def test_a_form_edited_in_kobos_builder_can_be_saved(laptop: Laptop) -> None:
    """Exported, one question added there, saved here: it is found to be that one change."""
    path = laptop.customise()
    with excel(path) as tool:
        tool.insert("survey", tool.row("survey", "place_hint"), quarter())
        tool.write("settings", 2, {"form_id": "aXyZ0123456789abcdefgh", "version": "3 (2026-11-25 10:00:00)"})
        for number in tool.rows("survey"):
            tool.write("survey", number, {"$kuid": f"k{number}"})
            if tool.get("survey", number, "required") == "yes":
                tool.write("survey", number, {"required": "true"})

    assert [op["key"] for op in laptop.save(path)["operations"]] == ["story/org_quartier"]


# --- hands --------------------------------------------------------------------------------------------------------


def test_a_stamp_of_another_form_is_not_dropped(laptop: Laptop) -> None:
    """Two forms in one workbook: which one is it? The check says to delete the row."""
    path = laptop.customise()
    with excel(path) as tool:
        tool.write("survey", tool.row("survey", "dikalo_form"), {"calculation": "'case'"})
    code, document = laptop.told("save", str(path))

    assert code == 1
    assert "STAMP" in {one["code"] for one in document["refused"]}


OLD: Rows = (
    ("Type", "name", "label:Francais (fr)", "Relevance", "read_only", "remarques"),
    ("begin group", "g", "Groupe", None, None, "à revoir"),
    ("select one zone", "zone", "Zone", None, None, None),
    ("int", "age", "Âge", "${zone} = 'a'", None, None),
    ("gps", "here", "Ici", None, None, None),
    ("end group", None, None, None, None, None),
)


def test_a_form_of_other_people_is_read_as_it_is_meant() -> None:
    """Old spellings, one colon, notes in a column of their own, sheets of their own."""
    choices: Rows = (("list name", "value", "label:Francais (fr)"), ("zone", "a", "A"), ("zone", 2, "B"))
    raw = book(OLD, choices, (("title", "id_string"), ("Recensement", "census")), Notes=(("x",),))
    form = imported(raw)

    assert [row.type for row in form.survey] == [
        "begin_group",
        "select_one zone",
        "integer",
        "geopoint",
        "end_group",
    ]
    assert form.survey[2].cell("relevant") == "${zone} = 'a'"
    assert [choice.name for choice in form.choices["zone"]] == ["a", "2"]
    assert (form.form_id, form.title, dict(form.languages)) == (
        "census",
        "Recensement",
        {"fr": "Francais (fr)"},
    )
    assert not [cell for row in form.survey for cell in row.cells if cell == "remarques"]


def test_what_is_left_out_is_named(laptop: Laptop) -> None:
    """A column and a sheet of notes."""
    (laptop.root / "f.xlsx").write_bytes(book(OLD, settings=(("form_id",), ("f",)), Notes=(("x",),)))
    code, document = laptop.told("import", "f.xlsx")

    assert code == 0
    assert {"COL-NOTE", "SHEET-OTHER"} <= {one["code"] for one in document["findings"]}
    assert "remarques" in {one["data"].get("name") for one in document["findings"]}


def test_an_import_of_a_changed_core_is_refused_and_of_a_changed_label_is_not(laptop: Laptop) -> None:
    """Who makes the base changes its core in the source, before other eyes; words travel through Excel."""
    path = laptop.customise()
    with excel(path) as tool:
        tool.write("survey", tool.row("survey", "short_text"), {FR: "Racontez", EN: "Tell"})
    assert laptop.run("import", str(path))[0] == 0
    with excel(path) as tool:
        tool.write("survey", tool.row("survey", "when_rel"), {"required": None, "relevant": "true()"})
    code, _, err = laptop.run("import", str(path), "--force")

    assert (code, "DK-F78" in err, "CORE-TOUCHED" in err) == (1, True, True)
