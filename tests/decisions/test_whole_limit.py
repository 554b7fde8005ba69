"""Somebody was brought before the prosecutor: all reminders of that custody end with one word, and those of nothing else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sync_scripts.register.model.errors import OwnHandMissing
from sync_scripts.register.obligations.legal_limits import same_matter
from sync_scripts.store.database import Actor, Register
from tests import every_decision
from tests.decisions.work import CASE_CODE, Work, begin
from tests.register.beginnings import played_once
from tests.register.field import CASE, act, changed, known
from tests.register.test_critical import ARRESTED, legal

HELD = {"arrested_at": ARRESTED, "legal_basis": "preliminary"}
TYPED = Actor("CO-01", "claimed")
SAID: dict[str, Any] = {"reason": "Brought before the prosecutor on Saturday"}


@pytest.fixture
@played_once
def work(sqlite_register: Register) -> Work:
    """A case of two men who are held and one rape, with two hearings ahead."""
    made = begin(sqlite_register)
    acts = [
        act(1, violation="arrest_arbitrary", detention=HELD),
        act(2, violation="arrest_arbitrary", detention={**HELD, "legal_basis": "flagrante"}),
        act(3, violation="rape"),
    ]
    made.field.send("case", "c2", known(CASE_CODE, changed(CASE, {"acts": acts})))
    for number, days in enumerate((20, 40)):
        at = (made.field.now + timedelta(days=days)).isoformat()
        made.field.send(
            "followup", f"f{number}", legal(CASE_CODE, court=("tgi", "ca")[number], hearing_at=at)
        )
    return made


def left(work: Work) -> dict[tuple[str, str], int]:
    """Return how many reminders are open, by kind and subject."""
    found: dict[tuple[str, str], int] = {}
    for kind in ("custody_limit", "clinical_limit", "hearing"):
        for row in work.tasks(kind):
            place = (kind, row["subject"])
            found[place] = found.get(place, 0) + 1
    return found


def test_all_reminders_of_one_custody_end_and_of_no_other(work: Work) -> None:
    """Without it one ends, and how many stay is said; a rebuild comes to the same."""
    before = left(work)
    first = work.do(every_decision.end_task, CASE_CODE, "custody_limit", **SAID)
    (held,) = (place for place in before if left(work).get(place) != before[place])
    assert (first.also, first.left, left(work)[held]) == (0, 7, 7)
    done = work.do(every_decision.end_task, CASE_CODE, next_of(work, held), whole=True, **SAID)

    assert (done.also, done.left) == (6, 0)
    assert left(work) == {place: count for place, count in before.items() if place != held}


def next_of(work: Work, place: tuple[str, str]) -> str:
    """Return the id of an open reminder of a matter."""
    return next(str(row["task_id"]) for row in work.tasks(place[0]) if row["subject"] == place[1])


def test_one_hearing_ends_and_not_the_other(work: Work) -> None:
    """Both stand under the case."""
    done = work.do(every_decision.end_task, CASE_CODE, "hearing", whole=True, **SAID)

    assert (done.also, len(work.tasks("hearing"))) == (1, 2)
    assert {row["about"] for row in work.tasks("hearing")} == {"followup/f1"}


def test_what_was_said_by_mistake_is_taken_back_whole(work: Work) -> None:
    """Only what people ended: every reminder stands as it did."""
    before = left(work)
    work.do(every_decision.end_task, CASE_CODE, "custody_limit", whole=True, **SAID)
    opened = work.do(
        every_decision.open_task, CASE_CODE, "custody_limit", reason="It was the other one", whole=True
    )

    assert opened.also == 7
    assert left(work) == before


def test_only_a_proved_person_says_so(work: Work) -> None:
    """Of an appeal, too."""
    day = work.field.now.date().isoformat()
    work.field.send(
        "followup", "f9", legal(CASE_CODE, "judgment", "tpi", decision="conviction", decided_on=day)
    )
    for kind in ("custody_limit", "appeal_limit"):
        work.refused(OwnHandMissing, every_decision.end_task, CASE_CODE, kind, by=TYPED, whole=True, **SAID)


def test_a_task_that_is_no_reminder_is_alone(work: Work) -> None:
    """However many of its kind there are."""
    row = work.tasks("plan")[0]

    assert same_matter(row, [row, {**row, "task_id": "x"}]) == []
