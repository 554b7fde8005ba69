"""What is asked of an import of a workbook, what its cells may choose from, what is to be written about a row, and what the import did.

Reads and decides; writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import Literal

import msgspec
from sqlalchemy import select

from sync_scripts.followup.cell_reader import Lists, Reader, readers
from sync_scripts.followup.columns import sheets
from sync_scripts.followup.inbound.cell_decisions import Said, Settled
from sync_scripts.followup.inbound.conflicts import ROW, Choice, Conflict
from sync_scripts.followup.inbound.held_cells import LEFT_BEHIND, NEVER_TAKEN, Held
from sync_scripts.followup.inbound.values import Decision, Item, Outcome, Value, waits
from sync_scripts.followup.outbound import snapshot
from sync_scripts.followup.outbound.content import DOUALA
from sync_scripts.followup.outbound.gather import SEES_C3
from sync_scripts.followup.outbound.snapshot import Snapshot
from sync_scripts.register.history.visibility import coordinates
from sync_scripts.register.model.codes import active_workers, known_workers, same_worker
from sync_scripts.store.database import Actor, Rows
from sync_scripts.store.detectors import Kind, KnownNames, hits
from sync_scripts.store.schema import register as tables

Status = Literal["preview", "applied", "already", "blocked"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of an import.

    Attributes:
        actor: who imports, and how that was proved.
        now: aware UTC.
        apply: write; otherwise only show.
        strict: open questions keep the whole file out.
        late: why an expired file comes back late; None when nobody said.
        said: what was accepted beforehand.
        names: known names, with the vault open only.
    """

    actor: Actor
    now: datetime
    apply: bool = False
    strict: bool = False
    late: str | None = None
    said: Said = field(default_factory=Said)
    names: KnownNames | None = field(default=None, repr=False)

    @property
    def today(self) -> date:
        """Return the day in Africa/Douala."""
        return self.now.astimezone(DOUALA).date()


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did, or would do.

    Attributes:
        status: preview, applied, already (the same bytes were applied before), blocked (errors, nothing was written).
        export_id: the export that the file belongs to; ``tier`` and ``lang`` are its own.
        sha256: of the file.
        items: a line for each cell or row that says something.
        counts: outcome -> how often.
        changes: fields and rows that were written, or would be.
        conflicts: questions that are open now.
        late: the file had expired; ``based`` says whether what it went out with was still known.
        ignored_sheets, ignored_columns: what was not read.
        left_open: of a workbook of conflicts, its questions that nobody answered in it; of a file that was imported
            already, those of its questions that are open still.
        of_before: where single cells of a file were accepted that was imported already, its other questions that are open still.
        held: what this file alone has: held back by this import, or would be.
        held_before: the same, of an earlier import of this very file.
        beside: what other files hold in cells that this one writes; it stays open.
    """

    status: Status
    export_id: str
    sha256: str
    tier: str
    lang: str
    items: tuple[Item, ...] = ()
    counts: dict[str, int] = field(default_factory=dict)
    changes: int = 0
    conflicts: tuple[str, ...] = ()
    late: bool = False
    based: bool = True
    ignored_sheets: int = 0
    ignored_columns: int = 0
    lost_columns: tuple[str, ...] = ()
    left_open: int = 0
    of_before: int = 0
    held: tuple[Held, ...] = ()
    held_before: tuple[Held, ...] = ()
    beside: tuple[Conflict, ...] = ()

    @property
    def open_before(self) -> int:
        """Return how many questions are open that this import did not ask anew."""
        return self.left_open + self.of_before + len(self.held_before)

    @property
    def attention(self) -> bool:
        """Tell whether a person has to look: a question is open, something could not be taken, or another file holds something here."""
        return self.status != "blocked" and (self.open_before > 0 or bool(self.beside) or waits(self.items))

    @property
    def only_here(self) -> bool:
        """Tell whether the file alone has something that was not taken, so that it must not be deleted yet."""
        said = [item.decision for item in self.items]
        lost = any(one.outcome in NEVER_TAKEN or one.why in LEFT_BEHIND for one in said)
        return lost or bool(self.held or self.held_before or self.answers_held)

    @property
    def answers_held(self) -> list[str]:
        """Return where in a workbook of conflicts an answer stands that is not taken, because it identifies somebody."""
        held = {one.place for one in self.held}
        waits = (item for item in self.items if item.decision.outcome is Outcome.WARNING)
        return [item.place for item in waits if item.decision.rule == "17" and item.place not in held]


def lists_of(rows: Rows, kept: Snapshot, asked: Asked) -> Lists:
    """Return what cells may choose from, as it was shown and as it is today."""
    workers = known_workers(rows)
    here = frozenset(code for code, active in workers.items() if active)
    return Lists(
        "en" if kept.lang == "en" else "fr",
        kept.labels,
        tuple(sorted(workers)),
        here,
        may_put_in_charge(rows, asked.actor, here),
        asked.today,
        asked.names,
        tuple(rows.execute(select(tables.provider.c.provider_code)).scalars()),
        cases=partial(snapshot.all_cases, rows, kept.export_id),
    )


def may_put_in_charge(rows: Rows, actor: Actor, here: frozenset[str]) -> frozenset[str]:
    """Return the codes that an importer may put in charge.

    Until somebody is named to coordinate for the first time, whoever proves to be anybody counts as it; a code that is only
    claimed never does.

    Args:
        rows: of the register.
        actor: who imports.
        here: the codes of everybody who works here.
    """
    coordination = {code for code, roles in active_workers(rows).items() if SEES_C3 & set(roles.split())}
    mine = {code for code in here if same_worker(code, actor.code)}
    open_to_all = not coordination and coordinates(rows, actor)
    if actor.proof == "key" and (open_to_all or mine & coordination):
        return here
    return frozenset(mine | coordination)


class AnswerColumns:
    """How the values of each question are read: as the workbook that it comes from would."""

    def __init__(self, rows: Rows, asked: Asked) -> None:
        self._rows = rows
        self._asked = asked
        self._known: dict[str, Mapping[str, Mapping[str, Reader]]] = {}
        self._by: dict[str, str] = {}

    def reader(self, one: Conflict) -> Reader:
        """Return the reader of the field that a question is about."""
        return self._of(one.export_id)[one.sheet][one.field]

    def identifies(self, one: Conflict, value: str, choice: Choice) -> Iterator[Kind]:
        """Yield by what a value identifies somebody: known names, too, while the vault is open for them.

        What the file said was looked at when it came in, perhaps without the names. A code of a list is no text that
        somebody wrote, but one that was typed as another value may be anything.
        """
        written = _texts(self._of(one.export_id)[one.sheet], one, value)
        if choice == "other" and value not in written:
            yield from hits(value)
        for text in written:
            yield from hits(text, self._asked.names)

    def both(self, one: Conflict) -> str:
        """Return two notes one after another, the file's with who handed it in and when."""
        self._of(one.export_id)
        day = self._asked.now.astimezone(DOUALA).strftime("%d/%m/%Y")
        return f"{one.register}\n{one.mine} ({self._by[one.export_id]}, {day})"

    def _of(self, export_id: str) -> Mapping[str, Mapping[str, Reader]]:
        if export_id not in self._known:
            kept = snapshot.find(self._rows, export_id)
            assert kept is not None  # noqa: S101 - a question comes from an export that is kept
            lists = lists_of(self._rows, kept, self._asked)
            specs = sheets("T3" if kept.tier == "T3" else "T2")
            self._known[export_id] = {spec.marker: readers(spec, lists) for spec in specs}
            self._by[export_id] = kept.reader
        return self._known[export_id]


