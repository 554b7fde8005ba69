"""``dikalo forms diff`` as a person and a program meet it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from sync_scripts import cli
from tests.forms.compare.versions import made, old, swapped, without
from xlsform.model import Form
from xlsform.workbooks import writing

Diff = Callable[..., tuple[int, str]]


@pytest.fixture
def diff(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Diff:
    """Run the command on two forms; return exit code and standard output."""
    monkeypatch.chdir(tmp_path)

    def run(one: Form, other: Form, *words: str) -> tuple[int, str]:
        for name, form in (("old.xlsx", one), ("new.xlsx", other)):
            (tmp_path / name).write_bytes(writing.write(form))
        code = cli.main(("--lang", "en", "forms", "diff", "old.xlsx", "new.xlsx", *words))
        return code, capsys.readouterr().out

    return run


def test_a_break_asks_for_attention(diff: Diff) -> None:
    """Exit code 3, and the sentence says what, why and what to do."""
    code, out = diff(old(), made(without("short_text")))

    assert code == 3
    assert "FIELD-GONE · facts/short_text" in out
    assert "write false()" in out
    assert out.endswith("1 break, 0 warnings, 0 notes\n")


def test_a_warning_asks_for_attention(diff: Diff) -> None:
    """Exit code 3 for a change that a person must look at."""
    assert diff(old(), made(swapped((". <= 10", ". <= 9"))))[0] == 3


def test_what_does_no_harm_is_done(diff: Diff) -> None:
    """Exit code 0 for remarks, and for two equal versions."""
    code, out = diff(old(), made(swapped(("Thank you", "Many thanks"))))

    assert (code, out.count("TEXT-CHANGED")) == (0, 1)
    assert diff(old(), made()) == (0, "The two versions do not differ.\n")


def test_programs_get_one_document(diff: Diff) -> None:
    """With ``--json``: the schema, both files, and each change with code, level and path."""
    code, out = diff(old(), made(without("short_text")), "--json")

    document = json.loads(out)
    assert (code, document["schema"]) == (3, "dikalo.forms.diff/1")
    assert (document["old"], document["new"]) == ("old.xlsx", "new.xlsx")
    (change,) = document["changes"]
    assert (change["code"], change["level"], change["path"]) == ("FIELD-GONE", "break", "facts/short_text")


def test_shipped_forms_are_named_without_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    """A form that belongs to dikalo is called by its name; it does not differ from itself."""
    assert cli.main(("--lang", "en", "forms", "diff", "alert", "alert")) == 0
    assert capsys.readouterr().out == "The two versions do not differ.\n"


def test_a_file_that_is_not_there_is_a_wrong_call(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2, nothing on standard output."""
    assert cli.main(("--lang", "en", "forms", "diff", "alert", "nowhere.xlsx")) == 2
    assert capsys.readouterr().out == ""
