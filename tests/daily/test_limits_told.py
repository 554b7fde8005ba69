"""A limit of medicine or law, and a source in danger, are told at their own level: whatever was decided of the case, and by night."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from sync_scripts.notify import flush
from sync_scripts.register.building.notices import escalate
from sync_scripts.register.case.tasks import limit_of
from sync_scripts.register.rules.kinds import KINDS
from sync_scripts.register.rules.ruleset import load
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.database import Register
from sync_scripts.store.outbox import Waiting
from tests import every_decision
from tests.daily.telling import DEPUTY, NIGHT, NIGHT_DESK, Post, held, listening
from tests.decisions.work import Work
from tests.register.field import ALERT, CASE, Field, act, changed, dealt, service
from tests.register.test_critical import ARRESTED, detained, legal, source

CODE = dealt(0, "DK")
OF_HIGH = replace(NIGHT_DESK, name="all-high")
OF_NO_RULE = {"source_risk", "hearing", "appeal_limit", "referral_due", "referral_answer"}
"""Kinds about which no rule of an alert has a floor."""
SEXUAL = changed(ALERT, {"what": {"alert_icon": "sexual"}})
RAPED = changed(CASE, {"incident": {"incident_date": "2026-11-19"}, "acts": [act(1, violation="rape")]})


@pytest.fixture
def work(sqlite_register: Register) -> Work:
    """Give an empty register whose destinations hear of what is high, as `dikalo init` writes them."""
    made = Work(Field(sqlite_register))
    listening(sqlite_register, OF_HIGH, DEPUTY)
    return made


def undone(work: Work, **later: float) -> list[Waiting]:
    """Return the messages of what is undone some time later."""
    with work.field.register.writing() as rows:
        escalate(rows, work.field.now + timedelta(**later))
    return [one for one in held(work.field.register) if one.reason == "escalation"]


def limits(work: Work, kind: str) -> list[str]:
    """Return the limit of each reminder of a kind."""
    return [instant(limit_of(row["due_at"], row["before_h"])) for row in work.tasks(kind)]


def test_a_source_in_danger_is_told_of_in_a_case_that_is_not_urgent(work: Work) -> None:
    """It has the clock of what is critical: half its day, then the deputy."""
    work.field.send("case", "c1", changed(CASE, {"sources": [source("yes")]}))
    assert work.case(CODE)["urgency"] == "medium"
    assert undone(work, hours=11.9) == []
    assert [(one.destination, one.level) for one in undone(work, hours=12)] == [("all-high", "critical")]
    assert ("deputy", "critical") in {(one.destination, one.level) for one in undone(work, hours=24)}


def test_care_at_once_is_told_of_in_an_alert_that_somebody_lowered(work: Work) -> None:
    """Within half of three hours, though the first contact has three days by now; nothing else of it is told."""
    work.field.send("alert", "r1", SEXUAL)
    work.do(every_decision.triage, dealt(0, "AL"), urgency="medium", reason="A neighbour told it")

    assert [(one.destination, one.level) for one in undone(work, minutes=40)] == [("all-high", "critical")]


def test_it_goes_by_night(work: Work) -> None:
    """At eleven in the evening the hours for care run on."""
    work.field.now = NIGHT - timedelta(hours=2)
    work.field.send("alert", "r1", SEXUAL)
    work.do(every_decision.triage, dealt(0, "AL"), urgency="high", reason="A neighbour told it")
    undone(work)
    post = Post()
    known = listening(work.field.register, OF_HIGH)
    flush(work.field.register, known, lambda: NIGHT, send=post)
    undone(work, hours=2)
    flush(work.field.register, known, lambda: NIGHT + timedelta(hours=1), send=post)

    assert [text.count("CRITI") for _address, text in post.sent] == [1, 1]


def test_a_limit_of_custody_first_heard_of_at_night_is_told_before_it(work: Work) -> None:
    """The form comes at ten in the evening, the limit is at three: nobody waits for six. At midnight three hours are left."""
    known = listening(work.field.register, OF_HIGH)
    limit = NIGHT + timedelta(hours=4)
    held = [detained(arrested_at=(limit - timedelta(hours=hours)).isoformat()) for hours in (48, 24)]
    work.field.now = NIGHT - timedelta(hours=1)
    work.field.send("case", "c1", held[0])
    work.field.send("case", "c2", held[1])
    undone(work)
    post = Post()
    flush(work.field.register, known, lambda: work.field.now, send=post)

    assert [text.partition("\n")[2].partition(". ")[0] for _address, text in post.sent] == [
        "Still undone: 1 deadline, level HIGH, region NW, time left 3 h 00"
    ]


@pytest.mark.parametrize(
    ("said", "kind", "level"),
    [(RAPED, "clinical_limit", "critical"), (detained(arrested_at=ARRESTED), "custody_limit", "high")],
)
def test_a_limit_is_told_of_in_a_case_that_somebody_lowered(
    work: Work, said: dict[str, object], kind: str, level: str
) -> None:
    """Each reminder at the floor that the rules give to what it is about."""
    work.field.send("case", "c1", said)
    work.do(every_decision.set_urgency, CODE, "low", reason="To be seen")
    due = limits(work, kind)
    found = undone(work, hours=47)

    assert {(one.destination, one.level, one.due_at) for one in found if one.destination == "all-high"} == {
        ("all-high", level, one.due_at) for one in found if one.due_at in due
    }
    assert found


@pytest.mark.parametrize("said", [RAPED, detained(arrested_at=ARRESTED)])
def test_a_limit_is_told_of_that_an_edit_took_out_of_its_interview(
    work: Work, said: dict[str, object]
) -> None:
    """Whoever sends the form again without the act, or with another one, sends no message away."""
    work.field.send("case", "c1", said)
    work.field.send("case", "c1", {**said, "acts": [act(1, act_uid="b1")]}, edit=1)
    found = undone(work, hours=47)

    assert {one.due_at for one in found} & {*limits(work, "custody_limit"), *limits(work, "clinical_limit")}


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("hearing", {"hearing_at": "2026-12-10T09:00:00.000+01:00"}),
        ("appeal_limit", {"decision": "conviction", "decided_on": "2026-11-20"}),
    ],
)
def test_a_day_of_a_court_is_told_of_in_a_case_that_is_not_urgent(
    work: Work, kind: str, said: dict[str, str]
) -> None:
    """Whoever hears of what is high hears of each reminder: a hearing that is missed does not come back."""
    work.field.send("case", "c1", CASE)
    assert work.case(CODE)["urgency"] == "medium"
    step = "judgment" if "decision" in said else "hearing"
    work.field.send("followup", "f1", legal(CODE, step=step, **said))
    reminders = sorted(limits(work, kind))
    found = [(one.due_at, one.level) for one in undone(work, days=30) if one.destination == "all-high"]

    assert sorted(found) == [(limit, "high") for limit in reminders]
    assert reminders


@pytest.mark.parametrize(("status", "kind"), [("planned", "referral_due"), ("referred", "referral_answer")])
def test_a_service_within_hours_is_told_of_at_half_its_time(work: Work, status: str, kind: str) -> None:
    """As what is critical, whatever the case is: then the deputy, and by night. Once she was served, nobody is troubled."""
    work.field.send("case", "c1", CASE)
    work.field.later(hours=1)
    said = {"service": "shelter", "requested_on": None}
    work.field.send("followup", "f1", service(CODE, status, timeframe="3_hours", **said))
    since = work.field.now
    [row] = work.tasks(kind)

    assert moment(row["due_at"]) - moment(row["escalated_at"]) == timedelta(minutes=90)
    told = undone(work, minutes=95)
    assert [(one.destination, one.level) for one in told] == [("all-high", "critical")]
    assert ("deputy", "critical") in {(one.destination, one.level) for one in undone(work, hours=3)}
    work.field.now = since + timedelta(hours=3)
    work.field.send("followup", "f2", service(CODE, "done", timeframe="3_hours", **said))
    assert {one.state for one in undone(work)} == {"cancelled"}


@pytest.mark.parametrize("within", ["1_day", "3_days", "14_days", None])
def test_a_service_within_days_waits_for_the_page_of_the_day(work: Work, within: str | None) -> None:
    """Nobody is woken for it."""
    work.field.send("case", "c1", CASE)
    work.field.send("followup", "f1", service(CODE, "planned", timeframe=within, requested_on=None))
    work.field.send(
        "followup", "f2", service(CODE, "referred", service="shelter", timeframe=within, requested_on=None)
    )

    assert {row["escalated_at"] for row in work.tasks("referral_due") + work.tasks("referral_answer")} == {
        None
    }


def test_what_it_is_about_has_that_floor() -> None:
    """The levels are those of the rules."""
    rules = load()
    floors = {one.id: one.floor for one in rules.rules}

    assert {code: kind.level for code, kind in KINDS.items() if kind.level and code not in OF_NO_RULE} == {
        "clinical_limit": floors["R2"],
        "custody_limit": floors["R3a"],
    }
