"""Conditions in words: what a person reads means what the phone does."""

from __future__ import annotations

import pytest

from tests.forms.paper.conftest import small
from xlsform import pack
from xlsform.answers.condition_words import Speaker
from xlsform.model import resolve
from xlsform.sources import source

FORM = resolve(
    small("""
- {type: select_one yes_no, name: one, label: {fr: Un, en: One}}
- {type: select_multiple kinds, name: many, label: {fr: Plusieurs, en: Many}}
- {type: integer, name: age, label: {fr: Âge, en: Age}}
- {type: calculate, name: child, calculation: "if(${age} != '' and ${age} < 18, 1, 0)"}
- {type: calculate, name: day, calculation: today()}
""")
)
SPEAKER = Speaker(FORM, "en", lambda name: f"[{name}]")


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("", ""),
        ("${one} = 'yes'", "[one] is “Yes”"),
        ("'yes' = ${one}", "[one] is “Yes”"),
        ('${one} != "no"', "[one] is not “No”"),
        ("${one} = ''", "[one] has no answer"),
        ("${one} != ''", "[one] has an answer"),
        ("selected('yes no', ${one})", "[one] is one of: “Yes”, “No”"),
        ("not(selected('yes no', ${one}))", "[one] is none of: “Yes”, “No”"),
        ("selected(${one}, 'yes')", "[one] is “Yes”"),
        ("selected(${many}, 'a')", "“Red” is ticked in [many]"),
        ("not(selected(${many}, 'a'))", "“Red” is not ticked in [many]"),
        ("count-selected(${many}) > 0", "at least 1 answer is ticked in [many]"),
        ("count-selected(${many}) >= 2", "at least 2 answers are ticked in [many]"),
        ("${age} > 17", "[age] is more than 17"),
        ("17 < ${age}", "[age] is more than 17"),
        ("${age} <= 5", "[age] is at most 5"),
        ("${age} = 5", "[age] is “5”"),
        ("${child} = 1", "[age] has an answer and [age] is less than 18"),
        ("${child} = 0", "it is not so that [age] has an answer and [age] is less than 18"),
        ("${child} != 0", "[age] has an answer and [age] is less than 18"),
        ("sum(${child}) > 0", "at least once, [age] has an answer and [age] is less than 18"),
        ("${day} = 'x'", "the computed value day is “x”"),
        ("${one} = 'yes' and ${age} > 1", "[one] is “Yes” and [age] is more than 1"),
        (
            "${one} = 'yes' and (${age} > 1 or ${one} = 'no')",
            "[one] is “Yes” and ([age] is more than 1 or [one] is “No”)",
        ),
        ("${one} = 'maybe'", "[one] is “maybe”"),
        ("${gone} = 'yes'", "[gone] is “yes”"),
    ],
)
def test_a_condition_is_said_in_words(expression: str, words: str) -> None:
    """Answers by their labels, and and or with brackets, computed values by what is behind them."""
    assert SPEAKER.say(expression) == words


@pytest.mark.parametrize(
    "expression",
    [
        "regex(${age}, '^1')",
        "${age} > ${child}",
        "${one} = 'yes' and today() > '2026'",
        "((",
        "= 'a'",
        "count-selected(${many}) < 2",
    ],
)
def test_what_cannot_be_said_is_shown_as_written(expression: str) -> None:
    """A skip is never left out, whatever it is."""
    assert SPEAKER.say(expression) == f"the form finds that {expression}"


def test_the_answer_is_said_in_the_language_of_the_form() -> None:
    """A French paper names French answers; a language without the label takes the first that has one."""
    for language, word in (("fr", "Oui"), ("en", "Yes"), ("wes", "Oui")):
        assert word in Speaker(FORM, language, str).say("${one} = 'yes'")


@pytest.mark.parametrize("form_id", [form.form_id for form in pack.forms()])
def test_every_condition_of_the_shipped_forms_has_words(form_id: str) -> None:
    """Nothing of XPath is printed for the questions of our own forms."""
    path = pack.find(form_id).source
    assert path is not None
    form = resolve(source.load(path))
    speaker = Speaker(form, "en", str)
    said = [speaker.say(row.cell("relevant")) for row in form.form.survey]
    assert [words for words in said if "$" in words or ("(" in words and "selected" in words)] == []
