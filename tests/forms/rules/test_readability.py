"""How hard the words on the screen are to read: the sum is Björnsson's, and the shipped forms stay plain."""

from __future__ import annotations

import pytest

from tests.forms.conftest import FORMS, questions, shipped
from xlsform.model import Form, Row
from xlsform.rules.readability import MOST_LIX, level, sentences


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Dans le doute : « Ne sait pas ».", 1),
        ("Dites : « Vous pouvez dire non. » Attendez.", 2),
        ('If in doubt, answer "No". Nobody will call.', 2),
        ("Y a-t-il parmi elles…", 1),
        ("Environ 2.5 km", 1),
        ("", 0),
    ],
)
def test_sentences_end_where_a_reader_pauses(text: str, count: int) -> None:
    """At a stop, a question or an exclamation mark, with what closes behind it; not at a colon or inside a number."""
    assert len(sentences(text)) == count


def test_the_level_is_words_a_sentence_and_the_share_of_long_words() -> None:
    """Ten words in two sentences, two of them of more than six letters: 5 + 20. Choices and guidance do not count."""
    row = Row(
        "text",
        "a",
        texts={
            "label": {"fr": "Le chemin du village est-il ouvert ?"},
            "hint": {"fr": "Personne ne passe là."},
            "guidance_hint": {"fr": "Anticonstitutionnellement."},
        },
    )
    assert (level(Form({"fr": "Français (fr)"}, {}, (row,)), "fr").lix) == 5 + 20


@pytest.mark.parametrize("form_id", FORMS)
def test_shipped_forms_are_plain(form_id: str) -> None:
    """Under the level of newspapers in both languages, and no hint of more than two sentences on the phone."""
    assert [code for code in ("fr", "en") if level(shipped(form_id), code).lix > MOST_LIX] == []
    many = [
        q.name
        for q in questions(form_id)
        for code in ("fr", "en")
        if len(sentences(q.row.text("hint", code))) > 2
    ]
    assert many == []
