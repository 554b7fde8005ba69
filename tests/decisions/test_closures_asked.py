"""A closure rests on one request: whoever signs approves what they read, and what phones ask for waits for somebody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sync_scripts.cli.work.approve import _asked, _not_yet
from sync_scripts.cli.work.case_page import draw
from sync_scripts.cli.work.waiting import waits
from sync_scripts.register.case_decisions.cautions import to_sign
from sync_scripts.register.consent_decisions.overriding import override
from sync_scripts.register.consents.errors import OverrideOfAlert
from sync_scripts.register.declarations.cases import MERGE
from sync_scripts.register.history.logbook import logbook
from sync_scripts.register.history.visibility import asked_closures
from sync_scripts.register.lifecycle.errors import GuardFails, needed_for
from sync_scripts.register.queries.event_words import told
from sync_scripts.register.queries.pages import case_page
from sync_scripts.register.queries.searches import Wanted
from sync_scripts.register.queries.searches import cases as find
from sync_scripts.register.queries.signing import to_sign_lines
from sync_scripts.register.queries.today import today
from sync_scripts.register.rules.ruleset import load
from sync_scripts.store.canonical import moment
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.schema import register as tables
from tests import every_decision
from tests.decisions.test_case_moves import second_case, to_follow_up
from tests.decisions.work import ALERT_CODE, CASE_CODE, OTHER, OWNER, SUPERVISOR, Work, begin
from tests.register.beginnings import played_once
from tests.register.field import ALERT, COORDINATOR, changed, closing

Run = Callable[..., dict[str, Any]]


@pytest.fixture
@played_once
def work(register: Register) -> Work:
    """A register with one case at its follow-up."""
    made = begin(register)
    to_follow_up(made)
    return made


def moves(work: Work) -> list[dict[str, Any]]:
    """Return what each move of the case keeps."""
    return [dict(event.payload) for event in work.events() if event.op == "case.move"]


def asked(work: Work) -> list[dict[str, Any]]:
    """Return the closures that phones ask for."""
    with work.field.register.reading() as rows:
        return asked_closures(rows)


def decided(work: Work) -> dict[str, str | None]:
    """Return what was decided on each request."""
    return {row["closure_id"]: row["decision"] for row in work.field.rows(tables.closure)}


# --- what is approved -----------------------------------------------------------------------------------------------


def test_the_reason_that_was_read_is_the_one_that_is_kept(work: Work) -> None:
    """A phone asks for something else: its reason, its answer and its retention class stay out of it."""
    work.field.send("closure", "k1", closing(CASE_CODE))
    work.ask_to_close()
    with work.field.register.reading() as rows:
        shown = to_sign(rows, CASE_CODE, "SU-01")
        words = "\n".join(to_sign_lines(shown))
    work.do(every_decision.move, CASE_CODE, "closed", by=SUPERVISOR)

    assert shown.said == {"closure_reason": "unfounded"}
    assert [one["reason"] for one in shown.others] == ["goals_met"]
    assert "another reason" in words
    assert [one["closure_reason"] for one in moves(work)[-2:]] == ["unfounded", "unfounded"]
    assert work.case()["closure_reason"] == "unfounded"
    assert work.case()["retention_class"] is None
    assert decided(work) == {"k1": None}
    assert not work.tasks("closure_review")


def test_of_two_requests_the_one_that_is_meant_is_decided(work: Work) -> None:
    """The newest without a reason, the one of the same reason with one; the other one is still asked for."""
    work.field.send("closure", "k1", closing(CASE_CODE))
    work.field.send(
        "closure", "k2", closing(CASE_CODE, closure_reason="relocated", retention_class="minimal")
    )
    done = work.do(every_decision.move, CASE_CODE, "closure_pending", because="goals_met", by=OWNER)
    assert done.reason == "goals_met"
    work.do(every_decision.move, CASE_CODE, "follow_up", reason="Not yet", by=SUPERVISOR)

    assert decided(work) == {"k1": "refused", "k2": None}
    assert [one["reason"] for one in asked(work)] == ["relocated"]
    assert "closure_reason" not in moves(work)[-1]
    assert work.do(every_decision.move, CASE_CODE, "closure_pending", by=OWNER).reason == "relocated"
    work.do(every_decision.move, CASE_CODE, "closed", by=SUPERVISOR)
    assert decided(work) == {"k1": "refused", "k2": "approved"}
    assert work.case()["retention_class"] == "minimal"


def test_a_suspended_case_keeps_no_reason_of_a_closure(work: Work) -> None:
    """Nor does it when it goes back, or is reopened; why it was suspended is told as that."""
    work.field.send("closure", "k1", closing(CASE_CODE, closure_reason="relocated"))
    day = (work.field.now + timedelta(days=30)).date()
    work.do(
        every_decision.move,
        CASE_CODE,
        "suspended",
        because="safety",
        reason="Threats",
        review_on=day,
        by=OWNER,
    )
    work.do(every_decision.move, CASE_CODE, "back", by=OWNER)

    assert [one.get("closure_reason") for one in moves(work)[-2:]] == [None, None]
    assert moves(work)[-2]["suspend_reason"] == "safety"
    with work.field.register.reading() as rows:
        said = [told(one["op"], one["payload"]) for one in logbook(rows, CASE_CODE, actor=COORDINATOR)]
    assert "afety" in said[-2]
    assert not any("elocat" in one for one in said)


def test_a_reason_of_the_list_stands_only_where_it_is_kept(work: Work) -> None:
    """Neither with another move, nor in the place of what the second person read."""
    work.refused(
        every_decision.BecauseMisplaced,
        every_decision.move,
        CASE_CODE,
        "action_plan",
        because="safety",
        by=OWNER,
    )
    work.field.send("closure", "k1", closing(CASE_CODE))
    work.do(every_decision.move, CASE_CODE, "closure_pending", by=OWNER)

    words = work.refused(
        every_decision.BecauseMisplaced,
        every_decision.move,
        CASE_CODE,
        "closed",
        because="unfounded",
        by=SUPERVISOR,
    )
    assert CASE_CODE in words


# --- what phones ask for --------------------------------------------------------------------------------------------


def test_a_request_of_a_phone_waits_for_somebody(work: Work) -> None:
    """A task by rule, a line of the day, a filter of the list, and words where people look for what waits."""
    work.field.send("closure", "k1", closing(CASE_CODE))
    (task,) = work.tasks("closure_review")
    received = next(row for row in work.field.rows(tables.filing) if row["root_id"] == "k1")[
        "first_received_at"
    ]
    level = work.case()["urgency_decided"] or work.case()["urgency"]
    hours = timedelta(hours=load().deadlines[level].supervision_h)
    assert moment(task["due_at"]) == moment(received) + hours
    (one,) = asked(work)
    assert (one["code"], one["reason"], one["by"]) == (CASE_CODE, "goals_met", "RD-01")
    now = work.field.later()
    with work.field.register.reading() as rows:
        page = today(rows, now)
        listed = find(rows, Wanted(task="closure_review", now=now))
    assert (page.closures, page.document()["counts"]["closures"], page.approvals) == (1, 1, 0)
    assert 1 in [count for _, count, command in waits(page) if command == "dikalo approve"]
    assert [line.code for line in listed] == [CASE_CODE]
    assert "1 closure asked for on a phone" in "\n".join(_asked([one]))
    assert work.sound()

    work.do(every_decision.move, CASE_CODE, "closure_pending", by=OWNER)
    assert asked(work) == []
    assert [one["about"] for one in work.tasks("closure_review")] == [None], "a decision raised it"


def test_a_request_that_came_too_late_raises_no_task(work: Work) -> None:
    """Until the case is taken up again; one that came before is over with the closing."""
    work.field.send("closure", "k1", closing(CASE_CODE))
    work.ask_to_close()
    work.do(every_decision.move, CASE_CODE, "closed", by=SUPERVISOR)
    work.field.send("closure", "k2", closing(CASE_CODE, closure_reason="relocated"))
    assert not work.tasks("closure_review")
    work.do(every_decision.move, CASE_CODE, "reopened", reason="Seen again")

    assert [one["reason"] for one in asked(work)] == ["relocated"]


def test_approve_lists_what_phones_ask_for(work: Work, run: Run) -> None:
    """Beside what can be signed."""
    assert run("approve")["asked"] == []
    work.field.send("closure", "k1", closing(CASE_CODE))

    assert [one["code"] for one in run("approve")["asked"]] == [CASE_CODE]


def test_approve_says_what_a_closure_needs_that_would_be_refused(work: Work, run: Run) -> None:
    """The list lacks what the signature would be told (DK-R31); whoever looks may not be who signs."""
    work.field.send("closure", "k1", closing(CASE_CODE, risk_now="high", feedback_given=None))
    work.do(every_decision.move, CASE_CODE, "closure_pending", by=OWNER)
    of_owner, one = (run("approve", by=reader)["closures"][0] for reader in (OWNER, SUPERVISOR))
    assert of_owner["lacking"] == one["lacking"] == ["risk_allows", "feedback_answered"]
    words = work.refused(GuardFails, every_decision.move, CASE_CODE, "closed", by=SUPERVISOR)
    (told,) = _not_yet([one])
    assert CASE_CODE in told
    assert all(needed in words and needed in told for needed in needed_for(one["lacking"]))
    work.do(every_decision.set_confidentiality, CASE_CODE, "C4", reason="Threats")
    assert [one["lacking"] for one in run("approve", by=OTHER)["closures"]] == [[]]


def test_a_closure_that_can_be_signed_needs_nothing(work: Work, run: Run) -> None:
    """It is listed as before."""
    work.ask_to_close()
    (one,) = run("approve", by=OWNER)["closures"]
    work.do(every_decision.move, CASE_CODE, "closed", by=SUPERVISOR)

    assert (one["lacking"], list(_not_yet([one]))) == ([], [])


def test_a_phone_asks_for_an_early_closure(register: Register) -> None:
    """The reason of the form counts as if it had been typed; one that is for later does not."""
    early = begin(register)
    early.field.send("closure", "k1", closing(CASE_CODE))
    early.refused(GuardFails, every_decision.move, CASE_CODE, "closure_pending", by=OWNER)
    early.field.send("closure", "k2", closing(CASE_CODE, closure_reason="survivor_request"))

    assert early.do(every_decision.move, CASE_CODE, "closure_pending", by=OWNER).reason == "survivor_request"
    assert early.sound()


# --- said in full ---------------------------------------------------------------------------------------------------


def test_a_note_is_not_emptied_without_a_word(work: Work, run: Run) -> None:
    """A reason or a yes; the log says what stood there and that it is gone."""
    work.do(every_decision.set_note, CASE_CODE, "Called twice")
    assert CASE_CODE in work.refused(every_decision.NoteEmptied, every_decision.set_note, CASE_CODE, " ")
    assert run("cases", "note", CASE_CODE, "", expect=2)["code"] == "DK-R97"
    run("cases", "note", CASE_CODE, "", "--reason", "It was of another case")
    with work.field.register.reading() as rows:
        last = list(logbook(rows, CASE_CODE, actor=COORDINATOR))[-1]
    words = told(last["op"], last["payload"])

    assert "emptied" in words
    assert "Called twice" in words
    assert "It was of another case" in words
    run("cases", "note", CASE_CODE, "", "--yes")  # it is empty already


def test_a_remark_is_given_in_words_beside_its_code(work: Work, run: Run) -> None:
    """Programs have the code, people the sentence."""
    work.field.send("closure", "k1", closing(CASE_CODE, feedback_given=None))
    found = {one["code"]: one for one in run("cases", "show", CASE_CODE)["flag_list"]}

    assert found["closure_feedback"]["detail"] is None
    assert " " in found["closure_feedback"]["message"]


def test_a_merge_says_where_the_work_goes_on_and_with_whom(work: Work) -> None:
    """Both codes and the owner; without one, how to put somebody in charge."""
    second = second_case(work)
    work.do(every_decision.assign, second, "RD-02")
    done = work.do(every_decision.merge, CASE_CODE, second, reason="One event", by=OWNER)

    assert (done.to, done.owner) == (second, "RD-02")
    words = " ".join(MERGE.effects(done))
    assert second in words
    assert "RD-02" in words
    assert list(MERGE.next_step(done)) == []
    assert f"assign {second}" in " ".join(MERGE.next_step(replace(done, owner=None)))


def test_an_override_of_an_alert_is_said_with_its_referral(work: Work) -> None:
    """It names the command, and not a case that there is not."""
    said: dict[str, Any] = {"purposes": ("services",), "hours": 24, "reason": "She bleeds"}
    assert f"alerts refer {ALERT_CODE}" in work.refused(OverrideOfAlert, override, ALERT_CODE, **said)


def test_what_is_tied_to_nothing_cannot_be_taken_back(work: Work) -> None:
    """A triaged alert is no duplicate; it is not said that it cannot become what it is."""
    work.field.send("alert", "r2", changed(ALERT, {"danger": {"danger_now": "yes"}}))
    code = work.field.rows(tables.alert)[-1]["code"]
    work.do(every_decision.triage, code)
    words = work.refused(every_decision.AlertHasNoCase, every_decision.unlink, code, reason="A mistake")

    assert "no other alert" in words


@pytest.mark.parametrize(("who", "more"), [(COORDINATOR, True), (OTHER, False)])
def test_the_page_of_a_sealed_case_says_what_it_shows(work: Work, who: Actor, more: bool) -> None:
    """Whoever is shown what is due reads that this is shown; the others that nothing is."""
    work.do(every_decision.set_confidentiality, CASE_CODE, "C4", reason="Threats")
    with work.field.register.reading() as rows:
        page = case_page(rows, CASE_CODE, who, "en", work.field.now)
    words = "\n".join(draw(page))

    assert ("beside what is due" in words) == more == ("What is due" in words)
