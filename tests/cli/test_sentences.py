"""What an error says is read at once: few sentences, in both languages, and the rules are the same for each."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from babel.messages.pofile import read_po

from docs.generate import errors
from sync_scripts.texts import LOCALE
from tests.cli.test_plain_words import AVOIDED

MOST = 4
"""What happened and where, that nothing was changed, what to do, and one thing more."""


def messages() -> Iterator[str]:
    """Yield every sentence of every error."""
    for kind in errors():
        yield from (kind.message, *(one.message for one in (*kind.instead, *kind.also)))


def sentences(text: str) -> int:
    """Return how many sentences a text has."""
    return len(re.findall(r"[.!?](?=\s+\S)", text)) + 1


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_an_error_says_little(lang: str) -> None:
    """Whoever reads it wants to know what to do; the pages of the documentation say the rest."""
    with (LOCALE / lang / "LC_MESSAGES" / "dikalo.po").open("rb") as file:
        said = {one.id: one.string for one in read_po(file) if isinstance(one.id, str)}
    found = {text: str(said[text]) for text in messages() if text in said}

    assert len(found) > 300
    assert [words for words in found.values() if sentences(words) > MOST] == []


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_an_error_has_none_of_the_words_to_avoid(lang: str) -> None:
    """It speaks as the pages do: one concept, one word."""
    with (LOCALE / lang / "LC_MESSAGES" / "dikalo.po").open("rb") as file:
        said = {one.id: str(one.string) for one in read_po(file) if isinstance(one.id, str)}
    found = [
        f"{hit[0]} -> {instead}"
        for text in messages()
        for pattern, instead in AVOIDED[lang]
        if (hit := re.search(pattern, said[text], re.IGNORECASE))
    ]

    assert found == []
