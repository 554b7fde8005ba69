"""``dikalo forms translate`` in a trainer's folder: dikalo.toml and forms/, nothing else."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from sync_scripts import cli
from tests.forms.translate.worlds import YAML, form, table_bytes
from tests.forms.xlsform.worlds import book_of
from tests.office import Office
from xlsform import build, pack
from xlsform.convert import convert
from xlsform.engine import JavaMissing, Setting, fill
from xlsform.sources import source
from xlsform.workbooks import workbook, writing

Dikalo = Callable[..., tuple[int, str, str]]
BOOK = Path("forms", "essai.xlsx")


@pytest.fixture
def dikalo(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Dikalo:
    """Run the command line in a trainer's folder with one form; return exit code, output, talk."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dikalo.toml").write_text("", "utf-8")
    (tmp_path / "forms").mkdir()
    (tmp_path / BOOK).write_bytes(writing.write(form()))

    def run(*words: str) -> tuple[int, str, str]:
        code = cli.main(words)
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def document(out: str) -> dict[str, Any]:
    """The one JSON document of a run."""
    read: dict[str, Any] = json.loads(out)
    return read


def files() -> dict[str, bytes]:
    """Return every file of the folder."""
    return {path.as_posix(): path.read_bytes() for path in Path().rglob("*") if path.is_file()}


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_a_table_goes_out(dikalo: Dikalo, kind: str) -> None:
    """Named after the form and the two languages; what is to do is counted."""
    words = ["forms", "translate", "export", "essai", "--to", "wes", *(["--csv"] if kind == "csv" else [])]
    code, out, _ = dikalo(*words, "--json")

    assert code == 0
    assert document(out)["schema"] == "dikalo.forms.translate.export/1"
    assert (document(out)["rows"], document(out)["missing"], document(out)["new_language"]) == (11, 11, True)
    assert Path(f"essai.fr-wes.{kind}").is_file()


def test_a_table_that_may_hold_work_is_not_written_over(dikalo: Dikalo) -> None:
    """Nobody at a terminal: the question is not answered; --dry-run writes nothing either."""
    Path("essai.fr-wes.xlsx").write_bytes(b"work")
    code, _, _ = dikalo("forms", "translate", "export", "essai", "--to", "wes")
    dry, _, _ = dikalo("forms", "translate", "export", "essai", "--to", "ewo", "--dry-run")

    assert (code != 0, dry) == (True, 0)
    assert Path("essai.fr-wes.xlsx").read_bytes() == b"work"
    assert not Path("essai.fr-ewo.xlsx").exists()
    assert dikalo("forms", "translate", "export", "essai", "--to", "wes", "--yes")[0] == 0
    assert len(Path("essai.fr-wes.xlsx").read_bytes()) > 1000


def test_only_what_is_to_do_goes_out(dikalo: Dikalo) -> None:
    """After an earlier version, only what was reworded since."""
    Path("old.xlsx").write_bytes(writing.write(form(YAML.replace("fr: Faits", "fr: Les faits"))))
    code, out, _ = dikalo(
        *("forms", "translate", "export", "essai", "--to", "en", "--since", "old.xlsx", "--todo", "--json")
    )

    assert code == 0
    assert (document(out)["rows"], document(out)["changed"]) == (1, 1)


def test_a_table_comes_back(dikalo: Dikalo) -> None:
    """The workbook has the language; the memory lies beside it; the list of forms says what is missing."""
    Path("t.xlsx").write_bytes(table_bytes(change={"survey/consent/label": ""}))
    code, out, _ = dikalo("forms", "translate", "import", "t.xlsx", "--json")

    assert code == 0
    assert (document(out)["written"], document(out)["empty"], document(out)["new_language"]) == (10, 1, True)
    read = workbook.read(BOOK.read_bytes(), file="f").form
    assert read.languages["wes"] == "Pidgin (wes)"
    assert read.survey[1].labels["wes"] == "W Faits"
    assert Path("forms", "translations", "essai.fr-wes.csv").is_file()
    assert "Pidgin (wes): 90 %, 1 text missing" in dikalo("forms", "list")[1]
    (row,) = document(dikalo("forms", "list", "--json")[1])["forms"]
    assert row["translations"][2] == {
        "language": "Pidgin (wes)", "texts": 11, "missing": 1, "changed": 0, "percent": 90
    }  # fmt: skip


