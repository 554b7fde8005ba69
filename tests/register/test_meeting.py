"""What counts as having reached somebody: an interview, a visit or a talk; never a file, a court date, or a visit that met nobody."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from sync_scripts.intake import evidence
from sync_scripts.register.decisions.guard_facts import unreached
from sync_scripts.register.forms.record_reader import Reader
from sync_scripts.servers.desk import LEGACY
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Register
from tests import every_decision
from tests.decisions.work import CASE_CODE, Work, begin
from tests.register.beginnings import played_once
from tests.register.field import ALERT, FOLLOWUP, changed, closing, dealt, known, service

DANGER = changed(ALERT, {"danger": {"danger_now": "yes"}})
NEW = dealt(1, "AL")


def visit(kind: str, *more: dict[str, Any]) -> dict[str, Any]:
    """Return a follow-up of a type on the case."""
    return changed(FOLLOWUP, {"header": {"case_code": CASE_CODE, "fu_type": kind}}, *more)


def served(kind: str, status: str, *more: dict[str, Any]) -> dict[str, Any]:
    """Return a follow-up of a type on a service that is somewhere."""
    return changed(service(CASE_CODE, status), {"header": {"fu_type": kind}}, *more)


UNHEARD = {"result": {"outcome": "unknown", "risk_change": "unknown"}}
REACHED: dict[str, tuple[str, dict[str, Any]]] = {
    "interview": ("case", known(CASE_CODE)),
    "visit": ("followup", visit("contact")),
    "visit of which one thing was heard": ("followup", visit("contact", {"result": {"outcome": "unknown"}})),
    "security": ("followup", visit("security")),
    "care done": ("followup", served("medical", "done")),
    "care goes on": ("followup", served("medical", "ongoing")),
    "she said no to care": ("followup", served("medical", "declined")),
    "care of which somebody tells": (
        "followup",
        served("medical", "accepted", {"medical": {"hours_to_care": "34"}}),
    ),
    "talks": ("followup", served("psychosocial", "ongoing")),
    "how she is": ("followup", served("psychosocial", "referred", {"pss": {"wellbeing": "2"}})),
}
NOT_REACHED: dict[str, tuple[str, dict[str, Any]]] = {
    "adjourned": (
        "followup",
        visit("legal", {"legal": {"legal_step": "adjourned", "hearing_at": "2026-12-20T09:00:00.000+01:00"}}),
    ),
    "shelter": ("followup", visit("shelter", {"shelter": {"shelter_code": "AB-1"}})),
    "money": ("followup", visit("economic", {"economic": {"support_kind": "cash"}})),
    "service": ("followup", service(CASE_CODE, "done")),
    "a type that nobody knows": ("followup", visit("phoned")),
    "no type": ("followup", visit("contact", {"header": {"fu_type": None}})),
    "visit at which nobody was there": ("followup", visit("contact", UNHEARD)),
    "security, nobody there": ("followup", visit("security", UNHEARD)),
    "care not done": ("followup", served("medical", "not_done")),
    "care called off": ("followup", served("medical", "revoked")),
    "care asked for": ("followup", served("medical", "referred")),
    "care promised": ("followup", served("medical", "accepted")),
    "no session yet": ("followup", served("psychosocial", "accepted", {"pss": {"pss_meetings": "0"}})),
    "request to close": ("closure", closing(CASE_CODE)),
}


@pytest.fixture
@played_once
def work(sqlite_register: Register) -> Work:
    """A critical alert in a case that was there before it: nobody has called since."""
    made = begin(sqlite_register)
    made.field.send("alert", "r2", DANGER)
    made.do(every_decision.triage, NEW)
    made.do(every_decision.link, NEW, CASE_CODE)
    return made


def contact_at(work: Work) -> str | None:
    """Return when the first contact of the new alert ended."""
    rows = work.tasks("first_contact") + work.tasks("first_contact", done=True)
    (mine,) = (row for row in rows if row["subject"] == "alert:alert/r2")
    found: str | None = mine["done_at"]
    return found


def lost(work: Work) -> tuple[int, int]:
    """Return how many tries in a row failed, and for how many days nobody reached the person."""
    with work.field.register.reading() as rows:
        found = unreached(rows, CASE_CODE, work.case()["opened_at"], work.field.now, proved=False)
    return found.failed, found.days


def fail(work: Work) -> None:
    """Write down three tries that failed, and let five days pass."""
    for _ in range(3):
        work.do(every_decision.contact, CASE_CODE, reached=False)
    work.field.later(days=5, hours=5)


@pytest.mark.parametrize("form", REACHED.values(), ids=REACHED)
def test_whoever_was_met_was_reached(work: Work, form: tuple[str, dict[str, Any]]) -> None:
    """It ends the first contact, the row of tries that failed, and the days without her."""
    fail(work)
    work.field.send(form[0], "x1", form[1])

    assert contact_at(work) == _half_an_hour_before(work.field.now)
    assert lost(work) == (0, 0)
    assert work.tasks("suspend_review") == []


@pytest.mark.parametrize("form", NOT_REACHED.values(), ids=NOT_REACHED)
def test_whoever_was_not_met_was_not_reached(work: Work, form: tuple[str, dict[str, Any]]) -> None:
    """The critical call stays due and is told of; the tries go on counting, and so do the days."""
    fail(work)
    before = lost(work)
    work.field.send(form[0], "x1", form[1])

    assert contact_at(work) is None
    assert lost(work)[0] == before[0] == 3
    assert lost(work)[1] >= before[1] >= 5
    assert len(work.tasks("suspend_review")) == 1


def test_a_file_reaches_nobody(work: Work) -> None:
    """Evidence that was brought to the desk says nothing of her."""
    fail(work)
    before = lost(work)
    evidence._know(work.field.register, work.field.now)
    said = {"case_code": CASE_CODE, "item": [{"uid": "e1", "type": "photo"}]}
    work.field.send("evidence", "x1", said, reader=Reader(evidence.MAP), server="desk")

    assert contact_at(work) is None
    assert lost(work)[0] == before[0] == 3
    assert lost(work)[1] >= before[1] >= 5


def test_a_row_of_an_old_list_reaches_nobody(work: Work) -> None:
    """It is filed as an interview, and nobody was met when it was imported."""
    fail(work)
    before = lost(work)
    work.field.send("case", "x1", known(CASE_CODE), server=LEGACY)

    assert contact_at(work) is None
    assert lost(work)[0] == before[0] == 3
    assert lost(work)[1] >= before[1] >= 5


@pytest.mark.parametrize("at_the_desk", [False, True])
def test_a_visit_that_was_a_court_date_ends_nothing_once_that_is_put_right(
    work: Work, *, at_the_desk: bool
) -> None:
    """By an edit on the phone or a correction at the desk; then the call is due as before."""
    for _ in range(3):
        work.do(every_decision.contact, CASE_CODE, reached=False)
    work.field.send("followup", "x1", visit("contact"))
    assert contact_at(work) is not None
    assert lost(work)[0] == 0
    if at_the_desk:
        work.do(every_decision.correct, CASE_CODE, "followup.fu_type", "legal", reason="It was a court date")
    else:
        work.field.send("followup", "x1", visit("legal"), edit=1)

    assert contact_at(work) is None
    assert lost(work)[0] == 3


def _half_an_hour_before(at: datetime) -> str:
    """Return when a phone ended what arrived then."""
    return instant(at - timedelta(minutes=30))
