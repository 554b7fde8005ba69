"""What a clock that was years ahead says of who was reached hides no try that failed since."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sync_scripts.register.decisions.guard_facts import Unreached, unreached
from sync_scripts.store.database import Register
from tests import every_decision
from tests.decisions.work import CASE_CODE, Work, begin
from tests.register.field import COORDINATOR, FOLLOWUP, changed

FAR = timedelta(days=1500)
VISIT = changed(FOLLOWUP, {"header": {"case_code": CASE_CODE}})


@pytest.fixture
def work(register: Register) -> Work:
    """Give a case of one woman."""
    return begin(register)


def tried(work: Work, *, reached: bool) -> int:
    """Write down by the right clock that somebody tried to reach her, and return how many tries in a row failed by then."""
    found: int = work.do(every_decision.contact, CASE_CODE, reached=reached).failed
    return found


def ahead(work: Work, *, reached: bool) -> None:
    """Write down the same by a clock that is four years ahead; by the right clock no time goes by."""
    with every_decision.deciding(
        work.field.register, COORDINATOR, work.field.now + FAR, draw=work.field.draw
    ) as by:
        every_decision.contact(by, CASE_CODE, reached=reached)


def stands(work: Work) -> Unreached:
    """Return how it stands now."""
    with work.field.register.reading() as rows:
        return unreached(rows, CASE_CODE, work.case()["opened_at"], work.field.now, proved=True)


def visited(work: Work) -> None:
    """Let a visit be keyed in by such a clock, and a note be written after it."""
    work.field.now += FAR
    work.field.send("followup", "f1", VISIT, server="desk")
    work.do(every_decision.set_note, CASE_CODE, "Visited")
    work.field.now -= FAR


def test_tries_after_a_call_of_that_clock_count(work: Work) -> None:
    """She was reached as it says, and then no more: three tries propose a suspension, and the days are those since."""
    tried(work, reached=False)
    ahead(work, reached=True)

    assert [tried(work, reached=False) for _ in range(3)] == [1, 2, 3]
    assert len(work.tasks("suspend_review")) == 1
    work.field.later(days=100)
    assert stands(work).days == 100
    assert stands(work).lost


def test_tries_after_a_visit_that_was_keyed_in_by_it_count(work: Work) -> None:
    """The visit counts from no later than the turn."""
    visited(work)

    assert [tried(work, reached=False) for _ in range(3)] == [1, 2, 3]
    assert len(work.tasks("suspend_review")) == 1
    work.field.later(days=100)
    assert stands(work).lost


def test_tries_of_that_clock_end_with_a_call_by_the_right_one(work: Work) -> None:
    """They were before it, whatever time stands beside them."""
    for _ in range(3):
        ahead(work, reached=False)

    assert tried(work, reached=True) == 0
    assert stands(work) == Unreached(0, 0)
    assert work.tasks("suspend_review") == []


def test_within_what_that_clock_wrote_the_order_stays(work: Work) -> None:
    """A try after the call counts, the call itself is before it."""
    for reached in (False, True, False):
        ahead(work, reached=reached)

    assert tried(work, reached=False) == 2
