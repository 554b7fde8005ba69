"""What is stored and still to be built: a mark says so, from the transaction that stored it until the one that builds it.

Whoever stores versions marks the submissions that they touch, and builds nothing; whoever builds takes marks in portions, alerts
first, and takes them away in the same transaction. So a stop between the two loses nothing: the next one who builds goes on.
A rebuild marks everything, behind what arrives; until a unit has its turn, its rows are those of before.

What cannot be built for a fault of the program is set apart: its mark stays and names the fault, and everything else is built. It is
tried again once by each pull, with whatever else arrives of it, and by a rebuild. Until then no building reads its versions, and no
decision counts as taken with them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Select, bindparam, delete, exists, func, insert, literal, select, update

from sync_scripts.register.building import build, unread_notices
from sync_scripts.register.building.portions import Pace, each_alone, named
from sync_scripts.register.case.case_input import Standing, turned
from sync_scripts.register.consents.withdrawals import left_alone
from sync_scripts.register.forms.loading import COUNTS, Fresh, Shelf
from sync_scripts.register.model import codes
from sync_scripts.register.model.build_backlog import ARRIVED
from sync_scripts.register.model.codes import ALERT, CASE, DrawCode, Root, root_of
from sync_scripts.register.rules.own_deadlines import in_force
from sync_scripts.store import events as store_events
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Register, Rows
from sync_scripts.store.schema.raw import event, submission, to_build
from sync_scripts.store.schema.register import case, consent, filing
from sync_scripts.store.statements import among, values_of

PORTION: Final = 500
"""Marks of one transaction at most: their submissions are in memory together. How many it is, the machine says: see `portions`."""
TRIED_AGAIN: Final = 20
"""How many of each kind that could not be built a pull tries once more: those that were not tried for the longest time."""
_FORM: Final = "submission:"
"""How the mark of a form that is no alert begins: in which unit it is, its building finds out."""
_ARRIVED: Final = {ALERT: 0, _FORM: 1}
"""In which order what arrived is built."""
_AGAIN: Final = {ALERT: ARRIVED, _FORM: ARRIVED + 1, CASE: ARRIVED + 2}
"""In which order everything is built again, behind what arrived; a case by itself where no submission is filed under it."""
_NEXT: Final = (
    select(to_build.c.priority, to_build.c.unit)
    .where(to_build.c.priority.between(bindparam("first"), bindparam("last")), to_build.c.fault.is_(None))
    .distinct()
    .order_by(to_build.c.priority, to_build.c.unit)
    .limit(bindparam("size"))
)
_OF_ARRIVED: Final = to_build.c.priority.in_(_ARRIVED.values()) & among(to_build.c.unit)
_OF_AGAIN: Final = to_build.c.priority.in_(_AGAIN.values()) & among(to_build.c.unit)
_LET_IN: Final = (
    update(to_build).where(_OF_ARRIVED, to_build.c.fault.is_not(None)).values(fault=None, failed_at=None)
)
_BUILT: Final = delete(to_build).where(_OF_ARRIVED)
_BUILT_AGAIN: Final = delete(to_build).where(_OF_AGAIN)
_MARKED_AGAIN: Final = select(to_build.c.unit).where(to_build.c.priority.in_(_AGAIN.values()))
_ALL: Final = "all marked"
_FIRST: Final = "build first"
"""What a transaction remembers: that it marked everything; and, of somebody who decides, that a rebuild is not at its end."""


def mark(rows: Rows, touched: Mapping[Root, int], alerts: Collection[str]) -> None:
    """Mark submissions, in the transaction that stores what is new of them.

    Args:
        rows: that transaction.
        touched: the submissions, and the order of arrival of what is new of each; 0 where only what is said of it is new.
        alerts: the stamps of the forms that are alerts, which are built first.
    """
    made = []
    for (stamp, root_id), arrival in sorted(touched.items()):
        kind = ALERT if stamp in alerts else _FORM
        unit = f"{kind}{stamp}/{root_id}"
        made.append(
            {
                "priority": _ARRIVED[kind],
                "unit": unit,
                "arrival": arrival,
                "fault": None,
                "failed_at": None,
            }
        )
    rows.upsert(to_build, made)


def build_portion(
    rows: Rows, draw: DrawCode, now: datetime, fresh: Fresh | None = None, *, size: int = PORTION
) -> tuple[int, bool]:
    """Build what bears the first marks of what arrived, and take these away; return how many submissions that were, and if there are more.

    What cannot be built is set apart, and counted too.

    Args:
        rows: a transaction of its own, or that of whoever is about to decide.
        draw: gives new codes.
        now: instant of the events by which codes are drawn.
        fresh: what was read in open parts when they were stored.
        size: how many at most, what else came of their cases apart.
    """
    _turn(rows, draw, now)
    units = _with_their_cases(rows, _next(rows, _ARRIVED, size), fresh or {})
    _build_each(rows, units, draw, now, fresh)
    return len(units), bool(_next(rows, _ARRIVED, 1))


def _with_their_cases(rows: Rows, first: list[str], fresh: Fresh) -> list[str]:
    """Return marked units, and behind them what else arrived of their cases, as far as it is filed or was read on arrival.

    A case is derived as a whole for however many of its forms: the smaller a portion, the oftener. So a busy machine that does
    less in one would do more in all, and then still less in one.
    """
    behind = _next(rows, _ARRIVED, len(first) + PORTION)[len(first) :]
    if not behind:
        return first
    cases = _cases(rows, {root_of(unit) for unit in (*first, *behind)}, fresh)
    theirs = {_case_of(cases, unit) for unit in first} - {None}
    return [*first, *(unit for unit in behind if _case_of(cases, unit) in theirs)]


def _case_of(cases: Mapping[Root, str], unit: str) -> tuple[bool, str] | None:
    """Return whether a unit is an alert, which waits for no visit, and its case; None = it has none yet."""
    code = cases.get(root_of(unit))
    return None if code is None else (unit.startswith(ALERT), code)


def _cases(rows: Rows, roots: Collection[Root], fresh: Fresh) -> dict[Root, str]:
    """Return in which case submissions are filed; of those that are not, which one they name, as they were read on arrival."""
    filed = Standing(rows).known(roots)
    found = {root: one.case_code for root, one in filed.items() if one.case_code}
    new = {root_id for stamp, root_id in roots if (stamp, root_id) not in filed} if fresh else ()
    held = submission.c
    asked = select(held.stamp, held.root_id, held.server, held.form, held.instance_id)
    for row in rows.among(asked, held.root_id, new):
        reading = fresh.get((row.server, row.form, row.instance_id))
        told = (one.fields.get("case_code") for one in reading.records) if reading is not None else ()
        if isinstance(named := next(filter(None, told), None), str) and (code := codes.read(named, "DK")):
            found.setdefault((row.stamp, row.root_id), code)
    return found


def _turn(rows: Rows, draw: DrawCode, now: datetime) -> None:
    """Build what a clock moved that is right again; what of it cannot be built keeps its rows, and is set apart for a rebuild."""

    def built(some: Sequence[str]) -> None:
        build.apply_units(rows, some, draw, now)

    for unit, fault in each_alone(rows, sorted(turned(rows, now)), built).items():
        kind = next((one for one in (ALERT, CASE) if unit.startswith(one)), _FORM)
        mark_ = {"priority": _AGAIN[kind], "unit": kind + unit.partition(":")[2], "arrival": 0}
        rows.upsert(to_build, [{**mark_, "fault": named(fault), "failed_at": instant(now)}])


def build_arrived(rows: Rows, draw: DrawCode, now: datetime) -> None:
    """Build all that arrived, in the transaction of the caller; what was set apart stays so."""
    while build_portion(rows, draw, now)[1]:
        pass


def build_set_apart(rows: Rows, draw: DrawCode, now: datetime, most: int | None = TRIED_AGAIN) -> None:
    """Try once more what could not be built, of what arrived and of a rebuild, alerts first; without ``most`` all of it.

    So many of each kind: no alert waits behind a visit, and no visit behind alerts that never can be built.
    """
    for priority in _ARRIVED.values():
        for unit in _apart(rows, priority, most):
            _build_each(rows, [unit], draw, now)
    again = Again(draw, now)
    for priority in _AGAIN.values():
        for unit in _apart(rows, priority, most):
            again.unit(rows, unit)


def _apart(rows: Rows, priority: int, most: int | None) -> Sequence[str]:
    kept = to_build.c
    asked = select(kept.unit).where(kept.priority == priority, kept.fault > "")
    asked = asked.group_by(kept.unit).order_by(func.max(kept.failed_at), kept.unit)
    return rows.execute(asked.limit(most)).scalars().all()


def _build_each(
    rows: Rows, units: Sequence[str], draw: DrawCode, now: datetime, fresh: Fresh | None = None
) -> None:
    """Build submissions and take their marks away; set those apart that cannot be built, alone or beside one that can not."""

    def built(some: Sequence[str]) -> None:
        rows.execute(_LET_IN, values_of(some))  # else their versions would be left out
        build.apply(rows, {root_of(unit) for unit in some}, draw, now, fresh=fresh)
        rows.execute(_BUILT, values_of(some))

    faults = each_alone(rows, units, built)
    _set_apart(rows, _ARRIVED, faults, now)
    if len(faults) > 1:  # where one of them kept the others back, these can be built beside it now
        for unit in faults:
            _set_apart(rows, _ARRIVED, each_alone(rows, [unit], built), now)
    if faults:
        unread_notices.of_unbuilt(rows, faults, now)


def _set_apart(
    rows: Rows, priorities: Mapping[str, int], faults: Mapping[str, Exception], now: datetime
) -> None:
    kept = to_build.c
    for unit, fault in faults.items():
        mine = update(to_build).where(kept.priority.in_(priorities.values()), kept.unit == unit)
        rows.execute(mine.values(fault=named(fault), failed_at=instant(now)))


def _next(rows: Rows, priorities: Mapping[str, int], size: int) -> list[str]:
    between = {"first": min(priorities.values()), "last": max(priorities.values())}
    found = rows.execute(_NEXT, {**between, "size": size})
    return [row.unit for row in found]


# --- everything again -------------------------------------------------------------------------------------------------


def mark_all(rows: Rows) -> None:
    """Mark everything to be built again, behind what arrives: submissions, those that are no more, and cases without any."""
    rows.once[_ALL] = True
    rows.execute(delete(to_build).where(to_build.c.priority.in_(_AGAIN.values())))
    alerts = Shelf(rows).about("alert")
    of = submission.c
    lives = (
        select(of.stamp, of.root_id)
        .where(of.status.in_(COUNTS))
        .union(select(filing.c.stamp, filing.c.root_id))
    )
    every = lives.subquery().c
    for kind, which in ((ALERT, every.stamp.in_(alerts)), (_FORM, every.stamp.not_in(alerts))):
        _mark_again(rows, kind, select(kind + every.stamp + "/" + every.root_id).where(which))
    filed = exists(select(1).where(filing.c.case_code == case.c.case_code))
    _mark_again(rows, CASE, select(CASE + case.c.case_code).where(~filed))
    by_people = select(event.c.subject).where(event.c.op == "case.open", event.c.proof != "rule")
    under = exists(select(1).where(CASE + filing.c.case_code == event.c.subject))
    held = select(to_build.c.unit).where(to_build.c.priority == _AGAIN[CASE])
    _mark_again(rows, CASE, by_people.where(~under, event.c.subject.not_in(held)).distinct())


def marked_all(rows: Rows) -> bool:
    """Tell whether this transaction marked everything, also when it is over."""
    return _ALL in rows.once


def _mark_again(rows: Rows, kind: str, units: Select[tuple[str]]) -> None:
    (unit,) = units.subquery().c
    made = select(literal(_AGAIN[kind]), unit, literal(0))
    rows.execute(insert(to_build).from_select(["priority", "unit", "arrival"], made))


def any_again(rows: Rows) -> bool:
    """Tell whether a rebuild is not at its end."""
    return bool(_next(rows, _AGAIN, 1))


class Again:
    """Builds again what is marked, a portion a transaction; ``changed`` names the tables in which a row was another one."""

    def __init__(self, draw: DrawCode, now: datetime) -> None:
        self._draw = draw
        self._now = now
        self.changed: set[str] = set()

    def portion(self, rows: Rows, size: int) -> int:
        """Build what bears the first marks; return how many marks were looked at, 0 = nothing is left."""
        return self._each(rows, _next(rows, _AGAIN, size))

    def unit(self, rows: Rows, unit: str) -> int:
        """Build one alert or case, if anything of it is marked; return how many marks were looked at."""
        return self._each(rows, [unit])

    def _each(self, rows: Rows, first: Sequence[str]) -> int:
        """Build what is marked of some units; of those that cannot be built the rows and the marks stay."""
        done: list[int] = []
        for unit, fault in each_alone(
            rows, first, lambda some: done.append(self._build(rows, set(some)))
        ).items():
            together = self._together(self._building(rows), {unit})
            _set_apart(rows, _AGAIN, dict.fromkeys(together, fault), self._now)
            done.append(len(together))
        return sum(done)

    def _build(self, rows: Rows, first: set[str]) -> int:
        building = self._building(rows)
        units = self._together(building, first)
        if units:
            cases = {unit for unit in units if unit.startswith(CASE)}
            building.roots({root_of(unit) for unit in units - cases}, cases)
            rows.execute(_BUILT_AGAIN, values_of(sorted(units)))
            self.changed |= {name for name, differing in building.replacing.changed.items() if differing}
        return len(units)

    def _building(self, rows: Rows) -> build.Building:
        return build.Building(rows, self._draw, self._now, in_force(rows), afresh=True)

    def _together(self, building: build.Building, first: set[str]) -> set[str]:
        """Return what is marked of some units and of all that is filed in their cases."""
        return self._marked(building.rows, first | self._of_cases(building, first))

    def _of_cases(self, building: build.Building, first: Collection[str]) -> set[str]:
        """Return what is filed in the cases of some units, and these cases: each of them is built once."""
        standing = building.standing
        known = standing.known(root_of(unit) for unit in first if not unit.startswith(CASE))
        cases = {f"{CASE}{one.case_code}" for one in known.values() if one.case_code}
        cases |= {unit for unit in first if unit.startswith(CASE)}
        kinds = building.replacing.kinds
        members = (
            f"{ALERT if 'alert' in kinds.get(stamp, ()) else _FORM}{stamp}/{root_id}"
            for stamp, root_id in standing.members(cases)
        )
        return {*members, *cases}

    def _marked(self, rows: Rows, units: Collection[str]) -> set[str]:
        return {unit for (unit,) in rows.among(_MARKED_AGAIN, to_build.c.unit, units)}


def build_again(register: Register, again: Again, progress: Callable[[int], None]) -> None:
    """Build again all that is marked, a portion a transaction: whoever decides has a turn between two of them."""
    pace, done = Pace(PORTION), 1
    while done:
        with register.writing() as rows, pace.measured() as measured:
            done = again.portion(rows, pace.size)
            measured.append(done)
        progress(done)


# --- whoever decides --------------------------------------------------------------------------------------------------


def build_before_deciding(rows: Rows, draw: DrawCode, now: datetime) -> None:
    """Build all that arrived, so that whoever decides knows what is stored; and, before it is looked at, what is still of before."""
    build_arrived(rows, draw, now)
    if any_again(rows):
        again = Again(draw, now)
        rows.once[_FIRST] = lambda unit: again.unit(rows, unit)


def build_first(rows: Rows, unit: str) -> bool:
    """Build an alert or a case that is about to be decided on, if its rows are still those of before; tell whether it was.

    A reader builds nothing.
    """
    return _FIRST in rows.once and bool(rows.once[_FIRST](unit))


# --- what time alone brings -------------------------------------------------------------------------------------------


def say_left_alone(rows: Rows, now: datetime, draw: DrawCode = codes.draw) -> int:
    """Say of duplicates that the work on the alert that was kept stopped since an override ran out; return of how many.

    Args:
        rows: an open transaction.
        now: aware; when it is said, from which on there is time to decide again.
        draw: gives new codes, should one be needed.
    """
    said = {one.subject: one for one in left_alone(rows, _ran_out(rows, now), now)}

    def say(subjects: Sequence[str]) -> None:
        store_events.write(rows, [said[one] for one in subjects], now)
        build.apply_units(rows, subjects, draw, now)

    return len(said) - len(each_alone(rows, list(said), say))  # what cannot be built is said by a later round


def _ran_out(rows: Rows, now: datetime) -> set[str]:
    """Return the codes of the cases in which an override ran out, and nobody said anything that ended it."""
    asked = select(filing.c.case_code).join(consent, consent.c.filing_no == filing.c.filing_no)
    over = asked.where(consent.c.override_until <= instant(now), filing.c.case_code.is_not(None))
    return set(rows.execute(over.distinct()).scalars())
