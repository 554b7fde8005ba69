"""Two laptops decide at once on one PostgreSQL register: every end is that of some order of the two, nothing is lost."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from sync_scripts.register import decisions as d
from sync_scripts.store import events as store_events
from sync_scripts.store.schema import register as tables
from tests.decisions.hands import decide_all, shared
from tests.decisions.work import CASE_CODE, Work, begin
from tests.register.field import ALERT, dealt

pytestmark = pytest.mark.once

ALERTS = 8
LAPTOPS = (("1" * 32, "RD-01"), ("2" * 32, "RD-02"))


def test_two_laptops_at_once_come_to_the_end_of_some_order(new_database: Callable[[], str]) -> None:
    """Each alert is opened once, each note follows from the one before, and each laptop has its own unbroken chain."""
    url = new_database()
    work: Work = begin(shared(url, "0" * 32))
    codes = [dealt(number, "AL") for number in range(1, ALERTS + 1)]
    for number, code in enumerate(codes, 1):
        work.field.send("alert", f"s{number}", ALERT)
        work.do(d.triage, code)
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
    work.field.register.close()
