"""Files that no form should be: each is a finding with its cell, or one clear sentence; never a traceback, never a file."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msoffcrypto
import pytest
from msoffcrypto.format.ooxml import OOXMLFile

from sync_scripts import cli
from tests.forms.rules.faults.planted import Planted
from tests.forms.xlsform.worlds import CHOICES, SURVEY, Rows, book, packed, repacked
from xlsform.expressions.conditions import conjuncts, limits, requires
from xlsform.expressions.xpath import parse, tokens, walk
from xlsform.rules import MOST_ROWS

SETTINGS: Rows = (("form_title", "form_id", "version"), ("Essai", "essai", "2026112501"))
Dikalo = Callable[..., tuple[int, dict[str, Any], str]]


@pytest.fixture
def dikalo(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Dikalo:
    """Run the command line in an empty folder; return exit code, the JSON document and what was said beside it."""
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> tuple[int, dict[str, Any], str]:
        code = cli.main([*words, "--json"])
        said = capsys.readouterr()
        return code, json.loads(said.out or "{}"), said.err

    return run


def encrypted(raw: bytes) -> bytes:
    """Lock a workbook with a password, as Excel does."""
    out = io.BytesIO()
    OOXMLFile(io.BytesIO(raw)).encrypt("mot de passe", out)
    assert msoffcrypto.OfficeFile(io.BytesIO(out.getvalue())).is_encrypted()
    return out.getvalue()


def bomb() -> bytes:
    """A workbook of a few hundred kilobytes that unpacks to more than 100 MB."""
    return repacked(book(), {"xl/media/image1.png": b"0" * 101_000_000})


def long(rows: int) -> bytes:
    """A workbook with many rows, written as fast as a test can."""
    sheet = io.StringIO()
    sheet.write('<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>')
    cells = [("A", "type"), ("B", "name"), ("C", "label")]
    for number in range(1, rows + 2):
        texts = [text for _, text in cells] if number == 1 else ["text", f"q{number}", "Q"]
        row = "".join(
            f'<c r="{letter}{number}" t="inlineStr"><is><t>{text}</t></is></c>'
            for (letter, _), text in zip(cells, texts, strict=True)
        )
        sheet.write(f'<row r="{number}">{row}</row>')
    sheet.write("</sheetData></worksheet>")
    raw = book(settings=SETTINGS)
    with zipfile.ZipFile(io.BytesIO(raw)) as made:
        members = {name: made.read(name) for name in made.namelist()}
    return packed({**members, "xl/worksheets/sheet1.xml": sheet.getvalue().encode()}.items(), stored=True)


REFUSED = [
    ("text.xlsx", b"type,name,label\ntext,a,A\n", "DK-F21"),
    ("empty.xlsx", b"", "DK-F21"),
    ("zip.xlsx", packed([("a.txt", b"a")]), "DK-F21"),
    ("cut.xlsx", book()[:-400], "DK-F21"),
    ("old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "DK-F22"),
    ("locked.xlsx", encrypted(book()), "DK-F22"),
    ("bomb.xlsx", bomb, "DK-F23"),
    ("macros.xlsm", repacked(book(), {"xl/vbaProject.bin": b"x"}), "DK-F24"),
    ("macros.xlsx", repacked(book(), {"xl/vbaProject.bin": b"x"}), "DK-F24"),
    ("noquestions.xlsx", book(survey=(), choices=CHOICES, settings=SETTINGS), "DK-F25"),
    ("open.xlsx", book((*SURVEY, ("begin_group", "g", "G"))), "DK-F01"),
    ("form.yaml", b"survey:\n\t- {type: text}\n", "DK-F"),
    ("form.yaml", b"survey:\n  - {type: text, name: a, label: {tlh: nuqneH}}\nlanguages: {fr: F (fr)}\n", "DK-F15"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "raw", "code"), REFUSED, ids=[f"{one[0]}-{one[2]}" for one in REFUSED])
def test_what_is_no_form_is_one_sentence(
    name: str, raw: bytes | Callable[[], bytes], code: str, dikalo: Dikalo, tmp_path: Path
) -> None:
    """The check answers with a code and the file's name; an import writes nothing, not even half."""
    (tmp_path / name).write_bytes(raw if isinstance(raw, bytes) else raw())
    exit_code, said, _ = dikalo("forms", "check", name)

    assert exit_code == 1
    assert [one["code"][: len(code)] for one in said["findings"]] == [code]
    assert said["findings"][0]["what"]
    imported, _, heard = dikalo("forms", "import", name, "--to", "f.yaml")
    assert imported == 1
    assert "Traceback" not in heard
    assert sorted(path.name for path in tmp_path.iterdir()) == [name]


def test_a_file_that_is_not_there_is_a_wrong_question(dikalo: Dikalo) -> None:
    """Exit 2, as for every misspelt command."""
    assert dikalo("forms", "check", "nowhere.xlsx")[0] == 2


@pytest.mark.parametrize("rows", [MOST_ROWS + 1, pytest.param(100_000, marks=pytest.mark.slow)])
def test_endless_rows_are_named_and_not_read_on(rows: int, dikalo: Dikalo, tmp_path: Path) -> None:
    """One finding at the first row too many; the converter is not asked."""
    (tmp_path / "long.xlsx").write_bytes(long(rows))
    exit_code, said, _ = dikalo("forms", "check", "long.xlsx")

    assert exit_code == 1
    assert [(one["code"], one["cell"]) for one in said["findings"]] == [
        ("TOO-LONG", f"survey!{MOST_ROWS + 2}")
    ]
    assert said["findings"][0]["data"]["count"] == str(rows)


