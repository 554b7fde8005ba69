"""Decide what the cells of one row say of each other: line 12 of the table, as pure functions.

A cell was decided by itself before (`cell_rules`); here a decision is changed where its neighbours do not go with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from sync_scripts.followup.inbound.plain_values import Value
from sync_scripts.followup.merge.cell_rules import Decision, Outcome, Why
from sync_scripts.register.lifecycle.moves import listed

__all__ = ["Side", "across"]

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
