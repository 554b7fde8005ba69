"""Every answer of the shipped forms has a place in the register, and is kept at least as secret there as it must be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from tests.forms.conftest import FORMS, field_list, mapped, sections
from xlsform import pack
from xlsform.model import Kind, Question

FEED_OTHERS = frozenset({"victim_max", "act_max", "perp_max", "source_max", "phone_account"})
"""Rows that only feed a calculation: the next row's number, the code that the phone is set up with."""


def opens_a_section(form_id: str, question: Question) -> bool:
    """Tell whether a question only asks whether there is anything to describe; what it opens says the rest."""
    opened = {f"{section.path[-1]}_any" for section in sections(form_id)}
    return question.name in opened and question.row.list_name == "yes_no"


def answered(form_id: str) -> Iterator[Question]:
    """Yield what can hold an answer, without the stamps of the build."""
    for question in mapped(form_id).questions:
        if question.kind is not Kind.NOTE and question.row.cell("sensitivity"):
            yield question


@pytest.mark.parametrize("form_id", FORMS)
def test_every_answer_has_a_field(form_id: str) -> None:
    """Nothing of the shipped forms falls to the rest, but what feeds a calculation or opens a section."""
    loose = [question for question in answered(form_id) if not question.field]
    assert {one.name for one in loose if not opens_a_section(form_id, one)} <= FEED_OTHERS


@pytest.mark.parametrize("form_id", FORMS)
def test_fields_are_collected_and_levels_high_enough(form_id: str) -> None:
    """A form may keep an answer more secret than the register says, never less, and writes no decided field."""
    catalogue = pack.register_fields()
    for question in answered(form_id):
        if question.field:
            known = catalogue[question.entity or "", question.field]
            assert known.owner == "collected", question.name
            assert question.level >= known.level, question.name


@pytest.mark.parametrize("form_id", FORMS)
def test_every_section_names_its_record(form_id: str) -> None:
    """A group or repeat says which record its answers belong to."""
    entities = {entity for entity, _ in pack.register_fields()}
    assert [section.path for section in sections(form_id) if section.entity not in entities] == []


@pytest.mark.parametrize("form_id", FORMS)
def test_levels_are_written_on_every_question(form_id: str) -> None:
    """Who reads the workbook sees the level beside the question; nothing is left to a default."""
    silent = [
        question.name
        for question in mapped(form_id).questions
        if question.path[1:] and not question.row.cell("sensitivity")
    ]
    assert silent == []


def test_two_questions_share_a_field_only_where_one_excludes_the_other() -> None:
    """The three files of a piece of evidence, a code chosen or typed or told by the phone: no other answer can overwrite another."""
    times = Counter(
        (form_id, question.entity, question.field)
        for form_id in FORMS
        for question in answered(form_id)
        if question.field
    )
    assert {key for key, many in times.items() if many > 1} == {
        ("alert", "alert", "reporter_code"),
        ("case", "evidence", "file"),
        ("case", "interview", "case_code"),
        ("closure", "closure", "case_code"),
        ("followup", "followup", "case_code"),
        ("followup", "intervention", "provider_code"),
    }


def test_the_catalogue_is_whole() -> None:
    """Every collected field is asked by some form of the field list, and every field that is asked is there."""
    catalogue = pack.register_fields()
    asked = {
        row["register"] for row in field_list() if row["register"] and row["type"] not in {"group", "repeat"}
    }
    assert {
        f"{entity}.{field}" for (entity, field), one in catalogue.items() if one.owner == "collected"
    } == asked
    assert len(catalogue) == 488
