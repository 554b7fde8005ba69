"""Do two texts say the same? Judged by the words they share; a hint for a person, never a decision.

A number that differs, or a "not" on one side only, is another meaning, however alike the rest is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher

SAME = 0.7
"""Share of words in common from which two texts are taken to say the same."""
_ALIKE = 0.8
"""Likeness from which two words are one word, spelt or inflected otherwise."""
_SHORT = 3
"""Words up to this length carry little: articles, prepositions."""

_NOT = frozenset(
    {"ne", "n", "pas", "non", "jamais", "sans", "aucun", "aucune", "no", "not", "never", "without"}
)
_WORD = re.compile(r"\d+|[^\W\d_]+")


def likeness(old: str, new: str) -> float:
    """Return 0 (nothing in common) to 1 (the same words).

    >>> likeness("Homme", "Femme")
    0.0
    >>> likeness("Où est la victime ?", "Où est la victime")
    1.0
    """
    words = [_words(text) for text in (old, new)]
    if _marks(words[0]) != _marks(words[1]):
        return 0.0
    heavy = [[word for word in some if len(word) > _SHORT or word.isdigit()] for some in words]
    mine, its = heavy if all(heavy) else words
    shared = sum(any(_one_word(word, other) for other in its) for word in mine)
    back = sum(any(_one_word(word, other) for other in mine) for word in its)
    return (shared + back) / (len(mine) + len(its)) if mine or its else float(old == new)


def differing(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    """Yield the languages in which two texts seem to say something else."""
    for language in old:
        if (
            language in new
            and old[language] != new[language]
            and likeness(old[language], new[language]) < SAME
        ):
            yield language


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _marks(words: list[str]) -> tuple[frozenset[str], bool]:
    """Return the numbers of a text, and whether it denies something."""
    return frozenset(word for word in words if word.isdigit()), any(word in _NOT for word in words)


def _one_word(word: str, other: str) -> bool:
    return word == other or (len(word) > _SHORT and SequenceMatcher(None, word, other).ratio() >= _ALIKE)
