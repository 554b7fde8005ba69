"""Rebuild: every table of the register from nothing but open parts, events, rules and stored form versions.

The raw store, what is sealed and the custody chain are never touched. The check does the same inside a transaction
that is undone, and compares every table byte for byte.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Table, delete, func, literal, select, tuple_

from sync_scripts.errors import Damaged, Worded
from sync_scripts.register.building.build import Building
from sync_scripts.register.building.marks import (
    Again,
    any_again,
    build_again,
    build_arrived,
    build_set_apart,
    mark_all,
)
from sync_scripts.register.building.portions import NotCompared, each_alone, named
from sync_scripts.register.building.row_replacement import filled
from sync_scripts.register.case.case_input import turned
from sync_scripts.register.decisions.base import transaction
from sync_scripts.register.directory.providers import write_providers
from sync_scripts.register.forms.loading import COUNTS
from sync_scripts.register.history.logbook import write_decisions
from sync_scripts.register.model.build_backlog import set_apart
from sync_scripts.register.model.codes import ALERT, DrawCode, Root, draw, root_of, write_workers
from sync_scripts.register.rules.own_deadlines import in_force
from sync_scripts.store.canonical import canonical
from sync_scripts.store.database import Register, Rows
from sync_scripts.store.schema import register as tables
from sync_scripts.store.schema.raw import event, submission
from sync_scripts.store.schema.register import FILED, TABLES

_CHUNK = 500
_NOTHING: Final = hashlib.sha256().hexdigest()
RebuildDiffers: Final = Damaged.declare(
    "DK-R04",
    "The register is not what its submissions, decisions and rules give. Different: {tables}. Nothing was "
    "changed. Make a copy of the workspace, then run dikalo rebuild.",
)


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild made, or would make.

    Attributes:
        rows: rows by table.
        differing: tables whose content is not what it was, by name.
        faults: of what could not be built, each by its class and place.
    """

    rows: dict[str, int]
    differing: tuple[str, ...]
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Content:
    rows: int
    digest: str


def digest(rows: Rows, table: Table) -> str:
    """Return the SHA-256 over all rows of a table, in the order of its primary key."""
    return _content(rows, table).digest


def _content(rows: Rows, table: Table) -> _Content:
    hashed, count = hashlib.sha256(), 0
    for row in rows.stream(select(table).order_by(*table.primary_key)):
        hashed.update(canonical(list(row)).encode() + b"\n")
        count += 1
    return _Content(count, hashed.hexdigest())


def _contents(rows: Rows) -> dict[str, _Content]:
    held = filled(rows)
    return {
        str(table.name): _content(rows, table) if table.name in held else _Content(0, _NOTHING)
        for table in TABLES
    }


def _empty(rows: Rows) -> None:
    held = filled(rows)
    for table in TABLES:
        if table.name in held:
            rows.execute(delete(table))


def rebuild(
    register: Register,
    now: datetime,
    *,
    draw: DrawCode = draw,
    progress: Callable[[int], None] = lambda _more: None,
) -> Rebuilt:
    """Make every table of the register anew, a portion a transaction; say which were different before.

    Stopped anywhere, what is left stays marked, and the next rebuild, or whatever else builds, goes on from there. Until a unit
    has its turn, its rows are those of before. What cannot be built keeps them, and is named.

    Args:
        register: the register.
        now: instant of the events by which a code is drawn, where none had been.
        draw: gives codes for submissions that never got one.
        progress: called with how many submissions are done.
    """
    changed: set[str] = set()
    with register.writing() as rows:
        turned(rows, now)
        build_arrived(rows, draw, now)
        build_set_apart(rows, draw, now, most=None)
        if not any_again(rows):
            changed = _directories(rows)
            mark_all(rows)
    again = Again(draw, now)
    build_again(register, again, progress)
    with register.reading() as rows:
        counts, faults = _counts(rows), [one.fault for one in set_apart(rows)]
    left_over = {name for name, (_rows, left) in counts.items() if left}
    _sweep(register, left_over)
    changed |= again.changed | left_over
    return Rebuilt(
        rows={name: count - left for name, (count, left) in counts.items()},
        differing=tuple(name for name in counts if name in changed),
        faults=tuple(faults),
    )


def _directories(rows: Rows) -> set[str]:
    """Write what cases are read with, and what was decided on pairs of alerts; return the tables in which a row was another one."""
    written = {
        tables.worker: write_workers(rows),
        tables.provider: write_providers(rows),
        tables.alert_link: write_decisions(rows),
    }
    return {table.name for table, changed in written.items() if changed}


