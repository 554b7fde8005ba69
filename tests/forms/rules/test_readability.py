"""How hard the words on the screen are to read: the sum is Björnsson's, and the shipped forms stay plain."""

from __future__ import annotations

import pytest

from tests.forms.conftest import FORMS, questions, shipped
from xlsform.model import Form, Row
from xlsform.rules.readability import MOST_LIX, MOST_RARE, level, sentences
from xlsform.rules.vocabulary import plainer, rare_words


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


DECREE = {
    "fr": "Le procès-verbal atteste les sévices infligés au ressortissant susmentionné, nonobstant l'opposition ultérieure "
    "des requérants. Le greffier notifie l'ordonnance aux ayants droit, et le parquet en diligente l'exécution.",
    "en": "The declarant attests to the veracity of the aforementioned particulars. The bailiff shall serve the summons "
    "forthwith, notwithstanding any objection lodged hereunder by the claimant or his assignees.",
}


@pytest.mark.parametrize("language", DECREE)
def test_rare_words_part_a_form_from_a_decree(language: str) -> None:
    """The shipped forms stay under half of the share that is told; a decree is above it."""
    rare, different = rare_words(sentences(DECREE[language]), language)
    assert 100 * len(rare) > MOST_RARE * different
    for form_id in FORMS:
        texts = [q.row.text(column, language) for q in questions(form_id) for column in ("label", "hint")]
        rare, different = rare_words((one for text in texts for one in sentences(text)), language)
        assert different >= 80
        assert 100 * len(rare) <= MOST_RARE * different * 0.6
        assert [found for text in texts for found in plainer(text, language)] == []


@pytest.mark.parametrize(
    ("language", "sentence", "rare"),
    [
        ("fr", "Jusqu'aujourd'hui, l'homme d'Ekok l'a-t-il revu à Kumbo", ()),
        ("fr", "Choisissez-la, répondez et téléphonez", ()),
        ("fr", "Une ecchymose, des ecchymoses", ("ecchymose", "ecchymoses")),
        ("fr", "La FCFA et le PEP", ()),
        ("en", "The perpetrator's children were crying", ("perpetrator",)),
        ("wes", "Wetin happen for dis pikin", ()),
    ],
)
def test_names_and_forms_of_common_words_are_not_rare(
    language: str, sentence: str, rare: tuple[str, ...]
) -> None:
    """Of a language without a list nothing is said."""
    assert rare_words([sentence], language)[0] == rare


def test_a_word_of_offices_is_found_whole_and_in_its_forms() -> None:
    """And not inside another word, nor where the same letters mean something else."""
    assert list(plainer("Veuillez le faire ultérieurement, afin d’aider les individus.", "fr")) == [
        ("Veuillez", "indiquez, choisissez"),
        ("ultérieurement", "plus tard"),
        ("afin d'", "pour"),
        ("individus", "personne"),
    ]
    assert list(plainer("Un entretien individuel. La fin de la journée.", "fr")) == []
    assert list(
        plainer("The president was resident there; whoever commenced is unkindly treated.", "en")
    ) == [("commenced", "begin")]
