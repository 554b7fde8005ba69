"""What stands in a cell, made comparable with what stands in the register, and what an import says of one cell or row.

Pure; guesses nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, Final, Literal, TypeAlias

from xlsform.visible import visible

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


def clean(text: str) -> str:
    """Return a text with every sign that nobody sees as an escape; many of them no workbook could hold."""
    return visible(text.replace("\r\n", "\n"))


class Outcome(StrEnum):
    """What becomes of one cell or row."""

    NOTHING = "nothing"
    APPLY = "apply"
    NEW = "new"
    SAME = "same"
    CONFLICT = "conflict"
    ERASE = "erase"
    SEAL = "seal"
    WARNING = "warning"
    LOCKED_EDIT = "locked_edit"
    MISSING_ROW = "missing_row"
    UNKNOWN_ROW = "unknown_row"
    REFUSED = "refused"
    GONE = "gone"
    ERROR = "error"


Why: TypeAlias = (
    Fault
    | Literal[
        "",
        "phone",
        "coordinates",
        "name",
        "day_and_month",
        "outside_scope",
        "not_here",
        "locked",
        "withheld",
        "closure_reason_missing",
        "closure_state_missing",
        "done_state_missing",
        "done_in_future",
        "sent_in_future",
        "lowered_without_note",
        "note_held",
        "note_sealed",
        "moved_to_other_case",
        "row_incomplete",
        "no_id",
        "copied",
        "other_code",
        "not_exported",
        "other_export",
        "row_gone",
        "row_withdrawn",
        "not_asked_now",
        "moved_meanwhile",
        "says_it_now",
        "register_kept",
        "case_unknown",
        "no_owner",
        "no_owner_at_all",
        "case_left",
        "case_closed",
        "case_merged",
        "case_handed_over",
        "equal_rows",
        "taken_before",
        "under_way",
        "refused_move",
        "day_passed",
        "review_passed",
        "no_base",
        "no_base_not_here",
        "choice_missing",
        "other_missing",
        "both_for_notes",
        "in_file_alone",
        "needed",
        "row_whole",
        "service_stays",
    ]
)


@dataclass(frozen=True, slots=True)
class Decision:
    """An outcome, the line of the table that gave it, why, and the value that would be written.

    Attributes:
        outcome: what becomes of the cell.
        rule: number of the line: "1" to "17", "R1" to "R10".
        value: what an accepted cell puts into the register.
        why: the reason, for the words shown.
        nearest: labels most like a value that is in no list.
        both: a conflict of two notes: keeping both is offered.
    """

    outcome: Outcome
    rule: str
    value: Value = None
    why: Why = ""
    nearest: tuple[str, ...] = ()
    both: bool = False


BLOCKING: Final = frozenset({Outcome.ERROR})
"""One of these and nothing of the file is written."""

HELD: Final = frozenset({Outcome.CONFLICT, Outcome.ERASE, Outcome.WARNING})
"""These wait for a person; the rest of the file does not wait for them."""

LOST: Final = frozenset({Outcome.REFUSED, Outcome.UNKNOWN_ROW, Outcome.GONE})
"""What a person wrote here cannot be taken; she must know."""

SETTLED_IN_BOOK: Final = frozenset({"4", "5", "7", "15"})
"""Lines of the table whose open questions go into the workbook of conflicts."""

COUNTED: Final = tuple(one for one in Outcome if one is not Outcome.NOTHING)


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a preview.

    Attributes:
        decision: what becomes of it.
        sheet: kind of the sheet: ``dk:cases``.
        title: its visible name in the file.
        cell: address, such as ``I6``; of a whole row the address of its first cell.
        row_id: id of the row.
        case: code of the case; None when the row names none.
        key: of the column; empty for a whole row.
        base, register, file: the three values, as codes and ISO days; of a whole row its cells by key, as JSON.
        record: the intervention that the row shows.
        words: why the register refused, in its own words.
        was: of a choice that came too late, what the register said when the question was handed out.
    """

    decision: Decision
    sheet: str
    title: str
    cell: str
    row_id: str
    case: str | None = None
    key: str = ""
    base: Value = None
    register: Value = None
    file: Value = None
    record: str | None = None
    words: str = ""
    was: Value = None

    @property
    def place(self) -> str:
        """Return sheet and cell as a person names them: ``Dossiers!I6``."""
        return f"{self.title}!{self.cell}"


def counted(items: Iterable[Item], missing: int = 0) -> dict[str, int]:
    """Return how often each outcome came up, those that did not included."""
    found = Counter(item.decision.outcome for item in items)
    found[Outcome.MISSING_ROW] += missing
    return {str(one): found[one] for one in COUNTED}


def waits(items: Iterable[Item]) -> bool:
    """Tell whether a person has to look: something is held, or was written where it cannot be taken."""
    return any(item.decision.outcome in HELD | LOST for item in items)
