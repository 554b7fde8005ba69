"""Danger that comes under the code of a merged case reaches whoever is in charge of the case that was kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, Final

import pytest

from sync_scripts.cli.work.history import due
from sync_scripts.register.building import notices
from sync_scripts.register.lifecycle.errors import GuardFails, ReasonMissing
from sync_scripts.register.model.errors import OwnHandMissing
from sync_scripts.register.queries.searches import Wanted
from sync_scripts.register.queries.searches import cases as find_cases
from sync_scripts.register.queries.tasks import case_tasks
from sync_scripts.register.queries.today import Item, today
from sync_scripts.register.rules.kinds import AWAY
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.database import Actor, Register
from tests import every_decision
from tests.daily.telling import NIGHT_DESK, held, listening
from tests.decisions.test_case_moves import second_case
from tests.decisions.test_left_cases import leave
from tests.decisions.test_new_danger import DANGER, SOON, THREATS, listed
from tests.decisions.test_other_danger import DYING
from tests.decisions.work import CASE_CODE, OWNER, SUPERVISOR, Work, begin
from tests.register.field import ALERT, CASE, FOLLOWUP, changed, dealt, known


@pytest.fixture
def work(sqlite_register: Register) -> Work:
    """Return a register with a case of no danger, and somebody who is told at night."""
    made = begin(sqlite_register)
    listening(made.field.register, NIGHT_DESK)
    return made


def merged(work: Work) -> str:
    """Merge another case, with an interview, into the one that is kept; return its code, which phones go on sending."""
    old = second_case(work)
    work.field.send("case", "c2", known(old))
    work.do(every_decision.merge, old, CASE_CODE, reason="Same facts")
    return old


def again(work: Work) -> dict[str, Any]:
    """Return of the tasks to decide again the one that is due first."""
    return min(work.tasks(AWAY), key=lambda one: one["due_at"])


def on_page(work: Work) -> list[Item]:
    """Return the critical lines of the page of the day."""
    with work.field.register.reading() as rows:
        return today(rows, work.field.now).of("critical")


def visit(code: str, **result: str) -> dict[str, Any]:
    """Return a visit to a case."""
    return changed(FOLLOWUP, {"header": {"case_code": code}, "result": result})


SAYS: Final[dict[str, Callable[[Work, str], None]]] = {
    "a new interview": lambda work, old: work.field.send("case", "c3", known(old, THREATS)),
    "an edit": lambda work, old: work.field.send("case", "c2", known(old, THREATS), edit=1),
    "an edit of its alert": lambda work, _old: work.field.send("alert", "r2", DANGER, edit=1),
}


@pytest.mark.parametrize("says", SAYS)
def test_danger_under_a_merged_code_reaches_whoever_has_the_kept_case(work: Work, says: str) -> None:
    """A task due in three hours, a message, a reminder, the page of the day: all of the case where the work goes on."""
    old = merged(work)
    assert on_page(work) == []
    count = len(held(work.field.register))
    SAYS[says](work, old)

    assert work.case(old)["state"] == "merged"
    task = again(work)
    assert task["due_at"] == instant(work.field.now + SOON)
    assert task["escalated_at"] < task["due_at"]
    assert task["assigned_to"] == "RD-01"
    told = held(work.field.register)[count:]
    assert [(one.reason, one.level, one.subject, one.due_at) for one in told] == [
        ("case", "critical", f"case:{CASE_CODE}", task["due_at"])
    ]
    (line,) = on_page(work)
    assert (line.code, line.kind, line.level, line.owner) == (CASE_CODE, AWAY, "critical", "RD-01")
    assert listed(work, CASE_CODE) == "critical"
    count = len(held(work.field.register))
    with work.field.register.writing() as rows:
        assert notices.escalate(rows, moment(task["escalated_at"])) == 1
    assert [one.subject for one in held(work.field.register)[count:]] == [f"case:{CASE_CODE}"]


@pytest.mark.parametrize("decided", [None, "low", "critical"])
def test_danger_that_waits_when_its_case_is_merged_is_one_message(work: Work, decided: str | None) -> None:
    """It raises the level of the kept case, and waits there: one news."""
    old = second_case(work)
    work.field.send("case", "c2", known(old))
    if decided is not None:
        work.do(every_decision.set_urgency, CASE_CODE, decided, reason="As it was")
    SAYS["an edit"](work, old)
    before = held(work.field.register)
    work.do(every_decision.merge, old, CASE_CODE, reason="Same facts")

    told = held(work.field.register)[len(before) :]
    assert work.case()["level"] == "critical"
    assert [(one.reason, one.level, one.subject, one.due_at) for one in told] == [
        ("case", "critical", f"case:{CASE_CODE}", again(work)["due_at"])
    ]


def test_only_a_decision_on_the_level_of_the_kept_case_ends_it(work: Work) -> None:
    """Lowering needs a reason; the level that stands can be decided again. Danger that comes later is another one."""
    old = merged(work)
    SAYS["a new interview"](work, old)
    for code in (old, CASE_CODE):
        said = work.refused(
            every_decision.LevelNotDecided, every_decision.end_task, code, AWAY, reason="looked"
        )
        assert CASE_CODE in said
    work.refused(ReasonMissing, every_decision.set_urgency, CASE_CODE, "medium")
    done = work.do(every_decision.set_urgency, CASE_CODE, "critical")
    assert done.written
    assert not work.tasks(AWAY)
    assert work.sound()

    work.field.later(days=1)
    work.field.send("case", "c3", known(old, DYING), edit=1)
    assert again(work)["due_at"] == instant(work.field.now + SOON)
    assert work.do(every_decision.set_urgency, CASE_CODE, "critical").written
    assert not work.tasks(AWAY)
    assert not work.do(every_decision.set_urgency, CASE_CODE, "critical").written
    work.field.send("case", "c3", known(old, changed(DYING, {"incident": {"place_type": "road"}})), edit=2)
    assert not work.tasks(AWAY)  # that was seen
    work.field.send("case", "c4", known(old, THREATS))
    assert again(work)["due_at"] == instant(work.field.now + SOON)


def test_what_is_tied_to_the_kept_case_says_nothing_of_danger_in_the_merged_one(work: Work) -> None:
    """A level that is raised with a link is no look at it."""
    old = merged(work)
    work.do(every_decision.set_urgency, CASE_CODE, "low", reason="calmer")
    work.field.send("alert", "r3", DANGER)
    work.do(every_decision.triage, dealt(2, "AL"))
    work.do(every_decision.link, dealt(2, "AL"), CASE_CODE)
    assert work.case()["urgency_decided"] == "critical"
    SAYS["a new interview"](work, old)
    work.field.send("alert", "r4", DANGER)
    work.do(every_decision.triage, dealt(3, "AL"))
    work.do(every_decision.link, dealt(3, "AL"), CASE_CODE)

    assert again(work)["done_at"] is None
    assert listed(work, CASE_CODE) == "critical"


# --- of cases merged by way of another ----------------------------------------------------------------------------------


def third(work: Work) -> str:
    """Open a third case, in the charge of RD-02."""
    work.field.send("alert", "r3", ALERT)
    work.do(every_decision.triage, dealt(2, "AL"))
    return str(work.do(every_decision.open_case, dealt(2, "AL"), owner="RD-02").case)


def test_it_is_the_business_of_the_case_in_which_the_work_goes_on_by_now(work: Work) -> None:
    """Of the last one, whose owner has it, and whose level answers it."""
    old, last = merged(work), third(work)
    work.do(every_decision.merge, CASE_CODE, last, reason="Same facts", by=OWNER)
    SAYS["a new interview"](work, old)

    assert again(work)["assigned_to"] == "RD-02"
    (line,) = on_page(work)
    assert (line.code, line.owner) == (last, "RD-02")
    assert held(work.field.register)[-1].subject == f"case:{last}"
    work.do(every_decision.assign, last, "RD-01")
    assert again(work)["assigned_to"] == "RD-01"
    work.do(every_decision.set_urgency, last, "critical")
    assert not work.tasks(AWAY)


def test_what_waits_when_the_kept_case_is_merged_waits_there(work: Work) -> None:
    """And is told again, as it is somebody else's; what was answered before is not asked again."""
    old, last = merged(work), third(work)
    SAYS["a new interview"](work, old)
    due = again(work)["due_at"]
    count = len(held(work.field.register))
    work.do(every_decision.merge, CASE_CODE, last, reason="Same facts", by=OWNER)

    assert (again(work)["due_at"], again(work)["assigned_to"]) == (due, "RD-02")
    assert f"case:{last}" in {one.subject for one in held(work.field.register)[count:]}
    work.do(every_decision.set_urgency, last, "critical")
    work.field.send("alert", "r4", ALERT)
    work.do(every_decision.triage, dealt(3, "AL"))
    work.do(
        every_decision.merge,
        last,
        work.do(every_decision.open_case, dealt(3, "AL"), owner="RD-01").case,
        reason="Same facts",
    )
    assert not work.tasks(AWAY)


