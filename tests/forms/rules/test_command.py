"""``dikalo forms check``: exit codes, protection, and SARIF that other programs can read."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from sync_scripts import cli
from tests.forms.rules.faults import ALL, Planted
from tests.forms.rules.faults.planted import SETTINGS
from tests.forms.xlsform.worlds import text
from xlsform.findings.inspection import inspect

Dikalo = Callable[..., tuple[int, str, str]]
CLEAN = Planted("", "type | name | label\ntext | lieu | Où ?")
WARNED = next(one for one in ALL if one.code == "APPEARANCE-UNKNOWN")
WRONG = next(one for one in ALL if one.code == "QUOTE-MISSING")
OPEN = next(one for one in ALL if one.code == "META-ID")

LEVELS = {"none", "note", "warning", "error"}


@pytest.fixture
def dikalo(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Dikalo:
    """Run the command line in an empty folder; return exit code, standard output and standard error."""
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> tuple[int, str, str]:
        code = cli.main(words)
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def put(planted: Planted, path: Path, *, mended: bool = False) -> str:
    """Write a form into the folder and return its name."""
    path.write_bytes(planted.workbook(mended=mended))
    return path.name


@pytest.mark.parametrize(("planted", "code"), [(CLEAN, 0), (WARNED, 3), (WRONG, 1)])
def test_the_exit_code_says_how_grave_it_is(
    planted: Planted, code: int, dikalo: Dikalo, tmp_path: Path
) -> None:
    """0 nothing that matters, 3 somebody must look, 1 not fit for phones; a remark changes nothing."""
    assert dikalo("forms", "check", put(planted, tmp_path / "f.xlsx"))[0] == code


@pytest.mark.parametrize(
    ("wording", "version", "said"),
    [("Où ?", "2026112501", []), ("Où donc ?", "2026112501", ["2026112502"]), ("Où donc ?", "2026112502", []),
     ("Où donc ?", "2026112401", ["2026112502"])],
)  # fmt: skip
def test_a_form_in_use_asks_for_a_later_version(
    wording: str, version: str, said: list[str], tmp_path: Path
) -> None:
    """The form that a workspace has under this id is what it is compared with; the same form again is no other version."""
    used = replace(CLEAN, settings=SETTINGS)
    put(used, tmp_path / "essai.xlsx")
    (tmp_path / "new").mkdir()
    new = replace(used, table=CLEAN.table.replace("Où ?", wording), settings={**SETTINGS, "version": version})
    put(new, tmp_path / "new" / "essai.xlsx")

    found = inspect(tmp_path / "new" / "essai.xlsx", root=tmp_path).findings
    assert [one.data["near"] for one in found if one.code == "VERSION-TAKEN"] == said
    assert "VERSION-TAKEN" not in {
        one.code for one in inspect(tmp_path / "essai.xlsx", root=tmp_path).findings
    }


def test_the_gravest_of_several_files_counts(dikalo: Dikalo, tmp_path: Path) -> None:
    """One run over many forms has one answer."""
    names = [put(one, tmp_path / f"f{number}.xlsx") for number, one in enumerate((CLEAN, WARNED, WRONG))]
    assert dikalo("forms", "check", *names)[0] == 1
    assert dikalo("forms", "check", *names[:2])[0] == 3


def test_protection_is_asked_for_with_forms_of_others(dikalo: Dikalo, tmp_path: Path) -> None:
    """Without it they get nothing that is not their own; as one of ours the rules on consent and secrecy, and, asked for style, a remark."""
    table = "type | name | label\nphonenumber | tel |\ntext | nom | Votre nom ?"
    name = put(Planted("", table), tmp_path / "f.xlsx")
    code, out, _ = dikalo("forms", "check", name, "--json")
    assert (code, [one["code"] for one in json.loads(out)["findings"]]) == (0, [])
    code, out, _ = dikalo("forms", "check", name, "--json", "--profile", "ours", "--style")
    assert code == 1
    assert {"NOT-OURS", "META-ID", "NO-GATE", "SENS-MISSING"} <= {
        one["code"] for one in json.loads(out)["findings"]
    }


def test_our_forms_are_always_protected(dikalo: Dikalo, tmp_path: Path) -> None:
    """No flag takes the rules off a form that has our columns."""
    code, out, _ = dikalo("forms", "check", put(OPEN, tmp_path / "f.xlsx"), "--json")
    assert code == 1
    assert "META-ID" in out


def test_a_source_is_named_by_line_and_cell(dikalo: Dikalo, tmp_path: Path) -> None:
    """The line to edit, and the cell that the built workbook has there."""
    (tmp_path / "f.yaml").write_text(text().replace("= 'yes'", "= 'oui'", 1), encoding="utf-8")
    _, out, _ = dikalo("forms", "check", "f.yaml", "--json")
    found = next(one for one in json.loads(out)["findings"] if one["code"] == "CHOICE-UNKNOWN")
    assert found["line"] > 0
    assert found["cell"].startswith("survey!")
    assert found["data"]["near"] == "-" or found["data"]["near"] in found["data"]["choices"]
    assert found["path"]


# --- SARIF --------------------------------------------------------------------------------------------------------


def sarif(out: str) -> dict[str, Any]:
    """Return the document of a run, with everything that SARIF 2.1.0 requires checked."""
    made: dict[str, Any] = json.loads(out)
    assert made["version"] == "2.1.0"
    assert made["$schema"].endswith("sarif-2.1.0.json")
    assert len(made["runs"]) == 1
    driver = made["runs"][0]["tool"]["driver"]
    assert driver["name"] == "dikalo"
    rules = [rule["id"] for rule in driver["rules"]]
    assert len(set(rules)) == len(rules)
    assert {rule["defaultConfiguration"]["level"] for rule in driver["rules"]} <= LEVELS
    for result in made["runs"][0]["results"]:
        assert result["message"]["text"]
        assert result["level"] in LEVELS
        assert rules[result["ruleIndex"]] == result["ruleId"]
        for location in result["locations"]:
            uri = location["physicalLocation"]["artifactLocation"]["uri"]
            assert urlsplit(uri).scheme == ""
            assert uri.isascii()
            assert " " not in uri
            assert location["physicalLocation"].get("region", {"startLine": 1})["startLine"] >= 1
            assert all(one["fullyQualifiedName"] for one in location.get("logicalLocations", []))
    return made


def test_sarif_holds_every_finding(dikalo: Dikalo, tmp_path: Path) -> None:
    """The same findings as in JSON, with level, words, file, cell and path; names of files as addresses."""
    name = put(WRONG, tmp_path / "enquête 1.xlsx")
    code, out, _ = dikalo("forms", "check", name, "--sarif")
    made = sarif(out)
    _, plain, _ = dikalo("forms", "check", name, "--json")
    results = made["runs"][0]["results"]

    assert code == 1
    assert [one["ruleId"] for one in results] == [one["code"] for one in json.loads(plain)["findings"]]
    wrong = next(one for one in results if one["ruleId"] == "QUOTE-MISSING")
    place = wrong["locations"][0]
    assert wrong["level"] == "error"
    assert unquote(place["physicalLocation"]["artifactLocation"]["uri"]) == "enquête 1.xlsx"
    assert [one["fullyQualifiedName"] for one in place["logicalLocations"]] == ["soins", "survey!D3"]
    assert wrong["properties"]["cell"] == "survey!D3"


def test_sarif_points_at_the_line_of_a_source(dikalo: Dikalo, tmp_path: Path) -> None:
    """So that an editor can show it there; a file that is no form is a result too."""
    (tmp_path / "f.yaml").write_text(text().replace("= 'yes'", "= yes", 1), encoding="utf-8")
    (tmp_path / "g.xlsx").write_bytes(b"no form")
    _, out, _ = dikalo("forms", "check", "f.yaml", "g.xlsx", "--sarif")
    results = {one["ruleId"]: one for one in sarif(out)["runs"][0]["results"]}
    assert results["QUOTE-MISSING"]["locations"][0]["physicalLocation"]["region"]["startLine"] > 1
    assert results["DK-F21"]["level"] == "error"


def test_sarif_without_findings_is_sarif(dikalo: Dikalo) -> None:
    """Nothing found is an answer too."""
    code, out, _ = dikalo("forms", "check", "alert", "--sarif")
    assert (code, sarif(out)["runs"][0]["results"]) == (0, [])


def test_one_document_at_a_time(dikalo: Dikalo) -> None:
    """Standard output holds one document: JSON or SARIF."""
    assert dikalo("forms", "check", "alert", "--sarif", "--json")[0] == 2


# --- profiles -----------------------------------------------------------------------------------------------------

CAPITALS = "type | name | label\ntext | lieu | Où ?\ntext | LIEU | Et où ?\ntext | Nom-de-rue | Quelle rue ?"
ONE_COLUMN = (
    "type | name | label | register\nselect_one consent_alert | consent | D'accord ? | alert.consent_state\n"
    "text | a | A ? | alert.short_text\ntext | b | B ? |"
)


@pytest.mark.parametrize(
    ("table", "words", "expected"),
    [
        (CAPITALS, (), (3, ["NAME-CASE"])),
        (CAPITALS, ("--profile", "kobo"), (1, ["NAME-CASE"])),
        (CAPITALS, ("--style",), (3, ["NAME-CASE", "NAME-FORM", "NOT-OURS"])),
        (CAPITALS.replace("LIEU", "ailleurs"), (), (0, [])),
        (ONE_COLUMN, (), (1, ["COL-MISSING"])),
        (ONE_COLUMN, ("--style",), (1, ["COL-MISSING", "UNMAPPED"])),
    ],
    ids=range(6),
)
def test_a_profile_decides_what_is_shown_and_how_it_ends(
    table: str, words: tuple[str, ...], expected: tuple[int, list[str]], dikalo: Dikalo, tmp_path: Path
) -> None:
    """Capitals and hyphens are style; KoboToolbox refuses two names that differ in capitals; a lost column is one cause."""
    name = put(Planted("", table), tmp_path / "f.xlsx")
    code, out, _ = dikalo("forms", "check", name, "--json", *words)
    chosen = words[1] if words[:1] == ("--profile",) else "ours" if table is ONE_COLUMN else "odk"

    assert (code, sorted({one["code"] for one in json.loads(out)["findings"]})) == expected
    assert json.loads(out)["profiles"] == {"f.xlsx": chosen}


def test_one_cause_has_its_other_places_beside_it(dikalo: Dikalo, tmp_path: Path) -> None:
    """A question that was renamed is one finding with each cell that still calls it by its old name."""
    rows = "".join(f"\ntext | q{number} | Et ? | ${{lieux}} = 'x'" for number in range(8))
    name = put(
        Planted("", f"type | name | label | relevant\ntext | lieu | Où ? |{rows}"), tmp_path / "f.xlsx"
    )
    code, out, _ = dikalo("--lang", "en", "forms", "check", name)

    assert code == 1
    assert out.count("REF-UNKNOWN") == 1
    assert "(breaks the form) · f.xlsx survey!D3" in out
    assert "  + 7 more places: survey!D4, survey!D5, survey!D6, survey!D7, survey!D8, …" in out
