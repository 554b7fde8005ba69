"""What the tests of the shipped forms share: the forms as read from their sources, and the field list they must follow."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest
from lxml import etree

from tests.forms.phones import CASES, MEDIA, PROVIDERS
from xlsform import pack
from xlsform.engine import Setting
from xlsform.model import Choice, Form, Kind, Question, Resolved, Row, Section, resolve
from xlsform.sources import source

FORMS = ("alert", "case", "closure", "followup", "situation")
FIELDS = Path(__file__).parent.parent / "data" / "fields.csv"

GATES: Mapping[str, tuple[str, frozenset[str]]] = {
    "alert": ("consent_alert", frozenset({"given", "not_asked", "unable"})),
    "case": ("consent_case", frozenset({"yes"})),
}
"""Form -> the question that opens it, and the answers that do. A form that is not here has no gate."""


@cache
def shipped(form_id: str) -> Form:
    """Return a shipped form, read from its YAML source."""
    path = pack.find(form_id).source
    assert path is not None
    return source.load(path)


@cache
def mapped(form_id: str) -> Resolved:
    """Return a shipped form with the register field and level of each question."""
    return resolve(shipped(form_id))


@cache
def field_list() -> tuple[Mapping[str, str], ...]:
    """Return the rows of the field list, in screen order."""
    with FIELDS.open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def questions(form_id: str) -> Iterator[Question]:
    """Yield what a person is asked: no notes, calculates, metadata or stamps."""
    return (question for question in mapped(form_id).questions if question.kind is Kind.QUESTION)


def choices(form_id: str, question: Question) -> tuple[Choice, ...]:
    """Return the choices of a question whose list stands in the form."""
    return shipped(form_id).choices[question.list] if question.list else ()


def rows(form_id: str) -> Iterator[tuple[tuple[str, ...], Row]]:
    """Yield the rows that a phone shows or computes, with their paths."""
    return ((path, row) for path, row in shipped(form_id).paths() if row.kind is not Kind.END)


def sections(form_id: str) -> Iterator[Section]:
    """Yield groups and repeats."""
    return iter(mapped(form_id).sections)


def personal(form_id: str, submission: bytes) -> set[str]:
    """Return the names of level 1 or above that a submission holds, answered or not."""
    levels = {question.name: question.level for question in mapped(form_id).questions}
    names = {etree.QName(node).localname for node in etree.fromstring(submission).iter()}
    return {name for name in names if levels.get(name, 0) >= 1}


@pytest.fixture(scope="session")
def phone(tmp_path_factory: pytest.TempPathFactory) -> Setting:
    """A phone with the lists that a server gives it: all arrondissements, one open case, one provider."""
    folder = tmp_path_factory.mktemp("media")
    (folder / "arrondissements.csv").write_bytes((MEDIA / "arrondissements.csv").read_bytes())
    (folder / "cases.csv").write_text(CASES, encoding="utf-8")
    (folder / "providers.csv").write_text(PROVIDERS, encoding="utf-8")
    return Setting(media=folder)
