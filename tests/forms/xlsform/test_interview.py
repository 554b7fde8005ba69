"""An interview in a terminal: which question comes next, and what an answer may be."""

from __future__ import annotations

from dataclasses import replace

import pytest

from xlsform import pack
from xlsform.answers.interview import (
    AskedNowhere,
    Interview,
    NotUnderstoodError,
    RepeatsAsked,
    Wrong,
    holds,
    text,
)
from xlsform.answers.media_choices import choices_of
from xlsform.model import Form
from xlsform.workbooks.workbook import read


def form(name: str) -> Form:
    """Return a shipped form."""
    path = pack.forms_root() / f"{name}.xlsx"
    return read(path.read_bytes(), file=path.name).form


@pytest.fixture(scope="module")
def alert() -> Interview:
    """Return the shipped alert form as an interview."""
    made = form("alert")
    return Interview(made, choices_of(made, pack.forms_root() / "nowhere"))


WHOLE = {
    "consent_alert": "given",
    "danger_now": "yes",
    "alert_icon": "arrest",
    "when_rel": "today",
    "region": "CM007",
    "department": "CM007001",
    "arrondissement": "CM007001001",
    "victim_kind": "man",
    "victim_count": "1",
    "held_since": "lt24",
    "info_source": "third",
    "reporter_code": "PF-NW-01",
    "safe_to_contact": "no",
}


def asked(interview: Interview, answers: dict[str, str]) -> list[str]:
    """Return the names of all questions asked after some answers."""
    return [one.name for one in interview.questions if interview.asked(one, answers)]


@pytest.mark.parametrize(
    ("expression", "answers", "expected"),
    [
        ("${a} = 'x'", {"a": "x"}, True),
        ("${a} != 'x'", {"a": "x"}, False),
        ("${a} = ''", {}, True),
        ("selected(${a}, 'x') and not(selected(${a}, 'y'))", {"a": "x z"}, True),
        ("selected(${a}, 'x') or selected(${a}, 'y')", {"a": "z"}, False),
        ("count-selected(${a}) <= 3", {"a": "p q r s"}, False),
        ("${n} > 5 and ${n} < 10", {"n": "7"}, True),
        ("${n} + 1 = 8", {"n": "7"}, True),
        ("${n} mod 2 = 0", {"n": "7"}, False),
        ("${n} > 5", {"n": "much"}, False),
        ("if(${a} = 'x', ${b}, ${c}) = 'two'", {"a": "x", "b": "two"}, True),
        ("coalesce(${a}, ${b}) = 'b'", {"b": "b"}, True),
        ("string-length(${a}) = 3", {"a": "abc"}, True),
        ("regex(${a}, '^[A-Z]+$')", {"a": "AB1"}, False),
        ("${n} >= date(${a})", {"n": "7", "a": "7.9"}, True),
        ("${n} >= date(${a})", {"n": "7", "a": "8.1"}, False),
        ("", {}, True),
    ],
)
def test_conditions_say_what_a_phone_would_say(
    expression: str, answers: dict[str, str], expected: bool
) -> None:
    """Comparisons and plain functions come to what XPath says."""
    assert holds(expression, answers) is expected


@pytest.mark.parametrize(
    "expression",
    [
        "today() > '2026-01-01'",
        "date('2026-11-20') > 1",
        "date(${b}) > 1",
        "instance('x')/root/item[name=1]",
        "${a",
        "../a = 1",
        "unquoted = 1",
    ],
)
def test_what_is_not_sure_is_not_said(expression: str) -> None:
    """A function or a path that is not worked out here raises; it never becomes a yes or a no."""
    with pytest.raises(NotUnderstoodError):
        holds(expression, {"a": "1"})


def test_a_calculation_is_written_as_a_phone_writes_it() -> None:
    """Whole numbers have no point."""
    assert text("concat(${a}, '-', 3 + 4)", {"a": "x"}) == "x-7"


def test_a_refusal_ends_the_questions(alert: Interview) -> None:
    """After a refused consent nothing more is asked than the thanks."""
    assert asked(alert, {"consent_alert": "refused"}) == ["consent_alert", "refused_note"]


def test_an_arrest_asks_since_when_and_nothing_sexual(alert: Interview) -> None:
    """The clocks of the court and of the doctor are asked where they run."""
    names = asked(alert, {"consent_alert": "given", "alert_icon": "arrest"})
    assert "held_since" in names
    assert "hours_since" not in names


