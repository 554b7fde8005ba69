"""``dikalo forms`` as a person and a program meet it: list, check, build, import."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from sync_scripts import cli
from tests.forms.xlsform.worlds import SOURCE, Rows, book, form, text
from xlsform import build, pack
from xlsform.engine import jvm
from xlsform.workbooks import writing

Dikalo = Callable[..., tuple[int, str, str]]

FAULTY = text().replace("relevant: ${consent} = 'yes'", "relevent: ${consent} = 'yes'", 1).encode()
WARNED: Rows = (("type", "name", "label"), ("image", "p", "P"))


@pytest.fixture
def dikalo(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Dikalo:
    """Run the command line in an empty folder; return exit code, standard output and standard error."""
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> tuple[int, str, str]:
        code = cli.main(words)
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A forms folder of its own, with the example as its one form."""
    root = tmp_path / "forms"
    (root / "src" / "blocks").mkdir(parents=True)
    shutil.copytree(pack.forms_root() / "lists", root / "lists")
    shutil.copy(pack.forms_root() / "register_fields.csv", root)
    (root / "src" / "visite.yaml").write_bytes(SOURCE.read_bytes())
    monkeypatch.setattr(pack, "forms_root", lambda: root)
    return root


def document(out: str) -> dict[str, Any]:
    """The one JSON document of a run."""
    made: dict[str, Any] = json.loads(out)
    return made


# --- list ---------------------------------------------------------------------------------------------------------


def test_the_shipped_forms_are_listed(dikalo: Dikalo) -> None:
    """With title, version, languages and number of questions."""
    code, out, _ = dikalo("forms", "list", "--json")
    listed = {row["code"]: row for row in document(out)["forms"]}

    assert code == 0
    assert document(out)["schema"] == "dikalo.forms.list/1"
    assert listed["alert"]["languages"] == ["Français (fr)", "English (en)"]
    assert listed["alert"]["questions"] == 25
    assert len(dikalo("forms", "list")[1].splitlines()) == 1 + len(listed)


def test_in_a_workspace_its_own_forms_are_listed(dikalo: Dikalo, tmp_path: Path) -> None:
    """The workbooks of the organisation; one that cannot be read is named and stops no other."""
    (tmp_path / "dikalo.toml").write_text("", encoding="utf-8")
    (tmp_path / "forms").mkdir()
    (tmp_path / "forms" / "visite.xlsx").write_bytes(writing.write(form()))
    (tmp_path / "forms" / "broken.xlsx").write_bytes(b"PK")
    code, out, _ = dikalo("forms", "list", "--json")

    assert code == 0
    assert [(row["code"], row["problem"]) for row in document(out)["forms"]] == [
        ("broken", "DK-F21"),
        ("visite", None),
    ]
    assert "DK-F21" in dikalo("forms", "list")[1]


# --- check --------------------------------------------------------------------------------------------------------


def test_the_shipped_forms_have_no_fault(dikalo: Dikalo) -> None:
    """No error and no warning: exit 0."""
    code, out, _ = dikalo("forms", "check", "--json")

    assert (code, document(out)["findings"]) == (0, [])


@pytest.mark.java
def test_collects_engine_says_what_no_rule_says(dikalo: Dikalo, tmp_path: Path) -> None:
    """A function with too few arguments converts well, and stops on the phone."""
    (tmp_path / "f.yaml").write_bytes(text().replace("count(${visitor})", "pow(count(${visitor}))").encode())
    code, out, _ = dikalo("forms", "check", "f.yaml", "--json", "--deep", "--fills", "1")
    found = [finding for finding in document(out)["findings"] if finding["code"].startswith("JR-")]

    if document(out)["deep"] == "not_run":
        pytest.skip("no Java runtime")
    assert code == 1
    assert document(out)["deep"] == "run"
    assert [(finding["code"], finding["path"]) for finding in found] == [("JR-FUNCTION", "how_many")]
    assert "JR-FUNCTION" not in dikalo("forms", "check", "f.yaml", "--json")[1]