def test_names_that_the_table_had_from_the_start_are_no_translations(dikalo: Dikalo) -> None:
    """Who looks whether the translator is through counts what came."""
    whole = {"choices/region/CM001/label": "Adamaoua"}
    Path("t.xlsx").write_bytes(table_bytes(words=lambda _key, _text: "", change=whole))
    code, out, _ = dikalo("forms", "translate", "import", "t.xlsx")

    assert code == 0
    assert "0 texts in Pidgin (wes) written, 0 unchanged, 10 left empty." in out
    assert "1 name of a place was taken as it stands in the original language." in out


def test_the_same_table_twice_changes_no_byte(dikalo: Dikalo) -> None:
    """And a dry run none at all."""
    Path("t.xlsx").write_bytes(table_bytes())
    before = files()
    assert dikalo("forms", "translate", "import", "t.xlsx", "--dry-run")[0] == 0
    assert files() == before
    dikalo("forms", "translate", "import", "t.xlsx")
    once = files()
    code, out, _ = dikalo("forms", "translate", "import", "t.xlsx")

    assert code == 0
    assert "0 texts in Pidgin (wes) written, 11 unchanged" in out
    assert files() == once


def test_a_faulty_cell_stops_all_of_it(dikalo: Dikalo) -> None:
    """Named by its address; no file is touched, also none of the sound cells is taken."""
    faults = {"survey/facts/sum/label": "She get {age}", "survey/consent/hint": "=SUM(A1)"}
    Path("t.xlsx").write_bytes(table_bytes(change=faults))
    before = files()
    code, out, err = dikalo("forms", "translate", "import", "t.xlsx")

    assert code == 1
    assert "TABLE-PLACEHOLDER · traduction!H8 · survey/facts/sum/label" in out
    assert "TABLE-CELL · traduction!H3" in out
    assert "DK-F82" in err
    assert "Traceback" not in err
    assert files() == before


def test_older_words_and_lost_rows_ask_for_attention(dikalo: Dikalo) -> None:
    """They are taken or left out, named, and the exit code is 3."""
    Path("t.xlsx").write_bytes(table_bytes())
    newer = YAML.replace("fr: Faits", "fr: Les faits").replace(
        '    label: {fr: "- région", en: "- region"}\n', ""
    )
    BOOK.write_bytes(writing.write(form(newer)))
    code, out, _ = dikalo("forms", "translate", "import", "t.xlsx")

    assert code == 3
    assert "Made from older words, please look at it again: survey/facts/label" in out
    assert "The form has this text no more, it was left out: survey/facts/region/label" in out
    assert "1 changed" in dikalo("forms", "list")[1]


def test_words_that_stand_in_are_not_offered_as_translations(dikalo: Dikalo) -> None:
    """Whoever gives the next table back untouched has translated nothing."""
    Path("t.xlsx").write_bytes(table_bytes(change={"survey/consent/label": ""}))
    dikalo("forms", "translate", "import", "t.xlsx", "--fill")
    dikalo("forms", "translate", "export", "essai", "--to", "wes", "--todo", "--out", "todo.xlsx")
    code, out, _ = dikalo("forms", "translate", "import", "todo.xlsx", "--json")

    assert code == 0
    assert (document(out)["written"], document(out)["same"], document(out)["empty"]) == (0, 0, 1)
    assert "1 text missing" in dikalo("forms", "list")[1]


def test_a_form_that_would_come_back_changed_is_not_written(tmp_path: Path) -> None:
    """Blanks around a word are lost in a workbook: that is more than its translation."""
    from dataclasses import replace

    from xlsform.translate.importing import Held, NotTheSame, rewritten

    held = form()
    changed = replace(held, settings={**held.settings, "form_title": "  Essai  "})
    with pytest.raises(NotTheSame):
        rewritten(Held(held, tmp_path / "essai.xlsx"), changed, tmp_path)


def test_a_source_is_rewritten_with_its_comments(dikalo: Dikalo) -> None:
    """Where a form has a source, that is its truth; the workbook is built from it."""
    Path("forms", "src").mkdir()
    path = Path("forms", "src", "essai.yaml")
    path.write_text(YAML, "utf-8")
    book = BOOK.read_bytes()
    Path("t.xlsx").write_bytes(table_bytes())
    code, _, _ = dikalo("forms", "translate", "import", "t.xlsx")

    assert code == 0
    made = source.load(path)
    assert made.survey[1].labels == {"fr": "Faits", "en": "Facts", "wes": "W Faits"}
    assert "# The agreement comes first." in path.read_text("utf-8")
    assert BOOK.read_bytes() == book


