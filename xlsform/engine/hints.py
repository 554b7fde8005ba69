"""What a constraint gives away about the answers it takes: numbers, lengths, days. Guesses only; the engine judges.

A person reads "between 100 and 200" and types 150; a draw at random would try for ever.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from datetime import date, timedelta

from xlsform.engine.patterns import example, pattern_of

__all__ = ["Hint", "hint_of"]

_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_NUMBER = re.compile(r"(?<![\w.$}])-?\d+(?:\.\d+)?(?![\w.])")
_DAY = re.compile(r"['\"](\d{4}-\d{2}-\d{2})")
_LENGTH = re.compile(r"string-length\(\s*\.\s*\)")
_NEAR = (-1, 0, 1)
_LONGEST = 2_000


@dataclass(frozen=True, slots=True)
class Hint:
    """What one constraint gives away.

    Attributes:
        pattern: the pattern of the text, "" when there is none.
        numbers: the numbers in it, sorted.
        days: the days in it, sorted.
        is_length: the numbers are lengths of a text.
    """

    pattern: str = ""
    numbers: tuple[float, ...] = ()
    days: tuple[date, ...] = ()
    is_length: bool = False

    def number(self, rnd: random.Random) -> float | None:
        """Return a number at one of those in the constraint, or between the least and the most; None without any."""
        if not self.numbers:
            return None
        least, most = self.numbers[0], self.numbers[-1]
        if least < most and rnd.random() < 0.5:
            return rnd.uniform(least, most)
        return rnd.choice(self.numbers) + rnd.choice(_NEAR)

    def day(self, today: date, rnd: random.Random) -> date | None:
        """Return a day near those in the constraint: written out, or so many days from today; None without any."""
        if self.days:
            return rnd.choice(self.days) + timedelta(rnd.choice((*_NEAR, rnd.randint(-400, 400))))
        days = self.number(rnd)
        if days is None or abs(days) > 40_000:
            return None
        return today + timedelta(round(days) * rnd.choice((1, -1)))

    def text(self, rnd: random.Random) -> str:
        """Return a text of the pattern or of a length in the constraint; "" when it says neither."""
        if self.pattern:
            return example(self.pattern, rnd)
        length = self.number(rnd) if self.is_length else None
        return "" if length is None else "a" * min(max(round(length), 0), _LONGEST)

    def count(self, most: int, rnd: random.Random) -> int | None:
        """Return how many choices to take, of ``most``; None when the constraint has no number."""
        wanted = self.number(rnd)
        return None if wanted is None else min(max(round(wanted), 1), most)


def hint_of(constraint: str) -> Hint:
    """Return what a constraint gives away.

    >>> hint_of(". >= 10 and . <= 99 and . != ${a1}").numbers
    (10.0, 99.0)
    >>> hint_of("string-length(.) = 4").text(random.Random(2)) in {"aaa", "aaaa", "aaaaa"}
    True
    """
    days = []
    for text in _DAY.findall(constraint):
        try:
            days.append(date.fromisoformat(text))
        except ValueError:
            continue
    bare = _QUOTED.sub("''", constraint)
    return Hint(
        pattern=pattern_of(constraint),
        numbers=tuple(sorted({float(one) for one in _NUMBER.findall(bare)})),
        days=tuple(sorted(days)),
        is_length=bool(_LENGTH.search(bare)),
    )
