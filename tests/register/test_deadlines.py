"""Deadlines of an organisation: only ever shorter, decided like everything else, and the same after a rebuild."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from sync_scripts.register.care import rebuild
from sync_scripts.register.decisions.base import deciding
from sync_scripts.register.decisions.rule_changes import shorten
from sync_scripts.register.rules import own_deadlines
from sync_scripts.register.rules.own_deadlines import TIMES, DeadlineLonger, shortened, suitable_deadlines
from sync_scripts.register.rules.ruleset import load
from sync_scripts.store.database import Register
from sync_scripts.store.schema import register as tables
from tests.register.field import ALERT, COORDINATOR, Field, changed

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