def test_the_words_of_the_agreement_are_protected(dikalo: Dikalo) -> None:
    """The core of a shipped form counts in every folder: French and English stay, a new language is free."""
    shutil.copy(pack.forms_root() / "alert.xlsx", "forms/alert.xlsx")
    alert = workbook.read(Path("forms/alert.xlsx").read_bytes(), file="a").form
    from xlsform.translate import table
    from xlsform.translate.texts import added, of_form

    rows = table.rows(alert, of_form(alert, "fr"), added(alert, "en"), {})
    text = table.as_csv(alert, rows, of_form(alert, "fr"), added(alert, "en")).decode("utf-8-sig")
    label = next(row.text.by_language["en"] for row in rows if row.text.key.endswith("/consent_alert/label"))
    Path("t.csv").write_text(text.replace(f";{label};", ";Go?;"), "utf-8-sig", newline="")
    before = files()
    code, out, _ = dikalo("forms", "translate", "import", "t.csv")

    assert code == 1
    assert "TABLE-FROZEN" in out
    assert files() == before


def test_sheets_that_would_be_lost_are_asked_about(dikalo: Dikalo) -> None:
    """A trainer's own notes in the workbook do not vanish unasked."""
    book = load_workbook(BOOK)
    book.create_sheet("Mes notes")["A1"] = "à garder"
    book.save(BOOK)
    Path("t.xlsx").write_bytes(table_bytes())
    before = files()

    assert dikalo("forms", "translate", "import", "t.xlsx")[0] != 0
    assert files() == before
    assert dikalo("forms", "translate", "import", "t.xlsx", "--yes")[0] == 0


def test_cells_that_would_lose_their_content_stop_the_import(dikalo: Dikalo) -> None:
    """A formula in the form's own workbook would be dropped by rewriting it."""
    book = load_workbook(BOOK)
    book["survey"]["C2"] = "=1+1"
    book.save(BOOK)
    Path("t.xlsx").write_bytes(table_bytes())
    before = files()
    code, _, err = dikalo("forms", "translate", "import", "t.xlsx")

    assert code == 1
    assert "DK-F29" in err
    assert files() == before


