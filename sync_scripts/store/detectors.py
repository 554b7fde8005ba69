"""Find in a text what may not be kept or leave in the clear: phone numbers, coordinates, known names. Pure.

Detectors prefer a false alarm to a leak: a hit stops a decision, or blocks a file and names the cell, never the text. What
people say of a decision is kept unsealed for ever, so where one is written down nothing passes that no door looked at.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any, Final, Literal

from sync_scripts.store.errors import TextIdentifies
from sync_scripts.store.schema import metadata

Kind = Literal["phone", "coordinates", "name"]

_FEWEST_LETTERS: Final = 3
_SHORTEST: Final = 4
"""Letters of the shortest name of one word that is looked for."""
_KEY_BYTES: Final = 32
_MARK_BYTES: Final = 16

# Dates and amounts are taken out first: both are long runs of digits that people write in good faith.
_DATE = re.compile(r"\b(?:\d{4}-\d{2}-\d{2}|\d{1,2}[/.\-]\d{1,2}[/.\-]\d{4})\b")
_AMOUNT = re.compile(
    r"\b\d{1,3}(?:[ .\u00a0\u202f]?\d{3}){0,5}\s{0,3}(?:F\s?CFA|FCFA|XAF|francs?|F)\b", re.IGNORECASE
)
_SHORT_DATE = re.compile(r"\b(?:0?[1-9]|[12]\d|3[01])/(?:0?[1-9]|1[0-2])\b")
_HOUR = re.compile(r"(?<![\d:])(?:[01]?\d|2[0-3]):[0-5]\d(?![\d:])")
_APART: Final = "#"
"""Stands where a day or an hour was: no sign that a number is written with."""
_GAP = r"[\s.\-/()_\u2010-\u2015\u2212]{0,2}"
_WIDE_GAP = r"[\s.\-/()_:|*'\u2019\u00b7\u2022\u2010-\u2015\u2212]{0,4}"
"""As people set the parts of a number apart: "677 - 12", "677:12". Looked for once days and hours are gone, which look alike."""
_LIST_GAP = _GAP.replace("[", "[,;", 1)
"""With commas: people write several days in a row with them."""
_DIGITS = re.compile(rf"(?<![\w])(\+|00)?\(?\d(?:{_GAP}\d){{7,14}}(?!\w)")
_ABROAD = re.compile(rf"(?<![\w])(?:\+|00)\(?\d(?:{_WIDE_GAP}\d){{7,14}}(?!\w)")


def _nine(gap: str, *, first: str = "[26]", behind: str = r"\d") -> re.Pattern[str]:
    """Return what finds nine digits that begin as numbers of Cameroon do: after a word, a gap or a prefix; no digit behind."""
    before = r"(?:(?<!\d)|(?<=(?<!\d)0)|(?<=(?<!\d)237)|(?<=(?<!\d)0237)|(?<=(?<!\d)00237))"
    return re.compile(rf"{before}(?={first}(?:{gap}\d){{8}}(?!{behind}))")


_NATIONAL: Final = _nine(_GAP)
_LISTED: Final = _nine(_LIST_GAP)
_WIDE: Final = _nine(_WIDE_GAP, first=rf"(?:6|2(?={_GAP}[2-4]))", behind=rf"{_WIDE_GAP}\d{{3}}(?!\d)|\d")
"""So far apart, amounts look alike: "250 000 - 300 000". No line begins with 25, and three more digits are one."""
_DECIMAL_PAIR = re.compile(
    r"-?\d{1,3}[.,]\d{3,}\s{0,3}°?\s{0,3}[NSns]?\s{0,3}[,;/ ]\s{0,3}-?\d{1,3}[.,]\d{3,}"
)
_DECIMALS_APART = re.compile(r"\d{1,3}[.,]\d{4,}[^\d\n]{1,16}\d{1,3}[.,]\d{4,}")
"""With words or letters between them; three decimals are thousands there."""
_NORTH_OR_SOUTH = re.compile(r"\b[NS]\s?\d{1,2}[.,]\d{3,}")
_DEGREES = re.compile(r"\d{1,3}\s{0,3}°\s{0,3}\d{1,2}(?:[.,]\d+)?\s{0,3}['’′]")
_PLUS_CODE = re.compile(r"\b[23456789CFGHJMPQRVWX]{4,8}\+[23456789CFGHJMPQRVWX]{2,3}\b")


def _phone(text: str) -> bool:
    rest = _AMOUNT.sub(" ", _DATE.sub(" ", text))
    bare = _HOUR.sub(_APART, _SHORT_DATE.sub(_APART, rest))
    if any(
        one.search(text) for one, text in ((_NATIONAL, rest), (_LISTED, bare), (_WIDE, bare), (_ABROAD, bare))
    ):
        return True
    for found in _DIGITS.finditer(rest):
        digits = re.sub(r"\D", "", found.group())
        if found.group(1):
            return True
        if len(digits) == 8 and digits[0] in "23679":  # the numbers of before 2014, still learnt by heart
            return True
    return False


def _coordinates(text: str) -> bool:
    every = (_DECIMAL_PAIR, _DECIMALS_APART, _NORTH_OR_SOUTH, _DEGREES, _PLUS_CODE)
    return any(pattern.search(text) for pattern in every)


def fold(text: str) -> str:
    """Return the text without accents and case, words separated by one space."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(re.findall(r"[a-z0-9]+", bare.lower()))


