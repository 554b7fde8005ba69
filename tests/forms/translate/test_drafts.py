"""Drafts in local languages: of words that a form still says, shown beside the empty cell, never taken by themselves."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.forms.translate.worlds import FR, WES, form
from xlsform import pack
from xlsform.sources import source
from xlsform.translate.drafts import SOURCE, drafts
from xlsform.translate.importing import plan
from xlsform.translate.table import as_csv, as_workbook, read, rows
from xlsform.translate.texts import KNOWN, damage, texts

STARTED = sorted(path.stem for path in (pack.forms_root() / "library" / "drafts").glob("*.csv"))


def test_drafts_are_of_known_languages() -> None:
    """A code that is misspelt would never be found."""
    assert {"wes", "fub", "ewo"} <= set(STARTED) <= set(KNOWN)


@pytest.mark.parametrize("language", STARTED)
def test_a_draft_is_of_words_of_the_alert(language: str) -> None:
    """It goes by the French words: reworded, the draft must be looked at again. Placeholders and emphasis stay as they are."""
    path = pack.forms_root() / "src" / "alert.yaml"
    said = {text.by_language.get(SOURCE) for text in texts(source.load(path))}
    found = drafts(language)

    assert found
    assert not found.keys() - said
    assert [words for words, draft in found.items() if not draft.strip() or any(damage(words, draft))] == []


@pytest.mark.parametrize(("write", "name"), [(as_csv, "t.csv"), (as_workbook, "t.xlsx")])
def test_nothing_is_taken_from_a_draft(write: Callable[..., bytes], name: str) -> None:
    """The table shows it; read back as it went out, it changes nothing and everything counts as missing."""
    made = form()
    found = rows(made, FR, WES, {}, drafts={"Âge": "=How old"})
    raw = write(made, found, FR, WES)
    planned = plan(made, read(raw, file=name), {})

    assert [row.draft for row in found if row.draft] == ["=How old"]
    assert b"'=How old" in raw or name == "t.xlsx"
    assert not planned.faults
    assert not [text for text in texts(planned.form) if WES.code in text.by_language and text.kind != "place"]


def test_without_drafts_there_is_no_column_for_them() -> None:
    """Nobody is asked to look at what is not there."""
    made = form()
    assert "draft" not in as_csv(made, rows(made, FR, WES, {}), FR, WES).decode("utf-8-sig").splitlines()[0]
    assert drafts("dua") == {}
