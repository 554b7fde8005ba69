"""Make what stands in a cell comparable with what stands in the register. Pure; guesses nothing.

Blank is None, a day is ISO text, a label is its code. What no field can take is a `Bad` with the reason, never a blank:
a formula that was read as a blank would erase somebody's note.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from difflib import get_close_matches
from typing import Any, Final, Literal, TypeAlias

__all__ = [
    "LONGEST",
    "Bad",
    "Cell",
    "Choices",
    "Fault",
    "Value",
    "day",
    "fold",
    "number",
    "plain",
    "same",
    "text",
]

Value: TypeAlias = str | None
"""A text, a code or an ISO day; None is blank."""

Fault: TypeAlias = Literal[
    "formula", "excel_error", "not_in_list", "unreadable_date", "time_of_day", "too_long", "yes_no"
]

LONGEST: Final = 1_000
"""Characters of a text, at most."""
_EARLIEST: Final = date(2015, 1, 1)
_LATEST: Final = date(2035, 12, 31)
_ISO: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_DAY_FIRST: Final = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")


@dataclass(frozen=True, slots=True)
class Bad:
    """What a cell holds when no field can take it; ``nearest`` are the labels most like it."""

    fault: Fault
    nearest: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell as it was read: its value, and openpyxl's kind of it (``f`` a formula, ``e`` an error of Excel)."""

    value: Any = None
    kind: str = "n"

    @property
    def fault(self) -> Fault | None:
        """Return why nothing can be made of it, whatever the field."""
        if self.kind == "f":
            return "formula"
        return "excel_error" if self.kind == "e" else None


def plain(words: str) -> Value:
    """Return a text as it is compared: composed, with plain blanks and line ends, trimmed; blank is None."""
    kept = unicodedata.normalize("NFC", words).replace("\u00a0", " ").replace("\u202f", " ")
    return kept.replace("\r\n", "\n").replace("\r", "\n").strip() or None


def same(one: Value, other: Value) -> bool:
    """Tell whether two values say the same; blanks and line ends between words make no difference."""
    return (plain(one) or "").split() == (plain(other) or "").split() if one and other else not (one or other)


def fold(words: str) -> str:
    """Return a text without case and accents, its words set apart by one blank."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", words) if not unicodedata.combining(c))
    return " ".join(bare.casefold().split())


def number(value: float) -> str:
    """Return a number as it was typed: 12.0 is 12."""
    return str(int(value)) if float(value).is_integer() else repr(value)


def _words(value: Any) -> Value:
    """Return a cell's value as text."""
    if value is None:
        return None
    if isinstance(value, datetime):
        value = value.date() if value.time() == time() else value
    if isinstance(value, date | time):
        return value.isoformat()
    return plain(number(value) if isinstance(value, int | float) else str(value))


def text(cell: Cell) -> Value | Bad:
    """Read a free text."""
    if cell.fault:
        return Bad(cell.fault)
    if isinstance(cell.value, bool):
        return Bad("yes_no")  # a spreadsheet took a word such as VRAI for a truth value
    words = _words(cell.value)
    return Bad("too_long") if words is not None and len(words) > LONGEST else words


def day(cell: Cell) -> Value | Bad:
    """Read a day: a date without a time of day, or a text YYYY-MM-DD or DD/MM/YYYY, from 2015 to 2035."""
    if cell.fault:
        return Bad(cell.fault)
    value = cell.value
    if isinstance(value, datetime):
        if value.time() != time():
            return Bad("time_of_day")
        found: date | None = value.date()
    elif isinstance(value, date):
        found = value
    elif value is None or (isinstance(value, str) and plain(value) is None):
        return None
    else:
        found = _typed(value) if isinstance(value, str) else None
    if found is None or not _EARLIEST <= found <= _LATEST:
        return Bad("unreadable_date")
    return found.isoformat()


def _typed(words: str) -> date | None:
    typed = plain(words) or ""
    parts: tuple[str, ...] | None = None
    if found := _ISO.fullmatch(typed):
        parts = found.groups()
    elif found := _DAY_FIRST.fullmatch(typed):
        parts = found.groups()[::-1]
    try:
        return date(*map(int, parts)) if parts else None
    except ValueError:
        return None


class Choices:
    """A list that a cell chooses from, by code or by label in any of the languages given, the first one first."""

    def __init__(self, codes: Iterable[str], labels: Iterable[Mapping[str, str]]) -> None:
        """Fold every word once; a word that two codes of one language share means neither."""
        known = list(codes)
        tongues = list(labels)
        self._means: dict[str, str | None] = {}
        own = tongues[0] if tongues else {}
        self._shown = [own.get(code, code) for code in known]
        for words in (*tongues, {code: code for code in known}):
            found: dict[str, str | None] = {}
            for code in known:
                for word in _forms(words.get(code, code)):
                    found[word] = code if found.get(word, code) == code else None
            for word, meant in found.items():
                self._means.setdefault(word, meant)

    def read(self, cell: Cell) -> Value | Bad:
        """Return the code that a cell means."""
        if cell.fault:
            return Bad(cell.fault)
        if isinstance(cell.value, bool):
            words: Value = "oui" if cell.value else "non"
        else:
            words = _words(cell.value)
        if words is None:
            return None
        code = self._means.get(fold(words))
        return code if code is not None else Bad("not_in_list", self.nearest(words))

    def nearest(self, words: str) -> tuple[str, ...]:
        """Return the labels most like what was typed, to be named and never to be taken."""
        folded = {fold(shown): shown for shown in self._shown}
        return tuple(folded[one] for one in get_close_matches(fold(words), folded, n=3, cutoff=0.5))


def _forms(label: str) -> Iterable[str]:
    """Yield a label as it is, and without the number in front of it that lets urgencies sort."""
    yield fold(label)
    numbered = re.fullmatch(r"\d+ · (.+)", label)
    if numbered:
        yield fold(numbered.group(1))
