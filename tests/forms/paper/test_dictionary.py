"""The data dictionary: every answer, who is asked, how secret it is, where it goes; the same on screen and in a workbook."""

from __future__ import annotations

import io
from pathlib import Path

import openpyxl
import pytest

from tests.forms.paper.conftest import Run, small
from xlsform import pack
from xlsform.answers import dictionary
from xlsform.answers.dictionary import entries
from xlsform.answers.steps import outline
from xlsform.model import Form, resolve
from xlsform.sources import source

SHIPPED = tuple(form.form_id for form in pack.forms())
SURVEY = """
- {type: begin_group, name: g, label: {fr: G, en: G}, relevant: "${first} = 'yes'", register: alert}
- {type: select_multiple kinds, name: what, label: {fr: 'Quoi | où', en: What}, register: icons, sensitivity: 1, required: yes, relevant: "${first} != ''"}
- {type: text, name: loose, label: {fr: Libre, en: Loose}, required: "${first} = 'no'"}
- {type: end_group}
- {type: select_one yes_no, name: first, label: {fr: Un, en: One}, register: case.danger_now, sensitivity: 2}
- {type: note, name: thanks, label: {fr: Merci, en: Thanks}}
"""


def test_an_entry_says_all_of_a_question() -> None:
    """Path, labels, list, conditions of its group and its own, level, register field; unmapped goes to extra, sealed."""
    found = {entry.path: entry for entry in entries(small(SURVEY), "en")}
    what, loose, first, thanks = (found[path] for path in ("g/what", "g/loose", "first", "thanks"))
    assert what.labels == {"fr": "Quoi | où", "en": "What"}
    assert (what.list, what.required, what.sensitivity, what.register) == ("kinds", "yes", 1, "alert.icons")
    assert what.condition == "first is “Yes”; first has an answer"
    assert (loose.register, loose.sensitivity, loose.required) == ("extra", 3, "first is “No”")
    assert (first.register, first.condition, first.sensitivity) == ("case.danger_now", "", 2)
    assert (thanks.register, thanks.sensitivity) == ("", 0)


def test_a_table_keeps_its_columns() -> None:
    """A bar in a label does not make another column; lists follow."""
    lines = dictionary.markdown(small(SURVEY), "en").splitlines()
    rows = [line for line in lines if line.startswith("| g/what")]
    assert lines[lines.index("## Flow") + 2].startswith("- ")
    assert len(rows) == 1
    assert rows[0].replace("\\|", "").count("|") == 10
    assert "| kinds | a | Rouge | Red |" in lines


def shipped(form_id: str) -> Form:
    """Return a shipped form."""
    path = pack.find(form_id).source
    assert path is not None
    return source.load(path)


@pytest.mark.parametrize("form_id", SHIPPED)
def test_every_answer_of_a_shipped_form_is_in_its_dictionary(form_id: str) -> None:
    """As many entries as questions, texts and computed values; the workbook holds what the screen shows."""
    form = shipped(form_id)
    found = list(entries(form))
    assert [entry.path for entry in found] == ["/".join(one.path) for one in resolve(form).questions]
    book = openpyxl.load_workbook(io.BytesIO(dictionary.workbook(form)), read_only=True)
    asked, lists = (list(book[name].iter_rows(values_only=True)) for name in ("Questions", "Lists"))
    assert [row[0] for row in asked[1:]] == [entry.path for entry in found]
    assert len(lists) - 1 == sum(len(choices) for choices in form.choices.values())
    steps = [row[:2] for row in book["Flow"].iter_rows(min_row=2, values_only=True)]
    assert [bool(condition) for _step, condition in steps] == [
        bool(one.condition) for _depth, one in outline(form, "fr")
    ]


def test_the_workbook_is_the_same_each_time() -> None:
    """Two people who make it can compare."""
    assert dictionary.workbook(shipped("alert")) == dictionary.workbook(shipped("alert"))


def test_the_command_shows_writes_and_refuses(run: Run, tmp_path: Path) -> None:
    """On the screen, as a document, as a file of either kind; another kind is refused; a dry run writes nothing."""
    assert run("forms", "dictionary", "alert")[1].startswith("# Alerte / Alert")
    document = run("forms", "dictionary", "alert", "--json")[1]
    assert document["entries"][2]["register"] == "alert.consent_state"
    assert len(document["lists"]["alert_icon"]) == 12
    for name in ("a.xlsx", "a.md"):
        assert run("forms", "dictionary", "alert", "-o", str(tmp_path / name), "--dry-run")[0] == 0
        assert not (tmp_path / name).exists()
        assert run("forms", "dictionary", "alert", "-o", str(tmp_path / name))[0] == 0
        assert (tmp_path / name).stat().st_size > 1000
    assert run("forms", "dictionary", "alert", "-o", "a.docx")[0] == 2


def test_a_workbook_of_other_people_has_a_dictionary_too(run: Run) -> None:
    """By file, without a workspace."""
    path = str(pack.find("followup").workbook)
    code, document, _talk = run("forms", "dictionary", path, "--json")
    assert (code, document["form"]) == (0, "followup")
