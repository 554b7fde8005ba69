"""A named person confirms a plan; what was confirmed, carried out, or dropped since is read from the events.

What is or ever was urgent vanishes by two people: who wrote a withdrawal down, and somebody else.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import select

from sync_scripts.errors import NotAllowed
from sync_scripts.register.consents.checks import highest_said, unlooked
from sync_scripts.register.consents.errors import LookedAtByAnother, LookedAtByTwo
from sync_scripts.register.decisions.authority import (
    require_other_than,
    require_own_hand,
    require_somebody_else,
)
from sync_scripts.register.decisions.base import By
from sync_scripts.register.decisions.levels import highest_ever
from sync_scripts.register.forms.loading import Shelf
from sync_scripts.register.forms.loading import load as load_submissions
from sync_scripts.register.history.corrections import CORRECT, RESTORE, subject_of
from sync_scripts.register.history.erasures import CONFIRM, PURGES
from sync_scripts.register.model.errors import (
    AccountShared,
    KeyFromFirst,
    NothingDue,
    NotInPlan,
    PlanChanged,
    ReasonForPlan,
)
from sync_scripts.register.purging.seen import covered, looks, measured, unit_of, units
from sync_scripts.register.rules.own_deadlines import in_force
from sync_scripts.register.rules.retention import Depth, Line, Rule, line_of, plan_id, plan_of
from sync_scripts.register.rules.retention import load as retention
from sync_scripts.register.rules.ruleset import load
from sync_scripts.register.rules.ruleset import load as ruleset
from sync_scripts.register.urgency.cases import levels_ever
from sync_scripts.store import events as store_events
from sync_scripts.store.canonical import moment
from sync_scripts.store.database import Rows
from sync_scripts.store.events import Event, NewEvent
from sync_scripts.store.schema import register as tables

DROP: Final = "retention.drop"
Why = Literal["held", "not_due", "changed", "old", "already"]
"""Why a confirmed line is not carried out: a legal hold; no longer due by the same rule; something came or went since;
confirmed too long ago; erased by another plan."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is due: its name, and its lines, each measured."""

    id: str
    ruleset: str
    lines: tuple[Line, ...]


OF_C4: Final = ("plan", "code", "due_at", "at", "by")
"""What is said of a C4 case to whoever does not see what is in it: why something of it is due tells what happened."""


class Confirmed(msgspec.Struct, frozen=True):
    """One line of a plan that somebody confirmed.

    Attributes:
        plan: name of the plan. at: when it was confirmed. by: who did.
        unit, code, rule, depth, mark: as in `Line`.
        reviewed: somebody looked at this one by its code.
        looked: ids of the tasks at which somebody else had to look, and by that did.
    """

    plan: str
    at: str
    by: str
    unit: str
    code: str
    rule: Rule
    depth: Depth
    mark: str
    reviewed: bool = False
    looked: tuple[str, ...] = ()


def plan(rows: Rows, now: datetime) -> Plan:
    """Return what is due at a moment. Writes nothing."""
    rules = retention()
    lines = [measured(rows, one) for one in plan_of(units(rows, now), rules, ruleset(), now)]
    return Plan(plan_id(lines), rules.ruleset, tuple(lines))


def confirm(
    by: By, name: str, *, reason: str, without: Collection[str] = (), reviewed: Collection[str] = ()
) -> list[Confirmed]:
    """Confirm a plan exactly as it was shown; return what a run will erase.

    Args:
        by: who confirms, by their own hand.
        name: of the plan that was shown.
        reason: why; no names.
        without: codes that are left out.
        reviewed: codes of what somebody looked at first.

    Raises:
        OwnHandMissing: the code was only typed.
        ReasonForPlan, PlanChanged, NotInPlan, NothingDue: as they say.
        LookedAtByAnother: of what was withdrawn by the same person nobody else looked at it; and what `require_apart` raises.
    """
    require_own_hand(by, "retention")
    if not reason.strip():
        raise ReasonForPlan
    found = plan(by.rows, by.now)
    if not found.lines:
        raise NothingDue(held=False)
    if name.strip().lower() != found.id:
        raise PlanChanged(plan=name, now=found.id)
    _require(without, [one.code for one in found.lines])
    _require(reviewed, [one.code for one in found.lines if one.state == "review"])
    chosen = [one for one in found.lines if one.code not in without and _goes(one, reviewed)]
    if not chosen:
        raise NothingDue
    looked = {one.unit: looked_at(by, one.unit, one.code, because=one.rule) for one in chosen}
    payload = {
        "plan": found.id,
        "ruleset": found.ruleset,
        "reason": reason.strip(),
        "without": sorted(without),
        "units": [{**_said(one, reviewed), "looked": looked[one.unit]} for one in chosen],
    }
    (event,) = by.write(by.event(CONFIRM, f"retention:{found.id}", payload))
    return _confirmed(event)


