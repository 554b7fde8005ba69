"""The rules as data, read strictly: levels, points and floors from ``triage.toml``, clocks and limits from ``deadlines.toml``.

No number of a rule stands in code. A value that is misspelled, of another type, or names a question that rules may
not read stops the program before any alert is rated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from sync_scripts.errors import Damaged
from xlsform.pack import shared_choices

Urgency = Literal["critical", "high", "medium", "low"]

RULES: Final = Path(__file__).parent
"""The folder of the rules."""
_FILES: Final = ("triage.toml", "deadlines.toml")


RulesBroken: Final = Damaged.declare(
    "DK-R02",
    "The rules file {file} cannot be used: {why}. No alert was rated and nothing was changed. Put the file back "
    "as it came with dikalo, or correct this place.",
)


class Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table of a rules file; a word that it does not know is an error."""


Read = TypeVar("Read")


def read(path: Path, form: type[Read]) -> Read:
    """Return a rules file as what it has to be.

    Raises:
        RulesBroken: a word, type or name in it is wrong; says which.
    """
    try:
        return msgspec.toml.decode(path.read_bytes(), type=form)
    except (msgspec.MsgspecError, UnicodeDecodeError, ValueError) as error:
        raise RulesBroken(file=path.name, why=str(error)) from error


class Condition(Strict, frozen=True, rename={"among": "in"}):
    """One condition; exactly one of ``among``, ``empty`` and ``min`` is given."""

    field: str
    among: tuple[str, ...] | None = None
    missing: bool = False
    empty: bool = False
    min: int | None = None


class PointsBy(Strict, frozen=True):
    """Points by the code of a field."""

    field: str
    default: int
    table: Mapping[str, int]


class Rule(Strict, frozen=True):
    """One rule: when it applies, what it adds, and why, in two languages."""

    id: str
    fr: str
    en: str
    all: tuple[Condition, ...] = ()
    any: tuple[Condition, ...] = ()
    points: int = 0
    points_per_severity: int = 0
    points_by: PointsBy | None = None
    floor: Urgency | None = None


class Inputs(Strict, frozen=True):
    """Names that rules may read: those with several codes and those with one."""

    sets: tuple[str, ...]
    scalars: tuple[str, ...]


class Score(Strict, frozen=True):
    """Where the score is cut."""

    min: int
    max: int


class Level(Strict, frozen=True):
    """A level, its order (higher is more urgent) and the score from which it holds."""

    code: Urgency
    rank: int
    min_score: int


class Severity(Strict, frozen=True):
    """How grave each icon is; ``violation`` names the list that says it for violations."""

    unknown_code: int
    violation: str
    alert_icon: Mapping[str, int]


class Change(Strict, frozen=True):
    """What a person must give to change the result."""

    reason_required: bool
    second_person: bool = False
    second_person_levels: tuple[Urgency, ...] = ()


class Override(Strict, frozen=True, rename={"up": "raise"}):
    """What a person must give to raise, lower or dismiss."""

    up: Change
    lower: Change
    dismiss: Change


class Clock(Strict, frozen=True):
    """When clocks start, from how many hours a phone's clock is remarked, and the zone of dates shown."""

    start: Literal["received_at"]
    skew_flag_h: int
    offline_delay_reported_apart: bool
    zone: str


class Deadline(Strict, frozen=True):
    """Due times of one level, in hours or days from the start of the clock."""

    first_contact_h: int
    first_action_h: int
    supervision_h: int
    escalate_at: float
    escalate_to: tuple[str, ...]
    assessment_h: int
    followup_d: int


class CaseTimes(Strict, frozen=True):
    """Due times that do not depend on the level."""

    plan_d: int
    emergency_assessment_h: int
    suspend_after_failed_contacts: int
    lost_contact_d: int
    provider_stale_d: int
    consent_ask_d: int
    consent_renew_months: int
    consent_unable_review_d: int
    override_max_h: int
    override_again_d: int
    override_most: int
    opening_by_two_h: int


class Clinical(Strict, frozen=True):
    """A clinical limit, in hours from the act."""

    applies_to: tuple[str, ...]
    service: str
    limit_h: int
    remind_before_h: tuple[int, ...]