# --- where the kept case was left, or is about to be --------------------------------------------------------------------


def test_it_keeps_the_kept_case_from_its_closure(work: Work) -> None:
    """Nobody closes what somebody has to look at; with the decision it can be."""
    old = merged(work)
    SAYS["a new interview"](work, old)
    said = {"because": "unfounded", "feedback": "yes", "risk": "low"}
    work.do(every_decision.move, CASE_CODE, "closure_pending", by=OWNER, **said)
    words = work.refused(GuardFails, every_decision.move, CASE_CODE, "closed", by=SUPERVISOR)
    assert "merged into this one" in words
    work.do(every_decision.set_urgency, CASE_CODE, "critical")
    work.do(every_decision.move, CASE_CODE, "closed", by=SUPERVISOR)
    assert work.case()["state"] == "closed"


def test_where_the_kept_case_was_closed_it_is_reopened_and_decided(work: Work) -> None:
    """The page of the day names it, also when nothing else is due in it."""
    old = merged(work)
    leave(work, "closed")
    assert on_page(work) == []
    SAYS["a new interview"](work, old)
    (line,) = on_page(work)
    assert (line.code, line.state, line.past) == (CASE_CODE, "closed", False)
    assert held(work.field.register)[-1].subject == f"case:{CASE_CODE}"
    work.refused(every_decision.CaseLeft, every_decision.set_urgency, CASE_CODE, "critical")
    work.do(every_decision.move, CASE_CODE, "reopened", reason="threats go on")
    assert work.tasks(AWAY)
    work.do(every_decision.set_urgency, CASE_CODE, "critical")
    assert not work.tasks(AWAY)