_WITHDRAWN: Final = frozenset({"alert_withdrawn", "case_withdrawn"})
"""Rules by which something is erased because of what somebody wrote down."""


def looked_at(
    by: By, unit: str, code: str, *, because: Rule = "case_withdrawn", person: str | None = None
) -> list[str]:
    """Return the tasks at which somebody else has to look before a unit is erased; whoever asks is somebody else.

    Args:
        by: who asks.
        unit: subject of the alert or case.
        code: its code.
        because: the rule by which it is erased: what was withdrawn is looked at whether or not a task asks for it.
        person: uid of the only one who is erased; None for everybody.

    Raises:
        OwnHandMissing, LookedAtByAnother, LookedAtByTwo: as they say; and what `require_apart` raises.
    """
    subjects = covered(by.rows, unit).units
    found = looks(by.rows, subjects)
    for row in found:
        require_somebody_else(by, code, row)
    if because in _WITHDRAWN:
        require_two(by, subjects, person)
    return [row["task_id"] for row in found]


def _require(codes: Collection[str], known: Sequence[str]) -> None:
    for code in codes:
        if code not in known:
            raise NotInPlan(what=code, possible=", ".join(known) or "-")


def _goes(line: Line, reviewed: Collection[str]) -> bool:
    return line.state == "due" or (line.state == "review" and line.code in reviewed)


def _said(line: Line, reviewed: Collection[str]) -> dict[str, Any]:
    names = ("unit", "code", "rule", "depth", "due_at", "mark")
    return {**{name: getattr(line, name) for name in names}, "reviewed": line.code in reviewed}


def _confirmed(event: store_events.Event) -> list[Confirmed]:
    return [
        Confirmed(
            plan=event.payload["plan"],
            at=event.at,
            by=event.actor.code,
            unit=one["unit"],
            code=one["code"],
            rule=one["rule"],
            depth=one["depth"],
            mark=one["mark"],
            reviewed=one["reviewed"],
            looked=tuple(one.get("looked", ())),
        )
        for one in event.payload["units"]
    ]


def shown(one: Confirmed, quiet: Container[str] = ()) -> dict[str, Any]:
    """Return what is shown of a confirmed line; of the codes that are ``quiet``, a C4 case's, nothing that tells what happened."""
    names = ("plan", "code", "rule", "depth", "at", "by", "reviewed")
    return {name: getattr(one, name) if name in OF_C4 or one.code not in quiet else None for name in names}


def standing(rows: Rows) -> list[Confirmed]:
    """Return what was confirmed and is neither carried out nor dropped yet, in its order."""
    left: dict[tuple[str, str], Confirmed] = {}
    for event in store_events.read(rows, ops=[CONFIRM, DROP, *PURGES]):
        if event.op == CONFIRM:
            left |= {(one.plan, one.unit): one for one in _confirmed(event)}
        elif event.op == DROP:
            left.pop((event.payload["plan"], event.payload["unit"]), None)
        else:
            left.pop((event.payload.get("plan", ""), event.subject), None)
    return list(left.values())


def why_not(rows: Rows, one: Confirmed, now: datetime) -> Why | None:
    """Return why a confirmed line must not be carried out now; None when it is still exactly what was confirmed."""
    rules = retention()
    if moment(one.at) + timedelta(days=rules.plan.holds_days) < now:
        return "old"
    unit = unit_of(rows, one.unit, now)
    if unit is None:
        return "not_due"
    if unit.purged in {one.depth, "trace"}:
        return "already"
    lines = [line for line in line_of(unit, rules, ruleset(), now) if not line.who]
    if unit.hold:
        return "held"
    same = [line for line in lines if (line.rule, line.depth) == (one.rule, one.depth)]
    if not same or (same[0].state == "review" and not one.reviewed) or same[0].state == "by_hand":
        return "not_due"
    seen = {row["task_id"] for row in looks(rows, covered(rows, one.unit).units)} <= set(one.looked)
    return None if seen and measured(rows, same[0]).mark == one.mark else "changed"