@pytest.mark.parametrize(
    ("survey", "code", "cell"),
    [
        ((("type", "name", "label"), ("select_one nowhere", "a", "A")), "PX-LIST", "survey!A2"),
        ((("type", "name", "label"), ("txet", "a", "A")), "PX-TYPE", "survey!A2"),
        (
            (("type", "name", "label"), ("begin_repeat", "r", "R"), ("text", "a", "A"), ("end_repeat", None, None),
             ("select_multiple ${a}", "b", "B")),
            "PX-REPEAT-SOURCE", "survey!A5",
        ),
        ((("type", "name", "label", "calculation"), ("calculate", "a", None, "${a} + 1")), "REF-CYCLE", "survey!D2"),
        ((("type", "name", "label::Français (fr)", "label::Francais (fr)"), ("text", "a", "A", "A")), "LANG-SPELL", "survey!D1"),
        ((("type", "name", "label::Klingon"), ("text", "a", "A")), "LANG-CODE", ""),
    ],
)  # fmt: skip
def test_a_fault_names_its_cell(survey: Rows, code: str, cell: str, dikalo: Dikalo, tmp_path: Path) -> None:
    """The person clicks where the fault is, also when only the converter found it."""
    (tmp_path / "f.xlsx").write_bytes(book(survey, CHOICES, SETTINGS))
    exit_code, said, _ = dikalo("forms", "check", "f.xlsx", "--profile", "ours")
    found = {one["code"]: one["cell"] for one in said["findings"]}

    assert exit_code == 1
    assert found[code] == cell
    if code in {"PX-LIST", "PX-TYPE"}:
        assert "near" in next(one for one in said["findings"] if one["code"] == code)["data"]


def test_a_formula_has_the_result_that_servers_take(dikalo: Dikalo, tmp_path: Path) -> None:
    """It is named, and what Excel computed counts as its text: nothing else is said of the cell."""
    raw = book((("type", "name", "label"), ("text", "a", "=1+1")), settings=SETTINGS)
    with zipfile.ZipFile(io.BytesIO(raw)) as made:
        sheet = made.read("xl/worksheets/sheet1.xml").decode()
    computed = re.sub("</f>(<v ?/>|<v></v>)?", "</f><v>2</v>", sheet)
    assert computed != sheet
    (tmp_path / "f.xlsx").write_bytes(repacked(raw, {"xl/worksheets/sheet1.xml": computed.encode()}))
    (tmp_path / "g.xlsx").write_bytes(raw)
    found = {
        name: [(one["code"], one["cell"]) for one in dikalo("forms", "check", name, "--style")[1]["findings"]]
        for name in ("f.xlsx", "g.xlsx")
    }
    assert found["f.xlsx"] == [("NOT-OURS", ""), ("FORMULA-CELL", "survey!C2")]
    assert {("FORMULA-CELL", "survey!C2"), ("PX-NO-LABEL", "survey!C2")} <= {*found["g.xlsx"]}


def test_groups_inside_groups_without_end_stop_nothing(dikalo: Dikalo, tmp_path: Path) -> None:
    """The converter's own depth is a finding too."""
    deep = 900
    rows: Rows = (
        ("type", "name", "label"),
        *(("begin_group", f"g{number}", "G") for number in range(deep)),
        ("text", "a", "A"),
        *(("end_group", None, None) for _ in range(deep)),
    )
    (tmp_path / "f.xlsx").write_bytes(book(rows, settings=SETTINGS))
    exit_code, said, heard = dikalo("forms", "check", "f.xlsx")

    assert exit_code == 1
    assert [one["code"] for one in said["findings"] if one["level"] == "error"] == ["PX-OTHER"]
    assert "Traceback" not in heard


@pytest.mark.parametrize(
    "text",
    [
        "(" * 16_000 + "${a}" + ")" * 16_000,
        "-" * 30_000 + "1",
        "not(" * 8_000 + "1" + ")" * 8_000,
        " or ".join(["${a} = 'x'"] * 2_000),
        " and ".join(["(${a} = 'x' or ${a} = 'y')"] * 900),
        "${" * 10_000,
        "'" * 9_999,
        "[" * 9_999,
        "/" * 9_999,
        "selected(${a}," * 2_000,
    ],
    ids=lambda text: text[:12],
)
def test_hostile_expressions_cost_little(text: str) -> None:
    """Depth, length and open ends: understood or refused, never a crash."""
    made = parse(text)

    assert made.fault is not None or list(walk(made.node))
    assert len(tokens(text)) <= len(text)
    assert requires(text, lambda part: "never" in part) is False
    assert list(limits(text)) is not None
    assert conjuncts(text)


def test_a_hostile_expression_in_a_form_is_a_finding(dikalo: Dikalo, tmp_path: Path) -> None:
    """In a workbook of other people and in one of ours."""
    table = "type | name | label | relevant\ntext | a | A |\ntext | b | B | "
    raw = Planted("EXPR-SYNTAX", table + "(" * 2_000 + "${a} = 'x'" + ")" * 2_000, ours=True)
    (tmp_path / "f.xlsx").write_bytes(raw.workbook(mended=False))
    exit_code, said, _ = dikalo("forms", "check", "f.xlsx")

    assert exit_code == 1
    assert "EXPR-SYNTAX" in {one["code"] for one in said["findings"]}