def test_where_the_kept_case_was_handed_over_its_receiver_is_told(work: Work) -> None:
    """That it was done says a proved person, under whichever code."""
    old = merged(work)
    work.do(
        every_decision.move,
        CASE_CODE,
        "transferred",
        receiver="PART-01",
        accepted_on=date(2026, 11, 20),
        reason="x",
    )
    SAYS["a new interview"](work, old)
    work.refused(
        OwnHandMissing,
        every_decision.end_task,
        CASE_CODE,
        AWAY,
        reason="called",
        by=Actor("RD-01", "claimed"),
    )
    work.do(every_decision.end_task, CASE_CODE, AWAY, reason="called them", by=OWNER)
    assert not work.tasks(AWAY)


# --- what counts --------------------------------------------------------------------------------------------------------


def test_a_visit_that_reports_a_growing_risk_counts(work: Work) -> None:
    """The risk of the kept case does not show it; another visit is a remark."""
    old = merged(work)
    work.field.send("followup", "f1", visit(old, risk_change="same"))
    assert not work.tasks(AWAY)
    work.field.send("followup", "f2", visit(old, risk_change="up"))
    assert listed(work, CASE_CODE) == "high"


def test_a_form_without_danger_is_a_remark(work: Work) -> None:
    """It is kept, and nobody is woken."""
    old = merged(work)
    count = len(held(work.field.register))
    work.field.send("case", "c3", known(old))
    work.field.send("case", "c2", known(old, changed(CASE, {"incident": {"place_type": "road"}})), edit=1)
    assert not work.tasks(AWAY)
    assert len(held(work.field.register)) == count


