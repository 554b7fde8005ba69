"""Tasks by which a case is looked after: supervision, contacts that fail, how long it is kept; and every kind there is."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from sync_scripts.register.consent_decisions import decide as consents
from sync_scripts.register.lifecycle.errors import GuardFails
from sync_scripts.register.queries import searches, views
from sync_scripts.register.queries.today import today
from sync_scripts.register.rules import retention
from sync_scripts.register.rules.kinds import STOPPED_TASKS, labels_of
from sync_scripts.register.rules.ruleset import RulesBroken
from sync_scripts.store.canonical import moment
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.schema import register as tables
from tests import every_decision
from tests.decisions.test_case_moves import second_case
from tests.decisions.work import ALERT_CODE, CASE_CODE, OWNER, SUPERVISOR, Work, begin
from tests.register.field import CASE, FOLLOWUP, changed, closing


@pytest.fixture
def work(register: Register) -> Work:
    """A register with one case of medium urgency, opened on 20 November about 15:00."""
    return begin(register)


def due(work: Work, kind: str) -> list[str]:
    """Return when the open tasks of a kind are due."""
    return [row["due_at"][:16] for row in work.tasks(kind)]


def close(work: Work) -> None:
    """Close the case as its owner asks and the supervisor decides."""
    said = {"because": "survivor_request", "reason": "As said", "feedback": "yes", "risk": "low"}
    work.do(every_decision.move, CASE_CODE, "closure_pending", by=OWNER, **said)
    work.do(every_decision.move, CASE_CODE, "closed", by=SUPERVISOR)


# --- supervision --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("level", "days"), [("critical", 1), ("high", 3), ("medium", 7), ("low", 14)])
def test_supervision_is_due_as_often_as_the_level_asks_for(work: Work, level: str, days: int) -> None:
    """Counted from the opening of the case."""
    work.do(every_decision.set_urgency, CASE_CODE, level, reason="As seen")

    assert due(work, "supervision") == [f"2026-11-{20 + days:02}T15:00" if days < 11 else "2026-12-04T15:00"]


def test_a_list_of_cases_says_since_when_the_supervision_is_due(work: Work) -> None:
    """Beside what its owner has to do next; asked for alone, it is the day that is shown, and by which it is overdue."""
    (one,) = work.tasks("supervision")
    before = moment(one["due_at"]) - timedelta(hours=1)
    after = before + timedelta(hours=2)
    day = one["due_at"][:10]
    with work.field.register.reading() as rows:
        early, late = (searches.cases(rows, searches.Wanted(now=now)) for now in (before, after))
        alone = searches.cases(rows, searches.Wanted(now=after, task="supervision", before=after))
        not_yet = searches.cases(rows, searches.Wanted(now=before, task="supervision", before=before))

    assert [line.supervision_at for line in (*early, *late)] == [None, one["due_at"]]
    assert [line.next_due for line in (*early, *late)] == [work.case()["next_due"]] * 2
    assert work.case()["next_due"] != day
    assert [(line.due_at, line.next_due) for line in alone] == [(one["due_at"], day)]
    assert not_yet == []


def test_one_supervision_follows_another(work: Work) -> None:
    """The next is counted from when the last was ended; opened again, it is the old one; a visit ends none."""
    (first,) = work.tasks("supervision")
    work.field.send("followup", "f1", changed(FOLLOWUP, {"header": {"case_code": CASE_CODE}}))
    assert work.tasks("supervision") == [first]
    work.do(every_decision.end_task, CASE_CODE, "supervision", reason="Talked it over", by=SUPERVISOR)
    (second,) = work.tasks("supervision")
    ended = work.field.now
    assert second["task_id"] != first["task_id"]
    assert second["due_at"][:16] == f"{ended + timedelta(days=7):%Y-%m-%dT%H:%M}"
    work.do(every_decision.open_task, CASE_CODE, "supervision", reason="It was another case")

    assert [row["task_id"] for row in work.tasks("supervision")] == [first["task_id"]]


def test_no_supervision_while_nobody_works_on_a_case(work: Work) -> None:
    """A suspended case has its own day; taken up again it is supervised from then on."""
    day = date(2027, 1, 8)
    work.do(
        every_decision.move, CASE_CODE, "suspended", because="safety", reason="Roads closed", review_on=day
    )
    assert work.tasks("supervision") == []
    work.do(every_decision.move, CASE_CODE, "back")
    resumed = work.field.now
    assert due(work, "supervision") == [f"{resumed + timedelta(days=7):%Y-%m-%dT%H:%M}"]
    close(work)

    assert work.tasks("supervision") == []


def test_supervision_is_no_day_of_the_work(work: Work) -> None:
    """What a case shows as its next day, and its line on the page of the day, is the work's; the page counts the rest."""
    work.do(every_decision.set_urgency, CASE_CODE, "high")
    soon = min(row["due_at"] for row in work.tasks("supervision"))
    with work.field.register.reading() as rows:
        page = today(rows, work.field.now + timedelta(days=30))
    (line,) = [one for one in page.items if one.code == CASE_CODE]

    assert str(work.case()["next_due"]) != soon[:10]
    assert line.kind != "supervision"
    with work.field.register.reading() as rows:
        late = searches.cases(
            rows, searches.Wanted(before=moment(soon) + timedelta(minutes=1), now=work.field.now)
        )
    assert late == [], "a list of what is late is the same as the page"
    assert page.supervisions == 1
    assert page.document()["counts"]["supervisions"] == 1


