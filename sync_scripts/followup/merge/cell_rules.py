"""Decide what a cell that came back asks of the register: the decision table, as pure functions.

Three values are compared: what the cell said when it went out (base), what the register says now, and what the file
says (mine). No file, no database and no clock is touched here; the numbers beside the outcomes are the lines of the
table in ``docs/classeur-de-suivi.md``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import Enum, StrEnum
from typing import Final, Literal, TypeAlias

from sync_scripts.followup.inbound.plain_values import Bad, Fault, Value, plain, same
from sync_scripts.store.detectors import KnownNames, hits

__all__ = [
    "GONE",
    "Decision",
    "Field",
    "Gone",
    "Outcome",
    "decide",
    "file_rule",
    "in_charge",
    "row_rule",
    "shuffled",
    "swapped",
]


class Gone(Enum):
    """What the register says of a row that is no longer there, or was erased with its person."""

    GONE = "gone"


GONE: Final = Gone.GONE

MixedUp: Final = 0.2
"""Share of rows whose locked cells differ, above which ids and values no longer belong together."""
_FAR_DAYS: Final = 90


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


@dataclass(frozen=True, slots=True)
class Field:
    """What has to be known of a column to decide about its cells.

    Attributes:
        key: key of the column.
        kind: how values are compared.
        editable: whether a person may write in it.
        erasable: whether nothing is something that it may say.
        today: the day in Africa/Douala; only for days.
        people: codes that the importer may put in charge; only for the owner.
        here: codes of everybody who works here; only for the owner.
        names: known names to look for in texts; with the vault open only.
    """

    key: str
    kind: Literal["text", "date", "choice"] = "text"
    editable: bool = True
    erasable: bool = True
    today: date | None = None
    people: frozenset[str] | None = None
    here: frozenset[str] = frozenset()
    names: KnownNames | None = field(default=None, repr=False)


_BAD: Final[Mapping[Fault, str]] = {
    "not_in_list": "8",
    "yes_no": "8",
    "unreadable_date": "9",
    "time_of_day": "9",
    "too_long": "10",
    "excel_error": "11",
    "formula": "13",
}


def decide(asked: Field, base: Value, now: Value | Gone, mine: Value | Bad) -> Decision:
    """Decide one cell of an accepted row.

    Args:
        asked: the column.
        base: what the cell said at the export.
        now: what the register says, or `GONE`.
        mine: what the file says.
    """
    if not asked.editable:
        return _locked(base, mine)
    if isinstance(mine, Bad):
        return Decision(Outcome.ERROR, _BAD[mine.fault], why=mine.fault, nearest=mine.nearest)
    if same(mine, base):
        return Decision(Outcome.NOTHING, "1")
    if isinstance(now, Gone):
        return Decision(Outcome.GONE, "R10", why="row_gone")
    return _changed(asked, base, now, None if mine is None else plain(mine))


def _locked(base: Value, mine: Value | Bad) -> Decision:
    if isinstance(mine, Bad):
        rule = "14" if mine.fault == "formula" else "6"
        return Decision(Outcome.LOCKED_EDIT, rule, why="locked")
    if same(mine, base):
        return Decision(Outcome.NOTHING, "1")
    return Decision(Outcome.LOCKED_EDIT, "6", why="locked")


def _changed(asked: Field, base: Value, now: Value, mine: Value) -> Decision:  # noqa: PLR0911 - a table
    """Decide a cell that a person has written in."""
    if same(mine, now):
        return Decision(Outcome.SAME, "3")
    if mine is None and not asked.erasable:
        return Decision(Outcome.ERROR, "7", why="needed")
    if mine is not None:
        refused = in_charge(asked, mine)
        if refused is not None:
            return refused
        found = next(hits(mine, asked.names), None) if asked.kind == "text" else None
        if found is not None:
            return Decision(Outcome.WARNING, "17", mine, why=found)
    if not same(now, base):
        note = asked.kind == "text"
        return Decision(Outcome.CONFLICT, "4" if note else "5", mine, both=note and None not in (now, mine))
    if mine is None:
        return Decision(Outcome.ERASE, "7")
    if asked.kind == "date" and asked.today is not None and swapped(mine, asked.today):
        return Decision(Outcome.WARNING, "15", mine, why="day_and_month")
    return Decision(Outcome.APPLY, "2", mine)


def in_charge(asked: Field, mine: str) -> Decision | None:
    """Return line 16 where a code is of nobody who works here, or of somebody outside the importer's scope."""
    if asked.people is None or mine in asked.people:
        return None
    return Decision(Outcome.ERROR, "16", why="outside_scope" if mine in asked.here else "not_here")


