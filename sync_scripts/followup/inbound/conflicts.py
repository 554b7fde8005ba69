"""Open questions of imports: two people changed one value, a cell was emptied, a day was perhaps read month first.

Each is kept until a person settles it. Its id covers the three values: when the register moves on, the question is
another one, and an answer to the old one settles nothing. Decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PureWindowsPath
from typing import Any, Final, Literal, get_args

from sqlalchemy import ColumnElement, delete, or_, select, update

from sync_scripts.followup.inbound.known_rows import current
from sync_scripts.followup.inbound.values import HELD, SETTLED_IN_BOOK, Item, Value, same
from sync_scripts.followup.outbound.content import symbols
from sync_scripts.register.model.codes import chunks
from sync_scripts.store.canonical import encoded, instant
from sync_scripts.store.database import Actor, Rows
from sync_scripts.store.schema import workbooks

Choice = Literal["register", "file", "both", "other", "moved"]
_ENDED: Final = "moved"
"""The register ended the question: it had come to say something else, or no row was left to choose for. No person answered."""
_KINDS: Final = {"4": "conflict", "5": "conflict", "7": "erase", "15": "date", "F3": "no_base"}

ROW: Final = "__row"
"""Stands for a whole new row; where its export is no longer known, its values are kept together."""

HELD_KINDS: Final = ("held", "waits", "row")
"""Questions of which only a place is kept, and the file that alone has what stands there (`held`)."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """One open question, as it is kept. ``register`` is what it said when the question came up.

    Of what is held in its file alone no value is kept: ``cell`` is its whole place, and ``mine`` the path of the file.
    """

    conflict_id: str
    export_id: str
    file_sha256: str
    kind: str
    sheet: str
    row_id: str
    cell: str
    case_code: str | None
    record_id: str | None
    field: str
    base: Value
    register: Value
    mine: Value
    raised_at: str
    raised_by: str
    choice: str | None = None

    @property
    def answered(self) -> bool:
        """Tell whether a person settled it; one that the register ended may come up again."""
        return self.choice not in {None, _ENDED, workbooks.REWRITTEN}

    @property
    def held(self) -> bool:
        """Tell whether what the file says stands in the file alone."""
        return self.kind in HELD_KINDS

    @property
    def file_name(self) -> str:
        """Return the name of the file that alone has what it says, on whatever system it was imported."""
        return PureWindowsPath(self.mine or "").name or self.file_mark

    @property
    def file_mark(self) -> str:
        """Return what tells that file from others without its name: letters alone, which pass for no telephone number."""
        return self.file_sha256[:8].translate(_LETTERS)

    @property
    def note(self) -> bool:
        """Tell whether keeping both is offered."""
        return (self.sheet, self.field) in _NOTES and None not in (self.register, self.mine)


_LETTERS: Final = str.maketrans("0123456789", "ghjkmnpqrs")
_NOTES: Final = frozenset({("dk:cases", "note"), ("dk:actions", "outcome"), ("dk:referrals", "comment")})


def conflict_id(export_id: str, sheet: str, row_id: str, key: str, *values: Value) -> str:
    """Return the id of a question about three values."""
    return symbols(encoded([export_id, sheet, row_id, key, *values]))


def _id_of(export_id: str, item: Item) -> str:
    return conflict_id(export_id, item.sheet, item.row_id, item.key, item.base, item.register, item.file)


def _asks(item: Item) -> bool:
    return item.decision.outcome in HELD and item.decision.rule in (*SETTLED_IN_BOOK, "F3")


def still_open(rows: Rows, export_id: str, items: Iterable[Item]) -> tuple[Item, ...]:
    """Return the lines of a preview without the questions that a person has answered before."""
    every = list(items)
    asked = {_id_of(export_id, item) for item in every if _asks(item)}
    done = {one.conflict_id for one in kept(rows, asked) if one.answered}
    return tuple(item for item in every if not (_asks(item) and _id_of(export_id, item) in done))


def keep_open(
    rows: Rows, export_id: str, sha256: str, items: Iterable[Item], *, actor: Actor, now: datetime
) -> list[str]:
    """Keep the open questions of an import until somebody settles them; return their ids.

    One that the register had ended is open again: it says now what it said when the question came up.
    """
    lines = {}
    for item in items:
        if _asks(item):
            made = _id_of(export_id, item)
            asked = (export_id, sha256, _KINDS[item.decision.rule])
            lines[made] = {"conflict_id": made} | line_of(item, *asked, actor=actor, now=now)
    known = {one.conflict_id for one in kept(rows, lines) if one.choice != _ENDED}
    rows.upsert(workbooks.followup_conflict, [line for made, line in lines.items() if made not in known])
    return list(lines)


UNSETTLED: Final = {"settled_at": None, "settled_by": None, "choice": None}
"""What stands in the line of a question that is open."""


def line_of(
    item: Item, export_id: str, sha256: str, kind: str, *, actor: Actor, now: datetime
) -> dict[str, Any]:
    """Return the line of an open question about what an import says, without its id."""
    return {
        "export_id": export_id,
        "file_sha256": sha256,
        "kind": kind,
        "sheet": item.sheet,
        "row_id": item.row_id,
        "cell": item.cell,
        "case_code": item.case,
        "record_id": item.record,
        "field": item.key,
        "base": item.base,
        "register": item.register,
        "mine": item.file,
        "raised_at": instant(now),
        "raised_by": actor.code,
        **UNSETTLED,
    }


def kept(rows: Rows, ids: Iterable[str]) -> list[Conflict]:
    """Return questions by id, settled ones included."""
    table = workbooks.followup_conflict
    return [
        of_row(row)
        for some in chunks(sorted(set(ids)))
        for row in rows.execute(select(table).where(table.c.conflict_id.in_(some))).mappings()
    ]


def open_conflicts(rows: Rows) -> list[Conflict]:
    """Return what nobody has settled, the oldest first, the questions about one case together."""
    table = workbooks.followup_conflict
    query = select(table).where(still_asked())
    found = rows.execute(
        query.order_by(table.c.raised_at, table.c.case_code, table.c.field, table.c.conflict_id)
    )
    return [of_row(row) for row in found.mappings()]


def still_asked() -> ColumnElement[bool]:
    """Return the condition on questions that nobody has settled."""
    table = workbooks.followup_conflict.c
    return or_(table.settled_at.is_(None), table.choice == workbooks.REWRITTEN)


def open_of_file(rows: Rows, sha256: str, at: datetime) -> int:
    """Return how many questions that an imported file raised are open: nobody settled them, and the register does not agree.

    What stands in the file alone is not counted (`held.of_file`).
    """
    asked = [one for one in open_conflicts(rows) if one.file_sha256 == sha256 and not one.held]
    says = says_now(rows, asked, at)
    return sum(one.conflict_id in says and not same(says[one.conflict_id], one.mine) for one in asked)


def open_after(rows: Rows, asked: Iterable[Conflict]) -> dict[str, str]:
    """Return by question the one that is open about the same value of the same file: itself, or the one asked anew."""
    found = {_about(one): one.conflict_id for one in open_conflicts(rows)}
    return {one.conflict_id: found[_about(one)] for one in asked if _about(one) in found}


def _about(one: Conflict) -> tuple[object, ...]:
    return one.export_id, one.sheet, one.row_id, one.field, one.mine


def of_row(row: Any) -> Conflict:
    """Return a question as a line of the table says it."""
    names = ("settled_at", "settled_by")
    return Conflict(**{name: value for name, value in row.items() if name not in names})


def settle(rows: Rows, asked: Conflict, choice: Choice, actor: Actor, now: datetime) -> None:
    """Keep how a question was settled; whatever it changes was written before."""
    assert choice in get_args(Choice)  # noqa: S101 - says to the reader what the schema does not
    table = workbooks.followup_conflict
    rows.execute(
        update(table)
        .where(table.c.conflict_id == asked.conflict_id)
        .values(settled_at=instant(now), settled_by=actor.code, choice=choice)
    )


def says_now(rows: Rows, asked: Sequence[Conflict], at: datetime) -> dict[str, Value | None]:
    """Return what the register says now, by question; those whose row is gone are left out."""
    found = current(
        rows,
        [one.case_code for one in asked if one.case_code is not None],
        [one.record_id for one in asked if one.record_id is not None],
        at,
    )
    now: dict[str, Value] = {}
    for one in asked:
        state = found.cases.get(one.case_code or "")
        values: Mapping[str, Value] | None
        if state is None or state.left:
            values = None
        elif one.sheet == "dk:cases" or one.field == ROW or one.held:
            values = {**state.values, ROW: None}
        else:
            values = found.interventions.get(one.record_id or "")
        if values is not None:
            now[one.conflict_id] = values.get(one.field)
    return now


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What became of open questions: those that ended because their row is gone, and id asked anew -> id it had before."""

    ended: tuple[Conflict, ...]
    anew: Mapping[str, str]


