"""``dikalo followup import``: what a workbook asks for, shown first, then written in one transaction or not at all.

Everything is decided again inside the transaction that writes; a preview is information only. What cannot be decided
without a person waits, and stops nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final, NoReturn

from sync_scripts.followup import errors
from sync_scripts.followup.columns import sheets
from sync_scripts.followup.files import Incoming
from sync_scripts.followup.inbound import conflicts, held_cells
from sync_scripts.followup.inbound.cell_decisions import Plan, moved, settle
from sync_scripts.followup.inbound.cell_rules import file_rule
from sync_scripts.followup.inbound.comparison import Compared, compare
from sync_scripts.followup.inbound.conflict_answers import settle_book
from sync_scripts.followup.inbound.held_cells import NEVER_TAKEN, Held
from sync_scripts.followup.inbound.import_request import Asked, Imported, Status, lists_of
from sync_scripts.followup.inbound.missing_baseline import without_base
from sync_scripts.followup.inbound.reading import CameWorkbook, opened
from sync_scripts.followup.inbound.values import Item, Outcome, counted, waits
from sync_scripts.followup.inbound.writing import Writer
from sync_scripts.followup.outbound import conflictbook, snapshot
from sync_scripts.followup.outbound.planning import FORMAT
from sync_scripts.followup.outbound.snapshot import Snapshot
from sync_scripts.register.decisions.base import By, deciding
from sync_scripts.store.database import Register, Rows
from sync_scripts.store.errors import StoreBusy

__all__ = ["Asked", "Imported", "Status", "bring_back", "lists_of"]


class _Stop(Exception):
    """Leaves the transaction without keeping anything of it."""


class _Again(Exception):
    """What is kept of a row or file changed between comparing and writing; the file is compared anew."""


_TIMES: Final = 5
"""How often a file is compared anew when others import at the same time."""


def bring_back(register: Register, file: Incoming, asked: Asked) -> Imported:
    """Read a workbook that came back and do what it asks, or show it.

    Raises:
        NotFollowupWorkbook, WorkbookDamaged, NewerFormat, OtherRegister, ExportUnknown, WorkbookExpired, WorkbookForgotten,
            ColumnsMissing, RowsShuffled, LateReasonMissing: as they say; nothing was written.
    """
    for _time in range(_TIMES):
        try:
            return _brought(register, file, asked)
        except _Again:
            continue
    raise StoreBusy


def _brought(register: Register, file: Incoming, asked: Asked) -> Imported:
    known: Imported | None = None
    with opened(file.content) as came:
        if came.meta.get("format") == conflictbook.FORMAT:
            return settle_book(register, file, came, asked)
        with register.reading() as rows:
            rule, kept = _judged(rows, register, file, came, asked)
            if kept is None:
                raise errors.ExportUnknown
            lists = lists_of(rows, kept, asked)
            specs = sheets("T3" if kept.tier == "T3" else "T2")
            if snapshot.is_held(rows, kept.export_id):
                found = compare(rows, came, kept, lists, specs, asked.actor)
            else:
                found = without_base(rows, came, kept, lists, specs)
            if rule == "F4":
                asked = _only_accepted(rows, file, asked)
                if not asked.said.accepted and not asked.said.erase:
                    known = _already(rows, file, kept, found, asked)
    if known is not None:
        if asked.apply and known.held_before:
            with register.writing() as rows:
                held_cells.reopen(rows, _source(register, kept, file))
        return known
    late = rule in {"F3_expired", "F3_purged"}
    done = _Import(register, file, asked, kept, found, late=late)
    return done.apply() if asked.apply else done.preview()


def _source(register: Register, kept: Snapshot, file: Incoming) -> held_cells.Source:
    return held_cells.Source(
        kept.export_id, file.sha256, held_cells.place_on(register.workspace_id, file.place)
    )


def _only_accepted(rows: Rows, file: Incoming, asked: Asked) -> Asked:
    """Return what is asked of a file that was imported before: single cells, and none that was sealed already."""
    accepted = asked.said.accepted - held_cells.sealed_places(rows, file.sha256)
    return replace(asked, said=replace(asked.said, accepted=accepted, only_accepted=True))


def _already(rows: Rows, file: Incoming, kept: Snapshot, found: Compared, asked: Asked) -> Imported:
    """Return what of a file that was imported before is open, and which of its rows cannot be taken."""
    items = tuple(item for item in found.items if item.decision.outcome in NEVER_TAKEN)
    return Imported(
        "already",
        kept.export_id,
        file.sha256,
        kept.tier,
        kept.lang,
        items,
        counted(items),
        left_open=conflicts.open_of_file(rows, file.sha256, asked.now),
        held_before=held_cells.of_file(rows, file.sha256, asked.now),
    )


def _judged(
    rows: Rows, register: Register, file: Incoming, came: CameWorkbook, asked: Asked
) -> tuple[str, Snapshot | None]:
    """Return the rule that decides the file as a whole, and what is kept of its export."""
    kept = snapshot.find(rows, came.export_id)
    layout = came.meta.get("format", FORMAT)
    rule = file_rule(
        known_format=layout == FORMAT,
        known_export=kept is not None,
        own_register=came.meta.get("register_id", register.workspace_id) == register.workspace_id,
        applied=snapshot.is_applied(rows, file.sha256),
        expired=kept is not None and asked.today > kept.expires,
        held=snapshot.is_held(rows, came.export_id),
    )
    _refuse(rule, layout, kept, asked)
    return rule, kept


def _refuse(rule: str, layout: str, kept: Snapshot | None, asked: Asked) -> None:
    if asked.late is not None and not asked.late.strip():
        raise errors.LateReasonMissing
    if rule == "F2":
        raise errors.NewerFormat(layout=layout[:40])
    if rule == "F3_other_register":
        raise errors.OtherRegister
    if rule == "F3_unknown" or kept is None:
        raise errors.ExportUnknown
    if rule == "F3_purged" and asked.late is None:
        raise errors.WorkbookForgotten(expires=kept.expires.isoformat())
    if rule == "F3_expired" and asked.late is None:
        raise errors.WorkbookExpired(expires=kept.expires.isoformat())


@dataclass(frozen=True, slots=True)
class _Import:
    """One file of which is known what it asks for."""

    register: Register
    file: Incoming
    asked: Asked
    kept: Snapshot
    found: Compared
    late: bool

    def preview(self) -> Imported:
        """Decide everything, write it in a transaction that is undone, and say what came of it."""
        with self.register.reading() as rows:
            plan = self._plan(rows)
            if not plan.rows:
                return self._told(rows, "blocked" if plan.blocked else "preview", plan.items, 0)
        with self._deciding(keep=False) as by:
            plan = self._plan(by.rows)
            refused, changes = self._write(by, plan)
            items = _with_refused(plan.items, refused)
            return self._told(by.rows, "blocked" if self._blocks(items) else "preview", items, changes)

    def apply(self) -> Imported:
        """Decide everything again in the transaction that writes it."""
        told: Imported | None = None
        try:
            with self._deciding(keep=True) as by:
                plan = self._plan(by.rows)
                refused, changes = self._write(
                    by, plan
                )  # also where it is undone: every error is told at once
                items = _with_refused(plan.items, refused)
                if self._blocks(items):
                    told = self._told(by.rows, "blocked", items, 0)
                    _leave()
                actor, now = self.asked.actor, self.asked.now
                ids = conflicts.keep_open(
                    by.rows, self.kept.export_id, self.file.sha256, items, actor=actor, now=now
                )
                held_cells.keep(by.rows, self._source(), items, actor=actor, now=now)
                snapshot.note_import(
                    by.rows,
                    sha256=self.file.sha256,
                    export_id=self.kept.export_id,
                    actor=actor,
                    now=now,
                    changes=changes,
                )
                snapshot.purge(by.rows, now)
                told = self._told(by.rows, "applied", items, changes, ids)
        except _Stop:
            pass
        assert told is not None  # noqa: S101 - says to the type checker what the lines above say
        return told

    @contextmanager
    def _deciding(self, *, keep: bool) -> Iterator[By]:
        with deciding(self.register, self.asked.actor, self.asked.now, dry_run=not keep) as by:
            yield by

    def _plan(self, rows: Rows) -> Plan:
        applied = not self.asked.said.only_accepted and snapshot.is_applied(rows, self.file.sha256)
        if applied or (self.found.based and moved(rows, self.found, self.kept)):
            raise _Again
        plan = settle(rows, self.found, self.kept, self.asked.said, self.asked.now)
        return Plan(plan.rows, conflicts.still_open(rows, self.kept.export_id, plan.items))

    def _write(self, by: By, plan: Plan) -> tuple[list[Item], int]:
        writer = Writer(
            by, self.register, self.kept, self.file.sha256, late=self.asked.late if self.late else None
        )
        return writer.write(plan.rows)

    def _source(self) -> held_cells.Source:
        return _source(self.register, self.kept, self.file)

    def _before(self, rows: Rows, items: tuple[Item, ...]) -> tuple[int, tuple[Held, ...]]:
        """Return what an earlier import of this very file left open, where this one takes single cells only.

        That is, how many questions, and what the file alone has, but for what is taken now.
        """
        if not self.asked.said.only_accepted:
            return 0, ()
        sha256, now = self.file.sha256, self.asked.now
        taken = {item.place for item in items}
        left = tuple(one for one in held_cells.of_file(rows, sha256, now) if one.place not in taken)
        return conflicts.open_of_file(rows, sha256, now), left

    def _blocks(self, items: tuple[Item, ...]) -> bool:
        stopped = any(item.decision.outcome is Outcome.ERROR for item in items)
        return stopped or (self.asked.strict and waits(items))

    def _told(
        self,
        rows: Rows,
        status: Status,
        items: tuple[Item, ...],
        changes: int,
        ids: list[str] | None = None,
    ) -> Imported:
        of_before, held_before = self._before(rows, items)
        return Imported(
            status,
            self.kept.export_id,
            self.file.sha256,
            self.kept.tier,
            self.kept.lang,
            items,
            counted(items, self.found.missing),
            changes,
            tuple(ids or ()),
            late=self.late,
            based=self.found.based,
            ignored_sheets=self.found.unknown_sheets,
            ignored_columns=self.found.unknown_columns,
            lost_columns=tuple(self.found.lost_columns),
            of_before=of_before,
            held=held_cells.held_of(items),
            held_before=held_before,
            beside=held_cells.beside(rows, self._source(), items),
        )


def _with_refused(items: tuple[Item, ...], refused: list[Item]) -> tuple[Item, ...]:
    """Return the lines with what the register refused in the place of what was to be written."""
    before = {(item.sheet, item.place, item.row_id): item for item in items if item.key}
    told = [replace(one, base=_base(before.get((one.sheet, one.place, one.row_id)))) for one in refused]
    places = {(item.sheet, item.place, item.row_id) for item in refused}
    kept = [item for item in items if (item.sheet, item.place, item.row_id) not in places]
    return (*kept, *told)


def _base(item: Item | None) -> str | None:
    return item.base if item is not None else None


def _leave() -> NoReturn:
    raise _Stop