class Custody(Strict, frozen=True):
    """Limits of custody on one legal basis, in hours from the arrest."""

    limits_h: tuple[int, ...]
    ceiling_h: int
    law: str
    law_fr: str
    verified: str
    verified_fr: str = ""
    note: str = ""
    note_fr: str = ""


class CustodyTask(Strict, frozen=True):
    """How long before each limit a task is due."""

    remind_before_h: tuple[int, ...]
    weekend_flag: bool


class Hearing(Strict, frozen=True):
    """Days before a hearing on which a task is due."""

    remind_before_d: tuple[int, ...]


class Appeal(Strict, frozen=True):
    """Days to appeal."""

    days: int
    law: str
    law_fr: str
    verified: str
    remind_before_d: tuple[int, ...] = ()


class Bins(Strict, frozen=True):
    """Classes of the delay between facts and report, in days."""

    bins: tuple[tuple[int, int], ...]


class Ruleset(
    Strict, frozen=True, eq=False, rename={"levels": "level", "rules": "rule", "deadlines": "deadline"}
):
    """The whole file."""

    schema: Literal[1]
    ruleset: str
    inputs: Inputs
    score: Score
    levels: tuple[Level, ...]
    severity: Severity
    rules: tuple[Rule, ...]
    override: Override
    clock: Clock
    deadlines: Mapping[str, Deadline]
    case: CaseTimes
    timeframe_h: Mapping[str, int]
    clinical: Mapping[str, Clinical]
    custody: Mapping[str, Custody]
    custody_task: CustodyTask
    hearing: Hearing
    appeal: Mapping[str, Appeal]
    reporting_delay_bins_d: Bins
    own_holidays: Mapping[str, str] = {}
    """Not in the file: ISO day -> feast, as the organisation confirmed or corrected it."""

    @property
    def zone(self) -> ZoneInfo:
        """Return the zone in which dates are shown and local days begin."""
        return _zone(self.clock.zone)

    def rank(self, level: str) -> int:
        """Return the order of a level; higher is more urgent."""
        return next(one.rank for one in self.levels if one.code == level)

    def rule(self, name: str) -> Rule | None:
        """Return a rule by its id, None when this file has none of that name."""
        return next((rule for rule in self.rules if rule.id == name), None)


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def local(instant: str | None) -> str:
    """Return a stored instant as people read it in Cameroon: day and time, Africa/Douala."""
    return f"{datetime.fromisoformat(instant).astimezone(load().zone):%Y-%m-%d %H:%M}" if instant else ""


@cache
def load(folder: Path = RULES) -> Ruleset:
    """Return the rules of a folder, checked whole.

    Raises:
        RulesBroken: a word, type or name in one of the files is wrong; says which.
    """
    found: dict[str, Any] = {}
    for name in _FILES:
        found |= read(folder / name, dict[str, Any])
    try:
        rules = msgspec.convert(found, Ruleset)
    except msgspec.ValidationError as error:
        raise RulesBroken(file=", ".join(_FILES), why=str(error)) from error
    if why := _why_broken(rules):
        raise RulesBroken(file=", ".join(_FILES), why=why)
    return rules


def _why_broken(rules: Ruleset) -> str:
    known = {*rules.inputs.sets, *rules.inputs.scalars, "severity"}
    ids = [rule.id for rule in rules.rules]
    if len(set(ids)) != len(ids):
        return "a rule id stands twice"
    if {level.code for level in rules.levels} != rules.deadlines.keys():
        return "levels and deadlines do not agree"
    for rule in rules.rules:
        named = [condition.field for condition in (*rule.all, *rule.any)]
        named += [rule.points_by.field] if rule.points_by else []
        if unknown := [field for field in named if field not in known]:
            return f"rule {rule.id} reads {unknown[0]}, which is no input"
    return ""


@dataclass(frozen=True, slots=True)
class Violation:
    """What the list of violations says of one code."""

    severity: int
    group: str


@cache
def violations() -> Mapping[str, Violation]:
    """Return severity (0 to 5) and group of each violation, from the shared list."""
    rows = shared_choices("violation_codes", ["fr"], keep=["severity", "group"])
    return {row.name: Violation(int(row.cells["severity"]), row.cells["group"]) for row in rows}
