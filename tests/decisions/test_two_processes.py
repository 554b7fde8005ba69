"""Two laptops decide at once on one PostgreSQL register: every end is that of some order of the two, nothing is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from datetime import timedelta
from multiprocessing import get_context

import pytest

from sync_scripts.store import events as store_events
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Actor
from sync_scripts.store.schema import register as tables
from tests import clock, every_decision
from tests.decisions.hands import decide_all, shared
from tests.decisions.work import CASE_CODE, Work, begin
from tests.register.field import ALERT, dealt

pytestmark = pytest.mark.once

ALERTS = 8
LAPTOPS = (("1" * 32, "RD-01"), ("2" * 32, "RD-02"))


@pytest.fixture
def begun(new_database: Callable[[], str]) -> Iterator[tuple[Work, str]]:
    """Give a register that several laptops can open, with a case in it, and its address."""
    url = new_database()
    with closing(shared(url, "0" * 32)) as register:
        yield begin(register), url


def test_two_laptops_at_once_come_to_the_end_of_some_order(begun: tuple[Work, str]) -> None:
    """Each alert is opened once, each note follows from the one before, and each laptop has its own unbroken chain."""
    work, url = begun
    codes = [dealt(number, "AL") for number in range(1, ALERTS + 1)]
    for number, code in enumerate(codes, 1):
        work.field.send("alert", f"s{number}", ALERT)
        work.do(every_decision.triage, code)
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        calls = [
            pool.submit(decide_all, url, workspace, worker, codes, CASE_CODE) for workspace, worker in LAPTOPS
        ]
        counted = [call.result(timeout=120) for call in calls]

    assert sum(opened for opened, _ in counted) == ALERTS
    assert sum(refused for _, refused in counted) == ALERTS
    rows = [row for row in work.field.rows(tables.alert) if row["code"] in codes]
    assert {row["state"] for row in rows} == {"opened"}
    assert len({row["case_code"] for row in rows}) == ALERTS
    with work.field.register.reading() as reading:
        store_events.check(reading)
        notes = [one for one in store_events.read(reading) if one.op == "case.note"]
    assert len(notes) == 2 * ALERTS
    assert {one.workspace for one in notes} == {workspace for workspace, _ in LAPTOPS}
    said = [None, *(one.payload["work_note"] for one in notes)]
    assert [one.payload["was"] for one in notes] == said[:-1], "no note was written over one that nobody saw"
    assert work.case()["work_note"] == said[-1]
    assert work.sound()


@pytest.mark.parametrize("behind", [timedelta(milliseconds=4), timedelta(minutes=40)])
def test_who_writes_last_has_the_last_word(begun: tuple[Work, str], behind: timedelta) -> None:
    """The clock of one laptop is behind, or was read before it waited for the other: what it writes then follows all the same."""
    work, url = begun
    now = clock.now()
    with closing(shared(url, "1" * 32)) as one, closing(shared(url, "2" * 32)) as other:
        for register, worker, at in (
            (other, "RD-02", now - behind - timedelta(milliseconds=1)),
            (one, "RD-01", now),
            (other, "RD-02", now - behind),
            (one, "RD-01", now + timedelta(milliseconds=1)),
        ):
            with every_decision.deciding(register, Actor(worker, "key"), at) as by:
                every_decision.set_note(by, CASE_CODE, worker)
        notes = [found for found in work.events() if found.op == "case.note"]
        assert [(found.payload["was"], found.payload["work_note"]) for found in notes] == [
            (None, "RD-02"),
            ("RD-02", "RD-01"),
            ("RD-01", "RD-02"),
            ("RD-02", "RD-01"),
        ]
        assert [found.at for found in notes] == sorted({found.at for found in notes})
        assert work.case()["work_note"] == "RD-01"
        assert work.sound()


def test_a_turn_concerns_what_every_laptop_wrote_before_it(begun: tuple[Work, str]) -> None:
    """Its number is one of the laptop that wrote it, and says nothing of the numbers of others."""
    work, url = begun
    now = clock.now()
    with closing(shared(url, "1" * 32)) as one, closing(shared(url, "2" * 32)) as other:
        for register, worker, at in (
            *[(one, f"RD-0{number}", now + timedelta(days=900)) for number in range(1, 6)],
            (other, "RD-06", now),
            (one, "RD-07", now + timedelta(minutes=1)),
        ):
            with every_decision.deciding(register, Actor(worker, "key"), at) as by:
                every_decision.set_note(by, CASE_CODE, worker)
        found = work.events()
        numbers = [event.seq for event in found if event.actor.code == "RD-05"]
        (turn,) = [event for event in found if event.op == store_events.TURNED]
        assert turn.seq < max(numbers), "else this shows nothing"
        assert [event.at for event in found] == sorted({event.at for event in found})
        assert max(event.at for event in found) <= instant(now + timedelta(minutes=2))
        assert work.case()["work_note"] == "RD-07"
        assert work.sound()