# --- somebody in charge -------------------------------------------------------------------------------------------


def test_a_case_that_no_person_opened_waits_for_somebody_in_charge(work: Work) -> None:
    """Within the time of a first contact, and one step up when nobody does it; a case opened by a person has its owner."""
    assert work.tasks("assign") == []
    work.field.send("case", "c9", CASE)
    (task,) = work.tasks("assign")
    (case,) = [row for row in work.field.rows(tables.case) if row["case_code"] != CASE_CODE]
    assert (task["subject"], task["assigned_to"], case["owner_code"]) == (
        f"case:{case['case_code']}",
        None,
        None,
    )
    assert task["due_at"] > task["escalated_at"] or case["urgency"] in {"medium", "low"}
    assert charge_of(work, case["case_code"]) == "without owner"
    work.do(every_decision.assign, case["case_code"], "RD-02")

    assert work.tasks("assign") == []
    assert len(work.tasks("assign", done=True)) == 1
    assert charge_of(work, case["case_code"]) == "RD-02"


def test_a_case_that_was_merged_needs_nobody_of_its_own(work: Work) -> None:
    """Whoever has the kept one has it, even while that is nobody."""
    for root in ("c8", "c9"):
        work.field.send("case", root, CASE)
    first, second = sorted(
        row["case_code"] for row in work.field.rows(tables.case) if row["case_code"] != CASE_CODE
    )
    work.do(every_decision.merge, first, second, reason="Same facts")

    assert [task["subject"] for task in work.tasks("assign")] == [f"case:{second}"]


def charge_of(work: Work, code: str) -> str | None:
    """Return who is in charge of a case, as the list has it."""
    with work.field.register.reading() as rows:
        return next(
            views.in_charge(line.owner, line.state) for line in views.cases(rows) if line.code == code
        )


# --- contacts that fail -------------------------------------------------------------------------------------------


def test_three_failed_contacts_propose_a_suspension(work: Work) -> None:
    """Two do not; the third does, and whoever reaches the person ends it, by telephone or on a visit."""
    for _ in range(2):
        work.do(every_decision.contact, CASE_CODE, reached=False)
    assert work.tasks("suspend_review") == []
    done = work.do(every_decision.contact, CASE_CODE, reached=False)
    assert (done.failed, done.lost, len(work.tasks("suspend_review"))) == (3, True, 1)
    work.do(every_decision.contact, CASE_CODE, reached=True)
    assert work.tasks("suspend_review") == []
    for _ in range(3):
        done = work.do(every_decision.contact, CASE_CODE, reached=False)
    assert (done.failed, len(work.tasks("suspend_review"))) == (3, 1)
    work.field.send("followup", "f1", changed(FOLLOWUP, {"header": {"case_code": CASE_CODE}}))

    assert work.tasks("suspend_review") == []
    assert len(work.tasks("suspend_review", done=True)) == 2


