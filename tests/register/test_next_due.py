"""When a case is looked after next, as a person decides: the routine visit moves, nothing else does."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from sync_scripts.register.care import rebuild
from sync_scripts.register.case_decisions.cases import DayPast, EarlierDeadline, assign, set_next_due
from sync_scripts.register.decisions.base import deciding
from sync_scripts.store import events as store_events
from sync_scripts.store.database import Register
from sync_scripts.store.schema import register as tables
from tests.register.beginnings import played_once
from tests.register.field import CASE, COORDINATOR, FOLLOWUP, Field, changed, dealt, service

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


def decide(field: Field, day: date) -> bool:
    """Decide for the one case."""
    with deciding(field.register, COORDINATOR, field.later()) as by:
        return set_next_due(by, dealt(0, "DK"), day)


def test_a_person_says_when_the_case_is_looked_after_next(field: Field) -> None:
    """The day stands in the register, the event says what it was, and a rebuild comes to the same."""
    assert next_due(field) == "2026-12-01"
    assert decide(field, date(2026, 12, 9))
    assert not decide(field, date(2026, 12, 9))
    assert next_due(field) == "2026-12-09"
    with field.register.reading() as rows:
        (event,) = store_events.read(rows, ops=["case.due"])
    assert event.payload == {"was": "2026-12-01", "next_due": "2026-12-09"}
    before = field.everything()
    rebuild.rebuild(field.register, field.now)
    assert field.everything() == before


def test_the_next_visit_sets_the_next_day_again(field: Field) -> None:
    """What was decided counts until somebody was there."""
    decide(field, date(2026, 12, 9))
    field.send(
        "followup",
        "f1",
        changed(FOLLOWUP, {"header": {"case_code": dealt(0, "DK")}, "result": {"next_due": "2026-12-20"}}),
    )
    assert next_due(field) == "2026-12-20"


def test_a_day_that_has_passed_is_refused(field: Field) -> None:
    """Nothing is planned for yesterday."""
    with pytest.raises(DayPast) as caught:
        decide(field, date(2026, 11, 1))
    assert "2026-11-01" in caught.value.words()
    assert next_due(field) == "2026-12-01"


def test_other_tasks_keep_their_own_time_and_do_not_stand_in_the_way(field: Field) -> None:
    """A referral that waits for its answer stays due that day; the case shows the day that was decided."""
    field.send("followup", "f2", service(dealt(0, "DK"), "referred"))
    with field.register.reading() as rows:
        before = rows.execute(ANSWERS).scalars().all()
    assert decide(field, date(2026, 12, 9))
    assert next_due(field) == "2026-12-09"
    with field.register.reading() as rows:
        assert rows.execute(ANSWERS).scalars().all() == before != []


def test_what_the_law_sets_is_not_hidden_behind_a_later_day(field: Field) -> None:
    """A limit of custody stands before any plan: refused, and named."""
    assert decide(field, date(2026, 12, 9))
    with field.register.writing() as rows:
        limit = {"kind": "custody_limit", "due_at": "2026-11-27T09:00:00.000000Z"}
        rows.execute(tables.task.update().where(tables.task.c.kind == "followup").values(**limit))
    with pytest.raises(EarlierDeadline) as caught:
        decide(field, date(2026, 12, 10))
    assert (caught.value.kind, caught.value.due) == ("custody_limit", "2026-11-27")
    assert "2026-11-27" in caught.value.words()


def test_what_has_passed_already_stands_in_nobody_s_way(field: Field) -> None:
    """A hearing of last week is still to be told of; the next day is planned all the same, and shown."""
    with field.register.writing() as rows:
        hearing = {"kind": "hearing", "due_at": "2026-11-19T09:00:00.000000Z"}
        rows.execute(tables.task.update().where(tables.task.c.kind == "followup").values(**hearing))
    assert decide(field, date(2026, 12, 9))
    assert next_due(field) == "2026-12-09"
