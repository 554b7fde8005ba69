"""A workbook of conflicts that comes back: each line with a choice is settled, and what was chosen is written.

A choice counts only while the register still says what the line showed; otherwise the question is asked anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NoReturn

import msgspec

from sync_scripts.followup.errors import ExportUnknown, OtherRegister
from sync_scripts.followup.files import Incoming
from sync_scripts.followup.inbound import conflicts
from sync_scripts.followup.inbound.cell_rules import Side, across, in_charge
from sync_scripts.followup.inbound.conflicts import ROW, Choice, Conflict
from sync_scripts.followup.inbound.import_request import AnswerColumns, Asked, Imported, Place, Status, Work
from sync_scripts.followup.inbound.known_rows import Current, current
from sync_scripts.followup.inbound.reading import CameWorkbook
from sync_scripts.followup.inbound.values import LONGEST, Bad, Decision, Item, Outcome, Value, counted, same
from sync_scripts.followup.inbound.writing import Writer
from sync_scripts.followup.outbound import snapshot
from sync_scripts.followup.outbound.conflictbook import MARKER, Answer, answers, other_value
from sync_scripts.followup.outbound.snapshot import Snapshot
from sync_scripts.register.decisions.base import By, deciding
from sync_scripts.store.database import Register, Rows

_MOVES: Final = ("status", "outcome", "state")
"""Columns that move what a row is about."""


@dataclass(frozen=True, slots=True)
class _Line:
    """One answer and what comes of it; ``value`` is written for every choice but "register"."""

    answer: Answer
    asked: Conflict
    decision: Decision
    choice: Choice | None = None
    stale: bool = False
    anew: str | None = None
    """The question that is open in its place already, where the register moved before."""


@dataclass(slots=True)
class _Found:
    """What the lines of a workbook ask for."""

    lines: list[_Line] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    left_open: int = 0
    anew: list[str] = field(default_factory=list)
    """Questions that are asked in the place of those whose choice came too late."""


class _Stop(Exception):
    """Leaves the transaction without keeping anything of it."""


def settle_book(register: Register, file: Incoming, came: CameWorkbook, asked: Asked) -> Imported:
    """Settle what a workbook of conflicts settles, or show it.

    Raises:
        OtherRegister, ExportUnknown: it is not one that this register handed out.
    """
    with register.reading() as rows:
        kept = snapshot.find(rows, came.export_id)
        if kept is None:
            own = came.meta.get("register_id", register.workspace_id) == register.workspace_id
            raise ExportUnknown if own else OtherRegister
    said = list(answers(came))
    done: tuple[_Found, list[Item], int] | None = None
    try:
        with deciding(register, asked.actor, asked.now, dry_run=not asked.apply) as by:
            if snapshot.is_applied(by.rows, file.sha256):
                still = len(set(conflicts.open_after(by.rows, _known(by.rows, said)).values()))
                return Imported("already", kept.export_id, file.sha256, kept.tier, kept.lang, left_open=still)
            done = _settled(by, register, said, file, kept, asked)
            if _errors(done):
                _leave()
    except _Stop:
        pass
    assert done is not None  # noqa: S101 - says to the type checker what the lines above say
    found, refused, changes = done
    items = (*(item for item in found.items if not _same_place(item, refused)), *refused)
    blocked = _errors(done)
    status: Status = "blocked" if blocked else "applied" if asked.apply else "preview"
    return Imported(
        status,
        kept.export_id,
        file.sha256,
        kept.tier,
        kept.lang,
        items,
        counted(items),
        0 if blocked else changes,
        tuple(found.anew),
        left_open=found.left_open,
    )


def _leave() -> NoReturn:
    raise _Stop


def _same_place(item: Item, refused: list[Item]) -> bool:
    return any((one.title, one.cell) == (item.title, item.cell) for one in refused)


def _errors(done: tuple[_Found, list[Item], int]) -> bool:
    found, refused, _changes = done
    return any(item.decision.outcome is Outcome.ERROR for item in (*found.items, *refused))


def _settled(  # noqa: PLR0917 - what a transaction needs
    by: By, register: Register, said: list[Answer], file: Incoming, kept: Snapshot, asked: Asked
) -> tuple[_Found, list[Item], int]:
    """Decide every line on what the register says in this transaction, and write it."""
    found = _read(by.rows, said, asked)
    now = _current(by.rows, found, by.now)
    works = list(_works(found, now, asked))
    if any(item.decision.outcome is Outcome.ERROR for item in found.items):
        return found, [], 0
    refused, changes = Writer(by, register, kept, file.sha256, remember=False).write_works(works)
    for line in found.lines:
        if line.stale and line.anew is not None:
            found.anew.append(line.anew)
        elif line.stale:
            conflicts.settle(by.rows, line.asked, "moved", by.actor, by.now)
            found.anew.append(conflicts.again(by.rows, line.asked, line.decision.value, by.actor, by.now))
        elif line.choice is not None:
            conflicts.settle(by.rows, line.asked, line.choice, by.actor, by.now)
    snapshot.note_import(
        by.rows, sha256=file.sha256, export_id=kept.export_id, actor=by.actor, now=by.now, changes=changes
    )
    return found, refused, changes


def _read(rows: Rows, said: list[Answer], asked: Asked) -> _Found:
    """Return every line with its decision, before cells are compared with each other."""
    known = {one.conflict_id: one for one in _known(rows, said)}
    after = conflicts.open_after(rows, (one for one in known.values() if one.choice == "moved"))
    says = conflicts.says_now(rows, list(known.values()), asked.now)
    columns = AnswerColumns(rows, asked)
    found = _Found()
    for answer in said:
        one = known.get(answer.conflict_id)
        if one is None:
            unknown = Decision(Outcome.UNKNOWN_ROW, "R7", why="not_asked_now")
            found.items.append(_item(answer, None, unknown))
            continue
        anew = after.get(one.conflict_id)
        line = _decided(answer, one, says, columns) if anew is None else _late(answer, one, says, anew)
        if line is None:
            found.left_open += one.choice is None
            continue
        found.lines.append(line)
        found.items.append(_item(answer, one, line.decision, stale=line.stale))
    return found


def _known(rows: Rows, said: list[Answer]) -> list[Conflict]:
    return conflicts.kept(rows, [answer.conflict_id for answer in said])


def _late(answer: Answer, one: Conflict, says: Mapping[str, Value], anew: str) -> _Line | None:
    """Decide a line whose question is another one since; it says something only where somebody chose."""
    if answer.choice is None or one.conflict_id not in says:
        return None
    asked = Decision(Outcome.CONFLICT, "5", says[one.conflict_id], why="moved_meanwhile", both=one.note)
    return _Line(answer, one, asked, stale=True, anew=anew)


def _decided(  # noqa: PLR0911 - a table
    answer: Answer, one: Conflict, says: Mapping[str, Value], columns: AnswerColumns
) -> _Line | None:
    """Decide one line; None when it says nothing new."""
    if one.choice is not None:
        return None
    if isinstance(answer.choice, Bad):
        bad = Decision(Outcome.ERROR, "8", why=answer.choice.fault, nearest=answer.choice.nearest)
        return _Line(answer, one, bad)
    if answer.choice is None:
        if answer.other.value is None:
            return None
        return _Line(answer, one, Decision(Outcome.ERROR, "12", why="choice_missing"))
    if one.conflict_id not in says:
        return _Line(answer, one, Decision(Outcome.GONE, "R10", why="row_gone"), choice="moved")
    if one.held:
        return _let_go(answer, one)
    now = says[one.conflict_id]
    if now != one.register and same(now, one.mine):
        if answer.choice == "file":
            return _Line(answer, one, Decision(Outcome.SAME, "3"), choice="moved")
        return _Line(answer, one, Decision(Outcome.GONE, "3", why="says_it_now"), choice="moved")
    if now != one.register:
        again = Decision(Outcome.CONFLICT, "5", now, why="moved_meanwhile", both=one.note)
        return _Line(answer, one, again, stale=True)
    return _chosen(answer, one, columns)


def _let_go(answer: Answer, one: Conflict) -> _Line:
    """Let go of what stands in a file alone; nothing else can be chosen here, where it is not known."""
    if answer.choice != "register":
        return _Line(answer, one, Decision(Outcome.ERROR, "8", why="in_file_alone"))
    return _Line(answer, one, Decision(Outcome.SAME, "3", why="register_kept"), choice="register")


def _chosen(answer: Answer, one: Conflict, columns: AnswerColumns) -> _Line:  # noqa: PLR0911 - one a choice
    """Return what a choice writes."""
    match answer.choice:
        case "register":
            return _Line(answer, one, Decision(Outcome.SAME, "3", why="register_kept"), choice="register")
        case "file":
            return _put_in_charge(answer, one, columns, one.mine, "file")
        case "both" | "other" if one.field == ROW:
            return _Line(answer, one, Decision(Outcome.ERROR, "8", why="row_whole"))
        case "both":
            if not one.note:
                return _Line(answer, one, Decision(Outcome.ERROR, "8", why="both_for_notes"))
            return _checked(answer, one, columns, columns.both(one), "both")
        case _:
            value = other_value(columns.reader(one), answer.other)
            if isinstance(value, Bad):
                bad = Decision(Outcome.ERROR, "8", why=value.fault, nearest=value.nearest)
                return _Line(answer, one, bad)
            if value is None:
                return _Line(answer, one, Decision(Outcome.ERROR, "12", why="other_missing"))
            return _put_in_charge(answer, one, columns, value, "other")


def _put_in_charge(
    answer: Answer, one: Conflict, columns: AnswerColumns, value: Value, choice: Choice
) -> _Line:
    """Let a value pass, an owner only within the scope of whoever settles."""
    refused = None
    if value is not None and one.field != ROW:
        refused = in_charge(columns.reader(one).field, value)
    if refused is not None:
        return _Line(answer, one, refused)
    if value is not None:
        return _checked(answer, one, columns, value, choice)
    return _Line(answer, one, Decision(Outcome.APPLY, "2", value), choice=choice)


def _checked(answer: Answer, one: Conflict, columns: AnswerColumns, value: str, choice: Choice) -> _Line:
    """Let a text pass that identifies nobody and is not too long, whoever wrote it, and whenever."""
    kind = next(columns.identifies(one, value, choice), None)
    if kind is not None:
        return _Line(answer, one, Decision(Outcome.WARNING, "17", why=kind))
    if len(value) > LONGEST and choice != "file":
        return _Line(answer, one, Decision(Outcome.ERROR, "10", why="too_long"))
    return _Line(answer, one, Decision(Outcome.APPLY, "2", value), choice=choice)


def _current(rows: Rows, found: _Found, at: datetime) -> Current:
    return current(
        rows,
        [line.asked.case_code for line in found.lines if line.asked.case_code],
        [line.asked.record_id for line in found.lines if line.asked.record_id],
        at,
    )


def _works(found: _Found, now: Current, asked: Asked) -> list[Work]:
    """Return the rows that the chosen values make, checked against each other as those of a workbook are."""
    rows: dict[tuple[str, str, str | None], list[_Line]] = {}
    works = [_new_row(line) for line in found.lines if line.asked.field == ROW and _writes(line)]
    for line in found.lines:
        if _writes(line) and line.asked.field != ROW:
            place = (line.asked.sheet, line.asked.case_code or "", line.asked.record_id)
            rows.setdefault(place, []).append(line)
    for (sheet, case, record), lines in rows.items():
        values = now.cases[case].values if sheet == "dk:cases" else now.interventions[record or ""]
        decided = {line.asked.field: line.decision for line in lines}
        by_key = {line.asked.field: line for line in lines}
        side = Side(sheet, values, decided, asked.today, reason=values.get("note"))
        for key, refused in across(side):
            line = _answerable(key, by_key)
            found.items = [item for item in found.items if item.row_id != line.asked.conflict_id]
            found.items.append(_item(line.answer, line.asked, refused))
        works.append(_work(sheet, case, record, lines, values))
    return works


def _answerable(key: str, by_key: Mapping[str, _Line]) -> _Line:
    """Return the line that answers for what a row says of a column.

    A column that is no question here, such as the day on which an action was done, is named because of the status that was
    chosen beside it.
    """
    return next((by_key[one] for one in (key, *_MOVES) if one in by_key), next(iter(by_key.values())))


def _writes(line: _Line) -> bool:
    return line.decision.outcome is Outcome.APPLY


def _new_row(line: _Line) -> Work:
    """Return a whole row of which nobody knew whether it was taken before, now that somebody says it was not."""
    one = line.asked
    said = msgspec.json.decode(one.mine or "{}", type=dict[str, str | None])
    values = {key: value for key, value in said.items() if value is not None}
    cell = line.answer.place.rpartition("!")[2]
    return Work(
        one.sheet,
        one.row_id,
        one.case_code or "",
        None,
        new=True,
        values=values,
        seals={},
        now={},
        decided=dict.fromkeys(values, line.decision),
        places=dict.fromkeys([*said, "service"], Place(line.answer.title, cell)),
        via={"settles": one.conflict_id, "origin": one.export_id},
    )


def _work(sheet: str, case: str, record: str | None, lines: list[_Line], values: Mapping[str, Value]) -> Work:
    return Work(
        sheet,
        lines[0].asked.row_id,
        case,
        record,
        new=False,
        values={line.asked.field: line.decision.value for line in lines},
        seals={},
        now=values,
        decided={line.asked.field: line.decision for line in lines},
        places={
            line.asked.field: Place(line.answer.title, line.answer.place.rpartition("!")[2]) for line in lines
        },
        via={"settles": " ".join(line.asked.conflict_id for line in lines)},
        noted=values.get("note") or "",
    )


def _item(answer: Answer, one: Conflict | None, decision: Decision, *, stale: bool = False) -> Item:
    cell = answer.place.rpartition("!")[2]
    if one is None:
        return Item(decision, MARKER, answer.title, cell, answer.conflict_id)
    return Item(
        decision,
        one.sheet,
        answer.title,
        cell,
        one.conflict_id,
        one.case_code,
        one.field,
        one.base,
        decision.value if stale else one.register,
        None if one.held else one.mine,
        one.record_id,
        was=one.register if stale else None,
    )
