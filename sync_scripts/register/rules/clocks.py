"""Due times: from a level, a law or a medical limit to instants; from an age to its coming of age. Pure; asks no clock.

Every clock starts at ``received_at``, the server's stamp. A cap moves a due time earlier and never later. Nobody asks for a day
of birth: a girl of 15 on the day of the talk turns 18 some day between two and three years later.
"""

from __future__ import annotations

import calendar
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache, lru_cache
from gettext import gettext
from typing import Any, Final

import msgspec

from sync_scripts.register.rules.ruleset import RULES, Custody, Ruleset
from xlsform.errors import N_

CLOCK_WRONG: Final = timedelta(days=365)
"""Beyond this a phone's clock says nothing about the day."""

_HOUR: Final = timedelta(hours=1)


def trusted(received_at: datetime, device_end: datetime | None) -> datetime:
    """Return the phone's time, or the time of arrival where the phone's clock cannot be right."""
    ahead = device_end is not None and device_end > received_at + timedelta(days=1)
    if device_end is None or ahead or received_at - device_end > CLOCK_WRONG:
        return received_at
    return device_end


def local_day(moment: datetime, rules: Ruleset) -> date:
    """Return the day of an instant in the zone of the rules."""
    return _local_day(moment, rules.zone)


@lru_cache(maxsize=1024)
def _local_day(moment: datetime, zone: tzinfo) -> date:
    """Return the day of an instant in a zone; everything of one form asks for that of the same few."""
    return moment.astimezone(zone).date()


def end_of_day(day: date, rules: Ruleset) -> datetime:
    """Return the last second of a day in the zone of the rules, in UTC."""
    return datetime.combine(day, time(23, 59, 59), tzinfo=rules.zone).astimezone(UTC)


def week(day: date) -> str:
    """Return the ISO week of a day, ``2026-W47``."""
    year, number, _ = day.isocalendar()
    return f"{year}-W{number:02d}"


def after_months(day: date, months: int) -> date:
    """Return the same day some months later; the last day of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def skew_h(received_at: datetime, device_end: datetime) -> int:
    """Return by how many whole hours the server's stamp lies after the phone's clock; negative when before."""
    return int((received_at - device_end) / _HOUR)


# --- deadlines of a level -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Due:
    """When the first contact and the first action are due."""

    contact: datetime
    action: datetime


def due(level: str, start: datetime, rules: Ruleset) -> Due:
    """Return the due times of a level from the start of the clock."""
    times = rules.deadlines[level]
    return Due(start + times.first_contact_h * _HOUR, start + times.first_action_h * _HOUR)


def escalation(level: str, start: datetime, due_at: datetime, rules: Ruleset) -> datetime:
    """Return when a thing still undone goes to those named in ``escalate_to``: a share of the time given."""
    return start + (due_at - start) * rules.deadlines[level].escalate_at


def capped(due_at: datetime, limits: Iterable[datetime], start: datetime) -> datetime:
    """Return the due time, moved earlier to the first limit that lies after the start of the clock.

    A limit that had passed before the clock started caps nothing: the need remains, its window is over.
    """
    return min([due_at, *(limit for limit in limits if limit > start)])


# --- dates of the facts -------------------------------------------------------------------------------------------


class _Window(msgspec.Struct, frozen=True, rename={"first": "from", "last": "to"}):
    first: int
    last: int


class _Windows(msgspec.Struct, frozen=True):
    window: dict[str, _Window]


@cache
def _windows() -> dict[str, _Window]:
    """Return how many days before the phone's date each answer to "when" begins and ends."""
    return msgspec.toml.decode((RULES / "duplicates.toml").read_bytes(), type=_Windows).window


def dates_of(when_rel: str, day: date) -> tuple[date, date] | None:
    """Return first and last day that an answer to "when" can mean, asked on a day; None for an unknown answer."""
    window = _windows().get(when_rel)
    if window is None:
        return None
    return day - timedelta(days=window.first), day - timedelta(days=window.last)


def relative(facts_on: date, asked_on: date) -> str:
    """Return the answer to "when" that a known date stands for; ``older`` beyond every window."""
    days = max(0, (asked_on - facts_on).days)
    fits = (code for code, one in _windows().items() if code != "now" and one.last <= days <= one.first)
    return next(fits, "older")


_TIMES: Final = {"morning": time(6), "afternoon": time(12), "evening": time(18)}


def act_time(day: date, time_of_day: str | None, rules: Ruleset) -> datetime:
    """Return the earliest instant that a day and a part of it can mean: midnight when the part is not known."""
    at = _TIMES.get(time_of_day or "", time(0))
    return datetime.combine(day, at, tzinfo=rules.zone).astimezone(UTC)


def clinical_limits(violations: Iterable[str], service: str, act: datetime, rules: Ruleset) -> list[datetime]:
    """Return until when a service can still do what medicine limits, for the violations of an act."""
    done = set(violations)
    return [
        act + one.limit_h * _HOUR
        for one in rules.clinical.values()
        if one.service == service and not done.isdisjoint(one.applies_to)
    ]


