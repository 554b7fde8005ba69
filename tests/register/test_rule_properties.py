"""What holds of the rules whatever they are asked: scores and floors, lowering, deadlines, caps, custody, tasks in a row."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync_scripts.register.case.tasks import Holder, Occasion, tasks_of
from sync_scripts.register.case.triage import Facts, highest, rate, triage
from sync_scripts.register.lifecycle.errors import ReasonMissing, check_lowering
from sync_scripts.register.rules import clocks
from sync_scripts.register.rules.ruleset import Urgency, load
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Actor
from sync_scripts.store.events import Event
from tests.register.test_triage import FACTS

RULES = load()
LEVELS: tuple[Urgency, ...] = ("low", "medium", "high", "critical")
START = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
INSTANTS = st.integers(-3_000_000, 3_000_000).map(lambda minutes: START + timedelta(minutes=minutes))
REASONS = st.sampled_from(["", "  ", "Checked by telephone"])


@settings(max_examples=400)
@given(FACTS)
def test_a_score_is_the_sum_of_its_points_and_no_floor_changes_it(facts: Facts) -> None:
    """Cut to 0 and 100; the level is the higher of what the score gives and the highest floor."""
    found = triage(facts)
    total = sum(one.points for one in found.reasons)
    by_score = max(
        (one for one in RULES.levels if found.score >= one.min_score), key=lambda one: one.rank
    ).code
    floors = [one.floor for one in found.reasons if one.floor]

    assert found.score == max(RULES.score.min, min(RULES.score.max, total))
    assert found.level == highest([by_score, *floors])


@given(FACTS)
def test_the_same_facts_and_rules_give_the_same_result(facts: Facts) -> None:
    """Also when nothing is remembered of an earlier answer."""
    assert rate(facts, RULES) == triage(facts) == rate(facts, RULES)


@given(st.sampled_from([None, *LEVELS]), st.sampled_from([None, *LEVELS]), REASONS)
def test_raising_is_free_and_lowering_needs_a_reason(
    stands: Urgency | None, wanted: Urgency | None, reason: str
) -> None:
    """And nothing else is refused."""
    lowered = stands is not None and wanted is not None and RULES.rank(wanted) < RULES.rank(stands)
    if lowered and not reason.strip():
        with pytest.raises(ReasonMissing):
            check_lowering("AL-1", stands, wanted, reason, RULES)
    else:
        check_lowering("AL-1", stands, wanted, reason, RULES)


@given(st.sampled_from(LEVELS), st.sampled_from(LEVELS), INSTANTS)
def test_what_is_more_urgent_is_never_due_later(one: Urgency, other: Urgency, start: datetime) -> None:
    """First contact, first action, supervision, assessment and visits; a step up is never after the due time."""
    low, high = sorted((one, other), key=RULES.rank)
    times, more = clocks.due(low, start, RULES), clocks.due(high, start, RULES)
    slow, fast = RULES.deadlines[low], RULES.deadlines[high]

    assert more.contact <= times.contact
    assert more.action <= times.action
    assert fast.supervision_h <= slow.supervision_h
    assert fast.assessment_h <= slow.assessment_h
    assert fast.followup_d <= slow.followup_d
    assert start <= clocks.escalation(high, start, more.contact, RULES) <= more.contact


@given(INSTANTS, INSTANTS, st.lists(INSTANTS))
def test_nothing_is_due_after_a_limit_that_is_still_ahead(
    due_at: datetime, start: datetime, limits: list[datetime]
) -> None:
    """Whatever time frame or day is said; a limit that had passed caps nothing, and adding one never moves it later."""
    capped = clocks.capped(due_at, limits, start)

    assert all(capped <= limit for limit in limits if limit > start)
    assert clocks.capped(due_at, [*limits, START], start) <= capped
    assert clocks.capped(capped, limits, start) == capped


@given(INSTANTS, st.sampled_from([None, *RULES.custody]))
def test_custody_is_looked_at_before_each_limit_and_never_later_than_the_law(
    arrested: datetime, basis: str | None
) -> None:
    """Whatever the basis, also an unknown one: the first look is within the first 48 hours."""
    clock = clocks.custody(arrested, basis, RULES)
    reminders = list(clock.reminders())

    assert reminders
    assert all(due_at < limit for limit, due_at in reminders)
    assert min(due_at for _limit, due_at in reminders) < arrested + timedelta(hours=48)
    assert min(limit for limit, _due in reminders) == arrested + timedelta(hours=48)


@given(st.sampled_from(LEVELS), st.lists(st.integers(0, 5000), max_size=6))
def test_of_tasks_in_a_row_one_is_open_and_each_waits_for_the_one_before(
    level: Urgency, waits: list[int]
) -> None:
    """Each is due a whole interval after the last was ended, however early or late that was; no two are the same."""
    every, events, now = timedelta(hours=RULES.deadlines[level].supervision_h), list[Event](), START
    for number, minutes in enumerate(waits):
        (*_, open_one) = in_a_row(level, events)
        now += timedelta(minutes=minutes)
        said = {"task": open_one["task_id"], "kind": "supervision", "reason": "x"}
        events.append(Event("w", number, instant(now), "task.done", "case:X", said, Actor("A", "key"), ""))
    made = in_a_row(level, events)

    assert len({row["task_id"] for row in made}) == len(made) == len(waits) + 1
    assert made[-1]["due_at"] == instant((now if waits else START) + every)


def in_a_row(level: Urgency, events: list[Event]) -> list[dict[str, str]]:
    """Return the supervisions of a case, as decisions ended them."""
    table = (("supervision", lambda at: [Occasion(at)]),)
    return list(tasks_of(START, Holder(1, "case:X", None, RULES, level, events), table))
