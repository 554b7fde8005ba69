"""What opens a task says from when it counts; its due time, its step up and whose it is follow from its kind, for every kind alike."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sync_scripts.register.building.case_tasks import CASE, NEWS
from sync_scripts.register.case.tasks import SUBMISSIONS, Holder, Matter, Occasion, earliest, tasks_of
from sync_scripts.register.obligations.alert_due import ALERT
from sync_scripts.register.obligations.legal_limits import COURTS, FACTS
from sync_scripts.register.obligations.service_tasks import SERVICE
from sync_scripts.register.rules.kinds import KINDS, allowed
from sync_scripts.register.rules.ruleset import load
from sync_scripts.store.canonical import instant

RULES = load()
AT = datetime(2026, 11, 25, 8, tzinfo=UTC)
HOLDER = Holder(7, "case:X", "RD-01", RULES, "high")
TABLES: dict[str, Any] = {
    "alert": ALERT,
    "case": (*CASE, *COURTS),
    "news": NEWS,
    "intervention": SERVICE,
    "submission": SUBMISSIONS,
    "facts": FACTS,
}
"""Tables of conditions, by the subject of their kinds."""
OF: dict[str, set[str]] = {
    "case": {"case", "source"},
    "news": {"alert", "case"},
    "facts": {"act", "detention"},
}


def one(kind: str, occasion: Occasion) -> dict[str, Any]:
    """Return the task that one occasion opens."""
    (made, *_) = tasks_of(occasion, HOLDER, ((kind, lambda one: [one]),))
    return made


@pytest.mark.parametrize("subject", TABLES)
def test_a_condition_stands_in_the_table_of_a_subject_of_its_kind(subject: str) -> None:
    """A kind in the wrong table would be about something that it has no words for."""
    for kind, _opens in TABLES[subject]:
        assert not OF.get(subject, {subject}).isdisjoint(KINDS[kind].subject), kind


MONTHS = {"consent_renew"}
"""Kinds whose clock counts in months, which have no length: what opens them says when they are due."""


@pytest.mark.parametrize("kind", [one for one in KINDS if one not in MONTHS])
def test_a_task_has_the_clock_and_the_hand_of_its_kind(kind: str) -> None:
    """At the level that stands; in the hand of whoever is in charge only where it is that one's."""
    made, mine = one(kind, Occasion(AT)), KINDS[kind].who in {"worker", "owner"}

    assert made["due_at"] == instant(AT + allowed(kind, "high", RULES))
    assert made["assigned_to"] == ("RD-01" if mine else None)
    assert one(kind, Occasion(AT, in_hand=True))["assigned_to"] == "RD-01"
    assert (made["subject"], made["filing_no"]) == ("case:X", 7)


@pytest.mark.parametrize("kind", sorted(MONTHS))
def test_a_clock_of_months_is_no_length(kind: str) -> None:
    """It is not read as days; with a due time of its own the task is due then."""
    with pytest.raises(KeyError):
        allowed(kind, "high", RULES)
    later = AT + timedelta(days=365)
    assert one(kind, Occasion(AT, later))["due_at"] == instant(later)


@pytest.mark.parametrize("kind", [code for code, kind in KINDS.items() if kind.step_up])
def test_a_task_goes_one_step_up_when_its_kind_says_so(kind: str) -> None:
    """After its share of the time that its level has, or when it is due; never after that."""
    made = one(kind, Occasion(AT, AT + timedelta(hours=10), level="critical"))
    share = timedelta(hours=10) * RULES.deadlines["critical"].escalate_at

    due = KINDS[kind].step_up == "due"
    assert made["escalated_at"] == instant(AT + timedelta(hours=10) if due else AT + share)
    assert made["escalated_at"] <= made["due_at"]


def test_an_occasion_can_say_all_of_it_otherwise() -> None:
    """Another level, another due time, another step up, another subject."""
    later = AT + timedelta(days=1)
    made = one("first_contact", Occasion(AT, later, up=AT, subject="alert:a/1", number=2))

    assert (made["due_at"], made["escalated_at"]) == (instant(later), instant(AT))
    assert (made["subject"], made["filing_no"]) == ("alert:a/1", 2)
    levels = [one("first_contact", Occasion(AT, level=level))["due_at"] for level in ("critical", "low")]
    assert levels == sorted(levels)
    assert levels[0] < levels[1]


def test_of_one_limit_the_first_is_taken() -> None:
    """Of another one nothing is lost."""
    first, later = (
        Occasion(AT, of=Matter(variant="48h")),
        Occasion(AT + timedelta(1), of=Matter(variant="48h")),
    )
    other = Occasion(AT, of=Matter(variant="96h"))

    assert list(earliest([later, other, first])) == [first, other]


def test_a_table_is_walked_in_its_order() -> None:
    """Each row for what it is asked of."""
    table = (("plan", lambda at: [Occasion(at)]), ("followup", lambda at: [Occasion(at), Occasion(at)]))

    assert [row["kind"] for row in tasks_of(AT, HOLDER, table)] == ["plan", "followup", "followup"]
