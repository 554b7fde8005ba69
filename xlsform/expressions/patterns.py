"""Dates, patterns of dates and regular expressions, as people write them and as phones read them. Pure text."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from re import _parser  # type: ignore[attr-defined]  # the only place that tells how wide a pattern is
from types import MappingProxyType
from typing import Any

from xlsform.expressions.xpath import Binary, Literal, Node, Path

_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:T\d{2}:\d{2}.*)?")
_EXAMPLE = "date('2026-11-25')"


def is_iso(text: str) -> bool:
    """Say whether a text is a date as phones read it: year-month-day, of a day that exists."""
    parts = _ISO.fullmatch(text.strip())
    try:
        return parts is not None and bool(date(int(parts[1]), int(parts[2]), int(parts[3])))
    except ValueError:
        return False


def as_date(text: str) -> str:
    """Return how the date is written; a French one is turned round."""
    if is_iso(text):
        return f"date('{text.strip()}')"
    if french := re.fullmatch(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})", text.strip()):
        turned = f"{french[3]}-{int(french[2]):02}-{int(french[1]):02}"
        return f"date('{turned}')" if is_iso(turned) else _EXAMPLE
    return _EXAMPLE


def unquoted(node: Node) -> str | None:
    """Return a date that was written without quotes, which phones take for a subtraction or for a way through the form."""
    match node:
        case Binary(
            "-",
            Binary("-", Literal(number=True) as year, Literal(number=True) as month),
            Literal(number=True) as day,
        ):
            text = "-".join((year.value, month.value.zfill(2), day.value.zfill(2)))
        case Path(Literal(number=True) as day, (Literal(number=True) as month, Literal(number=True) as year)):
            text = f"{year.value}-{month.value.zfill(2)}-{day.value.zfill(2)}"
        case _:
            return None
    return text if is_iso(text) else None


_KNOWN = frozenset("%YymnbdeHhMS3aW")
"""What may follow a % in a pattern: the table of the ODK specification, and the week that JavaRosa knows (``DateUtils.format``)."""


def pattern_fault(pattern: str) -> str | None:
    """Return the piece of a pattern of dates that phones do not know, the whole pattern when nothing in it stands for a date."""
    pieces = re.findall(r"%(?:.|$)", pattern)
    unknown = next((piece for piece in pieces if piece[1:] not in _KNOWN or not piece[1:]), None)
    return unknown or (None if pieces else pattern)


# --- regular expressions -------------------------------------------------------------------------------------------

_JAVA_ONLY = re.compile(r"\\[pPQEhHRXGzkNvV]|\\x\{|&&|\(\?<[a-zA-Z]|\(\?[a-zA-Z]*[dUx]|\[\[|\[[^\]]*\[")
"""What Java's patterns have and Python's read otherwise: of those nothing is said."""
_ASIDE = re.compile(r"\\[pPxNk]\{[^}]*\}|\\.|\[(?:\\.|[^\]\\])*\]|\{\d+(?:,\d*)?\}")
_LOOSE_BRACE = re.compile(r"\{")
_DOUBLED = re.compile(r"\\\\[dDwWsSb.+*?()\[\]{}]")


def fails(pattern: str) -> str | None:
    """Return the piece at which phones stop, or which was doubled as in a program's text; None when the pattern can be read."""
    if doubled := _DOUBLED.search(pattern):
        return doubled[0]
    if _LOOSE_BRACE.search(_ASIDE.sub("", pattern)):
        return pattern[pattern.index("{") :]  # Java takes it for a number of times
    if _JAVA_ONLY.search(pattern):
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what Python will read otherwise one day
        try:
            re.compile(pattern)
        except re.error as fault:
            return pattern[fault.pos or 0 :] or pattern
    return None


_ZERO_FIRST = re.compile(r"\^?\(*0(?![?*{|])(?=[\[\\\d(.])|\^?\(*(?:\\\+|\[\+\])(?![?*{|])")
_LONG = re.compile(r"(?:\[0-9\]|\\d)\{(\d+)")
_LONGEST = 9
"""Digits of a whole number on a phone."""


def matches_no_integer(pattern: str) -> bool:
    """Say whether the pattern asks of a whole number what it never has: a zero or a plus in front, or more digits than phones keep."""
    if "|" in pattern or re.search(r"\)(?:[?*]|\{0)", pattern):
        return False
    return _ZERO_FIRST.match(pattern) is not None or any(
        int(least) > _LONGEST for least in _LONG.findall(pattern)
    )


def matches_nothing(pattern: str, signs: str | None = None) -> bool:
    """Say whether no text matches: it would begin after its first sign, go on after its last, or hold other signs than these."""
    parsed = _parsed(pattern)
    return parsed is not None and not _Walk(signs).takes(parsed)


