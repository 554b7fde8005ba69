"""The chain of custody and the events: order, hashes over canonical bytes, and who decided."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from sync_scripts.store import custody, events
from sync_scripts.store.canonical import canonical
from sync_scripts.store.database import PROGRAM, Actor, Register
from sync_scripts.store.errors import ChainBroken
from sync_scripts.store.events import NewEvent
from tests.store.databases import NOW, PERSON, WORKSPACE

LATER = NOW + timedelta(hours=1)


def test_a_line_is_canonical_and_names_the_line_before(register: Register) -> None:
    """An outsider checks the chain with sha256sum alone."""
    with register.writing() as rows:
        custody.append(rows, [custody.Entry("RECEIVED", "dikalo", "c0", {"b": 1, "a": "é"})], NOW)
        custody.append(
            rows, [custody.Entry("OPENED", "coord-1", "s1"), custody.Entry("SEALED", "x", "y")], NOW
        )
    with register.reading() as rows:
        lines = list(custody.read(rows))

    assert lines[0].text == (
        '{"action":"RECEIVED","actor":"dikalo","at":"2026-11-25T08:00:00.000000Z",'
        '"details":{"a":"é","b":1},"object":"c0","prev":"' + "0" * 64 + '","seq":1}'
    )
    assert [line.seq for line in lines] == [1, 2, 3]
    for before, line in pairwise(lines):
        assert before.hash == hashlib.sha256(before.text.encode()).hexdigest() == line.entry["prev"]


def test_reading_goes_on_behind_a_number(register: Register) -> None:
    """An anchor is compared with what came since."""
    with register.writing() as rows:
        custody.append(rows, [custody.Entry("RECEIVED", "x", str(n)) for n in range(5)], NOW)
        assert [line.seq for line in custody.read(rows, after=3)] == [4, 5]
        last = custody.head(rows)
    assert last is not None
    assert last.seq == 5


SQLITE_GUARDS = "SELECT name FROM sqlite_master WHERE type = 'trigger'"


def unguarded(register: Register, statement: str, **values: object) -> None:
    """Do what somebody with the key could do outside the program."""
    with register.writing() as rows:
        if register.dialect == "sqlite":
            for name in [*rows.execute(text(SQLITE_GUARDS)).scalars()]:
                rows.execute(text(f"DROP TRIGGER {name}"))
        else:
            rows.execute(text("SET LOCAL session_replication_role = replica"))
        rows.execute(text(statement), values)


@pytest.mark.parametrize(
    ("statement", "seq"),
    [
        ("UPDATE custody SET line = replace(line, '\"x\"', '\"y\"') WHERE seq = 2", 2),
        ("UPDATE custody SET hash = 'x' WHERE seq = 3", 3),
        ("DELETE FROM custody WHERE seq = 1", 1),
        ("DELETE FROM custody WHERE seq = 2", 2),
        ("UPDATE custody SET line = 'no json' WHERE seq = 4", 4),
    ],
)
def test_a_changed_chain_is_found(register: Register, statement: str, seq: int) -> None:
    """A line changed, removed or added outside the program is named by its number."""
    with register.writing() as rows:
        custody.append(rows, [custody.Entry("RECEIVED", "x", str(n)) for n in range(5)], NOW)
        assert custody.check(rows) == 5
    unguarded(register, statement)

    with register.reading() as rows, pytest.raises(ChainBroken) as caught:
        custody.check(rows)
    assert caught.value.seq == seq


def test_a_line_that_was_recalculated_alone_is_found(register: Register) -> None:
    """Changing a line and its hash is not enough: the next line names the old one."""
    with register.writing() as rows:
        custody.append(rows, [custody.Entry("RECEIVED", "x", str(n)) for n in range(3)], NOW)
        line = next(custody.read(rows))
    changed = line.text.replace('"x"', '"y"')
    digest = hashlib.sha256(changed.encode()).hexdigest()
    statement = "UPDATE custody SET line = :line, hash = :hash WHERE seq = 1"
    unguarded(register, statement, line=changed, hash=digest)

    with register.reading() as rows, pytest.raises(ChainBroken) as caught:
        custody.check(rows)
    assert caught.value.seq == 2


def decide(
    register: Register, *subjects: str, now: object = NOW, actor: Actor = PERSON
) -> list[events.Event]:
    """Write one decision about each subject."""
    new = [NewEvent("alert.triage", subject, actor, {"urgency": "high"}) for subject in subjects]
    with register.writing() as rows:
        return events.append(rows, new, now)  # type: ignore[arg-type]


def test_an_event_keeps_who_decided_and_how_that_was_proved(register: Register) -> None:
    """Later guards accept a second person only by his own key."""
    decide(register, "alert:1", actor=Actor("coord-1", "key"))
    decide(register, "alert:2", actor=Actor("coord-2", "claimed"))
    decide(register, "alert:3", actor=PROGRAM)

    with register.reading() as rows:
        found = [(event.actor.code, event.actor.proof) for event in events.read(rows)]
    assert found == [("coord-1", "key"), ("coord-2", "claimed"), ("dikalo", "rule")]


def test_a_clock_set_back_changes_no_order(register: Register) -> None:
    """The time of an event is after that of every event it could have known."""
    decide(register, "alert:1", now=LATER)
    made = decide(register, "alert:2", "alert:3", now=NOW)

    assert [event.at for event in made] == ["2026-11-25T09:00:00.000001Z", "2026-11-25T09:00:00.000002Z"]
    assert [event.seq for event in made] == [2, 3]


def test_each_workspace_counts_for_itself(register: Register) -> None:
    """Two laptops on one register number their own events, and their order is by time."""
    decide(register, "alert:1", now=NOW)
    other = "f" * 32
    register.workspace_id = other
    decide(register, "alert:2", now=NOW)
    register.workspace_id = WORKSPACE
    decide(register, "alert:3", now=NOW)

    with register.reading() as rows:
        found = [(event.workspace, event.seq, event.subject) for event in events.read(rows)]
        assert events.check(rows) == 3
    assert found == [(WORKSPACE, 1, "alert:1"), (other, 1, "alert:2"), (WORKSPACE, 2, "alert:3")]


def test_reading_chooses_by_subject_and_kind(register: Register) -> None:
    """A rebuild of one alert reads its own decisions only, however many are asked for at once."""
    decide(register, *(f"alert:{n}" for n in range(1200)))
    wanted = [f"alert:{n}" for n in range(0, 1200, 2)]

    with register.reading() as rows:
        found = [event.subject for event in events.read(rows, subjects=wanted)]
        assert found == wanted
        assert not list(events.read(rows, subjects=wanted, ops=["case.open"]))
        assert len(list(events.read(rows, ops=["alert.triage"]))) == 1200
        assert not list(events.read(rows, subjects=[]))


@pytest.mark.parametrize(
    ("statement", "value"),
    [
        ("UPDATE event SET payload = :value WHERE seq = 2", "{}"),
        ("UPDATE event SET actor_code = :value WHERE seq = 2", "someone"),
        ("UPDATE event SET proof = :value WHERE seq = 2", "claimed"),
        ("UPDATE event SET at = :value WHERE seq = 2", "2026-11-25T08:00:00.000009Z"),
    ],
)
def test_a_changed_event_is_found(register: Register, statement: str, value: str) -> None:
    """A decision rewritten outside the program no longer fits its chain."""
    decide(register, "alert:1", "alert:2", "alert:3")
    unguarded(register, statement, value=value)

    with register.reading() as rows, pytest.raises(ChainBroken) as caught:
        events.check(rows)
    assert (caught.value.chain, caught.value.seq) == ("events", 2)


def test_what_is_given_back_is_what_stands(register: Register) -> None:
    """The caller acts on the event as a rebuild will read it."""
    made = decide(register, "alert:1")
    with register.reading() as rows:
        assert list(events.read(rows)) == made
    assert json.loads(json.dumps(made[0].payload)) == {"urgency": "high"}


TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | TEXTS,
    lambda below: st.lists(below) | st.dictionaries(TEXTS, below) | st.tuples(below, below),
    max_leaves=20,
)


@given(VALUES)
def test_the_fast_writer_writes_what_the_slow_one_does(value: object) -> None:
    """Who checks a chain with Python alone gets the same bytes."""
    slow = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)

    assert canonical(value) == slow