def dropped(by: By, one: Confirmed, why: Why) -> None:
    """Write down that a confirmed line is not carried out, so that no later run does what nobody looked at again."""
    payload = {"plan": one.plan, "unit": one.unit, "code": one.code, "why": why}
    store_events.append(by.rows, [NewEvent(DROP, f"retention:{one.plan}", by.actor, payload)], by.now)


def ever_urgent(rows: Rows, units: Sequence[str]) -> bool:
    """Tell whether one of some alerts and cases ever had a level that takes two people: also before an edit, or a correction."""
    filing, alert, case = tables.filing, tables.alert, tables.case
    of_alerts = select(alert, filing.c.stamp).join(filing, filing.c.filing_no == alert.c.filing_no)
    found = rows.execute(of_alerts.where(filing.c.unit.in_(units))).mappings().all()
    codes = [unit.removeprefix("case:") for unit in units]
    of_cases = select(case.c.urgency, case.c.level).where(case.c.case_code.in_(codes))
    levels = [level for row in rows.execute(of_cases) for level in row]
    levels += [highest_ever(rows, dict(row)) for row in found]
    levels += _of_interviews(rows, codes)
    ever = highest_said(levels, store_events.read(rows, subjects=units))
    return ever in load().override.dismiss.second_person_levels


def _of_interviews(rows: Rows, codes: Sequence[str]) -> Iterator[str]:
    """Yield how the rules rate each version of the interviews of some cases, before and after every correction."""
    filing, talk = tables.filing.c, tables.interview.c
    query = select(filing.stamp, filing.root_id, filing.case_code).join_from(
        tables.filing, tables.interview, filing.filing_no == talk.filing_no
    )
    where = {
        (one.stamp, one.root_id): one.case_code
        for one in rows.execute(query.where(filing.case_code.in_(codes)))
    }
    rules = in_force(rows)
    for root, one in load_submissions(rows, where, Shelf(rows)).items():
        events = list(store_events.read(rows, subjects=[subject_of(one)], ops=[CORRECT, RESTORE]))
        yield from levels_ever(one, events, where[root], rules)


def require_two(by: By, units: Sequence[str], person: str | None = None) -> None:
    """Let somebody pass if another one wrote down that the person takes back, or looked at it, where that was urgent.

    A task asks for the look where the level that stood then asked for it; here it is asked for whatever stands by now.

    Args:
        by: who has it erased.
        units: subjects of all that goes with it.
        person: uid of the only one who is erased; None for everybody.

    Raises:
        OwnHandMissing, LookedAtByAnother, LookedAtByTwo: as they say; and what `require_apart` raises.
    """
    if not ever_urgent(by.rows, units):
        return
    about = [one for one in _unlooked(by.rows, units) if _of(one[1], person)]
    refused = [_refused(by, _code_of(by.rows, unit), event) for unit, event in about]
    if refused and all(refused):
        raise next(one for one in refused if one is not None)


def _of(event: Event, person: str | None) -> bool:
    return person is None or event.payload.get("person_uid") in {None, person}


def _refused(by: By, what: str, event: Event) -> NotAllowed | None:
    """Return why whoever asks is not somebody else than the one who wrote an event down; None if they are."""
    try:
        require_other_than(by, what, event)
    except (LookedAtByAnother, LookedAtByTwo, AccountShared, KeyFromFirst) as refused:
        return refused
    return None


def _unlooked(rows: Rows, units: Sequence[str]) -> Iterator[tuple[str, Event]]:
    """Yield what was written down as withdrawn or refused and of which nobody else said that they looked, by its unit."""
    for unit in units:
        yield from ((unit, event) for event, _task in unlooked(rows, unit))


def _code_of(rows: Rows, subject: str) -> str:
    """Return the code of the alert or case under which something was written down: there it is looked at."""
    if subject.startswith("case:"):
        return subject.removeprefix("case:")
    alert, filing = tables.alert, tables.filing
    query = select(alert.c.code).join(filing, filing.c.filing_no == alert.c.filing_no)
    return str(rows.execute(query.where(filing.c.unit == subject)).scalar_one())
