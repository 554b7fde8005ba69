"""What an import holds back and only its file has: texts that identify somebody, what waits for them, rows that ask.

Nothing of what they say is kept: only where each stands, so that the file is not deleted before somebody has said what
becomes of it. Each is an open question (`conflicts`) of one of three kinds; it ends when it is taken, from this file or
from a corrected copy, when the file is saved over and imported again, when another file writes the same cell, or when
somebody lets it go in the workbook of conflicts. That another file wrote it is said to both: to whoever imports that one, and,
as long as a file may come back late, to whoever looks at the open questions or brings the first one again (`rewritten`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select

from sync_scripts.followup.conflicts import (
    HELD_KINDS,
    REWRITTEN,
    ROW,
    Choice,
    Conflict,
    conflict_id,
    of_row,
    open_conflicts,
    says_now,
    settle,
)
from sync_scripts.followup.deciding import Outcome
from sync_scripts.followup.items import SETTLED_IN_BOOK, Item
from sync_scripts.followup.snapshot import HELD_DAYS
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Actor, Rows
from sync_scripts.store.schema import workbooks

__all__ = [
    "NEVER_TAKEN",
    "Ended",
    "Held",
    "Source",
    "acceptable",
    "ends",
    "held_of",
    "keep",
    "of_file",
    "rewritten",
    "sealed_places",
]

NEVER_TAKEN: Final = frozenset({Outcome.REFUSED, Outcome.UNKNOWN_ROW})
"""What cannot be taken as it stands, and stands in the file alone, too."""
_TAKEN: Final = frozenset({Outcome.APPLY, Outcome.NEW, Outcome.SAME})
_TEXT, _WAITS, _ASKS = HELD_KINDS


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
class Ended:
    """A place that is held no more because another file wrote its cell; ``by`` imported that file, ``at`` is the instant."""

    asked: Conflict
    by: str
    at: str

    @property
    def undecided(self) -> bool:
        """Tell whether nobody who brought the file that holds it has a part in its end."""
        return self.by != self.asked.raised_by

    @property
    def held(self) -> Held:
        """Return the place as it was held."""
        return _place(self.asked)


@dataclass(frozen=True, slots=True)
class Source:
    """The file that holds them: the export that it belongs to, the SHA-256 of its bytes, and its place (`Incoming.place`)."""

    export_id: str
    sha256: str
    place: str


def held_of(items: Iterable[Item]) -> tuple[Held, ...]:
    """Return which lines of an import stay in its file alone."""
    return tuple(
        Held(item.place, _kind(item), item.sheet, item.row_id, item.key or ROW)
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
        if one.kind == _ASKS or (one.kind == _TEXT and one.key != ROW and not gives_reason):
            yield one


def of_file(rows: Rows, sha256: str, at: datetime) -> tuple[Held, ...]:
    """Return what an imported file still holds at an instant; not where the case is no longer worked on."""
    asked = [one for one in open_conflicts(rows) if one.held and one.file_sha256 == sha256]
    says = says_now(rows, asked, at)
    return tuple(_place(one) for one in asked if one.conflict_id in says)


def _place(one: Conflict) -> Held:
    return Held(one.cell, one.kind, one.sheet, one.row_id, one.field)


def rewritten(rows: Rows, at: datetime, sha256: str | None = None) -> tuple[Ended, ...]:
    """Return the places that ended because another file wrote their cell, the last ones first; ``sha256``: of one file alone.

    As long after that as a file may come back late, and not those that were taken from their file after all.
    """
    kept = workbooks.followup_conflict
    query = select(kept).where(
        kept.c.choice == REWRITTEN, kept.c.settled_at >= instant(at - timedelta(days=HELD_DAYS))
    )
    if sha256 is not None:
        query = query.where(kept.c.file_sha256 == sha256)
    found = rows.execute(query.order_by(kept.c.settled_at.desc(), kept.c.conflict_id)).mappings()
    return tuple(Ended(of_row(row), row["settled_by"], row["settled_at"]) for row in found)


def sealed_places(rows: Rows, sha256: str) -> frozenset[str]:
    """Return the places of a file whose text was sealed before, so that it is not sealed twice."""
    kept = workbooks.followup_conflict.c
    query = select(kept.cell).where(
        kept.file_sha256 == sha256, kept.kind.in_(HELD_KINDS), kept.choice == "file"
    )
    return frozenset(rows.execute(query).scalars())


def keep(
    rows: Rows, source: Source, items: Iterable[Item], *, actor: Actor, now: datetime
) -> tuple[Conflict, ...]:
    """Keep the places that an import holds back; end those that it takes, of this file or of an earlier one.

    Returns:
        Those of other files that it ended.
    """
    every = list(items)
    ended = dict(_ending(rows, source, every))
    for one, choice in ended.items():
        settle(rows, one, choice, actor, now)
    for past in (one.asked for one in rewritten(rows, now)):
        if past.mine == source.place != "" and past.file_sha256 != source.sha256:
            settle(rows, past, "other", actor, now)  # it was saved over: what it held is nowhere any more
    lines = [_line(source, item, _kind(item), actor, now) for item in every if _in_file_alone(item)]
    sealed = [
        _line(source, item, _TEXT, actor, now)
        | {"settled_at": instant(now), "settled_by": actor.code, "choice": "file"}
        for item in every
        if item.decision.outcome is Outcome.SEAL
    ]
    rows.upsert(workbooks.followup_conflict, [*lines, *sealed])
    return tuple(one for one, choice in ended.items() if choice == REWRITTEN)


def ends(rows: Rows, source: Source, items: Iterable[Item]) -> tuple[Conflict, ...]:
    """Return the places of other files that an import would end by writing their cells."""
    return tuple(one for one, choice in _ending(rows, source, items) if choice == REWRITTEN)


def _ending(rows: Rows, source: Source, items: Iterable[Item]) -> Iterator[tuple[Conflict, Choice]]:
    """Yield what ends and how: accepted in this file, held before it was saved over, or rewritten in any copy of the export.

    A text that is sealed ends in its own file only: another file may hold another text in the same cell.
    """
    taken = [item for item in items if item.decision.outcome in _TAKEN]
    anew = {(item.sheet, item.row_id, item.key or ROW) for item in taken}
    here = {item.place for item in taken}
    for one in open_conflicts(rows):
        if not one.held or one.export_id != source.export_id:
            continue
        same_bytes = one.file_sha256 == source.sha256
        if same_bytes and one.cell in here:
            yield one, "file"
        elif not same_bytes and one.mine == source.place != "":
            yield one, "other"
        elif (one.sheet, one.row_id, one.field) in anew:
            yield one, "other" if same_bytes else REWRITTEN


def _line(source: Source, item: Item, kind: str, actor: Actor, now: datetime) -> dict[str, Any]:
    """Return what is kept of one place; of what stands there, nothing."""
    key = item.key or ROW
    return {
        "conflict_id": conflict_id(source.export_id, item.sheet, item.place, key, "held", source.sha256),
        "export_id": source.export_id,
        "file_sha256": source.sha256,
        "kind": kind,
        "sheet": item.sheet,
        "row_id": item.row_id,
        "cell": item.place,
        "case_code": item.case,
        "record_id": item.record,
        "field": key,
        "base": None,
        "register": None,
        "mine": source.place,
        "raised_at": instant(now),
        "raised_by": actor.code,
        "settled_at": None,
        "settled_by": None,
        "choice": None,
    }
