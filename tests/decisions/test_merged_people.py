"""People of a merged case are served from the kept one, by their own consents; who is in charge of it takes their tasks."""

from __future__ import annotations

import pytest

from sync_scripts.followup.inbound.known_rows import current
from sync_scripts.followup.outbound.gather import Scope
from sync_scripts.followup.outbound.gather import work as working
from sync_scripts.register.consent_decisions import decide as consents
from sync_scripts.register.declarations.people import RETIRE
from sync_scripts.register.directory.staff import retire
from sync_scripts.register.history.visibility import CaseSealed
from sync_scripts.register.lifecycle.errors import GuardFails
from sync_scripts.store.database import Register
from sync_scripts.store.schema import register as tables
from tests import every_decision
from tests.decisions.test_case_moves import second_case
from tests.decisions.test_two_people import provider
from tests.decisions.work import CASE_CODE, OTHER, OWNER, SUPERVISOR, Work, begin
from tests.register.beginnings import played_once
from tests.register.field import CASE, act, changed, known, victim


@pytest.fixture
@played_once
def work(register: Register) -> Work:
    """A register with a case, and one with a V9 that was merged into it."""
    made = begin(register)
    provider(made)
    other = second_case(made)
    made.field.send(
        "case", "c2", known(other, changed(CASE, {"victims": [victim(9)], "acts": [act(9, "V9")]}))
    )
    made.do(every_decision.plan_service, other, "health", by=OTHER)
    made.do(every_decision.merge, other, CASE_CODE, reason="Same facts")
    return made


def merged(work: Work) -> str:
    """Return the code of the merged case."""
    return str(next(row["case_code"] for row in work.field.rows(tables.case) if row["state"] == "merged"))


def served(work: Work) -> list[tuple[str, int, str, str]]:
    """Return the interventions: case, number, service, status."""
    rows = work.field.rows(tables.intervention)
    return [(row["case_code"], row["number"], row["service"], row["status"]) for row in rows]


def test_somebody_of_a_merged_case_is_referred_from_the_kept_one(work: Work) -> None:
    """Under the code of her case, where her consents are; the kept case learns of it in its list."""
    other = merged(work)
    done = work.do(
        every_decision.refer, CASE_CODE, "health", "PRE-01", person=f"{other.lower()}-v9", by=OWNER
    )

    assert (done.code, done.now) == (other, "referred")
    row = next(one for one in work.field.rows(tables.intervention) if one["status"] == "referred")
    assert (row["case_code"], row["person_uid"]) == (other, "v9")
    due = [one for one in work.tasks("referral_answer") if one["assigned_to"] == "RD-01"]
    assert due, "whoever is in charge of the kept case obtains the answer"


def test_what_was_planned_before_the_merge_goes_on(work: Work) -> None:
    """By its number with the code of its case before it, or under that code."""
    other = merged(work)
    work.do(every_decision.set_service, CASE_CODE, f"{other}-1", provider_code="PRE-01", by=OWNER)
    work.do(every_decision.move_service, CASE_CODE, f"{other}-1", "referred", by=OWNER)
    work.do(every_decision.move_service, other, 1, "accepted", by=OWNER)

    assert served(work) == [(other, 1, "health", "accepted")]


def test_her_consent_is_asked_and_no_other_one(work: Work) -> None:
    """Withdrawn in her case it holds, whatever the person of the kept case agreed to."""
    other = merged(work)
    work.do(consents.withdraw, other, person="V9", reason="She asked")
    work.refused(
        GuardFails, every_decision.refer, CASE_CODE, "health", "PRE-01", person=f"{other}-V9", by=OWNER
    )

    assert work.do(every_decision.refer, CASE_CODE, "health", "PRE-01", by=OWNER).code == CASE_CODE


def test_a_refusal_says_how_she_is_named(work: Work) -> None:
    """From whichever of the two cases somebody tries; a case that was not merged here is nothing here."""
    other = merged(work)
    assert f"{other}-V9" in work.refused(
        every_decision.ThingUnknown, every_decision.plan_service, CASE_CODE, "health", person="V9"
    )
    words = work.refused(every_decision.CaseMerged, every_decision.plan_service, other, "health")
    assert CASE_CODE in words
    assert f"--for {other}-V1" in words
    assert f"{other}-1" in work.refused(
        every_decision.ThingUnknown, every_decision.move_service, CASE_CODE, 7, "referred"
    )
    work.refused(
        every_decision.CaseMerged, every_decision.plan_service, other, "health", person=f"{CASE_CODE}-V1"
    )
    work.refused(
        every_decision.ThingUnknown, every_decision.plan_service, CASE_CODE, "health", person="DK-000001-1-V9"
    )


