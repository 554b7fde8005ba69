"""Rules that protect the people in the forms: consent first, a way out, nothing that identifies a phone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import pytest

from tests.forms.conftest import FORMS, GATES, choices, mapped, questions, rows, sections, shipped
from xlsform.columns import METADATA, TRANSLATED
from xlsform.model import Kind, Question

EXITS = frozenset({"unknown", "prefer_not"})
EXCLUSIVE = EXITS | {"none"}
PLACES = frozenset({"region", "department", "arrondissement"})
LANGUAGES = ("fr", "en")

_IN_SET = re.compile(r"selected\('([\w ]+)', \$\{(\w+)\}\)")
_EQUALS = re.compile(r"\$\{(\w+)\} = '(\w+)'")


def opening(relevant: str, gate: str) -> frozenset[str]:
    """Return the answers to the gate without which a condition is never true; empty when there are none.

    Only a plain chain of "and" is understood, so a condition that this cannot prove counts as open.
    """
    if " or " in relevant:
        return frozenset()
    for part in relevant.split(" and "):
        if (found := _IN_SET.fullmatch(part)) and found[2] == gate:
            return frozenset(found[1].split())
        if (found := _EQUALS.fullmatch(part)) and found[1] == gate:
            return frozenset({found[2]})
    return frozenset()


@pytest.mark.parametrize("form_id", GATES)
def test_every_group_stands_behind_the_gate(form_id: str) -> None:
    """Each group and repeat at the top, but that of the gate, opens only with an answer that allows it."""
    gate, opens = GATES[form_id]
    home = mapped(form_id).question(gate)
    assert home is not None
    for section in sections(form_id):
        if len(section.path) == 1 and section.path != home.path[:-1]:
            needed = opening(section.relevance, gate)
            assert needed, section.path
            assert needed <= opens, section.path


@pytest.mark.parametrize("form_id", GATES)
def test_nothing_about_a_person_stands_before_the_gate(form_id: str) -> None:
    """Beside the gate there is only level 0: a refusal leaves nothing about anybody."""
    gate, _ = GATES[form_id]
    home = mapped(form_id).question(gate)
    assert home is not None
    beside = [
        question for question in mapped(form_id).questions if question.path[:-1] in {home.path[:-1], ()}
    ]
    open_ = [question for question in beside if not opening(question.relevance, gate)]
    assert [question.name for question in open_ if question.level > 0] == [gate]


def test_a_case_asks_for_privacy_before_anything_else() -> None:
    """Consent is not even asked where someone may listen."""
    first = next(questions("case"))
    assert first.name == "interview_private"
    consent = mapped("case").question("consent_case")
    assert consent is not None
    assert consent.relevance == "${interview_private} = 'yes'"


@pytest.mark.parametrize("form_id", FORMS)
def test_a_required_choice_about_a_person_has_a_way_out(form_id: str) -> None:
    """A required select of level 2 or 3 offers unknown or prefer_not, a consent offers no; places are excepted."""
    trapped = []
    for question in questions(form_id):
        exits = EXITS | ({"no"} if question.entity == "consent" else frozenset())
        if question.list and question.level >= 2 and question.row.cell("required"):
            offered = {choice.name for choice in choices(form_id, question)}
            trapped += [question.name] if question.name not in PLACES and not offered & exits else []
    assert trapped == []


@pytest.mark.parametrize("form_id", FORMS)
def test_no_sealed_answer_is_forced_but_two_codes(form_id: str) -> None:
    """Names, stories, places, pictures and what is about the body are optional; a contact and a shelter code are not."""
    forced = {
        question.name
        for question in questions(form_id)
        if question.level == 3 and question.row.cell("required")
    }
    assert forced <= {"contact_code", "shelter_code"}


@pytest.mark.parametrize("form_id", FORMS)
def test_no_exact_age_place_or_point_is_forced(form_id: str) -> None:
    """Nobody is made to invent an age or to show where someone is."""
    for question in questions(form_id):
        if question.type == "geopoint" or question.name in {"age", "village", "place_hint"}:
            assert not question.row.cell("required"), question.name


@pytest.mark.parametrize("form_id", FORMS)
def test_ways_out_exclude_the_other_answers(form_id: str) -> None:
    """In a multiple choice, none, unknown and prefer_not cannot go with another answer."""
    for question in questions(form_id):
        if question.type == "select_multiple":
            alone = {choice.name for choice in choices(form_id, question)} & EXCLUSIVE
            constraint = question.row.cell("constraint")
            assert {name for name in alone if f"selected(., '{name}')" not in constraint} == set(), (
                question.name
            )
            assert not alone or "count-selected(.) > 1" in constraint, question.name


@pytest.mark.parametrize("form_id", FORMS)
def test_no_row_can_identify_the_phone_or_follow_it(form_id: str) -> None:
    """Start and end are the only metadata, and an account from which only a code is taken; never the phone's own place."""
    code = {"username"} if form_id == "alert" else set()
    assert {row.base for _, row in rows(form_id)} & METADATA == {"start", "end"} | code
    assert {q.level for q in mapped(form_id).questions if q.type == "username"} <= {1}
    for _, row in rows(form_id):
        assert row.base != "geopoint" or row.cell("appearance") == "placement-map"
        assert not row.cell("save_to")
    assert not {"submission_url", "public_key", "client_editable"} & shipped(form_id).settings.keys()


