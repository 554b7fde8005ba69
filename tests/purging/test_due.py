"""What is due, by which rule and when: every line of the table of keeping, and nothing a day early."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_scripts.register.forms.answers import read_open_part, write_open_part
from sync_scripts.register.forms.formmap import FormMap
from sync_scripts.register.forms.record_reader import Reader
from sync_scripts.register.purging.carrying import reduced
from sync_scripts.register.rules.retention import Line, Unit, line_of, load, plan_id, plan_of
from sync_scripts.register.rules.ruleset import load as ruleset
from sync_scripts.store.canonical import instant, moment
from tests.register.field import ALERT, CASE, map_of, tree

START = datetime(2026, 1, 31, 10, 0, tzinfo=UTC)
ALERT_UNIT = Unit("alert:alert/u1", "AL-1", received_at=instant(START), alone=True)
CASE_UNIT = Unit("case:DK-1", "DK-1", left_at=instant(START))


def with_(unit: Unit, **more: Any) -> Unit:
    """Return a unit with some facts set."""
    return msgspec.structs.replace(unit, **more)


TABLE = [
    (ALERT_UNIT, "alert_without_case", "trace", datetime(2026, 7, 31, 22, 59, 59, tzinfo=UTC)),
    (with_(ALERT_UNIT, ended_at=instant(START)), "alert_ended", "identity", START + timedelta(days=30)),
    (with_(ALERT_UNIT, not_asked=True), "alert_not_asked", "identity", START + timedelta(days=7)),
    (
        with_(ALERT_UNIT, alone=False, not_asked=True),
        "alert_not_asked",
        "identity",
        START + timedelta(days=7),
    ),
    (
        with_(CASE_UNIT, retention="standard"),
        "case_standard",
        "identity",
        datetime(2029, 1, 31, 22, 59, 59, tzinfo=UTC),
    ),
    (
        with_(CASE_UNIT, retention="minimal"),
        "case_minimal",
        "trace",
        datetime(2027, 1, 31, 22, 59, 59, tzinfo=UTC),
    ),
    (
        with_(CASE_UNIT, retention="justice"),
        "case_justice",
        "trace",
        datetime(2036, 1, 31, 22, 59, 59, tzinfo=UTC),
    ),
    (CASE_UNIT, "case_undecided", "identity", datetime(2027, 1, 31, 22, 59, 59, tzinfo=UTC)),
]


def lines(unit: Unit, at: datetime) -> list[Line]:
    """Return the lines of a unit at a moment."""
    return line_of(unit, load(), ruleset(), at)


@pytest.mark.parametrize(
    ("unit", "rule", "depth", "due"), TABLE, ids=lambda one: one if isinstance(one, str) else None
)
def test_a_rule_counts_from_its_day_and_not_a_second_before(
    unit: Unit, rule: str, depth: str, due: datetime
) -> None:
    """The table of the domain, line by line."""
    assert [one.rule for one in lines(unit, due - timedelta(seconds=1))] == []
    (found,) = lines(unit, due)
    assert (found.rule, found.depth, moment(found.due_at)) == (rule, depth, due)


def test_of_several_rules_the_one_that_takes_most_counts() -> None:
    """A dismissed alert of last year is not asked for its identity first."""
    old = with_(ALERT_UNIT, ended_at=instant(START), not_asked=True)
    (found,) = lines(old, START + timedelta(days=300))
    assert found.rule == "alert_without_case"


def test_what_was_erased_is_due_again_only_when_more_goes() -> None:
    """First who it was, later all but the trace; never the same twice."""
    gone = with_(ALERT_UNIT, ended_at=instant(START), purged="identity")
    assert lines(gone, START + timedelta(days=40)) == []
    assert [one.depth for one in lines(gone, START + timedelta(days=300))] == ["trace"]
    assert lines(with_(gone, purged="trace"), START + timedelta(days=3000)) == []


def test_whoever_withdrew_is_erased_by_a_day_not_from_it() -> None:
    """The plan shows it at once; the 30 days are the last day."""
    unit = with_(CASE_UNIT, left_at=None, withdrawn_at=instant(START))
    (found,) = lines(unit, START)
    assert (found.rule, found.state) == ("case_withdrawn", "due")
    assert moment(found.due_at) == START + timedelta(days=30)


def test_a_withdrawal_that_nobody_else_looked_at_is_looked_at_first() -> None:
    """What one person wrote down of something urgent erases nothing by itself."""
    unit = with_(CASE_UNIT, left_at=None, withdrawn_at=instant(START), unchecked=True)
    (found,) = lines(unit, START)
    assert (found.rule, found.state) == ("case_withdrawn", "review")


@pytest.mark.parametrize("state", ["received", "triaged", "info_requested", "linked", "opened"])
@pytest.mark.parametrize("level", ["critical", "high"])
def test_an_urgent_alert_that_is_open_is_looked_at_first(level: str, state: str) -> None:
    """Whatever its time says; once it was dismissed, or is not urgent, it is due like any other."""
    unit = with_(ALERT_UNIT, not_asked=True, urgency=level, stands=state)
    (found,) = lines(unit, START + timedelta(days=8))
    assert (found.state, found.urgency, found.stands) == ("review", level, state)
    for calmer in (with_(unit, urgency="medium"), with_(unit, stands="dismissed")):
        assert [one.state for one in lines(calmer, START + timedelta(days=8))] == ["due"]
    assert [one.state for one in lines(with_(unit, hold=True), START + timedelta(days=8))] == ["held"]


def test_one_of_several_who_withdrew_is_a_persons_work() -> None:
    """The others' case goes on: no run touches it."""
    unit = with_(CASE_UNIT, left_at=None, some_withdrew=(("V2", instant(START)),))
    (found,) = lines(unit, START)
    assert (found.rule, found.state, found.who) == ("person_withdrawn", "by_hand", "V2")


