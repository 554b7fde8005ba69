"""What a merged case leaves to the one that is kept: its level, its risk, its critical matters. Nothing of it vanishes."""

from __future__ import annotations

from typing import Any

import pytest

from sync_scripts.cli.approve import _to_sign
from sync_scripts.register import decisions as d
from sync_scripts.register.decisions.vouching import to_sign
from sync_scripts.register.lifecycle import GuardFails
from sync_scripts.register.merged import merged_in
from sync_scripts.store.database import Register
from tests.decisions.work import CASE_CODE, OWNER, SUPERVISOR, Work, begin
from tests.register.field import ALERT, CASE, FOLLOWUP, act, changed, dealt, known, victim
from tests.register.test_critical import source

DANGER = changed(ALERT, {"danger": {"danger_now": "yes"}})
FACTS = {"victims": [victim(9)], "acts": [act(9, "V9")]}


@pytest.fixture
def work(register: Register) -> Work:
    """A register with one case of no great urgency."""
    return begin(register)


def critical(work: Work, said: dict[str, Any] | None = None) -> str:
    """Open another case from an alert of somebody in danger, with a source in danger; return its code."""
    work.field.send("alert", "r2", DANGER)
    work.do(d.triage, dealt(1, "AL"))
    code = str(work.do(d.open_case, dealt(1, "AL"), owner="RD-02").case)
    facts = changed(CASE, FACTS, {"sources": [source("yes", 1)]}, said or {})
    work.field.send("case", "c2", known(code, facts))
    return code


def ask(work: Work, code: str = CASE_CODE, **more: Any) -> None:
    """Let the owner ask for the closure."""
    work.do(d.move, code, "closure_pending", because="unfounded", feedback="yes", by=OWNER, **more)


def refused(work: Work, code: str = CASE_CODE) -> str:
    """See the closure refused; return the words."""
    return work.refused(GuardFails, d.move, code, "closed", by=SUPERVISOR)


# --- the level and the risk ---------------------------------------------------------------------------------------


def test_the_kept_case_is_as_urgent_as_the_merged_one(work: Work) -> None:
    """By rule, with the deadlines of that level; a rebuild says so too."""
    other = critical(work)
    assert (work.case()["urgency"], work.case(other)["urgency"]) == ("medium", "critical")
    work.do(d.merge, other, CASE_CODE, reason="Same facts")

    assert work.case()["urgency"] == "critical"
    assert work.sound()


def test_a_level_that_somebody_decided_hides_no_merged_one(work: Work) -> None:
    """It is raised with the merge, by whoever merges; a lower one stands where it was not lower."""
    other = critical(work)
    work.do(d.set_urgency, CASE_CODE, "high")
    work.do(d.merge, other, CASE_CODE, reason="Same facts")
    assert work.case()["urgency_decided"] == "critical"
    work.do(d.set_urgency, CASE_CODE, "high", reason="She is safe by now")

    assert work.case()["urgency_decided"] == "high"
    assert work.sound()


def test_what_was_decided_of_the_merged_case_counts_and_not_what_the_rules_said(work: Work) -> None:
    """People decide: it was lowered there with a reason."""
    other = critical(work)
    work.do(d.set_urgency, other, "low", reason="A mistake of the phone")
    work.do(d.merge, other, CASE_CODE, reason="Same facts")

    assert work.case()["urgency"] == "medium"


def test_the_risk_is_at_least_that_of_the_merged_case_until_somebody_finds_less(work: Work) -> None:
    """And it keeps the case from its closure until then."""
    risk = {"threats_continue": "yes", "perp_near": "yes", "retaliation_risk": "high"}
    other = critical(work, {"risk": risk})
    assert (work.case()["risk"], work.case(other)["risk"]) == ("low", "high")
    work.do(d.merge, other, CASE_CODE, reason="Same facts")
    assert work.case()["risk"] == "high"
    ask(work)
    assert "risk" in refused(work)
    work.do(d.move, CASE_CODE, "follow_up", reason="Not yet", by=SUPERVISOR)
    safe = {"threats_continue": "no", "perp_near": "no", "retaliation_risk": "low"}
    work.field.send("case", "c3", known(CASE_CODE, changed(CASE, {"risk": safe})))

    assert work.case()["risk"] == "low"
    assert work.sound()


# --- what is critical in it ---------------------------------------------------------------------------------------


def test_a_critical_task_of_a_merged_case_keeps_the_other_one_open(work: Work) -> None:
    """Also of one that was merged into it by way of a third; it is closed once that task is ended."""
    other = critical(work)
    work.field.send("alert", "r3", ALERT)
    work.do(d.triage, dealt(2, "AL"))
    middle = str(work.do(d.open_case, dealt(2, "AL"), owner="RD-02").case)
    work.do(d.merge, other, middle, reason="Same facts")
    work.do(d.merge, middle, CASE_CODE, reason="Same facts")
    with work.field.register.reading() as rows:
        assert merged_in(rows, CASE_CODE) == sorted([other, middle])
    ask(work)
    assert "a source in danger is open" in refused(work)
    work.do(d.end_task, other, "source_risk", reason="The witness left the region")
    work.do(d.move, CASE_CODE, "closed", by=SUPERVISOR)

    assert work.case()["state"] == "closed"


def test_a_hearing_of_a_merged_case_keeps_the_other_one_open(work: Work) -> None:
    """The form came under the code of the merged one."""
    work.field.send("alert", "r2", ALERT)
    work.do(d.triage, dealt(1, "AL"))
    other = str(work.do(d.open_case, dealt(1, "AL"), owner="RD-02").case)
    legal = {"legal_step": "hearing", "court": "tpi", "hearing_at": "2026-12-20T09:00:00.000+01:00"}
    said = {"header": {"case_code": other, "fu_type": "legal"}, "legal": legal}
    work.field.send("followup", "f1", changed(FOLLOWUP, said))
    work.do(d.merge, other, CASE_CODE, reason="Same facts")
    ask(work)

    assert "hearing is still ahead" in refused(work)


# --- a closure that waits -----------------------------------------------------------------------------------------


def test_a_closure_asked_for_before_a_merge_is_not_signed(work: Work) -> None:
    """Whoever asked knew nothing of it; refused and asked for again, it is as any other."""
    other = critical(work)
    ask(work)
    done = work.do(d.merge, other, CASE_CODE, reason="Same facts")
    assert done.asked
    assert "merged case came after the closure was asked for" in refused(work)
    work.do(d.move, CASE_CODE, "follow_up", reason="A case was merged", by=SUPERVISOR)
    work.do(d.end_task, other, "source_risk", reason="The witness left the region")
    ask_again = {"because": "unfounded", "feedback": "yes"}
    work.do(d.move, CASE_CODE, "closure_pending", by=OWNER, **ask_again)
    work.do(d.move, CASE_CODE, "closed", by=SUPERVISOR)

    assert work.case()["state"] == "closed"
    assert work.sound()


def test_whoever_signs_a_closure_reads_what_was_merged_and_what_is_critical_in_it(work: Work) -> None:
    """Before the passphrase decides anything."""
    other = critical(work)
    ask(work)
    work.do(d.merge, other, CASE_CODE, reason="Same facts")
    with work.field.register.reading() as rows:
        found = to_sign(rows, CASE_CODE, "SU-01")
    told = "\n".join(_to_sign(found))

    assert found.merged == {other: 1}
    assert f"Merged into it: {other}, with 1 critical task open." in told
    assert f"the case {other}, merged into it" in told