_REPEATS = frozenset(("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"))
_UNKNOWN = frozenset(("ASSERT", "ASSERT_NOT", "GROUPREF", "GROUPREF_EXISTS", "ATOMIC_GROUP"))


@dataclass
class _Walk:
    """A way through a pattern; ``signs``: those that a text can hold, None for all."""

    signs: str | None
    begun: bool = False
    ended: bool = False

    def takes(self, parts: Iterable[tuple[object, Any]]) -> bool:
        """Say whether a text can match these parts from here on, and go on to behind them."""
        return all(self._takes(str(kind), what) for kind, what in parts)

    def _takes(self, kind: str, what: Any) -> bool:
        if kind == "AT":
            place = str(what)
            self.ended = self.ended or place.startswith("AT_END")
            return not (self.begun and place.startswith("AT_BEGINNING"))
        if kind in _UNKNOWN or (kind in _REPEATS and not what[0]):
            return True  # it may be left out, or nothing is known of it
        if kind == "BRANCH":
            return self._takes_one([list(way) for way in what[1]])
        if kind in _REPEATS or kind == "SUBPATTERN":
            return self._takes_one([list(what[-1])])
        self.begun = True
        return not self.ended and (self.signs is None or any(_is_sign(kind, what, one) for one in self.signs))

    def _takes_one(self, ways: list[list[tuple[object, Any]]]) -> bool:
        walks = [_Walk(self.signs, self.begun, self.ended) for _ in ways]
        held = [walk for walk, way in zip(walks, ways, strict=True) if walk.takes(way)]
        self.begun, self.ended = all(one.begun for one in held), all(one.ended for one in held)
        return bool(held)


def _is_sign(kind: str, what: Any, sign: str) -> bool:
    """Say whether a part that stands for one sign can be this one; of what is not known, it can."""
    match kind:
        case "LITERAL":
            return bool(ord(sign) == what)
        case "NOT_LITERAL":
            return bool(ord(sign) != what)
        case "RANGE":
            return bool(what[0] <= ord(sign) <= what[1])
        case "CATEGORY":
            name = str(what).removeprefix("CATEGORY_")
            known = _CATEGORIES.get(name.removeprefix("NOT_"))
            return known is None or (sign in known) is not name.startswith("NOT_")
        case "IN":
            turned = bool(what) and str(what[0][0]) == "NEGATE"
            return turned is not any(
                _is_sign(str(one), part, sign) for one, part in what if str(one) != "NEGATE"
            )
        case _:
            return True


_CATEGORIES: Mapping[str, str] = MappingProxyType(
    {"DIGIT": "0123456789", "SPACE": " ", "WORD": "0123456789abcdefghijklmnopqrstuvwxyz_"}
)
"""Signs of what a pattern calls digits, blanks and letters, as far as it is asked for them."""


_TYPESET = re.compile(r"\[[^\]]*\w[–—]\w[^\]]*\]|…")


def typeset(pattern: str) -> tuple[str, str] | None:
    """Return what a word processor put into a pattern, a long dash between two signs or one sign for three points, and what was meant."""
    found = _TYPESET.search(pattern)
    return None if found is None else (found[0], re.sub("[–—]", "-", found[0]).replace("…", "..."))


@dataclass(frozen=True, slots=True)
class Stored:
    """How an answer of a type is stored by phones, and how people write it: examples."""

    phone: tuple[str, ...]
    people: tuple[str, ...]


STORED: Mapping[str, Stored] = MappingProxyType(
    {
        "date": Stored(
            tuple(
                f"{year}-{month:02}-{day:02}"
                for year in range(1900, 2060)
                for month in (1, 6, 11)
                for day in (1, 12, 25)
            ),
            ("25/11/2026", "25-11-2026", "25.11.2026", "1/6/2026", "25/11/26", "01/12/1990"),
        ),
        "decimal": Stored(
            ("0.5", "1.5", "12.5", "12.34", "120.0", "7.0"), ("0,5", "1,5", "12,5", "12,34", "120,0")
        ),
        "time": Stored(
            ("08:30:00.000+01:00", "23:59:00.000Z"), ("08:30", "8:30", "08:30:00", "8h30", "08h30", "23:59")
        ),
    }
)
"""Type -> examples; a pattern that matches what people write and nothing of what is stored refuses every answer."""


def width(pattern: str) -> tuple[int, int] | None:
    """Return how short and how long a text is that a pattern matches; None when that is not known."""
    parsed = _parsed(pattern)
    return None if parsed is None else tuple(parsed.getwidth())


def _parsed(pattern: str) -> Any:
    """Return a pattern taken apart; None when it cannot be, or when Java takes it apart otherwise."""
    if _JAVA_ONLY.search(pattern):
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return _parser.parse(pattern)
        except (re.error, OverflowError):
            return None
