"""An alert is short: the limits hold on fixed paths, and what the docs say of lengths is what was measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.forms.conftest import mapped
from tests.forms.keystrokes import FIRST, PRACTISED, Seen, User, screen_seconds
from tests.forms.length import PATHS, measured, table

DOCS = Path(__file__).parents[2] / "docs"

_LIST = ("one", "two", "three", "four")


@pytest.mark.parametrize(
    ("title", "shown", "user", "seconds"),
    [
        # a word read aloud takes 60/98 s; a page that is passed is turned: 0.4 + 0.85 s
        ("Danger now", (), FIRST, 2 * 60 / 98 + 1.25),
        ("Danger now", (), PRACTISED, 1.25),
        ("", (Seen("Optional", "not read"),), FIRST, 60 / 98 + 1.25),
        # decide 1.35 s, tap 0.57 s; a first-time user reads down to the answer; "quick" turns the page by itself
        (
            "",
            (Seen("Who", options=_LIST, chosen=(3,), kind="boxes"),),
            FIRST,
            4 * 60 / 98 + 1.35 + 0.57 + 1.25,
        ),
        ("", (Seen("Who", options=_LIST, chosen=(3,), kind="quick"),), PRACTISED, 1.35 + 0.57 + 0.4),
        # where several may be chosen all are read; drawings are seen, and the chosen words read
        (
            "",
            (Seen("Who", options=_LIST, drawn=4, chosen=(1, 3), kind="several"),),
            FIRST,
            3 * 60 / 98 + 4 * 0.55 + 1.35 + 2 * 0.57 + 1.25,
        ),
        # a menu is opened first; a code: capitals lock, letters, signs, each a key
        ("", (Seen("", options=_LIST, chosen=(1,), kind="menu"),), PRACTISED, 1.35 + 2 * 0.57 + 0.4 + 1.25),
        ("", (Seen("", typed="PF-NW-03", kind="text"),), PRACTISED, 1.35 + 0.57 + 0.4 + 13 * 0.75 + 1.25),
        # what the phone filled in is read and agreed to; what is said to the person everybody says
        (
            "",
            (Seen("Code", "hint", options=_LIST, chosen=(2,), kind="kept"),),
            FIRST,
            3 * 60 / 98 + 1.35 + 1.25,
        ),
        ("", (Seen("Ask", said="You may refuse", kind="text"),), PRACTISED, 3 * 60 / 98 + 1.35 + 0.97 + 1.25),
        # 20 choices of 48 dp are 960 dp: one more screen of 504 dp to scroll
        ("", (Seen("", options=_LIST * 5, chosen=(1,), kind="boxes"),), PRACTISED, 1.35 + 0.57 + 0.85 + 1.25),
    ],
)
def test_the_model_adds_what_its_sources_say(
    title: str, shown: tuple[Seen, ...], user: User, seconds: float
) -> None:
    """Each operator counts once, for what is on the screen and for who reads it."""
    assert screen_seconds(title, shown, user) == pytest.approx(seconds)


@pytest.mark.java
@pytest.mark.usefixtures("java")
def test_an_alert_is_within_its_limits() -> None:
    """Consent given: 14 screens and 12 answers at most; not asked: 11 answers at most; both under two minutes the first time."""
    given, not_asked = (measured(path) for path in PATHS[:2])
    assert (PATHS[0].answers["gate/consent_alert"], PATHS[1].answers["gate/consent_alert"]) == (
        "given",
        "not_asked",
    )
    assert given.screens <= 14
    assert given.answers <= 12
    assert not_asked.answers <= 11
    assert max(*given.first.values(), *not_asked.first.values()) < 120
    assert max(*given.practised.values(), *not_asked.practised.values()) < 60


def test_the_paths_answer_only_what_the_form_demands() -> None:
    """The counts are the least that a person must answer: nothing optional is among the answers."""
    for path in PATHS:
        for place in path.answers:
            question = mapped("alert").question(place.rpartition("/")[2])
            assert question is not None
            assert question.row.cell("required"), place


@pytest.mark.java
@pytest.mark.usefixtures("java")
def test_each_conditional_question_costs_one_answer() -> None:
    """An arrest, a shared phone: one answer and one screen more; a contact one answer more, and when to call is optional."""
    given, not_asked, contact, arrest, arrest_not_asked, second, shared, refused = (
        measured(path) for path in PATHS
    )
    assert (shared.answers, shared.screens) == (given.answers + 1, given.screens + 1)
    assert (contact.answers, contact.screens) == (given.answers + 1, given.screens + 2)
    assert (arrest.answers, arrest.screens) == (contact.answers + 1, contact.screens + 1)
    assert (arrest_not_asked.answers, arrest_not_asked.screens) == (
        not_asked.answers + 1,
        not_asked.screens + 1,
    )
    assert second.answers == given.answers - 2
    assert all(second.practised[lang] < given.practised[lang] < given.first[lang] for lang in given.first)
    assert (refused.answers, refused.screens) == (1, 2)


@pytest.mark.java
@pytest.mark.usefixtures("java")
@pytest.mark.parametrize(("lang", "page"), [("fr", "forms.md"), ("en", "en/forms.md")])
def test_the_docs_say_what_was_measured(lang: str, page: str) -> None:
    """The table of the page is the one that the command prints."""
    assert "\n".join(table(lang)) in (DOCS / page).read_text("utf-8")