def test_questions_follow_one_another_to_the_end(alert: Interview) -> None:
    """Going on from question to question meets each that is asked, once, in the order of the form."""
    seen, question = [], alert.after(None, WHOLE)
    while question is not None:
        seen.append(question.name)
        question = alert.after(question, WHOLE)
    assert seen == [name for name in asked(alert, WHOLE) if name not in alert.idle]
    assert {"voice", "photo", "gps"}.isdisjoint(seen)


def test_nobody_is_asked_what_only_leads_to_a_photo(alert: Interview) -> None:
    """At a terminal there is none; an answer from a file is taken all the same."""
    assert alert.idle == {"safe_to_photo"}
    assert "safe_to_photo" in alert.kept({**WHOLE, "story_any": "yes", "safe_to_photo": "no"})


def test_back_goes_to_the_question_before_and_over_notes(alert: Interview) -> None:
    """The way back leads to what was answered last."""
    danger = next(one for one in alert.questions if one.name == "danger_now")
    before = alert.before(danger, {"consent_alert": "given"})
    assert before is not None
    assert before.name == "consent_alert"
    assert alert.before(before, {}) is None


def test_choices_are_filtered_by_what_was_answered(alert: Interview) -> None:
    """Only the departments of the region and the arrondissements of the department are offered."""
    department = next(one for one in alert.questions if one.name == "department")
    offered = {one.name for one in alert.choices(department, {"region": "CM007"})}
    assert offered
    assert all(one.startswith("CM007") for one in offered)
    unit = next(one for one in alert.questions if one.name == "arrondissement")
    assert "CM007001001" in {one.name for one in alert.choices(unit, WHOLE)}
    assert "CM008001001" not in {one.name for one in alert.choices(unit, WHOLE)}


def test_a_whole_report_has_no_fault_and_keeps_all_answers(alert: Interview) -> None:
    """What the form asks for is enough."""
    assert list(alert.faults(WHOLE, "en")) == []
    assert alert.kept(WHOLE) == WHOLE


@pytest.mark.parametrize(
    ("name", "answer", "why"),
    [
        ("danger_now", "", "required"),
        ("danger_now", "perhaps", "choice"),
        ("alert_icon", "arrest nothing_like_it", "choice"),
        ("victim_kind", "man unknown", "rule"),
        ("department", "CM008001", "choice"),
    ],
)
def test_what_the_form_would_refuse_is_refused(alert: Interview, name: str, answer: str, why: str) -> None:
    """A missing answer, one outside the list and one against the form's rule are each told apart."""
    question = next(one for one in alert.questions if one.name == name)
    found = alert.wrong(question, answer, WHOLE, "en")
    assert isinstance(found, Wrong)
    assert found.why == why


def test_more_than_three_facts_are_refused_in_the_words_of_the_form(alert: Interview) -> None:
    """The form's own sentence is shown, in the language asked for."""
    question = next(one for one in alert.questions if one.name == "alert_icon")
    four = " ".join(one.name for one in alert.choices(question, WHOLE)[:4])
    found = alert.wrong(question, four, WHOLE, "fr")
    assert found == Wrong("rule", "Choisissez trois réponses au plus.")


def test_answers_that_are_asked_no_more_are_dropped(alert: Interview) -> None:
    """Who went back and changed the fact does not leave the old clock behind."""
    changed = {**WHOLE, "alert_icon": "child"}
    assert "held_since" not in alert.kept(changed)
    with pytest.raises(AskedNowhere) as refused:
        list(alert.faults(changed, "en"))
    assert refused.value.names == "held_since"


def test_a_form_that_repeats_is_refused() -> None:
    """A case form is not asked in a terminal."""
    with pytest.raises(RepeatsAsked):
        Interview(form("case"))


def test_a_rule_that_cannot_be_worked_out_lets_the_answer_pass(alert: Interview) -> None:
    """A report in the night is never refused for a formula."""
    rows = tuple(
        replace(row, cells={**row.cells, "constraint": "today() > 1", "required": "count(/x) = 0"})
        if row.name == "danger_now"
        else row
        for row in alert.form.survey
    )
    other = Interview(replace(alert.form, survey=rows), alert.files)
    question = next(one for one in other.questions if one.name == "danger_now")
    assert other.wrong(question, "yes", WHOLE, "en") is None
    assert other.wrong(question, "", WHOLE, "en") is None