class KnownNames:
    """Names that may not stand in a text: as marks, from which no name can be read without the key that made them.

    A name is found by two of its words side by side in either order, however they are accented; a name of one word,
    such as a nickname, by that word when it has four letters or more. Words of one or two letters count for nothing.
    """

    def __init__(self, names: Iterable[str], key: bytes | None = None) -> None:
        """Fold the names once, and keep marks of them under a key drawn for the run."""
        self._key = secrets.token_bytes(_KEY_BYTES) if key is None else key
        self._marks = {self._mark(part) for name in names for part in _parts_of(name)}

    @classmethod
    def marked(cls, said: Mapping[str, Any]) -> KnownNames:
        """Return what another process made, from what it said of it: see `marks`."""
        made = cls((), bytes.fromhex(said["key"]))
        made._marks = {bytes.fromhex(mark) for mark in said["marks"]}
        return made

    def marks(self) -> dict[str, Any]:
        """Return the key and the marks, for another process of the same run."""
        return {"key": self._key.hex(), "marks": sorted(mark.hex() for mark in self._marks)}

    def stand_in(self, text: str) -> bool:
        """Tell whether one of the names stands in a text."""
        words = _words(text)
        parts = [*words, *(" ".join(pair) for pair in pairwise(words))]
        return any(self._mark(part) in self._marks for part in parts)

    def _mark(self, part: str) -> bytes:
        return hashlib.blake2b(part.encode(), key=self._key, digest_size=_MARK_BYTES).digest()


def _parts_of(name: str) -> Iterator[str]:
    """Yield what a name is found by: its only word, or each two words side by side, in both orders."""
    words = _words(name)
    if len(words) == 1 and len(words[0]) >= _SHORTEST:
        yield words[0]
    for one, other in pairwise(words):
        yield f"{one} {other}"
        yield f"{other} {one}"


def _words(text: str) -> list[str]:
    return [word for word in fold(text).split() if len(word) >= _FEWEST_LETTERS]


def plainly(text: str) -> str:
    """Return the text without signs that nobody sees, and with digits of any script as the ten of ours."""
    seen = (c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) != "Cf")
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in seen)


def hits(text: str, names: KnownNames | None = None) -> Iterator[Kind]:
    """Yield the kinds of identifying content found in one text; ``names`` are known names, with the vault open only."""
    plain = plainly(text)
    if _phone(plain):
        yield "phone"
    if _coordinates(plain):
        yield "coordinates"
    if names is not None and names.stand_in(plain):
        yield "name"


FREE: Final = frozenset(
    (
        *("reason", "why", "suspend_reason", "message", "resolution", "work_note"),
        *("receiver", "transferred_to", "value"),
    )
)
"""Names in the payload of an event under which a person's own words stand, at any depth."""
_BEFORE: Final = frozenset({"was", "seen"})
"""Names under which stands what was there before: a text of once can be replaced by one that passes."""
_REPEATED: Final = frozenset(
    {("value.restore", "value"), ("flag.resolve", "message"), ("flag.open", "message")}
)
"""What a decision says again of what stands already: what was collected, the remark that is settled, or is not."""


def require_plain(op: str, payload: Mapping[str, Any]) -> None:
    """Let an event of a person pass in whose texts no telephone number and no coordinates stand.

    Args:
        op: what was decided.
        payload: of the event.

    Raises:
        TextIdentifies: they do.
    """
    for name, text in _texts(payload):
        if (op, name) in _REPEATED or (name == "value" and _amount(payload)):
            continue
        for kind in hits(text):
            raise TextIdentifies(what=kind)


def _texts(said: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in said.items():
        if name in _BEFORE:
            continue
        for one in value if isinstance(value, list | tuple) else (value,):
            if isinstance(one, Mapping):
                yield from _texts(one)
            elif isinstance(one, str) and name in FREE:
                yield name, one


def _amount(payload: Mapping[str, Any]) -> bool:
    """Tell whether a corrected answer is a number: eight digits in a row are what was lost, then."""
    table = metadata.tables.get(str(payload.get("entity")))
    column = table.c.get(str(payload.get("field"))) if table is not None else None
    return column is not None and column.info.get("kind") == "number"