def _texts(columns: Mapping[str, Reader], one: Conflict, value: str) -> list[str]:
    """Return what of a value was written freely: it itself, or of a whole row its texts."""
    said = msgspec.json.decode(value, type=dict[str, str | None]) if one.field == ROW else {one.field: value}
    return [
        text for key, text in said.items() if text and key in columns and columns[key].field.kind == "text"
    ]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands in the file: visible name of the sheet, and address of the cell."""

    title: str
    cell: str


@dataclass(frozen=True, slots=True)
class Work:
    """One row with what is to be written of it.

    Attributes:
        sheet: kind of the sheet: ``dk:cases``.
        row_id: id of the row; a new intervention bears it.
        case: code of the case.
        record: the intervention; None for a case and for a new row.
        new: something new is made of the row.
        values: key of a column -> what is written; None empties.
        seals: key of a column -> a text that is sealed instead of being kept.
        now: what the register says.
        decided: the decision about each of them.
        places: where each stands.
        via: more to be kept with each event.
        noted: a note that was written before, with the values that are written now.
    """

    sheet: str
    row_id: str
    case: str
    record: str | None
    new: bool
    values: Mapping[str, Value] = field(repr=False)
    seals: Mapping[str, str] = field(repr=False)
    now: Mapping[str, Value] = field(repr=False)
    decided: Mapping[str, Decision] = field(repr=False)
    places: Mapping[str, Place]
    via: Mapping[str, str] = field(default_factory=dict)
    noted: str = field(default="", repr=False)

    @property
    def reason(self) -> str:
        """Return what the file's note gives as the reason of a decision, also while the note itself is a question."""
        note = self.decided.get("note")
        if note is None or note.outcome not in {Outcome.APPLY, Outcome.NEW, Outcome.CONFLICT}:
            return self.noted
        return note.value or self.noted

    def after(self, key: str) -> Value:
        """Return what a column says once it was written."""
        return self.values[key] if key in self.values else self.now.get(key)

    def item(self, key: str, decision: Decision) -> Item:
        """Return a line about one of its cells."""
        place = self.places[key]
        return Item(
            decision,
            self.sheet,
            place.title,
            place.cell,
            self.row_id,
            self.case,
            key,
            None,
            self.now.get(key),
            self.values.get(key),
            self.record,
        )


def work_of(settled: Settled) -> Work:
    """Return what is to be written of a row that was decided."""
    edited = settled.edited
    taken = (Outcome.APPLY, Outcome.NEW)
    return Work(
        edited.spec.marker,
        edited.row_id,
        settled.case or "",
        edited.base.record_id if edited.base is not None else None,
        edited.new,
        {key: one.value for key, one in settled.decided.items() if one.outcome in taken},
        {key: one.value or "" for key, one in settled.decided.items() if one.outcome is Outcome.SEAL},
        settled.now,
        settled.decided,
        {key: Place(edited.sheet.title, edited.sheet.at(key, edited.row)) for key in edited.mine},
    )
