"""Which cases were merged into one, where the work goes on, and danger under a merged code that counts there. Reads only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Select, bindparam, select

from sync_scripts.config import LEVELS
from sync_scripts.register.model import codes
from sync_scripts.register.rules.kinds import AWAY, DANGER
from sync_scripts.store import events as store_events
from sync_scripts.store.database import Rows
from sync_scripts.store.events import Event
from sync_scripts.store.schema import register as tables

TAKES = "case.takes"
"""Op of what a case is told when another one is merged into it."""
_CASE: Final = "case:"


class GoesOn(msgspec.Struct, frozen=True):
    """Where the work on a merged case goes on.

    Attributes:
        kept: what was decided about the case at the end of all merges, in order.
        passed: what was decided about the cases in between, in order.
    """

    kept: Sequence[Event] = ()
    passed: Sequence[Event] = ()


def merged_in(rows: Rows, code: str) -> list[str]:
    """Return the codes of the cases merged into one, directly or by way of another, in the order of their codes."""
    return sorted(_behind(_took(rows, [code]), code))


def one_case(rows: Rows, code: str) -> set[str]:
    """Return the codes of all that is one case with one by merges: where the work goes on, and all that was merged into that."""
    way = [code, *ways_on(rows, [code]).get(code, ())]
    return {*way, *merged_in(rows, way[-1])}


def taken_by(rows: Rows, codes: Iterable[str]) -> dict[str, str]:
    """Return the codes of the cases merged into some cases, directly or by way of another, each with the one of these that took it."""
    wanted = set(codes)
    took = _took(rows, wanted)
    return {one: code for code in sorted(wanted) for one in _behind(took, code, wanted) - wanted}


def merged_of(rows: Rows, codes: Iterable[str]) -> dict[str, list[str]]:
    """Return `merged_in` of each of some cases at once, also where one took another; one that took none is not in it."""
    wanted = set(codes)
    took = _took(rows, wanted)
    return {code: found for code in sorted(wanted) if (found := sorted(_behind(took, code)))}


def _took(rows: Rows, codes: Iterable[str]) -> Mapping[str, set[str]]:
    """Return which cases were merged into some cases, and into those, directly each."""
    took: dict[str, set[str]] = defaultdict(set)
    further, asked = set(codes), set[str]()
    while further:
        subjects = sorted(f"{_CASE}{one}" for one in further)
        for event in store_events.read(rows, subjects=subjects, ops=[TAKES]):
            took[event.subject.removeprefix(_CASE)].add(event.payload["case_code"])
        asked |= further
        further = {one for code in further for one in took.get(code, ())} - asked
    return took


def _behind(took: Mapping[str, set[str]], code: str, ends: Collection[str] = ()) -> set[str]:
    """Return what was merged into a case, directly or by way of another, but of those that are ends by themselves."""
    found, further = {code}, {code}
    while further:
        further = {new for one in further for new in took.get(one, ())} - found
        found |= further
        further -= set(ends)
    return found - {code}


def ways_on(rows: Rows, codes: Iterable[str]) -> dict[str, list[str]]:
    """Return of those of some cases that were merged the codes through which the work goes on, that at the end last."""
    case, wanted = tables.case.c, sorted(set(codes))
    into: dict[str, str] = {}
    further = wanted
    while further:
        asked = select(case.case_code, case.merged_into).where(case.merged_into.is_not(None))
        new = {str(row.case_code): str(row.merged_into) for row in rows.among(asked, case.case_code, further)}
        into |= new
        further = sorted(set(new.values()) - into.keys())
    return {code: _way(into, code) for code in wanted if code in into}


def kept_of(rows: Rows, codes: Iterable[str]) -> dict[str, str]:
    """Return of those of some cases that were merged the code of the one in which the work goes on."""
    return {code: way[-1] for code, way in ways_on(rows, codes).items()}


def merged_units(rows: Rows, units: Iterable[str]) -> set[str]:
    """Return the units of the cases that were merged into some of some units, directly or by way of another."""
    cases = {one.removeprefix(_CASE) for one in units if one.startswith(_CASE)}
    return {f"{_CASE}{one}" for some in _took(rows, cases).values() for one in some}


def goes_on_in(rows: Rows, happened: Mapping[str, Sequence[Event]]) -> dict[str, GoesOn]:
    """Return where each merged case goes on, directly or by way of another, by unit.

    Args:
        rows: where from.
        happened: what was decided about units, the merged ones among them, in order.
    """
    into = {unit: kept for unit, events in happened.items() if (kept := _into(events)) is not None}
    known: dict[str, Sequence[Event]] = dict(happened)
    while missing := set(into.values()) - known.keys():
        for unit in missing:
            known[unit] = ()
        for event in store_events.read(rows, subjects=sorted(missing)):
            known[event.subject] = [*known[event.subject], event]
        into |= {unit: kept for unit in missing if (kept := _into(known[unit])) is not None}
    return {unit: _goes_on(_way(into, unit), known) for unit in into}


def _goes_on(way: Sequence[str], known: Mapping[str, Sequence[Event]]) -> GoesOn:
    *between, last = way
    passed = (event for unit in between for event in known[unit])
    return GoesOn(known[last], sorted(passed, key=lambda one: (one.at, one.workspace, one.seq)))


def _into(events: Iterable[Event]) -> str | None:
    """Return the unit into which a case was merged; that is final."""
    moves = (one.payload for one in events if one.op == "case.move" and one.payload["to"] == "merged")
    return next((f"{_CASE}{said['into']}" for said in moves), None)


def _way(into: Mapping[str, str], unit: str) -> list[str]:
    """Return the units through which a merged one goes on, that at the end last."""
    way = [into[unit]]
    while (further := into.get(way[-1])) is not None and further not in {unit, *way}:
        way.append(further)
    return way


def where_it_goes_on(rows: Rows) -> dict[str, str]:
    """Return of each merged case the code of the one in which the work goes on."""
    case = tables.case.c
    found = rows.execute(select(case.case_code, case.merged_into).where(case.merged_into.is_not(None))).all()
    into = {str(row.case_code): str(row.merged_into) for row in found}
    return {code: _way(into, code)[-1] for code in into}


def within(rows: Rows, code: str, text: str) -> tuple[str, str]:
    """Return what is meant by a name in a case: of which case it is, and the name there.

    A name of a case that was merged into this one has its code before it: ``DK-7Q2M4X-B-V2``, ``DK-7Q2M4X-B-1``. What begins
    with no such code is a name of the case itself, whatever it is.
    """
    head, _hyphen, name = text.strip().rpartition("-")
    meant = codes.read(head, "DK") if head else None
    if meant is not None and name and (meant == code or meant in merged_in(rows, code)):
        return meant, name
    return code, text.strip()


def left_alerts_with_news() -> Select[Any]:
    """Return the query for the numbers of the alerts that were set aside before danger came, and on which nobody has decided since."""
    one = tables.task.c
    return select(one.filing_no).where(_open())


def danger_behind(rows: Rows, codes: Collection[str] | None = None) -> dict[str, str]:
    """Return the level that counts in each case into which one was merged that has danger on which nobody decided since.

    That is its own or that of the danger, whichever is higher. ``codes``: of some kept cases only.
    """
    highest: dict[str, str] = {}
    for kept, _merged, level, _due_at in dangers_behind(rows, codes):
        highest[kept] = max(level, highest.get(kept, level), key=LEVELS.index)
    case = tables.case.c
    asked = select(case.case_code, case.level).where(case.case_code.in_(sorted(highest)))
    own = {row.case_code: row.level for row in rows.execute(asked)} if highest else {}
    return {code: max(level, own.get(code, level), key=LEVELS.index) for code, level in highest.items()}


def dangers_behind(rows: Rows, codes: Collection[str] | None = None) -> list[tuple[str, str, str, str]]:
    """Return each such danger: code of the case that was kept, and of the merged one, level of the task, when it is due.

    ``codes``: of some kept cases only, without looking at any other one.
    """
    one, filing, case = tables.task.c, tables.filing.c, tables.case.c
    asked = (
        select(filing.case_code, one.level, one.due_at)
        .select_from(tables.task)
        .join(tables.filing, filing.filing_no == one.filing_no)
        .join(tables.case, case.case_code == filing.case_code)
        .where(_open(), case.state == "merged")
    )
    found: list[tuple[Any, ...]] = []
    if codes is None:
        found.extend(rows.execute(asked).all())
        kept = where_it_goes_on(rows) if found else {}
    else:
        kept = taken_by(rows, codes)
        found.extend(rows.among(asked, filing.case_code, kept))
    return sorted((kept.get(code, code), code, level, due_at) for code, level, due_at in found)


def asked_about(rows: Rows, code: str) -> bool:
    """Tell whether somebody has to decide on news of a case, or of one that was merged into it."""
    task, filing = tables.task.c, tables.filing.c
    asked = select(task.task_id).join_from(tables.task, tables.filing, filing.filing_no == task.filing_no)
    mine = asked.where(filing.case_code == code, task.kind == DANGER, task.done_at.is_(None)).limit(1)
    return rows.execute(mine).first() is not None or code in danger_behind(rows, [code])


def _open() -> ColumnElement[bool]:
    """Return the condition for open tasks of the kind, in the words of ``ix_task_danger``.

    SQLite takes an index of some rows only for a statement that holds its very condition.
    """
    one = tables.task.c
    kinds: Any = bindparam("kinds", [AWAY], expanding=True, literal_execute=True)
    return one.kind.in_(kinds) & one.done_at.is_(None)
