"""The corpus of the form check: every planted fault is found where it stands, every clean form stays clean, the judge can say no."""

from __future__ import annotations

from dataclasses import replace

import pytest

from docs import fault_corpus
from docs.generate import REFERENCE
from tests.forms.faults.families import lists as a_family
from tests.forms.faults.judging import clean_forms, grave, judged, outcomes
from tests.forms.faults.misses import MISSES
from tests.forms.faults.planting import planted
from xlsform.findings.causes import causes, without_consequences
from xlsform.findings.problems import Finding
from xlsform.findings.profiles import PROFILES, Level, Severity, profile_of

CLEAN = clean_forms()


def test_what_is_found_of_the_corpus_is_known_and_the_page_says_it() -> None:
    """Of 600 faults at least, no two the same, 95 of 100 are found, and none is newly missed; all are judged once."""
    corpus = list(outcomes())
    left = {one.words: (one.verdict, one.code, one.said) for one in corpus if one.verdict != "found"}
    changes = [(one.family, one.words) for one in corpus if not one.family.startswith("rules:")]

    assert {words: said for words, said in left.items() if words not in MISSES} == {}
    assert MISSES.keys() - left.keys() == set()
    assert len(corpus) >= 600
    assert sum(one.verdict == "found" for one in corpus) >= 0.95 * len(corpus)
    assert len({*changes}) == len(changes)
    for name, text in fault_corpus.pages(corpus, false=0).items():
        assert (REFERENCE / name).read_text(encoding="utf-8") == text, "if not: nox -s reference"


@pytest.mark.parametrize("name", CLEAN)
def test_a_clean_form_of_others_breaks_and_loses_nothing(name: str) -> None:
    """Capitals, hyphens, numeric choices, long forms, other scripts, answers of earlier visits are no fault."""
    assert [(one.code, one.cell) for one in grave(CLEAN[name]())] == []


@pytest.mark.parametrize(
    ("code", "cells", "said", "verdict"),
    [
        ("CHOICE-UNKNOWN", ["survey!F10"], [("CHOICE-UNKNOWN", "survey!F10")], "found"),
        ("CHOICE-UNKNOWN", [], [("CHOICE-UNKNOWN", "survey!F10")], "found"),
        ("CHOICE-UNKNOWN", ["survey!F10"], [("CHOICE-UNKNOWN", "survey!F11")], "misled"),
        ("CHOICE-UNKNOWN", ["survey!F10"], [("QUOTE-MISSING", "survey!F10")], "misled"),
        ("CHOICE-UNKNOWN", ["survey!F10"], [], "missed"),
    ],
)
def test_the_judge_can_say_no(code: str, cells: list[str], said: list[tuple[str, str]], verdict: str) -> None:
    """The right code at another cell, another code at the right cell, or nothing at all is not found."""
    news = [Finding(one, cell=cell, data={}) for one, cell in said]
    assert judged("family", "words", code, cells, news).verdict == verdict


def test_a_fault_that_changes_nothing_is_no_fault() -> None:
    """A change that leaves the form as it was, or has no place in it, is refused instead of counted as missed."""
    one = a_family.FAULTS[0]
    with pytest.raises(LookupError):
        planted(replace(one, at="Q99.relevant"))
    with pytest.raises(LookupError):
        planted(replace(one, new="${Q06_Open} = '0'"))


# --- profiles and causes ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "here", "levels"),
    [
        ("QUOTE-MISSING", None, {"ours": "error", "odk": "error", "kobo": "error", "strict": "error"}),
        ("NAME-FORM", None, {"ours": "error", "odk": "info", "kobo": "info", "strict": "error"}),
        (
            "NAME-FORM",
            Severity.BREAKS,
            {"ours": "error", "odk": "error", "kobo": "error", "strict": "error"},
        ),
        ("NAME-CASE", None, {"ours": "error", "odk": "warn", "kobo": "error", "strict": "error"}),
        ("HEADER-CASE", None, {"ours": "error", "odk": "info", "kobo": "error", "strict": "error"}),
        ("TR-MISSING", None, {"ours": "error", "odk": "warn", "kobo": "warn", "strict": "error"}),
        ("NUM-EMPTY", None, {"ours": "warn", "odk": "warn", "kobo": "warn", "strict": "warn"}),
        ("LIST-UNUSED", None, {"ours": "warn", "odk": "info", "kobo": "info", "strict": "warn"}),
        ("REQ-NOMSG", None, {"ours": "info", "odk": "info", "kobo": "info", "strict": "warn"}),
        (
            "NOTE-REQUIRED",
            Severity.MISLEADS,
            {"ours": "warn", "odk": "warn", "kobo": "warn", "strict": "warn"},
        ),
    ],
)
def test_a_profile_says_what_is_done(code: str, here: Severity | None, levels: dict[str, str]) -> None:
    """By what happens to data, by house rules, by the server; style is not shown where no house rule looks at it."""
    one = Finding(code, here=here)
    assert {name: str(profile.level(one)) for name, profile in PROFILES.items()} == levels
    hidden = {name for name, profile in PROFILES.items() if not profile.shows(one)}
    assert hidden == {name for name in ("ours", "odk", "kobo") if levels[name] == "info"}


def test_the_profile_is_chosen_by_the_form_unless_asked_for() -> None:
    """Our columns make a form ours; a word on the command line goes before."""
    assert profile_of(None, ours=True).name == "ours"
    assert profile_of(None, ours=False).name == "odk"
    assert profile_of("strict", ours=False).level(Finding("REQ-NOMSG")) is Level.WARN


def test_one_cause_is_said_once_with_its_places() -> None:
    """A translation that lacks a hundred times is one cause for each language."""
    found = [
        Finding(
            "TR-MISSING", f"q{number}", cell=f"survey!C{number}", data={"column": "label", "language": one}
        )
        for one in ("fr", "en")
        for number in range(2, 102)
    ]
    one, other = causes(found)
    assert (one.document()["count"], one.places[:2]) == (100, ("survey!C2", "survey!C3"))
    assert other.first.data["language"] == "en"


def test_what_follows_from_another_fault_is_left_out() -> None:
    """A column that was deleted is one finding, not one for each row."""
    lost = Finding("COL-MISSING", data={"name": "sensitivity", "other": "register"})
    rows = [Finding(code) for code in ("SENS-MISSING", "CONSENT-GATE", "QUOTE-MISSING")]
    assert [one.code for one in without_consequences([lost, *rows])] == ["COL-MISSING", "QUOTE-MISSING"]
    assert len(without_consequences(rows)) == 3


@pytest.mark.parametrize("near", ["-", ""])
def test_help_that_says_nothing_is_left_out(near: str) -> None:
    """No "Nearest: -.": the rest of the sentence stays."""
    data = {"column": "relevant", "name": "x", "near": near}
    fix = Finding("REF-UNKNOWN", data=data).fix
    assert "-" not in fix.split()
    assert fix.startswith("The name must be written")
    assert "Nearest: y" in Finding("REF-UNKNOWN", data={**data, "near": "y"}).fix
