"""How many guesses a passphrase takes, as somebody needs who knows how people of this country choose.

By zxcvbn, which knows English: French, Pidgin, places of the country and an organisation's own names are beside it here, and proverbs,
prayers and first lines of songs, which no meter of words finds. What is measured has no accents, capitals and blanks. Keeps, shows and
logs nothing of it.
"""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache
from math import prod
from pathlib import Path
from typing import Final

from xlsform.pack import forms_root

LONGEST: Final = 72
"""Signs that the meter takes at once. Of a longer passphrase the strongest piece counts: the whole is no easier."""
PART: Final = 12
"""Letters in a row that make a passphrase a part of a line that people know by heart."""
LINES: Final = 1000
"""Guesses that such a line is worth: what a guesser has of them, rather than what we list."""
_BLANKS: Final = frozenset("-_'’.,;:")


@dataclass(frozen=True, slots=True)
class Strength:
    """What a passphrase is worth.

    Attributes:
        guesses: how many a guesser needs who knows how people choose.
        signs: how many signs count: blanks and what separates words do not.
        known: it is a line that many know by heart, or has a long part of one.
    """

    guesses: int
    signs: int
    known: bool


def measured(passphrase: str, own: Iterable[str] = ()) -> Strength:
    """Return what a passphrase is worth; ``own`` are names that a guesser of this organisation's would try."""
    text = "".join(sign for sign in folded(passphrase) if not (sign.isspace() or sign in _BLANKS))
    bare = "".join(filter(str.isalnum, text))
    rest, lines = _without_lines(bare)
    names = {word: 1 for name in own for word in _words_of(name)}
    guesses = max((_guesses(piece, names) for piece in _pieces(rest if lines else text)), default=1)
    return Strength(guesses * LINES**lines, len(text), lines > 0)


def folded(text: str) -> str:
    """Return a text in small letters without accents.

    >>> folded("Cœur d’Été")
    'coeur d’ete'
    """
    parted = unicodedata.normalize("NFKD", text).casefold().replace("œ", "oe").replace("æ", "ae")
    return "".join(sign for sign in parted if not unicodedata.combining(sign))


def lines_of(name: str) -> Iterator[str]:
    """Yield the lines of a list beside this module, without its remarks."""
    with (Path(__file__).parent / name).open(encoding="utf-8") as stream:
        yield from (line.strip() for line in stream if line.strip() and not line.startswith("#"))


def _guesses(piece: str, names: Mapping[str, int]) -> int:
    """Return the guesses of the easiest way to put a piece together: those of its parts, multiplied.

    The meter's own figure adds ten thousand for each further part and counts every order of them, which makes five common words
    as hard as six drawn ones.
    """
    from zxcvbn.matching import omnimatch
    from zxcvbn.scoring import most_guessable_match_sequence

    found = omnimatch(piece, {**_ranked(), "own": names})
    best = most_guessable_match_sequence(piece, found, _exclude_additive=True)
    return prod(int(one["guesses"]) for one in best["sequence"])


def _pieces(text: str) -> Iterator[str]:
    for start in range(0, len(text), LONGEST):
        yield text[start : start + LONGEST]


def _without_lines(text: str) -> tuple[str, int]:
    """Return what is left of letters without the lines that people know by heart, and how many different ones those were."""
    lines = 0
    for line in _known_lines():
        left = _without(line, text)
        lines += left != text
        text = left
    return text, lines


def _without(line: str, text: str) -> str:
    """Return a text without a line, or long parts of it, as often as they are there."""
    looks = SequenceMatcher(autojunk=False)
    while True:
        looks.set_seqs(line, text)
        found = looks.find_longest_match()
        if found.size < min(PART, len(line)):
            return text
        text = text[: found.b] + text[found.b + found.size :]


@cache
def _known_lines() -> tuple[str, ...]:
    return tuple("".join(filter(str.isalnum, folded(line))) for line in lines_of("proverbs.txt"))


@cache
def _ranked() -> Mapping[str, Mapping[str, int]]:
    """Return the words that a guesser tries, by list, each with its place in it."""
    from zxcvbn.matching import RANKED_DICTIONARIES

    pidgin = (word for line in lines_of("pidgin.txt") for word in line.split())
    ours = {"french": lines_of("frequents.txt"), "pidgin": pidgin, "places": _places()}
    drawn = {name: dict.fromkeys(lines_of(name), 2000) for name in ("mots.txt", "words.txt")}
    return {
        **RANKED_DICTIONARIES,
        **drawn,
        **{
            name: {word: at for at, word in enumerate(dict.fromkeys(words), 1)}
            for name, words in ours.items()
        },
    }


def _places() -> Iterator[str]:
    """Yield the places of the country, the largest first."""
    with (forms_root() / "lists" / "cm_admin.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = [*csv.DictReader(stream)]
    for column in ("region_fr", "region_en", "department", "arrondissement"):
        for row in rows:
            yield from _words_of(row[column] or "")


def _words_of(name: str) -> Iterator[str]:
    """Yield the words of a name, and all of them together."""
    words = "".join(sign if sign.isalnum() else " " for sign in folded(name)).split()
    yield from (word for word in dict.fromkeys([*words, "".join(words)]) if len(word) > 2)
