"""Sentences in two languages: as Python's own gettext says them, but without looking for the catalogue each time."""

from __future__ import annotations

import gettext
from collections.abc import Iterator

import pytest

from sync_scripts import texts

SENTENCE, ONE, MANY = "No alert.", "{n} alert to decide", "{n} alerts to decide"


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before = texts.language()
    yield
    texts.speak(before)


@pytest.mark.parametrize("chosen", texts.LANGUAGES)
def test_it_says_what_the_catalogue_says(chosen: str) -> None:
    """Sentences and counted ones, also after a change of language; what no catalogue holds stays as it is."""
    texts.speak(chosen)
    theirs = gettext.translation(texts.DOMAIN, texts.LOCALE, [chosen], fallback=True)

    assert gettext.gettext(SENTENCE) == theirs.gettext(SENTENCE)
    assert (gettext.gettext(SENTENCE) == SENTENCE) is (chosen == "en")
    for number in (0, 1, 2):
        assert gettext.ngettext(ONE, MANY, number) == theirs.ngettext(ONE, MANY, number)
    assert gettext.gettext("in no catalogue") == "in no catalogue"
    assert gettext.dgettext("another", SENTENCE) == SENTENCE
    assert gettext.dngettext("another", "a", "b", 2) == "b"


def test_the_file_of_a_catalogue_is_looked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five thousand rows with a sentence each ask the disk for nothing."""
    texts.speak("fr")
    gettext.gettext(SENTENCE)
    asked: list[object] = []
    monkeypatch.setattr(gettext, "find", lambda *given, **_more: asked.append(given))

    assert [gettext.gettext(SENTENCE), gettext.ngettext(ONE, MANY, 2)] != [SENTENCE, MANY]
    assert asked == []
