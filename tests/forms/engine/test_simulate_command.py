"""``dikalo forms simulate`` as a trainer and a program meet it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sync_scripts import cli
from tests.forms.engine.test_rehearsal import SOURCE
from xlsform.engine import jvm
from xlsform.sources import source
from xlsform.workbooks import writing

pytestmark = pytest.mark.java

Dikalo = Callable[..., tuple[int, str, str]]


@pytest.fixture
def dikalo(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Dikalo:
    """Run the command line in a trainer's folder: nothing but dikalo.toml and forms/."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dikalo.toml").write_text("", "utf-8")
    (tmp_path / "forms").mkdir()

    def run(*words: str) -> tuple[int, str, str]:
        code = cli.main(words)
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def put(text: str = SOURCE) -> None:
    """Lay the workbook of a source into the trainer's folder."""
    form = source.read(text.encode(), file="essai.yaml")
    Path("forms", "essai.xlsx").write_bytes(writing.write(form))


def document(out: str) -> dict[str, Any]:
    """The one JSON document of a run."""
    read: dict[str, Any] = json.loads(out)
    return read


@pytest.mark.usefixtures("java")
def test_a_sound_form_ends_with_0(dikalo: Dikalo) -> None:
    """By name or by file; what is said is counts, never an answer."""
    put()
    code, out, _ = dikalo("forms", "simulate", "essai", "--n", "30")
    again = dikalo("forms", "simulate", "forms/essai.xlsx", "--n", "30")

    assert code == 0
    assert out == again[1]
    assert "Valid: 30 of 30" in out
    assert "Questions reached: 6 of 6" in out


@pytest.mark.usefixtures("java")
def test_a_dead_question_asks_for_attention(dikalo: Dikalo) -> None:
    """Exit code 3, and the path in both outputs."""
    put(SOURCE.replace("= 'q'", "= 'Q'"))
    code, out, _ = dikalo("forms", "simulate", "essai", "--n", "8", "--json")

    assert code == 3
    assert document(out)["schema"] == "dikalo.forms.simulate/1"
    assert document(out)["dead"] == ["facts/rare"]
    assert "facts/rare: never shown" in dikalo("forms", "simulate", "essai", "--n", "8")[1]


@pytest.mark.usefixtures("java")
def test_a_declaration_beside_the_forms_counts(dikalo: Dikalo) -> None:
    """With the reason that somebody wrote."""
    put(SOURCE.replace("= 'q'", "= 'Q'"))
    Path("forms", "unreachable.yaml").write_text("essai:\n  facts/rare: only from 2027\n", "utf-8")
    code, out, _ = dikalo("forms", "simulate", "essai", "--n", "8")

    assert code == 0
    assert "as declared: only from 2027" in out


@pytest.mark.usefixtures("java")
def test_what_cannot_be_finished_or_leaks_fails(dikalo: Dikalo) -> None:
    """Exit code 1, each with its path."""
    put(SOURCE.replace(". <= 30", ". > 900 and . < 900").replace("name: age,", "name: age, required: yes,"))
    code, out, _ = dikalo("forms", "simulate", "essai", "--n", "8")
    assert code == 1
    assert "people/age: no answer was accepted" in out

    put(SOURCE.replace("relevant: \"${consent} = 'yes'\", appearance", "appearance"))
    code, out, _ = dikalo("forms", "simulate", "essai", "--n", "12")
    assert code == 1
    assert "some hold answers about the person" in out
    assert "facts/letter" in out


@pytest.mark.usefixtures("java")
def test_a_list_that_is_nowhere_is_said(dikalo: Dikalo) -> None:
    """Not an empty list that would leave questions dead."""
    put(SOURCE.replace("select_one letters", "select_one_from_file nowhere.csv"))
    code, _, err = dikalo("forms", "simulate", "essai", "--n", "2")

    assert code == 1
    assert "nowhere.csv" in err


def test_wrong_words_are_usage(dikalo: Dikalo) -> None:
    """A form that is not here, a file that is none, a number out of range."""
    put()
    assert dikalo("forms", "simulate", "nobody")[0] == 1
    assert dikalo("forms", "simulate", "nothing.xlsx")[0] == 2
    assert dikalo("forms", "simulate", "essai", "--n", "0")[0] == 2
    Path("forms", "broken.xlsx").write_bytes(b"PK")
    code, out, err = dikalo("forms", "simulate", "broken")
    assert (code, out) == (1, "")
    assert "Traceback" not in err


def test_without_java_one_sentence_says_so(dikalo: Dikalo, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is shown as if it had been proved."""
    import jpype

    def no_machine(*_options: object, **_more: object) -> None:
        raise jpype.JVMNotFoundException

    monkeypatch.setattr(jvm, "_started_by", [])
    monkeypatch.setattr(jpype, "startJVM", no_machine)
    put()
    code, out, err = dikalo("forms", "simulate", "essai")

    assert (code, out) == (1, "")
    assert "DK-F50" in err
    assert "default-jre-headless" in err