def swapped(mine: str, today: date) -> bool:
    """Tell whether a day is far off, but near with day and month exchanged: a PC may have read it month first."""
    day = date.fromisoformat(mine)
    far = timedelta(_FAR_DAYS)
    if abs(day - today) <= far or day.day > 12:
        return False
    return abs(date(day.year, day.day, day.month) - today) <= far


# --- the whole file -----------------------------------------------------------------------------------------------

FileRule: TypeAlias = Literal["F2", "F3_other_register", "F3_unknown", "F3_expired", "F3_purged", "F4", ""]


def file_rule(
    *, known_format: bool, known_export: bool, own_register: bool, applied: bool, expired: bool, held: bool
) -> FileRule:
    """Decide a file as a whole, after it could be read (F1) and before its columns are looked at (F5 to F7).

    Args:
        known_format: we read this layout.
        known_export: the register gave this export out.
        own_register: the file says that it comes from this register.
        applied: the very same bytes were applied before.
        expired: its last day has passed.
        held: the register still holds what its rows said.
    """
    if not known_format:
        return "F2"
    if not known_export:
        return "F3_unknown" if own_register else "F3_other_register"
    if applied:
        return "F4"
    if not held:
        return "F3_purged"
    return "F3_expired" if expired else ""


def shuffled(rows: int, differing: int) -> bool:
    """Tell whether so many rows differ in locked columns that ids no longer belong to their values."""
    return differing > 1 and differing > MixedUp * rows


# --- rows ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RowFacts:
    """What decides a row before its cells are looked at.

    Attributes:
        row_id: the id in the file; None when there is none.
        opens: the sheet takes new rows (actions, referrals).
        blank: no editable cell says anything.
        exported: the register gave out a row of this id.
        spare: that row was given out blank, ready to be filled.
        created: an earlier import made something of that spare row.
        same_version: the mark of the row is the one it went out with.
        erased: what the row said was erased with its person.
        copies: rows of this id in the file.
        copies_equal: they all say the same.
    """

    row_id: str | None
    opens: bool
    blank: bool = False
    exported: bool = True
    spare: bool = False
    created: bool = False
    same_version: bool = True
    erased: bool = False
    copies: int = 1
    copies_equal: bool = True


COMPARE: Final = Decision(Outcome.NOTHING, "compare")
"""The row is accepted: its cells decide."""


def row_rule(row: RowFacts) -> Decision:  # noqa: PLR0911 - a table, line by line
    """Decide a row; `COMPARE` when its cells do."""
    if row.row_id is None:
        if row.blank:
            return Decision(Outcome.NOTHING, "R1")
        return Decision(Outcome.NEW, "R4") if row.opens else Decision(Outcome.REFUSED, "R5", why="no_id")
    if row.copies > 1 and not row.copies_equal:
        return Decision(Outcome.REFUSED, "R6", why="copied")
    if not row.exported:
        return Decision(Outcome.UNKNOWN_ROW, "R7", why="not_exported")
    if not row.same_version:
        return Decision(Outcome.REFUSED, "R8", why="other_export")
    if row.spare and row.blank:  # also where a colleague's copy of it was taken
        return Decision(Outcome.NOTHING, "R1")
    if row.erased:
        return Decision(Outcome.GONE, "R10", why="row_gone")
    if row.spare and not row.created:
        return Decision(Outcome.NEW, "R2")
    return Decision(COMPARE.outcome, "R3") if row.spare else COMPARE
