"""What an import holds back and only its file has: texts that identify somebody, what waits for them, rows that ask.

Nothing of what they say is kept: only where each stands, so that the file is not deleted before somebody has said what
becomes of it. Each is an open question (`conflicts`) of one of three kinds; it ends when it is taken from this file, when the
file is saved over and imported again on the same computer, or when somebody lets it go in the workbook of conflicts. Where the
very bytes come back that were taken for saved over, it is open again.

That another file writes the same cell ends nothing: all copies of an export have the same cells, and one person may import
everybody's, so nothing tells a corrected copy from a colleague's. Whoever imports that one is told (`beside`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select, update

from sync_scripts.followup.inbound import conflicts
from sync_scripts.followup.inbound.values import SETTLED_IN_BOOK, Item, Outcome
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Actor, Rows
from sync_scripts.store.schema import workbooks

NEVER_TAKEN: Final = frozenset({Outcome.REFUSED, Outcome.UNKNOWN_ROW})
"""What cannot be taken as it stands, and stands in the file alone, too."""
LEFT_BEHIND: Final = frozenset({"case_closed", "case_merged", "case_handed_over"})
"""Why something is not taken that a person wrote of a case that was left, and in which nobody withdrew: its file alone has it."""
_TAKEN: Final = frozenset({Outcome.APPLY, Outcome.NEW, Outcome.SAME})
_TEXT, _WAITS, _ASKS = conflicts.HELD_KINDS
_SAVED_OVER: Final = "other"
"""Its file was saved over and imported again, so that its text is nowhere any more."""


@dataclass(frozen=True, slots=True)
class Held:
    """One place of a file whose content waits there and nowhere else.

    Attributes:
        place: sheet and cell as a person names them: ``Dossiers!M12``.
        kind: ``held``: a text that identifies somebody; ``waits``: a cell whose reason is such a text; ``row``: a new row
            about which a person is asked.
        sheet, row_id, key: kind of the sheet, id of the row, key of the column; `conflicts.ROW` for a whole row.
    """

    place: str
    kind: str
    sheet: str
    row_id: str
    key: str


@dataclass(frozen=True, slots=True)
class Source:
    """The file that holds them: the export that it belongs to, the SHA-256 of its bytes, and its place (`place_on`)."""

    export_id: str
    sha256: str
    place: str


def place_on(computer: str, place: str) -> str:
    """Return the place of a file as it is kept: the same folder and name on two computers are two places.

    Args:
        computer: id of its workspace, of which each has its own, also on a shared register.
        place: `Incoming.place`; "" where that is not known, and then nothing is.
    """
    folder, _slash, name = place.partition("/")
    return f"{hashlib.sha256(f'{computer}/{folder}'.encode()).hexdigest()}/{name}" if place else ""


def held_of(items: Iterable[Item]) -> tuple[Held, ...]:
    """Return which lines of an import stay in its file alone."""
    return tuple(
        Held(item.place, _kind(item), item.sheet, item.row_id, item.key or conflicts.ROW)
        for item in items
        if _in_file_alone(item)
    )


def _in_file_alone(item: Item) -> bool:
    """Tell whether a line waits without being asked in a workbook of conflicts."""
    return item.decision.outcome is Outcome.WARNING and item.decision.rule not in SETTLED_IN_BOOK


def _kind(item: Item) -> str:
    if item.decision.why == "note_held":
        return _WAITS
    return _ASKS if item.decision.rule.startswith("R") else _TEXT


def acceptable(held: Iterable[Held]) -> Iterator[Held]:
    """Yield what can be taken as it stands: not a text that is the reason of another cell, nor a row nobody knows any more."""
    every = list(held)
    reasons = {(one.sheet, one.row_id) for one in every if one.kind == _WAITS}
    for one in every:
        gives_reason = one.key == "note" and (one.sheet, one.row_id) in reasons
        if one.kind == _ASKS or (one.kind == _TEXT and one.key != conflicts.ROW and not gives_reason):
            yield one


def of_file(rows: Rows, sha256: str, at: datetime) -> tuple[Held, ...]:
    """Return what an imported file still holds at an instant; not where the case is no longer worked on.

    Also what was taken for saved over: whoever asks has the file.
    """
    asked = [one for one in conflicts.open_conflicts(rows) if one.held and one.file_sha256 == sha256]
    asked += _saved_over(rows, sha256)
    says = conflicts.says_now(rows, asked, at)
    return tuple(_place(one) for one in asked if one.conflict_id in says)


def _saved_over(rows: Rows, sha256: str) -> list[conflicts.Conflict]:
    """Return what ended because its file was taken for saved over; nobody can choose another value for what is held."""
    kept = workbooks.followup_conflict
    query = select(kept).where(
        kept.c.file_sha256 == sha256, kept.c.kind.in_(conflicts.HELD_KINDS), kept.c.choice == _SAVED_OVER
    )
    return [conflicts.of_row(row) for row in rows.execute(query.order_by(kept.c.conflict_id)).mappings()]


def reopen(rows: Rows, source: Source) -> None:
    """Ask again about what was taken for saved over, now that the very file is there: its text is in it, and nowhere else.

    It is kept in the place where the file is now.
    """
    kept = workbooks.followup_conflict
    for one in _saved_over(rows, source.sha256):
        open_again = {**conflicts.UNSETTLED, "mine": source.place}
        rows.execute(update(kept).where(kept.c.conflict_id == one.conflict_id).values(open_again))


def _place(one: conflicts.Conflict) -> Held:
    return Held(one.cell, one.kind, one.sheet, one.row_id, one.field)


def sealed_places(rows: Rows, sha256: str) -> frozenset[str]:
    """Return the places of a file whose text was sealed before, so that it is not sealed twice."""
    kept = workbooks.followup_conflict.c
    query = select(kept.cell).where(
        kept.file_sha256 == sha256, kept.kind.in_(conflicts.HELD_KINDS), kept.choice == "file"
    )
    return frozenset(rows.execute(query).scalars())


def keep(rows: Rows, source: Source, items: Iterable[Item], *, actor: Actor, now: datetime) -> None:
    """Keep the places that an import holds back; end those that it takes, or that stood in the file before it was saved over."""
    every = list(items)
    reopen(rows, source)
    for one, choice in list(_ending(rows, source, every)):
        conflicts.settle(rows, one, choice, actor, now)
    lines = [_line(source, item, _kind(item), actor, now) for item in every if _in_file_alone(item)]
    sealed = [
        _line(source, item, _TEXT, actor, now)
        | {"settled_at": instant(now), "settled_by": actor.code, "choice": "file"}
        for item in every
        if item.decision.outcome is Outcome.SEAL
    ]
    rows.upsert(workbooks.followup_conflict, [*lines, *sealed])


def beside(rows: Rows, source: Source, items: Iterable[Item]) -> tuple[conflicts.Conflict, ...]:
    """Return what other files hold in cells that an import writes: it stays open."""
    anew = _written(items)
    return tuple(
        one
        for one in _of_export(rows, source)
        if not _of_file(one, source) and (one.sheet, one.row_id, one.field) in anew
    )


def _ending(
    rows: Rows, source: Source, items: Iterable[Item]
) -> Iterator[tuple[conflicts.Conflict, conflicts.Choice]]:
    """Yield what ends and how: taken from this file, said otherwise in it, or held in it before it was saved over."""
    every = list(items)
    anew, here = _written(every), {item.place for item in every if item.decision.outcome in _TAKEN}
    for one in _of_export(rows, source):
        same_bytes = one.file_sha256 == source.sha256
        if same_bytes and one.cell in here:
            yield one, "file"
        elif _of_file(one, source) and (not same_bytes or (one.sheet, one.row_id, one.field) in anew):
            yield one, _SAVED_OVER


def _of_export(rows: Rows, source: Source) -> list[conflicts.Conflict]:
    return [one for one in conflicts.open_conflicts(rows) if one.held and one.export_id == source.export_id]


def _of_file(one: conflicts.Conflict, source: Source) -> bool:
    """Tell whether a place is one of a file as it is, or as it was before it was saved over."""
    return one.file_sha256 == source.sha256 or one.mine == source.place != ""


def _written(items: Iterable[Item]) -> set[tuple[str, str, str]]:
    """Return the cells and rows in which an import says something."""
    taken = (item for item in items if item.decision.outcome in _TAKEN)
    return {(item.sheet, item.row_id, item.key or conflicts.ROW) for item in taken}


def _line(source: Source, item: Item, kind: str, actor: Actor, now: datetime) -> dict[str, Any]:
    """Return what is kept of one place; of what stands there, nothing."""
    key = item.key or conflicts.ROW
    return conflicts.line_of(item, source.export_id, source.sha256, kind, actor=actor, now=now) | {
        "conflict_id": conflicts.conflict_id(
            source.export_id, item.sheet, item.place, key, "held", source.sha256
        ),
        "cell": item.place,
        "field": key,
        "base": None,
        "register": None,
        "mine": source.place,
    }
