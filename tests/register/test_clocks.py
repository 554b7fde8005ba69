"""Due times, with a fixed clock: deadlines, caps, dates of the facts, custody."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_scripts.register.rules import clocks
from sync_scripts.register.rules.ruleset import Urgency, load

RULES = load()
START = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
INSTANTS = st.integers(-3_000_000, 3_000_000).map(lambda minutes: START + timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("level", "contact_h", "action_h", "share"),
    [("critical", 3, 24, 0.5), ("high", 24, 72, 0.75), ("medium", 72, 168, 1.0), ("low", 168, 336, 1.0)],
)
def test_deadlines_count_from_the_arrival(
    level: Urgency, contact_h: int, action_h: int, share: float
) -> None:
    """The table of the domain page; an urgent one goes a step up before its time is over."""
    due = clocks.due(level, START, RULES)

    assert due.contact == START + timedelta(hours=contact_h)
    assert due.action == START + timedelta(hours=action_h)
    assert clocks.escalation(level, START, due.contact, RULES) == START + share * timedelta(hours=contact_h)


@given(INSTANTS, INSTANTS, st.lists(INSTANTS))
def test_a_cap_never_moves_a_due_time_later(
    due_at: datetime, start: datetime, limits: list[datetime]
) -> None:
    """And never to before the clock started."""
    capped = clocks.capped(due_at, limits, start)

    assert capped <= due_at
    assert capped == due_at or capped > start


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 400))
def test_a_known_date_gives_back_the_answer_that_covers_it(asked_on: date, days: int) -> None:
    """Relative and absolute dates agree; what is older than every window is older."""
    answer = clocks.relative(asked_on - timedelta(days=days), asked_on)
    window = clocks.dates_of(answer, asked_on)

    assert window is not None
    assert days > 365 or window[0] <= asked_on - timedelta(days=days) <= window[1]


def test_a_date_in_the_future_counts_as_today() -> None:
    """A phone that is a day ahead makes nothing older."""
    assert clocks.relative(date(2026, 11, 26), date(2026, 11, 25)) == "today"
    assert clocks.dates_of("never heard", date(2026, 11, 25)) is None


def test_custody_of_the_worked_example() -> None:
    """Arrested on 20 November 2026 at 09:00 on a preliminary inquiry."""
    zone = RULES.zone
    clock = clocks.custody(datetime(2026, 11, 20, 9, 0, tzinfo=zone), "preliminary", RULES)
    due = [task for _, task in clock.reminders()]

    assert [limit.astimezone(zone).day for limit in clock.limits] == [22, 24, 26, 28]
    assert due[:2] == [
        datetime(2026, 11, 21, 21, 0, tzinfo=zone),
        datetime(2026, 11, 22, 6, 0, tzinfo=zone),
    ]
    assert clock.lawful_until == datetime(2026, 11, 26, 9, 0, tzinfo=zone)
    assert clock.next_limit(datetime(2026, 11, 22, 9, 0, tzinfo=zone)) == clock.limits[1]
    assert clock.next_limit(clock.limits[-1]) is None


def test_every_basis_of_the_form_has_a_clock_and_another_is_an_error() -> None:
    """A clock is never guessed."""
    assert all(clocks.custody(START, basis, RULES).limits for basis in RULES.custody)
    with pytest.raises(KeyError):
        clocks.custody(START, "martial", RULES)


def test_clinical_limits_are_those_of_the_service_and_the_violation() -> None:
    """72 h and 120 h for rape and health, none for a threat, none for legal aid."""
    found = clocks.clinical_limits(["rape"], "health", START, RULES)

    assert sorted(found) == [START + timedelta(hours=72), START + timedelta(hours=120)]
    assert clocks.clinical_limits(["threat"], "health", START, RULES) == []
    assert clocks.clinical_limits(["rape"], "legal", START, RULES) == []


@pytest.mark.parametrize(
    ("part", "hour"), [("morning", 5), ("afternoon", 11), ("evening", 17), ("night", 23), (None, 23)]
)
def test_an_act_counts_from_the_earliest_hour_it_can_mean(part: str | None, hour: int) -> None:
    """Local parts of the day, one hour ahead of UTC."""
    assert clocks.act_time(date(2026, 11, 20), part, RULES).hour == hour


def test_days_end_and_weeks_begin_as_in_cameroon() -> None:
    """The last second of a local day; 23:30 UTC is the next day."""
    assert clocks.end_of_day(date(2026, 11, 25), RULES) == datetime(2026, 11, 25, 22, 59, 59, tzinfo=UTC)
    assert clocks.local_day(datetime(2026, 11, 25, 23, 30, tzinfo=UTC), RULES) == date(2026, 11, 26)
    assert clocks.week(date(2027, 1, 1)) == "2026-W53"


def test_months_and_appeals() -> None:
    """Twelve months after 29 February is the 28th; to appeal, the day of the judgment counts as the first of ten."""
    assert clocks.after_months(date(2028, 2, 29), 12) == date(2029, 2, 28)
    assert clocks.appeal_until(date(2026, 11, 20), RULES) == date(2026, 11, 29)


@given(st.dates(date(2000, 1, 1), date(2090, 1, 1)), st.integers(0, 400))
def test_what_is_watched_after_a_judgment_is_never_later_than_appeal_or_opposition(
    decided_on: date, served_after: int
) -> None:
    """Opposition runs from the day after service, ten days or three months abroad; the form asks for no day of service."""
    watched = clocks.appeal_until(decided_on, RULES)
    served = decided_on + timedelta(days=served_after)

    assert watched <= decided_on + timedelta(days=RULES.appeal["appeal"].days)
    assert watched <= served + timedelta(days=RULES.appeal["opposition"].days)
    assert watched <= clocks.after_months(served + timedelta(days=1), 3)


@pytest.mark.parametrize("shorter", sorted(RULES.appeal))
def test_the_shorter_of_appeal_and_opposition_is_watched(shorter: str) -> None:
    """Whichever a law shortens."""
    cut = msgspec.structs.replace(RULES.appeal[shorter], days=5)
    rules = msgspec.structs.replace(RULES, appeal={**RULES.appeal, shorter: cut})

    assert clocks.appeal_until(date(2026, 11, 20), rules) == date(2026, 11, 24)


@pytest.mark.parametrize(("hours", "whole"), [(25.5, 25), (-25.5, -25), (0.2, 0)])
def test_the_skew_is_told_in_whole_hours(hours: float, whole: int) -> None:
    """Positive when the form arrived after it was finished."""
    assert clocks.skew_h(START + timedelta(hours=hours), START) == whole
