"""How long alerts and cases are kept, what is left of them then, and what of them is due to be erased. Pure; erases nothing.

``retention.toml`` holds the times. Facts of a unit and the moment go in, at most one line comes out. A legal hold wins over
everything. What is due is only shown; a person confirms it before anything is erased.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache, lru_cache
from pathlib import Path
from typing import Final, Literal

import msgspec

from sync_scripts.register.rules import clocks
from sync_scripts.register.rules.ruleset import Ruleset, Strict, read
from sync_scripts.store.canonical import canonical, instant, moment

RETENTION: Final = Path(__file__).parent / "retention.toml"


class Undecided(Strict, frozen=True):
    """What holds while nobody has said how long."""

    years: int


Depth = Literal["identity", "trace"]
"""How much is erased: who it was, with everything sealed; or all but the trace that such a thing was there."""


class OfAlerts(Strict, frozen=True):
    """How long an alert without a case is kept, and what identifies somebody in one that ended or asked nobody."""

    without_case_months: int
    ended_days: int
    not_asked_days: int


class Days(Strict, frozen=True):
    """A number of days."""

    days: int


class Review(Strict, frozen=True):
    """Which classes somebody looks at, case by case, before they may be erased."""

    classes: tuple[str, ...]


class OfPlans(Strict, frozen=True):
    """For how long a confirmed plan may be carried out."""

    holds_days: int


class Keeps(Strict, frozen=True):
    """What of the answers stays readable, as ``entity.field``."""

    always: frozenset[str]
    statistics: frozenset[str]


class Retention(Strict, frozen=True):
    """The whole file; ``years_by_class`` and ``left`` by code of the list ``retention_class``."""

    schema: Literal[1]
    ruleset: str
    years_by_class: Mapping[str, int]
    undecided: Undecided
    alerts: OfAlerts
    withdrawn: Days
    left: Mapping[str, Depth]
    review: Review
    plan: OfPlans
    keeps: Keeps

    def years(self, retention_class: str | None) -> int:
        """Return for how many years a case of a class is kept; of no class, until somebody has to decide."""
        return self.years_by_class.get(retention_class or "", self.undecided.years)


@cache
def load(path: Path = RETENTION) -> Retention:
    """Return the rules of a file, checked whole; raises as `read`."""
    return read(path, Retention)


Rule = Literal[
    "alert_without_case",
    "alert_ended",
    "alert_not_asked",
    "alert_withdrawn",
    "case_standard",
    "case_minimal",
    "case_justice",
    "case_undecided",
    "case_withdrawn",
    "person_withdrawn",
    "by_person",
]
State = Literal["due", "review", "held", "by_hand"]
"""``review``: somebody looks at it first, by its code. ``by_hand``: not for a run, a person decides or erases it."""
_DEPTHS: Final[dict[Depth, int]] = {"identity": 1, "trace": 2}


class Unit(msgspec.Struct, frozen=True):
    """An alert, or a case with what was merged into it, as the rules of keeping see it. Instants as text.

    Attributes:
        unit: ``alert:<stamp>/<root>`` or ``case:<CODE>``.
        code: its code.
        received_at: of an alert: when it arrived.
        ended_at: of an alert: when it was dismissed, or arrived refused.
        alone: of an alert: it has no case.
        not_asked: of an alert: nobody was asked for consent, nor interviewed in its case.
        withdrawn_at: when the last of everybody in it took back what they agreed to.
        unchecked: nobody has looked yet whether the withdrawal of something urgent is real.
        some_withdrew: who took it back while others in the same case did not, by pseudonym.
        left_at: of a case: when it was closed or handed over.
        retention: its class, None = nobody decided.
        hold: a legal hold is on it, or on what belongs to it.
        purged: how much of it was erased already; None once something came for it again.
        urgency: its level as it counts now. stands: its state.
    """

    unit: str
    code: str
    received_at: str = ""
    ended_at: str | None = None
    alone: bool = False
    not_asked: bool = False
    withdrawn_at: str | None = None
    unchecked: bool = False
    some_withdrew: tuple[tuple[str, str], ...] = ()
    left_at: str | None = None
    retention: str | None = None
    hold: bool = False
    purged: Depth | None = None
    urgency: str | None = None
    stands: str = ""


class Line(msgspec.Struct, frozen=True):
    """One line of a plan.

    Attributes:
        unit, code: what.
        rule: by which rule. depth: how much.
        since: from when the rule counts. due_at: when its time was over.
        state: whether a run may erase it.
        who: of a single person in a case that goes on for others: the pseudonym.
        submissions, items, files: how much it is.
        mark: of exactly what it covers; another one means that something came or went since.
        urgency, stands: level and state of the alert or case.
    """

    unit: str
    code: str
    rule: Rule
    depth: Depth
    since: str
    due_at: str
    state: State
    who: str = ""
    submissions: int = 0
    items: int = 0
    files: int = 0
    mark: str = ""
    urgency: str | None = None
    stands: str = ""


def plan_of(units: Iterable[Unit], keeping: Retention, rules: Ruleset, now: datetime) -> list[Line]:
    """Return what is due at a moment, the longest overdue first."""
    found = [line for unit in units for line in line_of(unit, keeping, rules, now)]
    return sorted(found, key=lambda one: (one.due_at, one.code, one.who))


def line_of(unit: Unit, keeping: Retention, rules: Ruleset, now: datetime) -> list[Line]:
    """Return the line of one unit: of several rules the one that takes most; beside it people to be erased by hand."""
    at = instant(now)
    due = [one for one in _lines(unit, keeping, rules) if one.due_at <= at or one.rule in _AT_ONCE]
    due = [one for one in due if _takes_more(one, unit)]
    if _pressing(unit, rules):
        due = [msgspec.structs.replace(one, state="review") if one.state == "due" else one for one in due]
    whole = sorted((one for one in due if not one.who), key=lambda one: (-_DEPTHS[one.depth], one.due_at))
    people = [] if whole else [one for one in due if one.who]
    return [*whole[:1], *people]


_SETTLED: Final = frozenset({"duplicate", "referred_out", "dismissed"})
"""States of an alert in which nobody here works on it any more."""


def _pressing(unit: Unit, rules: Ruleset) -> bool:
    """Tell whether a unit is an alert that is still urgent and open: somebody may be in danger, whatever its time says."""
    urgent = unit.urgency in rules.override.dismiss.second_person_levels
    return unit.unit.startswith("alert:") and urgent and unit.stands not in _SETTLED


def next_of(unit: Unit, keeping: Retention, rules: Ruleset) -> Line | None:
    """Return what of a unit is due next by a rule of keeping, now or later; None when nothing of it is left to go."""
    left = [
        one for one in _lines(unit, keeping, rules) if one.rule not in _AT_ONCE and _takes_more(one, unit)
    ]
    return min(left, key=lambda one: one.due_at, default=None)


def _takes_more(line: Line, unit: Unit) -> bool:
    return unit.purged is None or _DEPTHS[line.depth] > _DEPTHS[unit.purged]


_AT_ONCE: Final = frozenset({"case_withdrawn", "alert_withdrawn", "person_withdrawn"})
"""Their day is the last one, not the first: who withdrew is erased within that time."""


def _lines(unit: Unit, keeping: Retention, rules: Ruleset) -> Iterator[Line]:
    yield from (
        _of_alert(unit, keeping, rules) if unit.unit.startswith("alert:") else _of_case(unit, keeping, rules)
    )
    within = timedelta(days=keeping.withdrawn.days)
    if unit.withdrawn_at is not None:
        rule: Rule = "alert_withdrawn" if unit.unit.startswith("alert:") else "case_withdrawn"
        yield _line(unit, rule, "identity", unit.withdrawn_at, moment(unit.withdrawn_at) + within)
    for who, at in unit.some_withdrew:
        yield _line(unit, "person_withdrawn", "identity", at, moment(at) + within, state="by_hand", who=who)


def _of_alert(unit: Unit, keeping: Retention, rules: Ruleset) -> Iterator[Line]:
    said = keeping.alerts
    if unit.alone:
        months = _months(unit.received_at, said.without_case_months, rules)
        yield _line(unit, "alert_without_case", "trace", unit.received_at, months)
    if unit.alone and unit.ended_at is not None:
        ended = moment(unit.ended_at) + timedelta(days=said.ended_days)
        yield _line(unit, "alert_ended", "identity", unit.ended_at, ended)
    if unit.not_asked:
        asked = moment(unit.received_at) + timedelta(days=said.not_asked_days)
        yield _line(unit, "alert_not_asked", "identity", unit.received_at, asked)


_CLASSES: Final[dict[str, Rule]] = {
    "standard": "case_standard",
    "minimal": "case_minimal",
    "justice": "case_justice",
}


def _of_case(unit: Unit, keeping: Retention, rules: Ruleset) -> Iterator[Line]:
    if unit.left_at is None:
        return
    due = _months(unit.left_at, 12 * keeping.years(unit.retention), rules)
    rule = _CLASSES.get(unit.retention or "", "case_undecided")
    state: State = "due"
    if rule == "case_undecided":
        state = "by_hand"
    elif unit.retention in keeping.review.classes:
        state = "review"
    yield _line(
        unit, rule, keeping.left.get(unit.retention or "", "identity"), unit.left_at, due, state=state
    )


def _months(since: str, months: int, rules: Ruleset) -> datetime:
    return _end(clocks.local_day(moment(since), rules), months, rules.zone)


@lru_cache(maxsize=4096)
def _end(day: date, months: int, zone: tzinfo) -> datetime:
    """Return when a day some months later ends; asked for every alert of a pull, of which many came on one day."""
    return datetime.combine(clocks.after_months(day, months), _LAST, tzinfo=zone).astimezone(UTC)


_LAST: Final = time(23, 59, 59)


def _line(
    unit: Unit, rule: Rule, depth: Depth, since: str, due_at: datetime, *, state: State = "due", who: str = ""
) -> Line:
    first = state == "due" and unit.unchecked
    held: State = "held" if unit.hold else "review" if first else state
    found = Line(unit.unit, unit.code, rule, depth, since, instant(due_at), held, who)
    return msgspec.structs.replace(found, urgency=unit.urgency, stands=unit.stands)


def plan_id(lines: Sequence[Line]) -> str:
    """Return what a plan is called: whoever confirms it confirms exactly what was shown."""
    said = canonical([msgspec.structs.asdict(one) for one in lines])
    return hashlib.sha256(said.encode()).hexdigest()[:8]