@pytest.mark.parametrize("form_id", FORMS)
def test_no_expression_uses_what_the_engines_lack(form_id: str) -> None:
    """Lists come with ``select_one_from_file``: the old functions are outside the engine."""
    text = " ".join(f"{row.type} {' '.join(row.cells.values())}" for _, row in rows(form_id))
    assert not re.search(r"pulldata|search\(|select_one_external|or_other", text)


@pytest.mark.parametrize("form_id", FORMS)
def test_the_last_answer_is_kept_only_for_codes_and_areas(form_id: str) -> None:
    """One person's answer never shows up in the next person's form."""
    for question in mapped(form_id).questions:
        if "last-saved" in question.row.cell("default"):
            assert question.level <= 1, question.name


@pytest.mark.parametrize("form_id", FORMS)
def test_the_name_of_a_draft_says_nothing_about_anybody(form_id: str) -> None:
    """Lists of drafts and sent forms on a lost phone show code, day and region at most, and no row of a repeat."""
    name = shipped(form_id).settings["instance_name"]
    for used in re.findall(r"\$\{(\w+)\}", name):
        question = mapped(form_id).question(used)
        assert question is not None
        assert question.level <= 1
        assert question.repeat == ()
        assert used in {"start", "region", "case_code", "case_code_typed"}


@pytest.mark.parametrize("form_id", FORMS)
def test_every_repeat_has_an_identity_for_life(form_id: str) -> None:
    """Each row of a repeat that the register knows has one uid, drawn once."""
    for section in sections(form_id):
        if section.repeat:
            uids = [q for q in mapped(form_id).questions if q.repeat == section.path and q.field == "uid"]
            assert [uid.row.cell("calculation") for uid in uids] == ["once(uuid())"]
            assert uids[0].entity == section.entity


@pytest.mark.parametrize("form_id", FORMS)
def test_no_repeat_stands_on_a_shared_screen(form_id: str) -> None:
    """Collect refuses a repeat inside a field-list group; a repeat may itself be one screen a row."""
    screens = {
        section.path for section in sections(form_id) if "field-list" in section.row.cell("appearance")
    }
    inside = [
        s.path
        for s in sections(form_id)
        if s.repeat and any(s.path[:n] in screens for n in range(1, len(s.path)))
    ]
    assert inside == []


@pytest.mark.parametrize("form_id", FORMS)
def test_quick_is_used_only_where_a_question_is_alone_on_its_screen(form_id: str) -> None:
    """Moving on by itself would skip the rest of a shared screen."""
    screens = {
        section.path for section in sections(form_id) if section.row.cell("appearance") == "field-list"
    }
    assert [
        question.name
        for question in questions(form_id)
        if question.path[:-1] in screens and "quick" in question.row.cell("appearance")
    ] == []


