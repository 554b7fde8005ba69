"""What a cell that came back asks of the register, and what the cells of one row say of each other: the decision table.

Three values are compared: what the cell said when it went out (base), what the register says now, and what the file says (mine).
Pure: no file, no database and no clock; the numbers beside the outcomes are the lines of the table in ``docs/classeur-de-suivi.md``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import Enum
from typing import Final, Literal, TypeAlias

from sync_scripts.followup.inbound.values import Bad, Decision, Fault, Outcome, Value, Why, plain, same
from sync_scripts.register.lifecycle.moves import listed
from sync_scripts.store.detectors import KnownNames, hits


class Gone(Enum):
    """What the register says of a row that is no longer there, or was erased with its person."""

    GONE = "gone"


GONE: Final = Gone.GONE

MixedUp: Final = 0.2
"""Share of rows whose locked cells differ, above which ids and values no longer belong together."""
_FAR_DAYS: Final = 90


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


_URGENCIES: Final = ("critical", "high", "medium", "low")
_WITH_REASON: Final = ("closure_pending", "suspended")
"""States that a case comes to for a reason of the list of closure reasons, and keeps with the move alone."""
_ASKS_WHY: Final = frozenset({"reason", "suspend_reason"})
"""Guards of a move that ask for a reason in words, which in a workbook is the note of the row."""
_MAY_ASK_WHY: Final = _ASKS_WHY | {"no_late_answer"}
"""Those and the one that asks for it only while an answer is late."""
_GOES_ALONG: Final = Decision(Outcome.SAME, "12")
"""Nothing is to be written of a closure reason: it came with a move, or went with one."""


@dataclass(frozen=True, slots=True)
class Side:
    """A row as the register has it now and as it would be, with what was decided about its cells.

    ``reason`` is a note that was written already with the values that are decided now, as those of a conflict are.
    """

    sheet: str
    now: Mapping[str, Value]
    decided: Mapping[str, Decision]
    today: date
    new: bool = False
    reason: Value = None

    def takes(self, key: str) -> bool:
        """Tell whether the file's value of a column would be written."""
        return key in self.decided and self.decided[key].outcome in (Outcome.APPLY, Outcome.NEW)

    def after(self, key: str) -> Value:
        """Return the value of a column after the import."""
        return self.decided[key].value if self.takes(key) else self.now.get(key)

    def empties(self, key: str) -> bool:
        """Tell whether the file empties a column, whether or not somebody said yes to it."""
        one = self.decided.get(key)
        return one is not None and (one.outcome is Outcome.ERASE or (self.takes(key) and one.value is None))

    def is_same(self, key: str) -> bool:
        """Tell whether the file says of a column what the register has come to say."""
        return key in self.decided and self.decided[key].outcome is Outcome.SAME


def across(row: Side) -> Iterator[tuple[str, Decision]]:
    """Yield what rule 12 changes about the cells of a row: key of the column and its new decision."""
    if row.sheet == "dk:cases":
        yield from _of_case(row)
    else:
        yield from _of_service(row)


def _error(key: str, why: Why) -> tuple[str, Decision]:
    return key, Decision(Outcome.ERROR, "12", why=why)


def _of_case(row: Side) -> Iterator[tuple[str, Decision]]:
    closure = dict(_of_closure(row))
    with_state = () if "state" in closure else _goes_with_state(row)
    yield from closure.items()
    note = row.decided.get("note")
    if row.takes("urgency") and _lowered(row.now.get("urgency"), row.after("urgency")):
        if row.reason is None and (note is None or note.value is None):
            yield _error("urgency", "lowered_without_note")
        else:
            yield from _as_its_note(row, ("urgency",))
    if row.takes("state") and "state" not in closure:
        yield from _as_its_note(row, with_state)


def _as_its_note(row: Side, keys: Iterable[str]) -> Iterator[tuple[str, Decision]]:
    """Yield what becomes of cells whose reason the note gives, where that may not be kept as it is."""
    note = row.decided.get("note")
    if note is None or note.outcome not in {Outcome.WARNING, Outcome.SEAL}:
        return
    for key in keys:
        if note.outcome is Outcome.WARNING:
            yield key, Decision(Outcome.WARNING, "17", row.after(key), why="note_held")
        elif key in {"urgency", "state"}:
            yield _error(key, "note_sealed")


def _goes_with_state(row: Side) -> tuple[str, ...]:
    """Return the cells that wait with a move whose reason is the note: none where the move asks for no reason."""
    was, to = row.now.get("state"), row.after("state")
    if row.reason is not None or not row.takes("state") or was is None or to is None:
        return ()
    asked = {guard for one in listed("case", was, to) for guard in one.guards}
    note = row.decided.get("note")
    sealed = note is not None and note.outcome is Outcome.SEAL
    if not asked & (_ASKS_WHY if sealed else _MAY_ASK_WHY):
        return ()
    along = ("closure", "next_due") if to == "suspended" else ("closure",)  # its day of review
    return ("state", *(key for key in along if row.takes(key)))


def _of_closure(row: Side) -> Iterator[tuple[str, Decision]]:
    """Yield what state and closure reason say of each other: the register keeps a reason with a move to such a state."""
    moves, reasoned = row.takes("state"), row.after("state") in _WITH_REASON
    if moves and reasoned and (row.after("closure") is None or row.empties("closure")):
        yield _error("state", "closure_reason_missing")
    elif row.empties("closure"):
        yield "closure", _GOES_ALONG if moves else Decision(Outcome.ERROR, "7", why="needed")
    elif row.takes("closure") and not (moves and reasoned):
        moved = reasoned and row.is_same("state")  # by the same file, handed in before
        yield "closure", _GOES_ALONG if moved else Decision(Outcome.ERROR, "12", why="closure_state_missing")


def _lowered(now: Value, wanted: Value) -> bool:
    known = now in _URGENCIES and wanted in _URGENCIES
    return known and _URGENCIES.index(wanted or "") > _URGENCIES.index(now or "")


def _of_service(row: Side) -> Iterator[tuple[str, Decision]]:
    status, done = ("status", "done_on") if row.sheet == "dk:actions" else ("outcome", "")
    if row.new:
        yield from (_error(key, "row_incomplete") for key in _missing(row))
    elif row.takes("code"):
        yield _error("code", "moved_to_other_case")
    sent = row.after("sent_on") if row.takes("sent_on") else None
    if sent is not None and date.fromisoformat(sent) > row.today:
        yield _error("sent_on", "sent_in_future")
    day = row.after(done) if done else None
    if day is None or not (row.takes(done) or row.takes(status)):
        return
    if row.after(status) != "done":
        yield _error(done, "done_state_missing")
    elif row.takes(done) and date.fromisoformat(day) > row.today:
        yield _error(done, "done_in_future")


def _missing(row: Side) -> Iterable[str]:
    """Yield the columns without which nothing new can be made."""
    needed = ("code", "service") if row.sheet == "dk:actions" else ("code", "provider")
    return (key for key in needed if key not in row.decided or row.decided[key].value is None)
