"""Deadlines with a fixed clock: caps, dates of the facts, custody; an organisation's, only ever shorter; and the day that a person decides."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from sync_scripts.register.care import rebuild
from sync_scripts.register.case_decisions.cases import DayPast, EarlierDeadline, assign, set_next_due
from sync_scripts.register.decisions.base import deciding
from sync_scripts.register.decisions.rule_changes import shorten
from sync_scripts.register.rules import clocks, own_deadlines
from sync_scripts.register.rules.own_deadlines import TIMES, DeadlineLonger, shortened, suitable_deadlines
from sync_scripts.register.rules.ruleset import Urgency, load
from sync_scripts.store import events as store_events
from sync_scripts.store.database import Register
from sync_scripts.store.schema import register as tables
from tests.register.beginnings import played_once
from tests.register.field import ALERT, CASE, COORDINATOR, FOLLOWUP, Field, changed, dealt, service

URGENT = changed(ALERT, {"danger": {"danger_now": "yes"}})


def due(register: Register) -> list[tuple[str, str]]:
    """Return level and due time of the first contact of each alert."""
    alert, filing = tables.alert.c, tables.filing.c
    asked = select(alert.urgency, filing.first_received_at, alert.contact_due_at)
    asked = asked.join_from(tables.alert, tables.filing, filing.filing_no == alert.filing_no)
    with register.reading() as rows:
        found = rows.execute(asked.order_by(filing.filing_no)).all()
    return [
        (
            row.urgency,
            str(datetime.fromisoformat(row.contact_due_at) - datetime.fromisoformat(row.first_received_at)),
        )
        for row in found
    ]


def decide(register: Register, field: Field, changes: dict[str, object], *, dry_run: bool = False) -> bool:
    """Decide deadlines in a transaction of their own."""
    with deciding(register, COORDINATOR, field.later(), dry_run=dry_run) as by:
        return shorten(by, changes)


def test_a_shorter_deadline_holds_for_what_is_there_and_for_what_comes(register: Register) -> None:
    """Alerts of before and of after have the same clock; a rebuild finds nothing else."""
    field = Field(register)
    field.send("alert", "r1", URGENT)
    before = due(register)
    changed_it = decide(register, field, {"critical": {"first_contact_h": 2}})
    field.send("alert", "r2", URGENT)

    assert before == [("critical", "3:00:00")]
    assert changed_it
    assert due(register) == [("critical", "2:00:00")] * 2
    assert rebuild.check(register, field.later()).differing == ()


def test_it_is_taken_back_by_the_next_decision(register: Register) -> None:
    """The last decision counts whole; the same again is no decision; a trial leaves nothing."""
    field = Field(register)
    field.send("alert", "r1", URGENT)
    decide(register, field, {"critical": {"first_contact_h": 1}}, dry_run=True)
    tried = due(register)
    decide(register, field, {"critical": {"first_contact_h": 1}})
    again = decide(register, field, {"critical": {"first_contact_h": 1, "first_action_h": 24}})
    back = decide(register, field, {})

    assert tried == [("critical", "3:00:00")]
    assert (again, back) == (False, True)
    assert due(register) == [("critical", "3:00:00")]
    assert rebuild.check(register, field.later()).differing == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"critical": {"first_contact_h": 4}},
        {"critical": {"first_contact_h": 0}},
        {"critical": {"first_contact_h": True}},
        {"critical": {"first_contact_h": 1.5}},
        {"critical": {"escalate_at": 0}},
        {"urgent": {"first_contact_h": 1}},
        {"critical": 3},
    ],
)
def test_nothing_else_can_be_decided(register: Register, changes: dict[str, object]) -> None:
    """Longer, none, a word, another rule: refused with the limit, and nothing is written."""
    field = Field(register)
    with pytest.raises(DeadlineLonger) as refused:
        decide(register, field, changes)

    assert refused.value.code == "DK-J10"
    with register.reading() as rows:
        assert own_deadlines.own_deadlines(rows) == {}


LEVELS = st.sampled_from(sorted(load().deadlines))
OWN = st.dictionaries(LEVELS, st.dictionaries(st.sampled_from(TIMES), st.integers(1, 2000)))


@given(OWN)
def test_whatever_an_event_says_no_deadline_is_later_than_the_rules(own: dict[str, dict[str, int]]) -> None:
    """Also one that was written under another rules file."""
    made, rules = shortened(load(), own), load()

    for level, times in rules.deadlines.items():
        for name in TIMES:
            assert getattr(made.deadlines[level], name) <= getattr(times, name)
            wanted = min(own.get(level, {}).get(name, 9999), getattr(times, name))
            assert getattr(made.deadlines[level], name) == wanted
    assert made.custody == rules.custody


@given(OWN)
def test_what_is_suitable_is_kept_as_it_is(own: dict[str, dict[str, int]]) -> None:
    """Only what shortens is an own deadline."""
    try:
        found = suitable_deadlines(own)
    except DeadlineLonger:
        return
    rules = {str(level): times for level, times in load().deadlines.items()}
    assert all(
        said < getattr(rules[level], name) for level, one in found.items() for name, said in one.items()
    )


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


ANSWERS = select(tables.task.c.due_at).where(tables.task.c.kind == "referral_answer")


@pytest.fixture
@played_once
def field(register: Register) -> Field:
    """Give one case that was assessed and visited, with somebody in charge, a service under way, its next visit on 1 December."""
    made = Field(register)
    made.send("case", "c0", CASE)
    made.send(
        "followup",
        "f0",
        service(dealt(0, "DK"), "ongoing", service="legal", provider_code=None, timeframe=None),
    )
    with deciding(register, COORDINATOR, made.later()) as by:
        assign(by, dealt(0, "DK"), "RD-01", new=True)
    return made


def next_due(field: Field) -> str | None:
    """Return what the register says is due next."""
    found: str | None = field.one(tables.case)["next_due"]
    return found


def decide_next(field: Field, day: date) -> bool:
    """Decide for the one case."""
    with deciding(field.register, COORDINATOR, field.later()) as by:
        return set_next_due(by, dealt(0, "DK"), day)


def test_a_person_says_when_the_case_is_looked_after_next(field: Field) -> None:
    """The day stands in the register, the event says what it was, and a rebuild comes to the same."""
    assert next_due(field) == "2026-12-01"
    assert decide_next(field, date(2026, 12, 9))
    assert not decide_next(field, date(2026, 12, 9))
    assert next_due(field) == "2026-12-09"
    with field.register.reading() as rows:
        (event,) = store_events.read(rows, ops=["case.due"])
    assert event.payload == {"was": "2026-12-01", "next_due": "2026-12-09"}
    before = field.everything()
    rebuild.rebuild(field.register, field.now)
    assert field.everything() == before


def test_the_next_visit_sets_the_next_day_again(field: Field) -> None:
    """What was decided counts until somebody was there."""
    decide_next(field, date(2026, 12, 9))
    field.send(
        "followup",
        "f1",
        changed(FOLLOWUP, {"header": {"case_code": dealt(0, "DK")}, "result": {"next_due": "2026-12-20"}}),
    )
    assert next_due(field) == "2026-12-20"


def test_a_day_that_has_passed_is_refused(field: Field) -> None:
    """Nothing is planned for yesterday."""
    with pytest.raises(DayPast) as caught:
        decide_next(field, date(2026, 11, 1))
    assert "2026-11-01" in caught.value.words()
    assert next_due(field) == "2026-12-01"


def test_other_tasks_keep_their_own_time_and_do_not_stand_in_the_way(field: Field) -> None:
    """A referral that waits for its answer stays due that day; the case shows the day that was decided."""
    field.send("followup", "f2", service(dealt(0, "DK"), "referred"))
    with field.register.reading() as rows:
        before = rows.execute(ANSWERS).scalars().all()
    assert decide_next(field, date(2026, 12, 9))
    assert next_due(field) == "2026-12-09"
    with field.register.reading() as rows:
        assert rows.execute(ANSWERS).scalars().all() == before != []


def test_what_the_law_sets_is_not_hidden_behind_a_later_day(field: Field) -> None:
    """A limit of custody stands before any plan: refused, and named."""
    assert decide_next(field, date(2026, 12, 9))
    with field.register.writing() as rows:
        limit = {"kind": "custody_limit", "due_at": "2026-11-27T09:00:00.000000Z"}
        rows.execute(tables.task.update().where(tables.task.c.kind == "followup").values(**limit))
    with pytest.raises(EarlierDeadline) as caught:
        decide_next(field, date(2026, 12, 10))
    assert (caught.value.kind, caught.value.due) == ("custody_limit", "2026-11-27")
    assert "2026-11-27" in caught.value.words()


def test_what_has_passed_already_stands_in_nobody_s_way(field: Field) -> None:
    """A hearing of last week is still to be told of; the next day is planned all the same, and shown."""
    with field.register.writing() as rows:
        hearing = {"kind": "hearing", "due_at": "2026-11-19T09:00:00.000000Z"}
        rows.execute(tables.task.update().where(tables.task.c.kind == "followup").values(**hearing))
    assert decide_next(field, date(2026, 12, 9))
    assert next_due(field) == "2026-12-09"
