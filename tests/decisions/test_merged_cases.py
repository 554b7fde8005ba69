"""What a merged case leaves to the one that is kept: its level, its risk, its critical matters. Nothing of it vanishes."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from sync_scripts.register.case_decisions.cautions import to_sign
from sync_scripts.register.consent_decisions import decide as consents
from sync_scripts.register.history.merges import merged_in
from sync_scripts.register.lifecycle.errors import GuardFails
from sync_scripts.register.queries.signing import to_sign_lines
from sync_scripts.register.queries.tasks import case_tasks
from sync_scripts.store.database import Register
from sync_scripts.store.schema import register as tables
from tests import every_decision
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
    work.do(every_decision.triage, dealt(1, "AL"))
    code = str(work.do(every_decision.open_case, dealt(1, "AL"), owner="RD-02").case)
    facts = changed(CASE, FACTS, {"sources": [source("yes", 1)]}, said or {})
    work.field.send("case", "c2", known(code, facts))
    return code


def ask(work: Work, code: str = CASE_CODE, **more: Any) -> None:
    """Let the owner ask for the closure."""
    work.do(
        every_decision.move, code, "closure_pending", because="unfounded", feedback="yes", by=OWNER, **more
    )


def refused(work: Work, code: str = CASE_CODE) -> str:
    """See the closure refused; return the words."""
    return work.refused(GuardFails, every_decision.move, code, "closed", by=SUPERVISOR)


# --- the level and the risk ---------------------------------------------------------------------------------------


def test_the_kept_case_is_as_urgent_as_the_merged_one(work: Work) -> None:
    """By rule, with the deadlines of that level; a rebuild says so too."""
    other = critical(work)
    assert (work.case()["urgency"], work.case(other)["urgency"]) == ("medium", "critical")
    work.do(every_decision.merge, other, CASE_CODE, reason="Same facts")

    assert work.case()["urgency"] == "critical"


def test_a_level_that_somebody_decided_hides_no_merged_one(work: Work) -> None:
    """It is raised with the merge, by whoever merges; a lower one stands where it was not lower."""
    other = critical(work)
    work.do(every_decision.set_urgency, CASE_CODE, "high")
    work.do(every_decision.merge, other, CASE_CODE, reason="Same facts")
    assert work.case()["urgency_decided"] == "critical"
    work.do(every_decision.set_urgency, CASE_CODE, "high", reason="She is safe by now")

    assert work.case()["urgency_decided"] == "high"


def test_what_was_decided_of_the_merged_case_counts_and_not_what_the_rules_said(work: Work) -> None:
    """People decide: it was lowered there with a reason."""
    other = critical(work)
    work.do(every_decision.set_urgency, other, "low", reason="A mistake of the phone")
    work.do(every_decision.merge, other, CASE_CODE, reason="Same facts")

    assert work.case()["urgency"] == "medium"


def test_the_risk_is_at_least_that_of_the_merged_case_until_somebody_finds_less(work: Work) -> None:
    """And it keeps the case from its closure until then."""
    risk = {"threats_continue": "yes", "perp_near": "yes", "retaliation_risk": "high"}
    other = critical(work, {"risk": risk})
    assert (work.case()["risk"], work.case(other)["risk"]) == ("low", "high")
    work.do(every_decision.merge, other, CASE_CODE, reason="Same facts")
    assert work.case()["risk"] == "high"
    ask(work)
    assert "risk" in refused(work)
    work.do(every_decision.move, CASE_CODE, "follow_up", reason="Not yet", by=SUPERVISOR)
    safe = {"threats_continue": "no", "perp_near": "no", "retaliation_risk": "low"}
    work.field.send("case", "c3", known(CASE_CODE, changed(CASE, {"risk": safe})))

    assert work.case()["risk"] == "low"


# --- what is critical in it ---------------------------------------------------------------------------------------


def test_a_critical_task_of_a_merged_case_keeps_the_other_one_open(work: Work) -> None:
    """Also of one that was merged into it by way of a third; it is closed once that task is ended."""
    other = critical(work)
    work.field.send("alert", "r3", ALERT)
    work.do(every_decision.triage, dealt(2, "AL"))
    middle = str(work.do(every_decision.open_case, dealt(2, "AL"), owner="RD-02").case)
    work.do(every_decision.merge, other, middle, reason="Same facts")
    work.do(every_decision.merge, middle, CASE_CODE, reason="Same facts")
    with work.field.register.reading() as rows:
        assert merged_in(rows, CASE_CODE) == sorted([other, middle])
    ask(work)
    assert "a source in danger is open" in refused(work)
    work.do(every_decision.end_task, other, "source_risk", reason="The witness left the region")
    work.do(every_decision.move, CASE_CODE, "closed", by=SUPERVISOR)

    assert work.case()["state"] == "closed"


def test_a_hearing_of_a_merged_case_keeps_the_other_one_open(work: Work) -> None:
    """The form came under the code of the merged one."""
    work.field.send("alert", "r2", ALERT)
    work.do(every_decision.triage, dealt(1, "AL"))
    other = str(work.do(every_decision.open_case, dealt(1, "AL"), owner="RD-02").case)
    legal = {"legal_step": "hearing", "court": "tpi", "hearing_at": "2026-12-20T09:00:00.000+01:00"}
    said = {"header": {"case_code": other, "fu_type": "legal"}, "legal": legal}
    work.field.send("followup", "f1", changed(FOLLOWUP, said))
    work.do(every_decision.merge, other, CASE_CODE, reason="Same facts")
    ask(work)

    assert "hearing is still ahead" in refused(work)


# --- a closure that waits -----------------------------------------------------------------------------------------


def test_a_closure_asked_for_before_a_merge_is_not_signed(work: Work) -> None:
    """Whoever asked knew nothing of it; refused and asked for again, it is as any other."""
    other = critical(work)
    ask(work)
    done = work.do(every_decision.merge, other, CASE_CODE, reason="Same facts")
    assert done.asked
    assert "merged case came after the closure was asked for" in refused(work)
    work.do(every_decision.move, CASE_CODE, "follow_up", reason="A case was merged", by=SUPERVISOR)
    work.do(every_decision.end_task, other, "source_risk", reason="The witness left the region")
    ask_again = {"because": "unfounded", "feedback": "yes"}
    work.do(every_decision.move, CASE_CODE, "closure_pending", by=OWNER, **ask_again)
    work.do(every_decision.move, CASE_CODE, "closed", by=SUPERVISOR)

    assert work.case()["state"] == "closed"


def test_whoever_signs_a_closure_reads_what_was_merged_and_what_is_critical_in_it(work: Work) -> None:
    """Before the passphrase decides anything."""
    other = critical(work)
    ask(work)
    work.do(every_decision.merge, other, CASE_CODE, reason="Same facts")
    with work.field.register.reading() as rows:
        found = to_sign(rows, CASE_CODE, "SU-01")
    told = "\n".join(to_sign_lines(found))

    assert found.merged == {other: 1}
    assert f"Merged into it: {other}, with 1 critical task open." in told
    assert f"the case {other}, merged into it" in told


# --- once the kept case is left ------------------------------------------------------------------------------------


def quiet(work: Work, **consent: str | None) -> str:
    """Open another case, of no urgency, with an interview; merge it by way of a third one; return its code."""
    codes = []
    for number in (2, 3):
        work.field.send("alert", f"r{number}", ALERT)
        work.do(every_decision.triage, dealt(number - 1, "AL"))
        codes.append(str(work.do(every_decision.open_case, dealt(number - 1, "AL"), owner="RD-02").case))
    other, middle = codes
    work.field.send("case", "c2", known(other, changed(CASE, FACTS, {"consent": consent})))
    work.do(every_decision.merge, other, middle, reason="Same facts")
    work.do(every_decision.merge, middle, CASE_CODE, reason="Same facts")
    return other


def open_in(work: Work, code: str) -> set[str]:
    """Return the kinds of task that are open in a case."""
    rows = work.field.rows(tables.task)
    filed = {row["filing_no"] for row in work.field.rows(tables.filing) if row["case_code"] == code}
    return {row["kind"] for row in rows if row["filing_no"] in filed and row["done_at"] is None}


def test_what_is_due_in_a_merged_case_ends_with_the_one_in_which_it_goes_on(work: Work) -> None:
    """Nobody has to end each of them by hand; reopened, it is due again."""
    other = quiet(work)
    assert {"plan", "followup"} <= open_in(work, other)
    ask(work)
    work.do(every_decision.move, CASE_CODE, "closed", by=SUPERVISOR)
    closed_at = work.events()[-1].at

    assert open_in(work, other) <= {"retention_review"}
    with work.field.register.reading() as rows:
        ended = {row["kind"]: (row["done_at"], row["ended"]) for row in case_tasks(rows, other)}
    assert ended["plan"] == (closed_at, "not_needed")
    assert work.sound()
    work.do(every_decision.move, CASE_CODE, "reopened", reason="She called")
    assert {"plan", "followup"} <= open_in(work, other)


def test_a_hand_over_asks_everybody_who_was_merged_in(work: Work) -> None:
    """Whoever takes the kept case over takes hers along: who lets her name go to nobody keeps it here."""
    other = quiet(work, c_refer_identity="no")
    said: dict[str, Any] = {"receiver": "PART-01", "accepted_on": date(2026, 11, 20), "reason": "x"}
    assert "consent" in work.refused(GuardFails, every_decision.move, CASE_CODE, "transferred", **said)
    work.do(consents.record, other, {"refer_identity": "health"}, reason="She called back")
    assert "not before" in work.refused(GuardFails, every_decision.move, CASE_CODE, "transferred", **said)
    work.do(every_decision.move, CASE_CODE, "transferred", **{**said, "accepted_on": date(2026, 11, 21)})

    assert open_in(work, other).isdisjoint({"plan", "followup"})


def test_whom_somebody_of_a_merged_case_excluded_gets_it_not(work: Work) -> None:
    """It is one hand-over."""
    work.field.send("alert", "r2", ALERT)
    work.do(every_decision.triage, dealt(1, "AL"))
    other = str(work.do(every_decision.open_case, dealt(1, "AL"), owner="RD-02").case)
    facts = changed(CASE, FACTS, {"consent": {"withhold_from": "other_ngos"}})
    work.field.send("case", "c2", known(other, facts))
    work.do(every_decision.merge, other, CASE_CODE, reason="Same facts")
    said: dict[str, Any] = {"receiver": "PART-01", "accepted_on": date(2026, 11, 20), "reason": "x"}

    work.refused(GuardFails, every_decision.move, CASE_CODE, "transferred", **said)


def test_whoever_took_the_kept_case_over_is_told_of_a_withdrawal_in_a_merged_one(work: Work) -> None:
    """They have what is kept of her, too."""
    other = quiet(work)
    work.do(
        every_decision.move,
        CASE_CODE,
        "transferred",
        receiver="PART-01",
        accepted_on=date(2026, 11, 20),
        reason="x",
    )
    work.do(consents.withdraw, other, reason="She called")

    assert [row["subject"] for row in work.tasks("tell_receiver")] == [f"case:{other}"]


def test_danger_that_waits_when_its_case_is_merged_waits_in_the_kept_one(work: Work) -> None:
    """Whoever merges has looked at nothing: the clock goes on, for the owner of the kept case, until the level there is decided."""
    work.field.send("alert", "r2", ALERT)
    work.do(every_decision.triage, dealt(1, "AL"))
    other = str(work.do(every_decision.open_case, dealt(1, "AL"), owner="RD-02").case)
    work.field.send("case", "c2", known(other, changed(CASE, FACTS)))
    work.do(every_decision.set_urgency, other, "medium", reason="Looked at")
    risk = {"threats_continue": "yes", "perp_near": "yes", "retaliation_risk": "high"}
    work.field.send("case", "c3", known(other, changed(CASE, {"sources": [source("yes", 1)], "risk": risk})))

    def asked() -> list[tuple[Any, ...]]:
        with work.field.register.reading() as rows:
            return [
                (one["subject"], one["due_at"], one["assigned_to"], one["behind"])
                for one in case_tasks(rows, CASE_CODE)
                if one["kind"] == "set_aside_check" and one["done_at"] is None
            ]

    (before,) = [one for one in work.field.rows(tables.task) if one["kind"] == "danger_check"]
    work.do(every_decision.merge, other, CASE_CODE, reason="Same facts")
    assert asked() == [(f"case:{other}", before["due_at"], "RD-01", other)]
    assert work.case(other)["level"] == "critical"
    work.do(every_decision.set_urgency, CASE_CODE, "high", reason="Called back: safe by now")

    assert asked() == []