@given(
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.sampled_from([None, "standard", "justice", "minimal"]),
    st.integers(0, 5000),
)
def test_a_hold_leaves_nothing_to_a_run(
    ended: bool, asked: bool, withdrew: bool, kept: str | None, days: int
) -> None:
    """Whatever the rules say, whenever: held."""
    at = START + timedelta(days=days)
    more = {"withdrawn_at": instant(START) if withdrew else None, "hold": True}
    alert = with_(ALERT_UNIT, ended_at=instant(START) if ended else None, not_asked=asked, **more)
    case = with_(CASE_UNIT, retention=kept, **more)
    assert {one.state for one in plan_of([alert, case], load(), ruleset(), at)} <= {"held"}


def test_the_name_of_a_plan_is_of_exactly_what_it_holds() -> None:
    """Another count, another mark, another order of rules: another plan."""
    (one,) = lines(ALERT_UNIT, START + timedelta(days=300))
    other = msgspec.structs.replace(one, items=one.items + 1)
    assert plan_id([one]) != plan_id([other])
    assert plan_id([one]) == plan_id([one])


# --- what stays of answers ----------------------------------------------------------------------------------------


def opened(form: str, said: Any) -> str:
    """Return the open part of a filled form."""
    return write_open_part(Reader(map_of(form)).open_tree(tree(said), lambda _kind, _text: 7))


def fields(form_map: FormMap, open_part: str) -> set[tuple[str, str]]:
    """Return which fields an open part still answers."""
    reading = Reader(form_map).read(read_open_part(open_part), "root")
    return {(record.entity, name) for record in reading.records for name in record.fields}


def test_nothing_sealed_leaves_even_its_mark(tmp_path: Any) -> None:
    """No mark of a sealed answer, no cut tag, no place or age that singles somebody out."""
    left = reduced(opened("alert", ALERT), map_of("alert"), load().keeps, "identity")
    assert "tag" not in left
    assert "{}" not in left
    assert "CM007002002" not in left
    kept = fields(map_of("alert"), left)
    assert {("alert", "region"), ("alert", "department"), ("alert", "victim_kind")} <= kept
    assert not kept & {("alert", "arrondissement"), ("alert", "safe_to_contact"), ("alert", "contact")}


@pytest.mark.parametrize("depth", ["identity", "trace"])
@pytest.mark.parametrize(("form", "said"), [("alert", ALERT), ("case", CASE)])
def test_what_is_left_is_never_more_than_there_was_and_reducing_again_changes_nothing(
    form: str, said: Any, depth: Any
) -> None:
    """Only leaves are taken out; what stays reads as it did."""
    whole, keeps = opened(form, said), load().keeps
    left = reduced(whole, map_of(form), keeps, depth)
    assert fields(map_of(form), left) < fields(map_of(form), whole)
    assert reduced(left, map_of(form), keeps, depth) == left
    levels = {(one.entity, one.field): one.level for one in map_of(form).questions}
    named = keeps.always | keeps.statistics
    for entity, name in fields(map_of(form), left):
        assert levels.get((entity, name), 0) <= 1 or f"{entity}.{name}" in named


def test_the_lists_of_what_stays_name_fields_that_there_are() -> None:
    """A misspelt field would be taken out in silence; one of level 3 would stay."""
    from xlsform.pack import register_fields

    known = register_fields()
    named = load().keeps.always | load().keeps.statistics
    for one in named:
        entity, _, name = one.partition(".")
        field = known.get((entity, name))
        assert field is not None, one
        assert field.level <= 2, one
