"""What an organisation decided on the rules: shorter deadlines, never longer ones, and its days of rest. Pure but for reading events.

What it decided is an event, like every decision. Whatever an event says, the shorter deadline counts: a later rules file cannot
be undone by an old one. No custody may be ordered on a day of rest (art. 119(4) CPP): Saturdays, Sundays, public holidays from
the package ``holidays``, their names and sources of law from ``holidays.toml``. Such a day raises a flag and moves no clock.
Feasts that follow the moon are estimates until the organisation confirms or corrects them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache, lru_cache
from gettext import gettext as _
from pathlib import Path
from typing import Final, TypeAlias

import msgspec

from sync_scripts.errors import UsageProblem
from sync_scripts.register.rules.ruleset import Ruleset, Strict, load, read
from sync_scripts.store import events as store_events
from sync_scripts.store.canonical import canonical
from sync_scripts.store.database import Rows
from sync_scripts.texts import language

DEADLINES_OP: Final = "rules.deadlines"
DEADLINES_SUBJECT: Final = "rules:deadlines"
TIMES: Final = ("first_contact_h", "first_action_h", "supervision_h", "assessment_h", "followup_d")
"""Due times that an organisation may shorten: hours, the last one days."""
Own: TypeAlias = Mapping[str, Mapping[str, int]]
"""Level -> name of a due time -> hours or days."""


DeadlineLonger: Final = UsageProblem.declare(
    "DK-J10",
    "The deadline {level}.{name} can only be shortened: a whole number from 1 to {limit}. Nothing was changed.",
)


def own_deadlines(rows: Rows) -> Own:
    """Return what the organisation decided; the last decision counts whole."""
    said: Own = {}
    for event in store_events.read(rows, subjects=[DEADLINES_SUBJECT]):
        said = {level: dict(times) for level, times in event.payload["own"].items()}
    return said


def in_force(rows: Rows) -> Ruleset:
    """Return the rules with the deadlines and holidays that hold in this register: the same ones, as long as these are the same."""
    return _in_force(canonical([own_deadlines(rows), own_holidays(rows)]))


@lru_cache(maxsize=16)
def _in_force(own: str) -> Ruleset:
    deadlines, days = msgspec.json.decode(own)
    rules = shortened(load(), deadlines)
    return msgspec.structs.replace(rules, own_holidays=days) if days else rules


def shortened(rules: Ruleset, changes: Own) -> Ruleset:
    """Return rules with shorter deadlines; the rules themselves when nothing is shorter."""
    if not changes:
        return rules
    made = {
        level: msgspec.structs.replace(
            times,
            **{
                name: min(getattr(times, name), said)
                for name, said in changes.get(level, {}).items()
                if name in TIMES
            },
        )
        for level, times in rules.deadlines.items()
    }
    return rules if made == rules.deadlines else msgspec.structs.replace(rules, deadlines=made)


def suitable_deadlines(changes: Mapping[str, object], rules: Ruleset | None = None) -> Own:
    """Return those of the changes that shorten something, checked.

    Raises:
        DeadlineLonger: one would lengthen, is no deadline, or is no whole number.
    """
    limits = {str(level): times for level, times in (rules or load()).deadlines.items()}
    found: dict[str, dict[str, int]] = {}
    for level, said in changes.items():
        if level not in limits or not isinstance(said, Mapping):
            raise DeadlineLonger(level=level, name="?", limit=0)
        for name, value in said.items():
            limit = getattr(limits[level], name) if name in TIMES else 0
            if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= limit:
                raise DeadlineLonger(level=level, name=name, limit=limit)
            if value < limit:
                found.setdefault(level, {})[name] = value
    return found


HOLIDAYS_OP: Final = "rules.holidays"
HOLIDAYS_SUBJECT: Final = "rules:holidays"
SATURDAY, SUNDAY = "saturday", "sunday"
DECLARED: Final = "declared"
_FILE: Final = Path(__file__).parent / "holidays.toml"
_OBSERVED: Final = "observed"
_SATURDAY, _SUNDAY = 5, 6


HolidayWrong: Final = UsageProblem.declare(
    "DK-P20",
    "The line {day} under [holidays] in dikalo.toml cannot be used: write a day and a feast, as 2026-03-21 = "
    '"eid_fitr". Feasts: {feasts}. Nothing was changed.',
)


class Feast(Strict, frozen=True):
    """A public holiday: how the package calls it, how people do, whether its date is announced, and its legal source."""

    name: str
    fr: str
    en: str
    movable: bool
    law: str


class RestDay(msgspec.Struct, frozen=True):
    """A day of rest.

    Attributes:
        day: which.
        code: code of its feast, ``saturday`` or ``sunday``.
        estimated: its date was worked out and nobody has confirmed it.
    """

    day: date
    code: str
    estimated: bool = False


@cache
def feasts() -> Mapping[str, Feast]:
    """Return the public holidays by code."""
    return read(_FILE, dict[str, Feast])


@lru_cache(maxsize=64)
def _worked_out(year: int) -> tuple[RestDay, ...]:
    """Return the public holidays of a year as the package knows them."""
    from holidays import country_holidays

    by_name = {one.name: code for code, one in feasts().items()}
    found = []
    for day, names in sorted(country_holidays("CM", years=year, language="en_US").items()):
        for text in names.split("; "):
            name, _bracket, marks = text.partition(" (")
            code = by_name.get(name)
            if code is not None:
                follows = _OBSERVED in marks and feasts()[code].law.endswith("art. 3")
                found.append(RestDay(day, code, feasts()[code].movable or follows))
    return tuple(found)


def year_of(year: int, own_days: Mapping[str, str]) -> tuple[RestDay, ...]:
    """Return the public holidays of a year; what the organisation says of a feast takes the place of the estimate.

    ``own_days``: ISO day -> code of the feast.
    """
    said = [RestDay(date.fromisoformat(day), code) for day, code in own_days.items()]
    mine = [one for one in said if one.day.year == year]
    known = {one.code for one in mine} - {DECLARED}
    left = [one for one in _worked_out(year) if one.code not in known]
    return tuple(sorted([*left, *mine], key=lambda one: (one.day, one.code)))


def rest_day(day: date, own_days: Mapping[str, str]) -> RestDay | None:
    """Return what kind of rest day a day is; None for a working day."""
    feast = next((one for one in year_of(day.year, own_days) if one.day == day), None)
    if feast is not None and not feast.estimated:
        return feast
    weekend = {_SATURDAY: SATURDAY, _SUNDAY: SUNDAY}.get(day.weekday())
    return RestDay(day, weekend) if weekend else feast


def name_of(code: str, lang: str) -> str:
    """Return how people call a feast."""
    one = feasts().get(code)
    return code if one is None else one.fr if lang == "fr" else one.en


def mark(day: RestDay) -> str:
    """Return a rest day as a flag keeps it: its code, with a question mark when its date is an estimate."""
    return day.code + ("?" if day.estimated else "")


def in_words(marked: str) -> str:
    """Return a marked rest day in the language of the program."""
    code = marked.removesuffix("?")
    weekend = {SATURDAY: _("Saturday"), SUNDAY: _("Sunday")}
    name = weekend.get(code) or name_of(code, language())
    return _("{feast}, estimated date").format(feast=name) if marked.endswith("?") else name


# --- the organisation's own ---------------------------------------------------------------------------------------


def own_holidays(rows: Rows) -> Mapping[str, str]:
    """Return what the organisation said of holidays: ISO day -> feast; the last decision counts whole."""
    said: Mapping[str, str] = {}
    for event in store_events.read(rows, subjects=[HOLIDAYS_SUBJECT]):
        said = dict(event.payload["own"])
    return said


def suitable_holidays(said: Mapping[str, str]) -> dict[str, str]:
    """Return the lines of the settings, checked, in the order of the days.

    Raises:
        HolidayWrong: one names no day or no feast.
    """
    return dict(sorted(_checked(said)))


def _checked(said: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for day, code in said.items():
        try:
            wrong = date.fromisoformat(day).isoformat() != day or code not in feasts()
        except ValueError:
            wrong = True
        if wrong:
            raise HolidayWrong(day=day, feasts=", ".join(feasts()))
        yield day, code