def test_without_java_a_deep_check_says_so_and_fails(dikalo: Dikalo, monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence, exit 1 and "not_run" for programs: what was asked for was not done. Unasked, Java is not missed."""

    def missing() -> None:
        raise jvm.JavaMissing(part="java")

    monkeypatch.setattr("xlsform.engine.jvm.engine", missing)
    code, out, err = dikalo("forms", "check", "alert", "--json", "--deep")

    assert code == 1
    assert document(out)["deep"] == "not_run"
    assert document(out)["findings"] == []
    assert len([line for line in err.splitlines() if line.strip()]) == 1
    code, out, err = dikalo("forms", "check", "alert", "--json")
    assert (code, document(out)["deep"], err) == (0, "not_asked", "")


def test_a_fault_is_shown_with_place_what_why_and_fix(dikalo: Dikalo, tmp_path: Path) -> None:
    """For people in three lines, for programs with every field; an error is exit 1."""
    (tmp_path / "f.yaml").write_bytes(FAULTY)
    code, out, _ = dikalo("forms", "check", "f.yaml", "--json")
    found = next(finding for finding in document(out)["findings"] if finding["code"] == "COL-UNKNOWN")
    line = (
        next(number for number, one in enumerate(FAULTY.decode().split("\n"), 1) if "name: place" in one) - 1
    )

    assert code == 1
    assert {key: found[key] for key in ("level", "file", "line", "path", "data")} == {
        "level": "error",
        "file": "f.yaml",
        "line": line,
        "path": "",
        "data": {"column": "relevent", "name": "relevent", "near": "relevant"},
    }
    assert found["cell"].startswith("survey!")
    assert all(found[key] for key in ("what", "why", "fix"))
    code, out, _ = dikalo("forms", "check", "f.yaml")
    assert code == 1
    assert "ERROR COL-UNKNOWN (loses or mixes answers) · f.yaml" in out


def test_a_workbook_is_checked_by_its_cells(dikalo: Dikalo, tmp_path: Path) -> None:
    """What reading finds, what the rules find and what the converter finds stand in one list."""
    rows: Rows = (("type", "name", "label", "default"), ("text", "récit", "R", 1.5), ("foo", "b", "B", None))
    (tmp_path / "f.xlsx").write_bytes(book(rows, settings=(("form_id", "version"), ("f", 2026112501))))
    code, out, _ = dikalo("forms", "check", "f.xlsx", "--json", "--style")
    found = {finding["code"]: finding["cell"] for finding in document(out)["findings"]}

    assert code == 1
    assert found["CELL-TYPE"] == "survey!D2"
    assert found["NAME-FORM"] == "survey!B2"
    assert "PX-TYPE" in found


def test_a_warning_asks_for_a_look(dikalo: Dikalo, tmp_path: Path) -> None:
    """Exit 3: done, and somebody must look."""
    source = text().replace("    parameters: max-pixels=1024\n", "")
    (tmp_path / "f.yaml").write_text(source, encoding="utf-8")
    code, out, _ = dikalo("forms", "check", "f.yaml", "--json")
    levels = {finding["level"] for finding in document(out)["findings"]} - {"info"}

    assert "IMG-PIXELS" in {finding["code"] for finding in document(out)["findings"]}
    assert code == (1 if "error" in levels else 3)


def test_what_a_rule_says_the_converter_does_not_say_again(dikalo: Dikalo, tmp_path: Path) -> None:
    """One fault, one finding: ours, which says it better."""
    rows: Rows = (
        ("type", "name", "label::French", "label::English (en)"),
        ("text", "a", "A", "B"),
        ("text", "A", "A", "B"),
        ("select_one l or_other", "c", "C", "C"),
    )
    choices: Rows = (("list_name", "name", "label::French", "label::English (en)"), ("l", "x", "X", "X"))
    (tmp_path / "f.xlsx").write_bytes(book(rows, choices, (("form_id", "version"), ("f", 2026112501))))
    _, out, _ = dikalo("forms", "check", "f.xlsx", "--json", "--style")
    found = [finding["code"] for finding in document(out)["findings"]]

    assert {"NAME-CASE", "LANG-CODE", "OR-OTHER"} <= set(found)
    assert not [code for code in found if code.startswith("PX-")]


def test_one_unreadable_file_stops_no_other(dikalo: Dikalo, tmp_path: Path) -> None:
    """It is a finding like any other, and the next file is checked."""
    (tmp_path / "f.xlsx").write_bytes(b"nothing")
    code, out, _ = dikalo("forms", "check", "f.xlsx", "alert", "--json")

    assert code == 1
    assert [(finding["code"], finding["level"]) for finding in document(out)["findings"]] == [
        ("DK-F21", "error")
    ]
    code, out, _ = dikalo("forms", "check", "f.xlsx", "alert")
    assert out.startswith("DK-F21 · f.xlsx ")
    assert "alert.yaml: nothing to say" in out


def test_a_name_that_is_no_form_names_those_that_are(dikalo: Dikalo) -> None:
    """A typing mistake; a missing file is wrong usage."""
    code, out, _ = dikalo("forms", "check", "alerte", "--json")

    assert (code, document(out)["code"]) == (1, "DK-F03")
    assert dikalo("forms", "check", "gone.xlsx")[0] == 2


# --- build --------------------------------------------------------------------------------------------------------


def test_a_build_writes_what_the_sources_give_once(dikalo: Dikalo, folder: Path) -> None:
    """New, then unchanged; the second time not even the file's date moves."""
    code, out, _ = dikalo("forms", "build", "--json")
    built = folder / "visite.xlsx"
    first = built.stat().st_mtime_ns

    assert (code, [file["code"] for file in document(out)["files"]]) == (0, ["missing"])
    assert built.read_bytes() == writing.write(form())
    assert dikalo("forms", "build")[1] == "visite.xlsx: unchanged\n"
    assert built.stat().st_mtime_ns == first
    assert not list(folder.glob(".*"))


def test_a_dry_run_writes_nothing(dikalo: Dikalo, folder: Path) -> None:
    """The same report."""
    code, out, _ = dikalo("forms", "build", "--dry-run", "--json")

    assert (code, document(out)["dry_run"], document(out)["files"][0]["code"]) == (0, True, "missing")
    assert not (folder / "visite.xlsx").exists()


def test_a_comparison_tells_content_from_writer(dikalo: Dikalo, folder: Path) -> None:
    """Other cells, and the same cells saved by Excel, are two sentences; nothing is written."""
    built = folder / "visite.xlsx"
    assert dikalo("forms", "build", "--check")[0] == 1
    dikalo("forms", "build")
    assert dikalo("forms", "build", "--check")[0] == 0

    saved = io.BytesIO()
    load_workbook(built).save(saved)
    built.write_bytes(saved.getvalue())
    code, out, _ = dikalo("forms", "build", "--check", "--json")
    assert (code, [problem["code"] for problem in document(out)["problems"]]) == (1, ["DK-F28"])

    book = load_workbook(built)
    book["survey"]["C5"] = "Autre chose"
    book.save(built)
    before = built.read_bytes()
    code, out, _ = dikalo("forms", "build", "--check")
    assert code == 1
    assert out.startswith("DK-F27 · ")
    assert built.read_bytes() == before


def test_a_form_with_errors_is_not_built(dikalo: Dikalo, folder: Path) -> None:
    """The error would reach the phones: nothing at all is written."""
    (folder / "src" / "visite.yaml").write_bytes(FAULTY)
    (folder / "src" / "sound.yaml").write_bytes(text().replace("form_id: visite", "form_id: sound").encode())
    code, out, err = dikalo("forms", "build")

    assert code == 1
    assert "COL-UNKNOWN" in out
    assert "Nothing was written" in err
    assert not list(folder.glob("*.xlsx"))


def test_the_list_of_arrondissements_is_built_for_forms_that_ask(dikalo: Dikalo, folder: Path) -> None:
    """Too many rows for a sheet: a file beside the form, generated from the same table."""
    (folder / "src" / "visite.yaml").write_bytes(text().replace("cases.csv", "arrondissements.csv").encode())
    code, _, _ = dikalo("forms", "build")

    assert code == 0
    assert (folder / "media" / "arrondissements.csv").read_bytes() == pack.administrative_file()


def test_without_sources_there_is_nothing_to_build(dikalo: Dikalo, tmp_path: Path) -> None:
    """A workspace holds workbooks; the sentence says how they are changed."""
    (tmp_path / "dikalo.toml").write_text("", encoding="utf-8")
    (tmp_path / "forms").mkdir()
    code, out, _ = dikalo("forms", "build", "--json")

    assert (code, document(out)["code"]) == (1, "DK-F20")


def test_a_file_that_cannot_be_written_stays_what_it_was(dikalo: Dikalo, folder: Path) -> None:
    """Held by Excel, or no right: a sentence, nothing half-written, no leftovers."""
    (folder / "visite.xlsx").mkdir()
    (folder / "visite.xlsx" / "held").write_bytes(b"")
    with pytest.raises(build.NotWritten):
        build.replace(folder / "visite.xlsx", b"x")

    assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []
    code, out, _ = dikalo("forms", "build", "--json")
    assert (code, document(out)["code"]) == (1, "DK-F31")


def test_core_rows_are_grey(folder: Path) -> None:
    """As ``core.yaml`` says."""
    (folder / "core.yaml").write_text("visite: {frozen: [place, place/zone]}\n", encoding="utf-8")

    assert build.core_rows("visite", folder) == {("place",), ("place", "zone")}
    assert build.core_rows("other", folder) == frozenset()
    assert next(build.plan()).data == writing.write(form(), core={("place",), ("place", "zone")})


# --- import -------------------------------------------------------------------------------------------------------


def test_a_workbook_comes_back_as_its_source(dikalo: Dikalo, folder: Path, tmp_path: Path) -> None:
    """On the screen without comments; into the file that is there with them."""
    (tmp_path / "f.xlsx").write_bytes(writing.write(form()))
    code, out, _ = dikalo("forms", "import", "f.xlsx")

    assert code == 0
    assert (
        out
        == "".join(
            line for line in text().splitlines(keepends=True) if not line.lstrip().startswith("#")
        ).lstrip()
    )
    target = folder / "src" / "visite.yaml"
    assert dikalo("forms", "import", "f.xlsx", "--to", str(target))[0] == 0
    assert target.read_bytes() == SOURCE.read_bytes()


def test_writing_over_a_source_needs_a_yes(dikalo: Dikalo, folder: Path, tmp_path: Path) -> None:
    """Lost comments are named first; without a terminal and without --yes nothing happens."""
    (tmp_path / "f.xlsx").write_bytes(writing.write(form()))
    target = folder / "src" / "visite.yaml"
    target.write_text(text() + "# At the end.\n", encoding="utf-8")
    code, _, err = dikalo("forms", "import", "f.xlsx", "--to", str(target))

    assert code == 2
    assert "# At the end." in err
    assert target.read_text(encoding="utf-8").endswith("# At the end.\n")
    assert dikalo("forms", "import", "f.xlsx", "--to", str(target), "--dry-run", "--yes")[0] == 0
    assert target.read_text(encoding="utf-8").endswith("# At the end.\n")
    assert dikalo("forms", "import", "f.xlsx", "--to", str(target), "--yes")[0] == 0
    assert target.read_bytes() == SOURCE.read_bytes()


def test_an_import_stops_at_cells_that_would_change(dikalo: Dikalo, tmp_path: Path) -> None:
    """The cell is named; ``--force`` takes what is shown."""
    rows: Rows = (("type", "name", "label", "default"), ("text", "a", "A", 1.5))
    (tmp_path / "f.xlsx").write_bytes(book(rows, settings=(("form_id",), ("f",))))
    code, out, err = dikalo("forms", "import", "f.xlsx", "--to", "f.yaml")

    assert (code, out) == (1, "")
    assert "CELL-TYPE (house rule) · f.xlsx survey!D2" in err
    assert "DK-F29" in err
    assert not (tmp_path / "f.yaml").exists()
    code, out, _ = dikalo("forms", "import", "f.xlsx", "--json")
    assert (code, document(out)["text"], document(out)["findings"][0]["cell"]) == (1, "", "survey!D2")
    assert dikalo("forms", "import", "f.xlsx", "--to", "f.yaml", "--force")[0] == 0
    assert "default: 1.5" in (tmp_path / "f.yaml").read_text(encoding="utf-8")


def test_a_hostile_workbook_is_not_imported(dikalo: Dikalo, tmp_path: Path) -> None:
    """One sentence under one code."""
    (tmp_path / "f.xlsx").write_bytes(b"PK")
    code, _, err = dikalo("forms", "import", "f.xlsx")

    assert code == 1
    assert err.startswith("DK-F21 · f.xlsx ")
