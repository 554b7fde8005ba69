"""A workbook with endless rows is one sentence for every command, and no file is written of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync_scripts import cli
from tests.forms.xlsform.worlds import Rows, book
from xlsform.overlay.bench import edited
from xlsform.rules import MOST_CHOICES, MOST_ROWS, FormTooLong, not_endless
from xlsform.workbooks.workbook import read

SETTINGS: Rows = (("form_title", "form_id", "version"), ("Essai", "essai", "2026112501"))
HEAD = ("type", "name", "label::Français (fr)")
CALLS = [
    ("import", "long.xlsx", "--to", "long.yaml"),
    ("diff", "long.xlsx", "long.xlsx"),
    ("simulate", "long.xlsx", "--n", "1"),
    ("fill", "long.xlsx", "scenario.yaml"),
    ("paper", "long.xlsx", "-o", "long.html"),
    ("dictionary", "long.xlsx", "-o", "long.md"),
    ("translate", "export", "long.xlsx", "--to", "wes"),
]


@pytest.fixture(scope="module")
def long() -> bytes:
    """One row more than forms may have."""
    return book((HEAD, *(("text", f"q{number}", "Q") for number in range(MOST_ROWS + 1))), settings=SETTINGS)


@pytest.mark.parametrize("words", CALLS, ids=lambda words: words[0])
def test_endless_rows_are_refused(
    words: tuple[str, ...],
    long: bytes,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Before the converter or the engine is asked: Java ended the whole process on such a form."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "long.xlsx").write_bytes(long)
    (tmp_path / "scenario.yaml").write_text("answers: {q1: a}\n", encoding="utf-8")

    assert cli.main(["forms", *words]) == 1
    assert "DK-F57" in capsys.readouterr().err
    assert {path.name for path in tmp_path.iterdir()} == {"long.xlsx", "scenario.yaml"}


def test_the_longest_form_is_still_one() -> None:
    """The same limits as in the check."""
    rows: Rows = (HEAD, *(("text", f"q{number}", "Q") for number in range(MOST_ROWS)))
    assert not_endless(read(book(rows, settings=SETTINGS), file="f.xlsx").form, "f.xlsx").form_id == "essai"


def test_endless_choices_are_refused_too() -> None:
    """They belong into a file beside the form."""
    choices: Rows = (
        ("list_name", "name", "label"),
        *(("a", f"c{number}", "C") for number in range(MOST_CHOICES + 1)),
    )
    form = read(book((HEAD, ("select_one a", "q", "Q")), choices, SETTINGS), file="f.xlsx").form
    with pytest.raises(FormTooLong) as caught:
        not_endless(form, "f.xlsx")
    assert caught.value.sheet == "choices"


def test_an_endless_workbook_is_never_saved_as_an_organisations(long: bytes) -> None:
    """The same sentence, before anything is compared with the base."""
    with pytest.raises(FormTooLong):
        edited(long, file="long.xlsx")