def test_a_suspension_is_what_was_proposed(work: Work) -> None:
    """It ends the proposal; the day of the review takes its place."""
    for _ in range(4):
        work.do(every_decision.contact, CASE_CODE, reached=False)
    (proposed,) = work.tasks("suspend_review")
    day = date(2027, 1, 8)
    work.do(
        every_decision.move,
        CASE_CODE,
        "suspended",
        because="lost_contact",
        reason="Nobody answers",
        review_on=day,
    )
    (review,) = work.tasks("suspended_review")

    assert work.tasks("suspend_review", done=True) == [{**proposed, "done_at": review["since"]}]
    assert work.tasks("suspend_review") == []


def test_contact_is_lost_after_three_tries_and_ninety_days(work: Work) -> None:
    """Two tries propose nothing and suspend nothing; three suspend; a closure asks for ninety days besides."""
    day = date(2027, 2, 1)
    said: dict[str, Any] = {"because": "lost_contact", "reason": "Nobody answers"}
    for _ in range(2):
        work.do(every_decision.contact, CASE_CODE, reached=False)
    words = work.refused(GuardFails, every_decision.move, CASE_CODE, "suspended", review_on=day, **said)
    assert "3 tries in a row" in words
    work.do(every_decision.contact, CASE_CODE, reached=False)
    words = work.refused(GuardFails, every_decision.move, CASE_CODE, "closure_pending", by=OWNER, **said)
    assert "90 days" in words
    work.do(every_decision.move, CASE_CODE, "suspended", review_on=day, **said)
    work.do(every_decision.move, CASE_CODE, "back")
    work.field.later(days=88)
    work.refused(GuardFails, every_decision.move, CASE_CODE, "closure_pending", by=OWNER, **said)
    work.field.later(days=1)

    assert (
        work.do(every_decision.move, CASE_CODE, "closure_pending", by=OWNER, **said).now == "closure_pending"
    )


def test_ninety_days_without_a_try_lose_nobody(work: Work) -> None:
    """Nor do tries that somebody only typed under another code, nor those from before she was reached."""
    said: dict[str, Any] = {"because": "lost_contact", "reason": "Nobody answers", "by": OWNER}
    for _ in range(3):
        work.do(every_decision.contact, CASE_CODE, reached=False)
    work.do(every_decision.contact, CASE_CODE, reached=True)
    for _ in range(2):
        work.do(every_decision.contact, CASE_CODE, reached=False)
    done = work.do(every_decision.contact, CASE_CODE, reached=False, by=Actor("RD-01", "claimed"))
    work.field.later(days=100)
    assert (done.failed, done.lost) == (3, True), "the task rises all the same"
    work.refused(GuardFails, every_decision.move, CASE_CODE, "closure_pending", **said)
    work.do(every_decision.contact, CASE_CODE, reached=False)

    assert work.do(every_decision.move, CASE_CODE, "closure_pending", **said).now == "closure_pending"


def test_a_form_that_says_lost_contact_asks_for_it_too(work: Work) -> None:
    """Whoever moves the case says nothing: the reason of the form counts; another reason asks for nothing of it."""
    with every_decision.deciding(work.field.register, OWNER, work.field.later()) as by:
        by.write(by.event("case.move", f"case:{CASE_CODE}", {"was": "open_intake", "to": "follow_up"}))
    work.field.send("closure", "z1", closing(CASE_CODE, closure_reason="lost_contact"))
    words = work.refused(GuardFails, every_decision.move, CASE_CODE, "closure_pending", by=OWNER)
    assert "90 days" in words
    work.field.send("closure", "z2", closing(CASE_CODE, closure_reason="goals_met"))

    assert work.do(every_decision.move, CASE_CODE, "closure_pending", by=OWNER).now == "closure_pending"