def appeal_until(decided_on: date, rules: Ruleset) -> date:
    """Return the last day to appeal, on the shortest reading: the day of the judgment counts as the first.

    No form asks whether the judgment was by default, nor when it was served. Opposition runs from the day after service, which
    is never before the judgment: its days, counted like this, end no later than the law whatever that day was. So the shorter
    of the two times stands for both.
    """
    return decided_on + timedelta(days=min(one.days for one in rules.appeal.values()) - 1)


def hearing_reminders(hearing: datetime, rules: Ruleset) -> Iterator[tuple[int, datetime]]:
    """Yield (days before a hearing, when the task is due), the earliest first."""
    for days in sorted(rules.hearing.remind_before_d, reverse=True):
        yield days, hearing - timedelta(days=days)


# --- custody ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CustodyClock:
    """The limits of one custody: each needs a new act; beyond ``lawful_until`` no known law holds it."""

    limits: tuple[datetime, ...]
    lawful_until: datetime
    remind_before: tuple[timedelta, ...]

    def next_limit(self, after: datetime) -> datetime | None:
        """Return the first limit that had not passed at an instant."""
        return next((limit for limit in self.limits if limit > after), None)

    def reminders(self) -> Iterator[tuple[datetime, datetime]]:
        """Yield (limit, when the task before it is due), in order."""
        for limit in self.limits:
            for before in self.remind_before:
                yield limit, limit - before


def custody(arrested_at: datetime, basis: str | None, rules: Ruleset) -> CustodyClock:
    """Return the clock of a custody on a legal basis; without an answer the basis counts as unknown.

    Raises:
        KeyError: the rules know no such basis.
    """
    found: Custody = rules.custody[basis or "unknown"]
    return CustodyClock(
        limits=tuple(arrested_at + hours * _HOUR for hours in found.limits_h),
        lawful_until=arrested_at + found.ceiling_h * _HOUR,
        remind_before=tuple(hours * _HOUR for hours in rules.custody_task.remind_before_h),
    )


ADULT: Final = 18
_BANDS: Final[Mapping[str, tuple[int, int]]] = {"0_5": (0, 5), "6_11": (6, 11), "12_17": (12, 17)}
"""Band of age -> the youngest and the oldest in it."""
CHILD_BANDS: Final = frozenset(_BANDS)
_ADULT_BANDS: Final = frozenset({"18_24", "25_59", "60p"})


def child(person: Mapping[str, Any]) -> bool | None:
    """Tell whether somebody is a child: by what the phone worked out, by the age or by the band, whichever says so.

    What the phone works out is there on forms of today alone: an old list has an age and no more, and whoever corrects an age
    corrects that answer only. So all three are asked, as they stand with what was corrected, and the stricter counts.

    Args:
        person: her row, with ``is_child``, ``age`` and ``age_band``.

    Returns:
        True or False; None where nobody wrote down anything that says it.
    """
    young, age, band = person["is_child"], person["age"], person["age_band"]
    says = (
        None if young is None else bool(young),
        None if age is None else age < ADULT,
        True if band in CHILD_BANDS else False if band in _ADULT_BANDS else None,
    )
    return True if True in says else False if False in says else None


def _ages(person: Mapping[str, Any]) -> tuple[int, int] | None:
    """Return the youngest and the oldest that a child can have been; None for an adult, or where nobody wrote it down."""
    if not child(person):
        return None
    age = person["age"]
    if age is not None and 0 <= age < ADULT:
        return age, age
    return _BANDS.get(person["age_band"] or "")


def adult_from(person: Mapping[str, Any], on: date) -> str | None:
    """Return the ISO day from which a child is 18 for certain; None when that cannot be known.

    Args:
        person: her row, with ``is_child``, ``age`` and ``age_band``.
        on: day of the talk in which that was written down.
    """
    ages = _ages(person)
    return None if ages is None else after_months(on, 12 * (ADULT - ages[0])).isoformat()


def perhaps_adult_from(person: Mapping[str, Any], on: date) -> str | None:
    """Return the ISO day from which a child may be 18; as `adult_from`."""
    ages = _ages(person)
    return None if ages is None else after_months(on, 12 * (ADULT - 1 - ages[1])).isoformat()


_MINUTE: Final = timedelta(minutes=1)
_DAY: Final = timedelta(days=1)
_FEW_DAYS: Final = 2
_DAYS: Final = N_("{days} d")
_HOURS: Final = N_("{hours} h {minutes:02}")
_MINUTES: Final = N_("{minutes} min")


def span(length: timedelta, say: Callable[[str], str] = gettext) -> str:
    """Return a length of time in its two largest useful units: ``40 min``, ``11 h 40``, ``3 d``.

    Args:
        length: its sign is left out.
        say: translates; another language than the program's where a message wants one.
    """
    whole = abs(length)
    if whole >= _FEW_DAYS * _DAY:
        return say(_DAYS).format(days=whole // _DAY)
    if whole >= _HOUR:
        return say(_HOURS).format(hours=whole // _HOUR, minutes=whole % _HOUR // _MINUTE)
    return say(_MINUTES).format(minutes=whole // _MINUTE)