def test_what_was_known_at_the_merge_is_no_news_by_an_edit(work: Work) -> None:
    """It waits in the kept case as it did, once; another danger is news."""
    old = second_case(work)
    work.field.send("case", "c2", known(old, THREATS))
    work.do(every_decision.merge, old, CASE_CODE, reason="Same facts")
    assert listed(work, CASE_CODE) == "critical"
    (waits,) = work.tasks(AWAY)
    work.field.send("case", "c2", known(old, changed(THREATS, {"incident": {"place_type": "road"}})), edit=1)
    assert [one["task_id"] for one in work.tasks(AWAY)] == [waits["task_id"]]
    work.field.send("case", "c2", known(old, DYING), edit=2)
    assert {one["due_at"] for one in work.tasks(AWAY)} == {
        waits["due_at"],
        instant(work.field.now + SOON),
    }


def test_of_a_merge_of_an_earlier_version_the_level_is_known(work: Work) -> None:
    """It kept no reasons: what is above the level that the kept case took is news."""
    old = second_case(work)
    work.field.send("case", "c2", known(old))
    with every_decision.deciding(work.field.register, OWNER, work.field.later()) as by:
        said = {"was": "open_intake", "to": "merged", "reason": "x", "into": CASE_CODE, "owner_code": "RD-01"}
        by.write(
            by.event("case.move", f"case:{old}", said),
            by.event("case.takes", f"case:{CASE_CODE}", {"case_code": old, "urgency": "medium"}),
        )
    work.field.send("case", "c2", known(old, THREATS), edit=1)
    assert listed(work, CASE_CODE) == "critical"


def test_danger_that_a_server_had_before_and_nobody_had_read_reaches_a_person(work: Work) -> None:
    """A laptop without network merged them, or decided the level, and reads it only then; the time is counted from that."""
    old = second_case(work)
    at = work.field.later()
    work.do(every_decision.merge, old, CASE_CODE, reason="Same facts")
    work.field.send("case", "c2", known(old, THREATS), received=at)
    merged_at = next(one.at for one in work.events() if one.payload.get("to") == "merged")
    assert again(work)["due_at"] == instant(moment(merged_at) + SOON)
    at = work.field.later()
    work.do(every_decision.set_urgency, CASE_CODE, "critical")
    assert not work.tasks(AWAY)
    work.field.send("case", "c3", known(old, THREATS), received=at)
    assert again(work)["due_at"] == instant(moment(work.events()[-1].at) + SOON)


# --- what people read ---------------------------------------------------------------------------------------------------


def test_the_page_of_the_kept_case_and_its_line_say_it(work: Work) -> None:
    """Whoever has the case reads under which code danger came; lists by what is due find it."""
    old = merged(work)
    SAYS["a new interview"](work, old)
    with work.field.register.reading() as rows:
        (task,) = (one for one in case_tasks(rows, CASE_CODE) if one["kind"] == AWAY)
        wanted = Wanted(task=AWAY, before=work.field.now + SOON * 2, now=work.field.now)
        lines = find_cases(rows, wanted)
    assert task["behind"] == old
    assert old in "\n".join(due([task]))
    assert [one.code for one in lines] == [CASE_CODE]


def test_a_message_of_a_c4_case_says_no_region(work: Work) -> None:
    """Whichever of the two is kept so closely."""
    old = merged(work)
    work.do(every_decision.set_confidentiality, CASE_CODE, "C4")
    SAYS["a new interview"](work, old)
    assert held(work.field.register)[-1].region is None
    assert work.case(old)["region"] is not None