def texts(form_id: str) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Yield every translated cell: where, column, text by language."""
    for path, row in rows(form_id):
        for column in TRANSLATED & row.texts.keys():
            yield "/".join(path), column, dict(row.texts[column])
    for name, several in shipped(form_id).choices.items():
        for choice in several:
            yield f"{name}/{choice.name}", "label", dict(choice.labels)


@pytest.mark.parametrize("form_id", FORMS)
def test_every_text_is_there_in_french_and_english(form_id: str) -> None:
    """An empty translation shows a dash on the phone; French opens first."""
    assert tuple(shipped(form_id).languages.values()) == ("Français (fr)", "English (en)")
    lacking = [where for where, _, by in texts(form_id) if tuple(by) != LANGUAGES or not all(by.values())]
    assert lacking == []


@pytest.mark.parametrize("form_id", FORMS)
def test_both_languages_name_the_same_questions(form_id: str) -> None:
    """A number that is shown in one language is shown in the other."""
    for where, _, by in texts(form_id):
        assert len({tuple(re.findall(r"\$\{\w+\}", text)) for text in by.values()}) == 1, where


@pytest.mark.parametrize("form_id", FORMS)
def test_every_row_that_is_shown_has_words(form_id: str) -> None:
    """Questions, notes and groups have a label; a required or limited answer says what is wrong."""
    for path, row in rows(form_id):
        if row.kind in {Kind.QUESTION, Kind.NOTE, Kind.GROUP, Kind.REPEAT}:
            assert row.labels, path
        assert bool(row.cell("required")) == ("required_message" in row.texts), path
        assert bool(row.cell("constraint")) == ("constraint_message" in row.texts), path


@pytest.mark.parametrize("form_id", FORMS)
def test_words_are_typed_with_care(form_id: str) -> None:
    """No double blanks, no blanks at the ends, French guillemets closed, English without French signs."""
    for where, _, by in texts(form_id):
        assert not re.search(r"^\s|\s$|\s\s", by["fr"] + "|" + by["en"]), where
        assert by["fr"].count("«") == by["fr"].count("»"), where
        assert not re.search(r"[«»]| [?!:;]", by["en"]) or where.startswith("violation_codes/"), where
        assert '"' not in by["fr"], where


@pytest.mark.parametrize("form_id", FORMS)
def test_an_optional_question_says_so(form_id: str) -> None:
    """Nobody should look for a way past a question that can be left empty."""
    silent = [q.name for q in questions(form_id) if not q.row.cell("required") and not says_optional(q)]
    assert silent == []


def says_optional(question: Question) -> bool:
    """Tell whether the label or hint says in both languages that the question may be left empty."""
    french = question.row.text("label", "fr") + question.row.text("hint", "fr")
    english = question.row.text("label", "en") + question.row.text("hint", "en")
    return bool(re.search(r"[Ff]acultati|s'il existe|aissez vide|Rien de choisi", french)) and bool(
        re.search(r"[Oo]ptional|if any|eave it empty|Nothing chosen", english)
    )


@pytest.mark.parametrize("form_id", FORMS)
def test_settings_are_those_that_servers_and_people_can_order(form_id: str) -> None:
    """The form id is stable, the version a day and a number."""
    settings = shipped(form_id).settings
    assert settings["form_id"] == form_id
    assert re.fullmatch(r"20\d\d(0[1-9]|1[0-2])([0-2]\d|3[01])\d\d", settings["version"])
    assert settings["form_title"]


GUIDED: Mapping[str, int] = {"alert": 3, "case": 24, "closure": 4, "followup": 6, "situation": 4}
"""Least number of questions with a longer word for who documents."""


@pytest.mark.parametrize("form_id", FORMS)
def test_every_question_says_in_one_line_what_is_meant(form_id: str) -> None:
    """A hint or guidance stands on every question; a hint is short enough for a small screen, guidance is folded away."""
    asked = list(questions(form_id))
    assert [q.name for q in asked if not {"hint", "guidance_hint"} & q.row.texts.keys()] == []
    too_long = [q.name for q in asked for lang in LANGUAGES if len(q.row.text("hint", lang)) > 130]
    assert too_long == []
    assert sum("guidance_hint" in question.row.texts for question in asked) >= GUIDED[form_id]


def test_an_arrest_without_its_hour_is_put_at_the_beginning_of_its_day() -> None:
    """From there the first limit of a custody counts: noon would put it up to twelve hours after the law's."""
    arrest = next(row for path, row in rows("case") if path[-1] == "arrested_at")

    assert ["00:00" in arrest.text("hint", lang) for lang in LANGUAGES] == [True, True]
