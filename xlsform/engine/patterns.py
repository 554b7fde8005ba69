"""Texts that fit a pattern, at random: what a person types into a question whose constraint is a ``regex``.

Knows what constraints of forms use: signs, classes, groups with ``|``, and how often. A pattern with anything else gives
no text. It never judges a text: the engine does.
"""

from __future__ import annotations

import random
import re
import string
from collections.abc import Sequence

__all__ = ["example", "pattern_of"]

_CONSTRAINT = re.compile(r"""regex\(\s*\.\s*,\s*(?:'([^']*)'|"([^"]*)")\s*\)""")
_MANY = 3
"""How often ``*`` and ``+`` repeat at most."""
_CLASSES = {
    "d": string.digits,
    "w": string.ascii_letters + string.digits,
    "s": " ",
    "D": string.ascii_letters,
    "W": "-",
    "S": string.ascii_letters,
}


def pattern_of(constraint: str) -> str:
    """Return the pattern that a constraint asks of its own answer, "" when it asks none."""
    found = _CONSTRAINT.search(constraint)
    return (found[1] or found[2] or "") if found else ""


def example(pattern: str, rnd: random.Random) -> str:
    """Return a text that the pattern describes; "" when it holds something that is not known here.

    >>> re.fullmatch("(A|B)[0-9]{3}-?", example("^(A|B)[0-9]{3}-?$", random.Random(1))) is not None
    True
    >>> example("(?=x)", random.Random(1))
    ''
    """
    try:
        return _Reader(pattern, rnd).alternatives()
    except (IndexError, ValueError):
        return ""


class _Reader:
    """Walks through a pattern once and writes as it goes."""

    def __init__(self, pattern: str, rnd: random.Random) -> None:
        self._left = list(pattern)
        self._rnd = rnd

    def alternatives(self) -> str:
        """Read up to the bracket that closes, or the end; return one of the sides of ``|``."""
        sides = [""]
        while self._left and self._left[0] != ")":
            if self._left[0] == "|":
                self._left.pop(0)
                sides.append("")
            else:
                sides[-1] += self._repeated()
        return self._rnd.choice(sides)

    def _repeated(self) -> str:
        """Read one thing and how often it stands."""
        before = list(self._left)
        text = self._one()
        size = len(before) - len(self._left)
        times, piece = self._times(), before[:size]
        if times == 1:
            return text
        return "".join(_Reader("".join(piece), self._rnd).alternatives() for _ in range(times))

    def _one(self) -> str:
        sign = self._left.pop(0)
        if sign in "^$":
            return ""
        if sign == "(":
            return self._group()
        if sign == "[":
            return self._rnd.choice(self._class())
        if sign == "\\":
            sign = self._left.pop(0)
            return self._rnd.choice(_CLASSES.get(sign, sign))
        return self._rnd.choice(string.ascii_lowercase) if sign == "." else sign

    def _group(self) -> str:
        if self._left[0] == "?":
            if self._left[1] != ":":
                raise ValueError  # looking ahead or behind is more than this reader can
            del self._left[:2]
        text = self.alternatives()
        self._left.pop(0)
        return text

    def _class(self) -> Sequence[str]:
        without = self._left[0] == "^"
        signs: list[str] = []
        if without:
            self._left.pop(0)
        while self._left[0] != "]":
            signs += self._signs()
        self._left.pop(0)
        return [one for one in string.ascii_letters + string.digits if one not in signs] if without else signs

    def _signs(self) -> list[str]:
        """Read one sign, one escaped class or one range of a class."""
        sign = self._left.pop(0)
        if sign == "\\":
            escaped = self._left.pop(0)
            return list(_CLASSES.get(escaped, escaped))
        if self._left[0] == "-" and self._left[1] != "]":
            self._left.pop(0)
            return [chr(code) for code in range(ord(sign), ord(self._left.pop(0)) + 1)]
        return [sign]

    def _times(self) -> int:
        if not self._left or self._left[0] not in "?*+{":
            return 1
        sign = self._left.pop(0)
        if sign != "{":
            return self._rnd.randint(0 if sign in "?*" else 1, 1 if sign == "?" else _MANY)
        end = self._left.index("}")
        least, comma, most = "".join(self._left[:end]).partition(",")
        del self._left[: end + 1]
        return self._rnd.randint(int(least), int(most) if most else int(least) + (_MANY if comma else 0))
