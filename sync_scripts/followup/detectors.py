"""Find in a text what may not leave in a workbook: phone numbers, coordinates, known names.

Pure. Detectors prefer a false alarm to a leak: a hit blocks the file and names the cell, never the text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Final, Literal

Kind = Literal["phone", "coordinates", "name"]

_FEWEST_LETTERS: Final = 3
_SHORTEST: Final = 4
"""Letters of the shortest name of one word that is looked for."""

# Dates and amounts are taken out first: both are long runs of digits that people write in good faith.
_DATE = re.compile(r"\b(?:\d{4}-\d{2}-\d{2}|\d{1,2}[/.\-]\d{1,2}[/.\-]\d{4})\b")
_AMOUNT = re.compile(
    r"\b\d{1,3}(?:[ .\u00a0\u202f]?\d{3})*\s*(?:F\s?CFA|FCFA|XAF|francs?|F)\b", re.IGNORECASE
)
_DIGITS = re.compile(r"(?<![\w])(\+|00)?\(?\d(?:[\s.\-/()_\u00a0\u202f\u2009]{0,2}\d){7,14}(?!\w)")
_DECIMAL_PAIR = re.compile(r"-?\d{1,3}[.,]\d{3,}\s*°?\s*[NSns]?\s*[,;/ ]\s*-?\d{1,3}[.,]\d{3,}")
_DEGREES = re.compile(r"\d{1,3}\s*°\s*\d{1,2}(?:[.,]\d+)?\s*['’′]")
_PLUS_CODE = re.compile(r"\b[23456789CFGHJMPQRVWX]{4,8}\+[23456789CFGHJMPQRVWX]{2,3}\b")


def _phone(text: str) -> bool:
    for found in _DIGITS.finditer(_AMOUNT.sub(" ", _DATE.sub(" ", text))):
        digits = re.sub(r"\D", "", found.group())
        if found.group(1):
            return True
        national = digits.removeprefix("237")
        if len(national) == 9 and national[0] in "26":
            return True
        if len(digits) == 8 and digits[0] in "23679":  # the numbers of before 2014, still learnt by heart
            return True
    return False


def _coordinates(text: str) -> bool:
    return any(pattern.search(text) for pattern in (_DECIMAL_PAIR, _DEGREES, _PLUS_CODE))


def fold(text: str) -> str:
    """Return the text without accents and case, words separated by one space."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(re.findall(r"[a-z0-9]+", bare.lower()))


class KnownNames:
    """Names that may not stand in a text. Held in memory only; never in a message.

    A name is found by two of its words side by side in either order, however they are accented; a name of one word,
    such as a nickname, by that word when it has four letters or more. Words of one or two letters count for nothing.
    """

    def __init__(self, names: Iterable[str]) -> None:
        """Fold the names once."""
        self._pairs: set[tuple[str, str]] = set()
        self._words: set[str] = set()
        for name in names:
            words = _words(name)
            if len(words) == 1 and len(words[0]) >= _SHORTEST:
                self._words.add(words[0])
            for pair in pairwise(words):
                self._pairs |= {pair, pair[::-1]}

    def stand_in(self, text: str) -> bool:
        """Tell whether one of the names stands in a text."""
        words = _words(text)
        return not (self._words.isdisjoint(words) and self._pairs.isdisjoint(pairwise(words)))


def _words(text: str) -> list[str]:
    return [word for word in fold(text).split() if len(word) >= _FEWEST_LETTERS]


def hits(text: str, names: KnownNames | None = None) -> Iterator[Kind]:
    """Yield the kinds of identifying content found in one text; ``names`` are known names, with the vault open only."""
    plain = unicodedata.normalize("NFKC", text)
    if _phone(plain):
        yield "phone"
    if _coordinates(plain):
        yield "coordinates"
    if names is not None and names.stand_in(plain):
        yield "name"