def test_nobody_is_served_from_a_case_that_was_closed(work: Work) -> None:
    """The work is over there: it is reopened first."""
    work.do(every_decision.move, CASE_CODE, "closure_pending", because="unfounded", feedback="yes", by=OWNER)
    work.do(every_decision.move, CASE_CODE, "closed", by=SUPERVISOR)

    assert "reopened" in work.refused(
        every_decision.CaseLeft, every_decision.plan_service, CASE_CODE, "health", person=f"{merged(work)}-V9"
    )


def test_who_does_not_see_a_c4_case_serves_nobody_of_it(work: Work) -> None:
    """Nor learns who is in it, though the kept case is open to them."""
    other = merged(work)
    work.do(every_decision.set_confidentiality, other, "C4")
    work.refused(CaseSealed, every_decision.plan_service, CASE_CODE, "health", person=f"{other}-V9", by=OTHER)
    words = work.refused(
        every_decision.ThingUnknown, every_decision.plan_service, CASE_CODE, "health", person="V9", by=OTHER
    )

    assert other not in words
    assert (
        work.do(every_decision.plan_service, CASE_CODE, "pss", person=f"{other}-V9", by=OWNER).code == other
    )


# --- in the workbook -----------------------------------------------------------------------------------------------


def in_workbook(work: Work) -> list[tuple[str, str | None]]:
    """Return the interventions that a workbook shows: code of the case, service."""
    with work.field.register.reading() as rows:
        shown = list(working(rows, Scope(), detailed=False, at=work.field.now))
    return [(one.case_code, one.service) for _case, theirs in shown for one in theirs]


def test_what_is_planned_in_a_merged_case_stands_in_the_workbook_under_the_kept_one(work: Work) -> None:
    """It comes back under that code, too, and is written in her own case."""
    other = merged(work)
    row = next(one for one in work.field.rows(tables.intervention) if one["case_code"] == other)
    assert in_workbook(work) == [(CASE_CODE, "health")]
    with work.field.register.reading() as rows:
        now = current(rows, [CASE_CODE], [row["intervention_id"]], work.field.now)
    assert now.interventions[row["intervention_id"]]["code"] == CASE_CODE
    work.do(every_decision.set_service, CASE_CODE, row["intervention_id"], work_note="Called", by=OWNER)
    work.do(every_decision.move_service, CASE_CODE, row["intervention_id"], "ongoing", by=OWNER)

    assert served(work) == [(other, 1, "health", "ongoing")]


def test_her_own_no_and_her_own_class_keep_it_out_of_the_workbook(work: Work) -> None:
    """Whatever the people of the kept case agreed to, and however that is kept."""
    other = merged(work)
    work.do(every_decision.set_confidentiality, other, "C4")
    assert in_workbook(work) == []
    work.do(every_decision.set_confidentiality, CASE_CODE, "C4")
    assert in_workbook(work) == [(CASE_CODE, "health")]
    work.do(consents.withdraw, other, person="V9", reason="She asked")

    assert in_workbook(work) == []


# --- who is in charge ---------------------------------------------------------------------------------------------


def test_the_merged_case_goes_along_when_the_kept_one_is_given_to_somebody(work: Work) -> None:
    """With all that is due in it."""
    other = merged(work)
    assert work.case(other)["owner_code"] == "RD-01"
    done = work.do(every_decision.assign, CASE_CODE, "RD-02")

    assert work.case(other)["owner_code"] == "RD-02"
    assert {row["assigned_to"] for row in work.tasks("followup")} == {"RD-02"}
    open_tasks = [row for row in work.field.rows(tables.task) if row["done_at"] is None]
    assert done.tasks == sum(row["assigned_to"] == "RD-02" for row in open_tasks)
    assert not work.do(every_decision.assign, CASE_CODE, "RD-02").written


def test_who_is_retired_is_told_of_tasks_in_merged_cases(work: Work) -> None:
    """They are on no list of open cases."""
    assert work.do(retire, "RD-02")["merged"] == []
    done = work.do(retire, "RD-01")
    assert done["merged"] == [merged(work)]
    told = "\n".join(RETIRE.facts(done))
    assert f"Merged cases with tasks in these hands: {merged(work)}." in told
    assert RETIRE.attention(done)