def test_a_contact_has_a_time_that_can_be(work: Work) -> None:
    """Neither to come, nor before the case was opened."""
    for days in (1, -30):
        at = work.field.now + timedelta(days=days)
        work.refused(every_decision.TimeImpossible, every_decision.contact, CASE_CODE, reached=True, at=at)


def test_whoever_is_reached_in_a_case_is_reached_about_its_alert(work: Work) -> None:
    """The first contact of the alert ends with it."""
    other = second_case(work)
    assert len(work.tasks("first_contact")) == 1
    work.do(every_decision.contact, other, reached=False)
    assert len(work.tasks("first_contact")) == 1
    work.do(every_decision.contact, other, reached=True)

    assert work.tasks("first_contact") == []


# --- how long it is kept ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kept", "year"), [(None, "2027"), ("minimal", "2027"), ("standard", "2029"), ("justice", "2036")]
)
def test_what_is_kept_long_enough_is_looked_at(work: Work, kept: str | None, year: str) -> None:
    """From the closure on, by its class; until somebody says how long, after a year."""
    if kept:
        work.do(every_decision.set_retention, CASE_CODE, kept)
    assert work.tasks("retention_review") == []
    close(work)
    assert due(work, "retention_review")[0][:4] == year
    work.do(every_decision.set_hold, CASE_CODE, held=True, reason="A court asks")
    assert work.tasks("retention_review") == [], "a legal hold stops every purge"
    work.do(every_decision.set_hold, CASE_CODE, held=False, reason="Judged")
    work.do(every_decision.end_task, CASE_CODE, "retention_review", reason="Kept another year")

    assert work.tasks("retention_review") == []


def test_a_case_that_goes_on_is_not_looked_at(work: Work) -> None:
    """Opened again it is kept; merged it is kept with the other one."""
    close(work)
    work.do(every_decision.move, CASE_CODE, "reopened", reason="It goes on")
    assert work.tasks("retention_review") == []
    work.do(every_decision.merge, CASE_CODE, second_case(work), reason="Same facts", by=OWNER)

    assert work.tasks("retention_review") == []


def test_every_class_has_its_years_and_a_broken_file_is_refused(tmp_path: Path) -> None:
    """The file names the classes of the list, and no other."""
    assert retention.load().years_by_class.keys() == labels_of("retention_class", "en").keys()
    broken = tmp_path / "retention.toml"
    broken.write_text("schema = 1\nruleset = 'x'\nyears = 3\n", encoding="utf-8")
    with pytest.raises(RulesBroken):
        retention.load(broken)


# --- after a withdrawal -------------------------------------------------------------------------------------------


def test_what_may_not_be_done_any_more_ends_with_a_full_withdrawal(work: Work) -> None:
    """The work ends; what the person is owed, and a source in danger, do not."""
    source = {"source_uid": "s1", "source_no": 1, "source_relation": "witness", "source_at_risk": "yes"}
    said = {"header": {"alert_code": ALERT_CODE}, "sources_any": "yes", "sources": [source]}
    work.field.send("case", "c1", changed(CASE, said), edit=1)
    work.do(every_decision.plan_service, CASE_CODE, "health", timeframe="3_days")
    working = {"plan", "followup", "referral_due", "consent_renew"}
    assert all(work.tasks(kind) for kind in working)
    work.do(consents.withdraw, CASE_CODE, purposes=["services"], reason="She asked")
    assert all(work.tasks(kind) for kind in working), "some of it is withdrawn only"
    work.do(consents.withdraw, CASE_CODE, reason="She asked")
    open_kinds = {row["kind"] for row in work.field.rows(tables.task) if row["done_at"] is None}
    assert open_kinds.isdisjoint(STOPPED_TASKS)
    assert {"consent_purge", "source_risk", "supervision"} <= open_kinds
