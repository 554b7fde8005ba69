"""``dikalo forms check --fix``: what is put right, what is shown first, and what is never touched."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from sync_scripts import cli
from tests.forms.xlsform.worlds import Rows, book
from xlsform.workbooks import mending, workbook

Dikalo = Callable[..., tuple[int, str, str]]

SETTINGS: Rows = (("Form_Title", "form_id", "version"), ("Essai", "essai", 2026112501))
SURVEY: Rows = (
    ("Type", "name", "Label", "relevance", "notes"),
    ("select one oui_non", "a", "A ?", None, "Type"),
    ("text", "b", "B ?", "${a} = ‘oui’", "‘’"),
)
CHOICES: Rows = (("list name", "name", "label"), ("oui_non", "oui", "Oui"), ("oui_non", "non", "Non"))
PLAN = [
    ("survey!A1", "Type", "type"),
    ("survey!C1", "Label", "label"),
    ("survey!D1", "relevance", "relevant"),
    ("survey!A2", "select one oui_non", "select_one oui_non"),
    ("survey!D3", "${a} = ‘oui’", "${a} = 'oui'"),
    ("choices!A1", "list name", "list_name"),
    ("settings!A1", "Form_Title", "form_title"),
]


@pytest.fixture
def dikalo(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Dikalo:
    """Run the command line in an empty folder; return exit code, standard output and standard error."""
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> tuple[int, str, str]:
        code = cli.main(words)
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def test_spellings_are_put_right_and_nothing_else(dikalo: Dikalo, tmp_path: Path) -> None:
    """Shown first, written with --yes only, and a second time there is nothing to do; notes stay as they are."""
    raw = book(SURVEY, CHOICES, SETTINGS)
    (tmp_path / "f.xlsx").write_bytes(raw)
    _, out, err = dikalo("forms", "check", "f.xlsx", "--fix", "--dry-run", "--json")
    assert [(one["cell"], one["was"], one["now"]) for one in json.loads(out)["mended"]] == PLAN
    assert "survey!D1: relevance becomes relevant" in err
    assert dikalo("forms", "check", "f.xlsx", "--fix", "--json")[0] == 2
    assert (tmp_path / "f.xlsx").read_bytes() == raw

    _, out, _ = dikalo("forms", "check", "f.xlsx", "--fix", "--yes", "--json", "--style")
    assert "HEADER-CASE" not in {one["code"] for one in json.loads(out)["findings"]}
    made = (tmp_path / "f.xlsx").read_bytes()
    before, after = (workbook.cells(one, file="f.xlsx") for one in (raw, made))
    changed = [
        (sheet.name, number, index)
        for sheet, other in zip(before, after, strict=True)
        for number, row in sheet.rows.items()
        for index, cell in row.items()
        if other.rows[number][index] != cell
    ]
    assert len(changed) == len(PLAN)
    assert mending.mends(made, "f.xlsx") == ()


def test_what_would_change_the_form_is_left(tmp_path: Path, dikalo: Dikalo) -> None:
    """A spelling that means something else is not written: the converter must give the same form before and after."""
    (tmp_path / "f.xlsx").write_bytes(raw := book(SURVEY, CHOICES, SETTINGS))
    wrong = mending.Mend("survey", "D3", "${a} = ‘oui’", "${a} = 'non'")
    with pytest.raises(mending.MendChangesForm):
        mending.proved(raw, [wrong], "f.xlsx")

    broken = (*SURVEY, ("select_one x", "c", "C", None, None))
    (tmp_path / "g.xlsx").write_bytes(before := book(broken, CHOICES, SETTINGS))
    code, _, err = dikalo("forms", "check", "g.xlsx", "--fix", "--yes")
    assert (code, (tmp_path / "g.xlsx").read_bytes()) == (1, before)
    assert "DK-F26" in err or "g.xlsx" in err


def test_an_old_workbook_gets_a_new_one_beside_it(dikalo: Dikalo, tmp_path: Path) -> None:
    """The .xls stays as it was."""
    old = Path(__file__).parents[2] / "data" / "enquete.xls"
    (tmp_path / "f.xls").write_bytes(old.read_bytes())
    dikalo("forms", "check", "f.xls", "--fix", "--yes")
    assert (tmp_path / "f.xls").read_bytes() == old.read_bytes()
    form = workbook.read((tmp_path / "f.xlsx").read_bytes(), file="f.xlsx").form
    assert [row.name for row in form.survey] == ["blesse", "soins", "nombre", "jour", "cache"]
