"""What a table that came back changes: words of one language, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.forms.translate.worlds import KEEP, YAML, form, table
from xlsform.model import Form
from xlsform.translate.importing import TableOfOtherForm, plan
from xlsform.translate.memory import Kept, progress
from xlsform.translate.table import Table
from xlsform.translate.texts import Language, LanguageNotInForm, texts


def words(of: Form, code: str) -> dict[str, str]:
    """Return every text of a form in one language."""
    return {text.key: text.by_language[code] for text in texts(of) if code in text.by_language}


def test_a_new_language_is_added_whole() -> None:
    """Every word of it, pictures that all languages share, and nothing of the other languages is touched."""
    made = plan(form(), table(), {})

    assert made.faults == ()
    assert made.is_new
    assert made.taken == 11
    assert made.form.languages == {**form().languages, "wes": "Pidgin (wes)"}
    assert words(made.form, "wes")["survey/facts/sum/label"] == KEEP["survey/facts/sum/label"]
    assert words(made.form, "fr") == words(form(), "fr")
    age = made.form.survey[2]
    assert age.texts["image"]["wes"] == "age.png"
    assert "wes" not in age.texts["audio"]  # a voice is recorded, not copied
    assert [replace(row, texts={}) for row in made.form.survey] == [
        replace(row, texts={}) for row in form().survey
    ]


def test_the_same_table_again_changes_nothing() -> None:
    """Twice is once."""
    once = plan(form(), table(), {})
    twice = plan(once.form, table(), once.memory)

    assert twice.form == once.form
    assert (twice.taken, twice.same) == (0, 11)
    assert twice.memory == once.memory


def test_an_empty_cell_changes_nothing() -> None:
    """A translation that is there stays."""
    whole = plan(form(), table(), {}).form
    made = plan(whole, table(words=lambda _key, _text: ""), {})

    assert made.form == whole
    assert made.left == 11


def test_a_missing_text_may_be_filled_and_stays_missing() -> None:
    """The phone shows the original words; the next table still asks for the translation."""
    made = plan(form(), table(change={"survey/consent/label": ""}), {}, fill=True)

    assert made.filled == 1
    assert words(made.form, "wes")["survey/consent/label"] == "Accord ?"
    assert progress(texts(made.form), "fr", "wes", made.memory).missing == 1


def test_what_was_translated_from_older_words_is_taken_and_remembered() -> None:
    """It is better than nothing, and somebody must look at it again."""
    newer = form(YAML.replace('fr: "Accord ?"', 'fr: "Êtes-vous d\'accord ?"'))
    made = plan(newer, table(), {})

    assert made.stale == ("survey/consent/label",)
    assert made.memory["survey/consent/label"] == Kept("Accord ?", "W Accord ?")
    assert progress(texts(made.form), "fr", "wes", made.memory).changed == 1


def test_a_row_that_is_gone_is_named() -> None:
    """Its translation is left out and forgotten."""
    less = form(YAML.replace("    hint: {fr: Lisez **tout** à voix haute., en: Read **all** aloud.}\n", ""))
    made = plan(less, table(), {"survey/consent/hint": Kept("a", "b")})

    assert made.gone == ("survey/consent/hint",)
    assert "survey/consent/hint" not in made.memory


@pytest.mark.parametrize(
    ("key", "value", "code"),
    [
        ("survey/facts/sum/label", "She get ${ages} year.", "TABLE-PLACEHOLDER"),
        ("survey/facts/sum/label", 'She get ${age}. <span style="color:red">here', "TABLE-MARKUP"),
        ("survey/consent/hint", "Tok all", "TABLE-MARKUP"),
        ("survey/consent/label", "=1+1", "TABLE-CELL"),
        ("survey/consent/label", 1.5, "TABLE-CELL"),
        ("survey/consent/label", "a" * 32_768, "TABLE-TEXT"),
    ],
)
def test_a_faulty_cell_is_named(key: str, value: str | float, code: str) -> None:
    """By its address in the table, so that the translator finds it."""
    raw = table(change={key: value}) if code != "TABLE-TEXT" else _long(key, str(value))
    made = plan(form(), raw, {})

    assert code in {fault.code for fault in made.faults}
    assert {fault.key for fault in made.faults} == {key}
    assert all(fault.cell.startswith("traduction!H") for fault in made.faults)
    assert key not in {text.key for text in texts(made.form) if "wes" in text.by_language}


def _long(key: str, value: str) -> Table:
    read = table()
    lines = [replace(line, translation=value) if line.key == key else line for line in read.lines]
    return replace(read, lines=lines)


def test_one_text_in_two_ways_is_a_fault() -> None:
    """The same words twice are not."""
    read = table()
    double = replace(read.lines[0], translation="other", cell="traduction!H99")

    assert [fault.code for fault in plan(form(), replace(read, lines=[*read.lines, double]), {}).faults] == [
        "TABLE-TWICE"
    ]
    assert plan(form(), replace(read, lines=[*read.lines, read.lines[0]]), {}).faults == ()


def test_protected_wording_is_refused_in_french_and_english_only() -> None:
    """What a person agrees to is not ours to reword; in a new language it must be worded for the first time."""
    english = Language("en", "English (en)")
    other = plan(
        form(),
        table(target=english, words=lambda _key, _text: "", change={"survey/consent/label": "OK?"}),
        {},
        frozen={"consent"},
    )
    same = plan(
        form(),
        table(target=english, words=lambda _key, _text: "", change={"survey/consent/label": "Agreement?"}),
        {},
        frozen={"consent"},
    )

    assert [fault.code for fault in other.faults] == ["TABLE-FROZEN"]
    assert same.faults == ()
    assert plan(form(), table(), {}, frozen={"consent"}).faults == ()


def test_a_table_of_another_form_is_refused() -> None:
    """Also one whose languages the form does not have."""
    with pytest.raises(TableOfOtherForm):
        plan(form(YAML.replace("form_id: essai", "form_id: autre")), table(), {})
    with pytest.raises(LanguageNotInForm):
        plan(form(), replace(table(), source="Deutsch (de)"), {})