def _counts(rows: Rows) -> dict[str, tuple[int, int]]:
    """Return how many rows each table holds, and how many of them stand under the number of no submission."""
    numbers = select(tables.filing.c.filing_no)
    found = {}
    for table in TABLES:
        left = func.count().filter(table.c[FILED].not_in(numbers)) if FILED in table.c else literal(0)
        counted = rows.execute(
            select(func.count().label("rows"), left.label("left")).select_from(table)
        ).one()
        found[str(table.name)] = (counted.rows, counted.left)
    return found


def _sweep(register: Register, names: Collection[str]) -> None:
    """Remove from some tables the rows that stand under the number of no submission, a table a transaction."""
    numbers = select(tables.filing.c.filing_no)
    for table in TABLES:
        if table.name in names:
            with register.writing() as rows:
                rows.execute(delete(table).where(table.c[FILED].not_in(numbers)))


def check(
    register: Register, now: datetime, *, progress: Callable[[int], None] = lambda _more: None
) -> Rebuilt:
    """Do the same and undo it: nothing is changed, whatever is found. What is stored and not yet built is no difference."""
    with transaction(register, keep=False) as rows:
        build_arrived(rows, draw, now)
        return _compared(rows, now, draw, progress)


def require_same(found: Rebuilt) -> None:
    """Raise if a check found a difference.

    Raises:
        NotCompared: something could not be built.
        RebuildDiffers: names the tables.
    """
    if found.faults:
        tables_ = ", ".join(found.differing)
        raise NotCompared(count=len(found.faults), fault=found.faults[0], tables=tables_)
    if found.differing:
        raise RebuildDiffers(tables=", ".join(found.differing))


def _compared(rows: Rows, now: datetime, draw_: DrawCode, progress: Callable[[int], None]) -> Rebuilt:
    before = _contents(rows)
    _empty(rows)
    faults = _make(rows, now, draw_, progress)
    return _differing(before, _contents(rows), faults)


def _differing(
    before: Mapping[str, _Content], after: Mapping[str, _Content], faults: Iterable[str]
) -> Rebuilt:
    return Rebuilt(
        rows={name: content.rows for name, content in after.items()},
        differing=tuple(name for name in before if before[name].digest != after[name].digest),
        faults=tuple(faults),
    )


def _make(rows: Rows, now: datetime, draw_: DrawCode, progress: Callable[[int], None]) -> list[str]:
    """Write the directories that cases are read with, and what was decided on pairs of alerts; build the alerts, say where all other forms belong, build each case once.

    Return the faults of what could not be built.
    """
    faults: list[str] = []

    def each(units: Iterable[str], build: Callable[[Sequence[str]], object]) -> None:
        for fault in each_alone(rows, list(units), build).values():
            if isinstance(fault, Worded):
                raise fault  # it says itself what to do
            faults.append(named(fault))

    _directories(rows)
    building = Building(rows, draw_, now, in_force(rows), afresh=True)
    kinds = building.replacing.kinds
    for some in _roots(rows):
        alerts = (f"{ALERT}{'/'.join(root)}" for root in some if "alert" in kinds.get(root[0], ()))
        each(alerts, lambda units: building.roots({root_of(unit) for unit in units}))
        progress(len(some))
    for some in _roots(rows):
        others = (f"submission:{'/'.join(root)}" for root in some if "alert" not in kinds.get(root[0], ()))
        each(others, lambda units: building.file(map(root_of, units)))
    for units in _units(rows):
        each(units, lambda some: building.roots(set(), some))
    return faults


def _roots(rows: Rows) -> Iterator[list[Root]]:
    """Yield the submissions, a bounded number at a time."""
    last: Root = ("", "")
    query = select(submission.c.stamp, submission.c.root_id).where(submission.c.status.in_(COUNTS)).distinct()
    query = query.order_by(submission.c.stamp, submission.c.root_id).limit(_CHUNK)
    while True:
        after = tuple_(submission.c.stamp, submission.c.root_id) > tuple_(*last)
        some = [(row.stamp, row.root_id) for row in rows.execute(query.where(after))]
        if not some:
            return
        yield some
        last = some[-1]


def _units(rows: Rows) -> Iterator[list[str]]:
    """Yield the units that are no alerts: those with a form, and cases that only an alert has opened."""
    filing = tables.filing
    filed = select(filing.c.unit.label("unit")).where(filing.c.unit.not_like("alert:%"))
    opened = select(("case:" + filing.c.case_code).label("unit")).where(filing.c.case_code.is_not(None))
    by_people = select(event.c.subject.label("unit")).where(
        event.c.op == "case.open", event.c.proof != "rule"
    )
    every = filed.union(opened, by_people).subquery()
    last = ""
    while True:
        query = select(every.c.unit).where(every.c.unit > last).order_by(every.c.unit).limit(_CHUNK)
        some = list(rows.execute(query).scalars())
        if not some:
            return
        yield some
        last = some[-1]