def refresh(rows: Rows, actor: Actor, now: datetime) -> Refreshed:
    """Bring the open questions up to what the register says now.

    Where it has come to say what the file said, nothing is left to ask. Where it moved elsewhere, or the row is gone (the case
    was closed or merged), the old question ends and, if there is still something to choose, a new one takes its place.
    """
    asked = open_conflicts(rows)
    says = says_now(rows, asked, now)
    anew: dict[str, str] = {}
    for one in asked:
        if one.held and one.conflict_id in says:
            continue  # whatever the register says now, what it asks about is in the file
        if one.conflict_id not in says or same(says[one.conflict_id], one.mine):
            settle(rows, one, "moved", actor, now)
        elif says[one.conflict_id] != one.register:
            settle(rows, one, "moved", actor, now)
            anew[again(rows, one, says[one.conflict_id], actor, now)] = one.conflict_id
    return Refreshed(tuple(one for one in asked if one.conflict_id not in says), anew)


def again(rows: Rows, old: Conflict, says: Value, actor: Actor, now: datetime) -> str:
    """Ask once more, over what the register says now; return the id of the new question."""
    made = conflict_id(old.export_id, old.sheet, old.row_id, old.field, old.base, says, old.mine)
    line = {name: getattr(old, name) for name in Conflict.__slots__}
    line |= {"conflict_id": made, "register": says, "raised_at": instant(now), "raised_by": actor.code}
    line |= UNSETTLED
    rows.upsert(workbooks.followup_conflict, [line])
    return made


def forget(rows: Rows, case_code: str) -> None:
    """Erase what questions about a case hold; for a consent that was withdrawn."""
    table = workbooks.followup_conflict
    rows.execute(delete(table).where(table.c.case_code == case_code))
