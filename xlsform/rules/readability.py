"""Rules on how hard the words on the screen are to read: long sentences, long hints, rare words, the level of each language. Style only.

The level is Björnsson's LIX (1968): words a sentence, plus the percentage of words of more than six letters. It is the same sum in
every language with an alphabet and needs no list of words, so it knows nothing of which long words people use every day. In French
and in English `vocabulary` knows which words are rare in books, and which ones only offices use.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from xlsform import columns
from xlsform.findings.problems import Finding, Spot
from xlsform.model import Form, Kind, Place, Resolved
from xlsform.rules.vocabulary import plainer, rare_words
from xlsform.rules.wrong_language import spoken_code

MOST_WORDS = 20
"""Words of a sentence that is still taken in at once."""

MOST_SENTENCES = 2
"""Sentences of a hint that are still read."""

MOST_LIX = 40
"""From here on newspapers begin, by Björnsson's table; children's books end at 30."""

_LEAST_WORDS = 60
"""A level of fewer words says nothing."""

MOST_RARE = 12
"""Rare words among a hundred different ones; our own forms have 2 to 6, a decree has 20."""

_LEAST_DIFFERENT = 25
"""Different words of which a share is told."""

_NAMED = 12
"""Rare words that a finding names."""

_LONG = 6
_SHOWN = ("label", "hint")
"""What stands on the screen; guidance is one tap away and for who trains."""

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_END = re.compile(r"[.!?…]+[\s\"”»)]*(?=\s|$)")


@dataclass(frozen=True, slots=True)
class Level:
    """How hard the texts of one language are: LIX, the number of words, and the longest ones."""

    lix: int
    words: int
    longest: tuple[str, ...]


def sentences(text: str) -> list[str]:
    """Return the sentences of a text; a colon or a semicolon ends none.

    >>> sentences("Dites : « Oui ou non ? » Attendez.")
    ['Dites : « Oui ou non', 'Attendez']
    """
    return [part.strip() for part in _END.split(text) if _WORD.search(part)]


def level(form: Form, language: str) -> Level:
    """Return how hard the labels and hints of a language are to read; choices are no sentences and do not count."""
    texts = [text for _spot, text in _shown(form, language)]
    words = [word for text in texts for word in _words(text)]
    if not words:
        return Level(0, 0, ())
    long = [word for word in words if len(word) > _LONG]
    lix = len(words) / sum(len(sentences(text)) for text in texts) + 100 * len(long) / len(words)
    longest = sorted({word.lower() for word in long}, key=lambda word: (-len(word), word))
    return Level(round(lix), len(words), tuple(longest[:3]))


def check_reading(resolved: Resolved) -> Iterator[Finding]:
    """Yield sentences that are too long for a screen, and languages that are hard to read as a whole."""
    form = resolved.form
    for language in form.languages or ("",):
        for spot, text in _shown(form, language):
            said = sentences(text)
            if spot.column == "hint" and len(said) > MOST_SENTENCES:
                yield spot.finding("HINT-LONG", count=str(len(said)), most=str(MOST_SENTENCES))
            most = max((len(_words(one)) for one in said), default=0)
            if most > MOST_WORDS:
                yield spot.finding("TEXT-LONG", count=str(most), most=str(MOST_WORDS))
        yield from _vocabulary(form, language)
        found = level(form, language)
        if found.words >= _LEAST_WORDS and found.lix > MOST_LIX:
            here = Spot(
                form, Place(file=form.file, sheet=columns.SURVEY, row=1), column="label", language=language
            )
            words = {"lix": str(found.lix), "most": str(MOST_LIX), "longest": ", ".join(found.longest)}
            yield here.finding("TEXT-HARD", **words)


def _vocabulary(form: Form, language: str) -> Iterator[Finding]:
    """Yield words of offices, each in its cell, and the rare words of a language where they are many."""
    spoken = spoken_code(form, language) if language in form.languages else ""
    texts = [*_shown(form, language)]
    for spot, text in texts:
        for word, near in plainer(text, spoken):
            yield spot.finding("WORD-OFFICE", word=word.lower(), near=near)
    rare, different = rare_words((one for _spot, text in texts for one in sentences(text)), spoken)
    if different >= _LEAST_DIFFERENT and 100 * len(rare) > MOST_RARE * different:
        here = Spot(
            form, Place(file=form.file, sheet=columns.SURVEY, row=1), column="label", language=language
        )
        share = str(round(100 * len(rare) / different))
        names = ", ".join(rare[:_NAMED]) + (", …" if len(rare) > _NAMED else "")
        yield here.finding("WORDS-RARE", share=share, most=str(MOST_RARE), names=names)


def _shown(form: Form, language: str) -> Iterator[tuple[Spot, str]]:
    """Yield the texts that stand on the screen without a tap, each with its cell."""
    for path, row in form.paths():
        if row.kind in {Kind.QUESTION, Kind.NOTE}:
            for column in _SHOWN:
                if text := re.sub(r"\$\{[^}]*\}", " ", row.text(column, language)):
                    yield Spot(form, row.place, "/".join(path), column, language), text


def _words(text: str) -> list[str]:
    return _WORD.findall(text)