def test_a_full_disk_leaves_the_form_as_it_was(dikalo: Dikalo, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole or not at all."""
    Path("t.xlsx").write_bytes(table_bytes())
    before = files()

    def full(self: Path, _data: bytes) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_bytes", full)
        code, _, err = dikalo("forms", "translate", "import", "t.xlsx")

    assert code == 1
    assert "DK-F31" in err
    assert files() == before


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("export", "essai", "--to", "Hausa"), 1, "DK-F83"),
        (("export", "essai", "--to", "wes", "--from", "de"), 1, "DK-F84"),
        (("export", "essai", "--to", "fr"), 2, "itself"),
        (("export", "essai", "--to", "wes", "--out", "t.pdf"), 2, ".csv"),
        (("export", "nobody", "--to", "wes"), 1, "DK-F03"),
        (("export", "essai"), 2, "--to"),
        (("import", "nothing.xlsx"), 2, "nothing.xlsx"),
        (("import", "dikalo.toml"), 1, "DK-"),
        (("import", "forms/essai.xlsx"), 1, "DK-F80"),
        (("import", "other.xlsx"), 1, "DK-F03"),
        (("import", "other.xlsx", "essai"), 1, "DK-F81"),
        (("import", "far.xlsx"), 1, "DK-F83"),
    ],
)
def test_wrong_words_and_wrong_tables(dikalo: Dikalo, words: tuple[str, ...], code: int, said: str) -> None:
    """One sentence with a code or the usage, no traceback, nothing written."""
    other = form(YAML.replace("form_id: essai", "form_id: autre"))
    Path("other.xlsx").write_bytes(table_bytes(other))
    from xlsform.translate.texts import Language

    Path("far.xlsx").write_bytes(table_bytes(target=Language("x", "Klingon")))
    before = files()
    got, out, err = dikalo("forms", "translate", *words)

    assert (got, out) == (code, "")
    assert said in err
    assert "Traceback" not in err
    assert files() == before


def test_a_form_without_languages_says_what_to_do(dikalo: Dikalo) -> None:
    """Its column label must name a language first."""
    BOOK.write_bytes(book_of({"survey": (("type", "name", "label"), ("text", "a", "A"))}))
    code, _, err = dikalo("forms", "translate", "export", "essai", "--to", "wes")

    assert code == 1
    assert "label::Français (fr)" in err


def test_the_forms_of_an_installed_program_are_left_alone(
    dikalo: Dikalo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Outside a trainer's folder they are read only."""
    packed = tmp_path / "_forms"
    shutil.copytree(tmp_path / "forms", packed)
    Path("dikalo.toml").unlink()
    monkeypatch.setattr(pack, "forms_root", lambda: packed)
    Path("t.xlsx").write_bytes(table_bytes())
    before = files()
    code, _, err = dikalo("forms", "translate", "import", "t.xlsx")

    assert code == 2
    assert "dikalo.toml" in err
    assert files() == before


@pytest.mark.java
def test_a_third_language_reaches_the_phone(dikalo: Dikalo) -> None:
    """Through the workbook and the converter into the engine of ODK Collect, which speaks it."""
    Path("t.xlsx").write_bytes(table_bytes())
    dikalo("forms", "translate", "import", "t.xlsx")
    xform = convert(BOOK.read_bytes(), name="essai.xlsx").xform
    assert 'lang="Pidgin (wes)"' in xform
    try:
        filled = fill(xform, {"consent": ""}, Setting(language="Pidgin (wes)"))
    except JavaMissing as missing:
        pytest.skip(f"no Java runtime here ({missing.part})")

    assert filled.refused[0].message == "W Répondez."
    assert dikalo("forms", "check", "essai")[0] in {0, 1, 3}


@pytest.mark.office
@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_a_table_saved_by_libreoffice_comes_back(dikalo: Dikalo, office: Office, kind: str) -> None:
    """Nothing of it is lost or turned into a number or formula on the way."""
    Path("t.xlsx").write_bytes(table_bytes())
    filter_ = "csv:Text - txt - csv (StarCalc):59,34,76,1,,0,false,true" if kind == "csv" else "xlsx"
    office.save(filter_, Path("saved"), Path("t.xlsx"))
    code, out, _ = dikalo("forms", "translate", "import", f"saved/t.{kind}", "--json")

    assert code == 0
    assert (document(out)["written"], document(out)["changed_source"]) == (11, [])


def test_build_keeps_a_translated_source(dikalo: Dikalo) -> None:
    """What the import writes is what the build reads: the workbook of the source has the language."""
    Path("forms", "src").mkdir()
    Path("forms", "src", "essai.yaml").write_text(YAML, "utf-8")
    Path("t.xlsx").write_bytes(table_bytes())
    dikalo("forms", "translate", "import", "t.xlsx")
    (built,) = build.plan(Path("forms"))

    assert built.form is not None
    assert built.form.languages["wes"] == "Pidgin (wes)"


def test_a_translated_form_of_an_organisation_is_saved_as_its_own(dikalo: Dikalo) -> None:
    """Its overlay keeps the new language; nothing protected counts as touched by being translated."""
    said = ("--org", "acat", "--author", "formatrice 2", "--why", "langue des points focaux")
    dikalo("forms", "customise", "alert")
    assert dikalo("forms", "save", "forms/edit/alert.xlsx", *said)[0] == 0
    alert = workbook.read(Path("forms/alert.xlsx").read_bytes(), file="a").form
    Path("t.xlsx").write_bytes(table_bytes(alert, words=lambda _key, text: f"W {text}"))
    assert "dikalo forms save forms/alert.xlsx" in dikalo("forms", "translate", "import", "t.xlsx")[1]
    code, out, _ = dikalo("forms", "save", "forms/alert.xlsx", *said)

    assert (code, "BAN-IDENTITY" in out) == (0, False)
    assert "W Danger" in Path("forms/overlays/alert.yaml").read_text("utf-8")
    assert dikalo("forms", "upgrade", "alert")[0] == 0
    again = workbook.read(Path("forms/alert.xlsx").read_bytes(), file="a").form
    assert again.languages["wes"] == "Pidgin (wes)"
    assert "Pidgin (wes)," not in dikalo("forms", "list")[1]


@pytest.mark.slow
@pytest.mark.parametrize("name", [one.form_id for one in pack.forms() if one.source is not None])
def test_a_shipped_source_takes_a_third_language(dikalo: Dikalo, name: str) -> None:
    """With its shared blocks and lists: nothing but texts of the new language differs, and the check stays silent."""
    root = pack.forms_root()
    shutil.rmtree("forms")
    shutil.copytree(root, "forms", ignore=shutil.ignore_patterns("samples"))
    path = Path("forms", "src", f"{name}.yaml")
    before = source.load(path, Path("forms"))
    Path("t.xlsx").write_bytes(table_bytes(before, words=lambda _key, text: f"W {text}"))
    assert dikalo("forms", "translate", "import", "t.xlsx")[0] == 0
    after = source.load(path, Path("forms"))

    assert [(row.type, row.name, row.cells) for row in after.survey] == [
        (row.type, row.name, row.cells) for row in before.survey
    ]
    assert [row.labels.get("fr") for row in after.survey] == [row.labels.get("fr") for row in before.survey]
    assert all("wes" in row.labels for row in after.survey if row.labels)
    assert dikalo("forms", "check", str(path))[0] == 0
