"""What somebody answered where a case went on first stays answered further on, and what comes there is news all the same."""

from __future__ import annotations

from itertools import permutations
from typing import Final

import pytest

from sync_scripts.register.rules.kinds import AWAY
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Register
from tests import every_decision
from tests.decisions.test_new_danger import SOON, THREATS, listed
from tests.decisions.test_other_danger import DYING
from tests.decisions.work import Work, begin
from tests.register.beginnings import played_once
from tests.register.field import ALERT, COORDINATOR, dealt, known

CODES: Final = tuple(dealt(number, "DK") for number in range(4))
ORDERS: Final = list(permutations(CODES[:3]))


@pytest.fixture
@played_once
def work(sqlite_register: Register) -> Work:
    """Give four cases of no danger, each with an interview of the same number."""
    made = begin(sqlite_register)
    for number in (1, 2, 3):
        made.field.send("alert", f"r{number + 1}", ALERT)
        made.do(every_decision.triage, dealt(number, "AL"))
        assert made.do(every_decision.open_case, dealt(number, "AL"), owner="RD-02").case == CODES[number]
    for code in CODES:
        made.field.send("case", form(code), known(code))
    return made


def form(code: str) -> str:
    """Return the root of the interview of a case."""
    return f"t{CODES.index(code)}"


def merge(work: Work, code: str, into: str) -> None:
    """Merge one case into another."""
    work.do(every_decision.merge, code, into, reason="Same facts")


def waiting(work: Work) -> list[tuple[str, str]]:
    """Return of which case a danger waits for somebody, and until when."""
    return [(one["subject"].removeprefix("case:"), one["due_at"]) for one in work.tasks(AWAY)]


def soon(work: Work) -> str:
    """Return until when a danger that has just come waits."""
    return instant(work.field.now + SOON)


@pytest.mark.parametrize(("first", "second", "last"), ORDERS)
def test_what_was_answered_in_the_first_kept_case_is_not_asked_again_in_the_third(
    work: Work, first: str, second: str, last: str
) -> None:
    """What waits there still is asked until the time at which it was, and no earlier."""
    merge(work, first, second)
    work.field.send("case", "x1", known(first, THREATS))
    assert waiting(work) == [(first, soon(work))]
    work.do(every_decision.set_urgency, second, "critical")
    assert waiting(work) == []
    work.field.later(days=2)
    work.field.send("case", "x1", known(first, DYING), edit=1)
    until = soon(work)
    assert waiting(work) == [(first, until)]

    merge(work, second, last)
    assert waiting(work) == [(first, until)]
    assert work.sound()
    work.do(every_decision.set_urgency, last, "critical")
    assert waiting(work) == []
    merge(work, last, CODES[3])
    assert waiting(work) == []


@pytest.mark.spread(4)
@pytest.mark.parametrize(("first", "second", "last"), ORDERS)
@pytest.mark.parametrize("later", [False, True])
def test_an_edit_in_the_first_case_is_news_after_each_merge(
    work: Work, first: str, second: str, last: str, later: bool
) -> None:
    """Whichever of the two merges was first."""
    merge(work, *((second, last) if later else (first, second)))
    merge(work, *((first, last) if later else (second, last)))
    work.field.send("case", form(first), known(first, THREATS), edit=1)
    assert waiting(work) == [(first, soon(work))]
    assert listed(work, last) == "critical"
    work.do(every_decision.set_urgency, last, "critical")
    merge(work, last, CODES[3])
    assert waiting(work) == []
    work.field.send("case", form(first), known(first, DYING), edit=2)
    assert waiting(work) == [(first, soon(work))]


# --- merges of an earlier version ---------------------------------------------------------------------------------


def merged_before(work: Work, code: str, into: str, level: str = "medium") -> None:
    """Write what an earlier version wrote of a merge: the level alone."""
    said = {"was": "open_intake", "to": "merged", "reason": "x", "into": into, "owner_code": "RD-01"}
    with every_decision.deciding(work.field.register, COORDINATOR, work.field.later()) as by:
        by.write(
            by.event("case.move", f"case:{code}", said),
            by.event("case.takes", f"case:{into}", {"case_code": code, "urgency": level}),
        )


@pytest.mark.parametrize(("first", "second", "last"), ORDERS)
def test_of_merges_of_an_earlier_version_an_edit_in_the_first_case_is_seen(
    work: Work, first: str, second: str, last: str
) -> None:
    """The level at which it was taken is kept where it was taken, and not at the end of the way."""
    merged_before(work, first, second)
    merged_before(work, second, last)
    work.field.send("case", form(first), known(first, THREATS), edit=1)
    assert waiting(work) == [(first, soon(work))]
    assert listed(work, last) == "critical"


def test_what_was_answered_before_a_merge_of_an_earlier_version_stays_answered(work: Work) -> None:
    """It kept nothing of what was known behind the case that it merged."""
    first, second, last, _ = CODES
    merge(work, first, second)
    work.field.send("case", form(first), known(first, THREATS), edit=1)
    work.do(every_decision.set_urgency, second, "critical")
    merged_before(work, second, last, "critical")
    assert waiting(work) == []
    work.field.send("case", form(first), known(first, DYING), edit=2)
    assert waiting(work) == [(first, soon(work))]
