"""Sets of answers that are still possible: pieces of the line of numbers, and words. Only values; nothing is read.

Every set holds at least what is really possible, never less: an empty set proves that there is nothing.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from operator import eq, ge, gt, le, lt, ne
from typing import Final

from xlsform.expressions.xpath import Literal

OPPOSITE: Final = {"=": "!=", "!=": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
TURNED: Final = {"=": "=", "!=": "!=", "<": ">", ">": "<", "<=": ">=", ">=": "<="}
"""What an operator is when its two sides are changed over."""

ORDER: Final = frozenset(("<", ">", "<=", ">="))
Said = tuple[str, Literal, bool]
"""An operator, something fixed on its right, and whether the comparison holds."""

Edge = tuple[float, int]
"""A place on the line: a number, and whether just below it (-1), at it or just above it (1)."""
_LEAST: Final[Edge] = (-math.inf, 0)
_MOST: Final[Edge] = (math.inf, 0)


@dataclass(frozen=True, slots=True)
class Numbers:
    """Pieces of the line, in order and apart; ``empty``: there may be no number at all."""

    pieces: tuple[tuple[Edge, Edge], ...] = ((_LEAST, _MOST),)
    empty: bool = True
    whole: bool = False

    @property
    def nothing(self) -> bool:
        """Say whether nothing is possible any more."""
        return not self.pieces and not self.empty

    def within(self, least: float, most: float) -> Numbers:
        """Return what of it lies between two numbers, both included."""
        return self._cut((((least, 0), (most, 0)),))

    def where(self, operator: str, number: float, *, holds: bool) -> Numbers:
        """Return what is left when a comparison with a number holds, or does not: nothing is never less, equal or more."""
        cut = self._cut(_where(operator if holds else OPPOSITE[operator], number))
        return Numbers(cut.pieces, self.empty and (operator == "!=") is holds, self.whole)

    def there(self) -> Numbers:
        """Return it without the possibility that there is no number."""
        return Numbers(self.pieces, empty=False, whole=self.whole)

    def missing(self) -> Numbers:
        """Return only the possibility that there is no number."""
        return Numbers((), self.empty, self.whole)

    def join(self, other: Numbers) -> Numbers:
        """Return what is possible in one of the two."""
        pieces: list[tuple[Edge, Edge]] = []
        for low, high in sorted((*self.pieces, *other.pieces)):
            if pieces and low <= _after(pieces[-1][1]):
                pieces[-1] = (pieces[-1][0], max(high, pieces[-1][1]))
            else:
                pieces.append((low, high))
        return Numbers(tuple(pieces), self.empty or other.empty, self.whole and other.whole)

    def meet(self, other: Numbers) -> Numbers:
        """Return what is possible in both."""
        cut = self._cut(other.pieces)
        return Numbers(cut.pieces, self.empty and other.empty, self.whole or other.whole)

    def _cut(self, allowed: Iterable[tuple[Edge, Edge]]) -> Numbers:
        cut = [(max(low, least), min(high, most)) for low, high in self.pieces for least, most in allowed]
        if self.whole:
            cut = [(_up(low), _down(high)) for low, high in cut]
        return Numbers(tuple([pair for pair in cut if pair[0] <= pair[1]]), self.empty, self.whole)


def _where(operator: str, number: float) -> tuple[tuple[Edge, Edge], ...]:
    below, above = (_LEAST, (number, -1)), ((number, 1), _MOST)
    at: Edge = (number, 0)
    return {
        "<": (below,),
        ">": (above,),
        "<=": ((_LEAST, at),),
        ">=": ((at, _MOST),),
        "=": ((at, at),),
        "!=": (below, above),
    }[operator]


def _after(edge: Edge) -> Edge:
    return (edge[0], edge[1] + 1)


def _up(edge: Edge) -> Edge:
    """Return the first whole number at a place or after it."""
    if math.isinf(edge[0]):
        return edge
    number = math.ceil(edge[0])
    return (number + 1 if number == edge[0] and edge[1] > 0 else number, 0)


def _down(edge: Edge) -> Edge:
    if math.isinf(edge[0]):
        return edge
    number = math.floor(edge[0])
    return (number - 1 if number == edge[0] and edge[1] < 0 else number, 0)


@dataclass(frozen=True, slots=True)
class Words:
    """These words, or (``others``) all but these; ``""`` stands for no answer."""

    words: frozenset[str] = frozenset()
    others: bool = True

    @property
    def nothing(self) -> bool:
        """Say whether nothing is possible any more."""
        return not self.words and not self.others

    @property
    def empty(self) -> bool:
        """Say whether there may be no answer."""
        return ("" in self.words) is not self.others

    def among(self, words: Iterable[str], *, holds: bool = True) -> Words:
        """Return what of it is one of these words, or is none of them."""
        said = frozenset(words)
        if self.others:
            return Words(said - self.words, others=False) if holds else Words(self.words | said)
        return Words(self.words & said if holds else self.words - said, others=False)

    def join(self, other: Words) -> Words:
        """Return what is possible in one of the two."""
        if self.others and other.others:
            return Words(self.words & other.words)
        if self.others or other.others:
            all_but, some = (self, other) if self.others else (other, self)
            return Words(all_but.words - some.words)
        return Words(self.words | other.words, others=False)


Domain = Numbers | Words
ANY_NUMBER: Final = Numbers()
ANY_WORD: Final = Words()


def joined(one: Domain, other: Domain) -> Domain | None:
    """Return what is possible in one of two sets of one kind; None for two kinds."""
    if isinstance(one, Numbers):
        return one.join(other) if isinstance(other, Numbers) else None
    return one.join(other) if isinstance(other, Words) else None


def met(one: Domain, other: Domain) -> Domain:
    """Return what is possible in two sets; of two kinds, the first."""
    if isinstance(one, Numbers):
        return one.meet(other) if isinstance(other, Numbers) else one
    return one.among(other.words, holds=not other.others) if isinstance(other, Words) else one


_NUMBER: Final = re.compile(r"\s*-?(?:\d+(?:\.\d*)?|\.\d+)\s*")


def as_number(text: str) -> float:
    """Return a text as phones read it as a number; no number is NaN."""
    return float(text) if _NUMBER.fullmatch(text) else math.nan


def is_true(operator: str, one: Literal, other: Literal) -> bool:
    """Compare two fixed values as phones do: as numbers if one of them is one, or if their order is asked for."""
    if one.number or other.number or operator not in {"=", "!="}:
        return compared(operator, as_number(one.value), as_number(other.value))
    return (one.value == other.value) is (operator == "=")


def compared(operator: str, one: float, other: float) -> bool:
    """Compare two numbers; with what is no number only ``!=`` is true."""
    compares = {"=": eq, "!=": ne, "<": lt, ">": gt, "<=": le, ">=": ge}
    return bool(compares[operator](one, other))


def number_left(known: Numbers, said: Said) -> Numbers | None:
    """Return what is left of a number, or of nothing; None when another rule speaks of such a comparison."""
    operator, other, holds = said
    if not other.value and operator not in ORDER:
        return known.missing() if (operator == "=") is holds else known.there()
    number = as_number(other.value)
    return None if math.isnan(number) else known.where(operator, number, holds=holds)


def choice_left(initial: Words, known: Words, said: Said) -> Words | None:
    """Return what is left of the answers of a list; None when another rule speaks of an answer that it lacks."""
    operator, other, holds = said
    numbered = other.number and any(as_number(word) == as_number(other.value) for word in initial.words)
    if operator not in ORDER and other.value not in initial.words and not numbered:
        return None
    return known.among(word for word in known.words if is_true(operator, Literal(word), other) is holds)
