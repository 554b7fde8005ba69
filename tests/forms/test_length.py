"""An alert is short: the limits hold on fixed paths, and what the docs say of lengths is what was measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.forms.conftest import mapped
from tests.forms.length import PATHS, measured, table

DOCS = Path(__file__).parents[2] / "docs"

pytestmark = [pytest.mark.java, pytest.mark.usefixtures("java")]


def test_an_alert_is_within_its_limits() -> None:
    """Consent given: 14 screens and 12 answers at most; not asked: 11 answers at most; both under two minutes."""
    given, not_asked = (measured(path) for path in PATHS[:2])
    assert (PATHS[0].answers["gate/consent_alert"], PATHS[1].answers["gate/consent_alert"]) == (
        "given",
        "not_asked",
    )
    assert given.screens <= 14
    assert given.answers <= 12
    assert not_asked.answers <= 11
    assert max(given.seconds, not_asked.seconds) < 120


def test_the_paths_answer_only_what_the_form_demands() -> None:
    """The counts are the least that a person must answer: nothing optional is among the answers."""
    for path in PATHS:
        for place in path.answers:
            question = mapped("alert").question(place.rpartition("/")[2])
            assert question is not None
            assert question.row.cell("required"), place


def test_each_conditional_question_costs_one_answer() -> None:
    """A contact, an arrest: one answer more each, and an arrest one screen more."""
    given, not_asked, contact, arrest, arrest_not_asked, second, refused = (measured(path) for path in PATHS)
    assert (contact.answers, contact.screens) == (given.answers + 1, given.screens)
    assert (arrest.answers, arrest.screens) == (contact.answers + 1, contact.screens + 1)
    assert (arrest_not_asked.answers, arrest_not_asked.screens) == (
        not_asked.answers + 1,
        not_asked.screens + 1,
    )
    assert second.answers == given.answers - 3
    assert (refused.answers, refused.screens) == (1, 2)


@pytest.mark.parametrize(("lang", "page"), [("fr", "forms.md"), ("en", "en/forms.md")])
def test_the_docs_say_what_was_measured(lang: str, page: str) -> None:
    """The table of the page is the one that the command prints."""
    assert "\n".join(table(lang)) in (DOCS / page).read_text("utf-8")
