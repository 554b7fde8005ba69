"""A worker's code is one person's, however its letters are typed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from sync_scripts.cli.frame import outcome
from sync_scripts.register.directory.staff import WorkerThere, name, retire, staff
from sync_scripts.register.history.visibility import sealed_from
from sync_scripts.register.model.errors import WorkerUnknown
from sync_scripts.register.queries import searches, views
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.schema.raw import event
from tests import every_decision
from tests.decisions.columns import SOON
from tests.decisions.work import ALERT_CODE, CASE_CODE, Work, begin

_ADDED = select(func.count()).select_from(event).where(event.c.op == "worker.add")


@pytest.fixture
def work(sqlite_register: Register) -> Work:
    """A register with one case."""
    return begin(sqlite_register)


def codes(work: Work) -> list[str]:
    """Return the codes of everybody."""
    with work.field.register.reading() as rows:
        return [one.code for one in staff(rows)]


def test_a_case_goes_to_the_person_that_is_meant(work: Work) -> None:
    """In small letters too, and nobody new is made of it."""
    before = codes(work)
    work.do(every_decision.assign, CASE_CODE, "rd-02")
    work.do(every_decision.assign_alert, ALERT_CODE, "su-01", new=True)
    assert work.case()["owner_code"] == "RD-02"
    assert work.alert()["assigned_to"] == "SU-01"
    assert codes(work) == before


def test_nobody_is_added_beside_themselves(work: Work) -> None:
    """Two records of one person would each have half of the work."""
    words = work.refused(WorkerThere, name, "rd-02", ["case_owner"])
    assert "RD-02" in words
    work.do(name, "RD-02", ["documenter"])
    assert codes(work).count("RD-02") == 1


@pytest.mark.parametrize("typed", ["rd-0", "RD-0", "rd-O2"])
def test_the_nearest_is_offered_however_it_is_typed(work: Work, typed: str) -> None:
    """A slip in small letters is as near as one in capitals."""

    def missed(by: every_decision.By) -> str:
        with pytest.raises(WorkerUnknown) as caught:
            every_decision.assign(by, CASE_CODE, typed)
        return str(caught.value.nearest)

    assert work.do(missed) in {"RD-01", "RD-02"}


def test_somebody_retires_however_the_code_is_typed(work: Work) -> None:
    """And is the one who was known."""
    assert work.do(retire, "rd-02")["code"] == "RD-02"


def test_who_left_leaves_once(work: Work) -> None:
    """Said again, nothing is written."""
    work.do(retire, "RD-02")
    with work.field.register.reading() as rows:
        before = rows.execute(_ADDED).scalar_one()
    work.do(retire, "RD-02")
    with work.field.register.reading() as rows:
        assert rows.execute(_ADDED).scalar_one() == before


@pytest.mark.parametrize("owner", ["rd-01", "Rd-01", "RD-01"])
def test_lists_are_filtered_however_the_code_is_typed(work: Work, owner: str) -> None:
    """Of somebody with a case no list says that there is nothing."""
    work.do(every_decision.assign_alert, ALERT_CODE, "RD-01")
    with work.field.register.reading() as rows:
        searches.require_known(rows, owner)
        assert [one.code for one in views.cases(rows, owner=owner)] == [CASE_CODE]
        assert [one.code for one in views.alerts(rows, states=None, owner=owner)] == [ALERT_CODE]


def test_whoever_is_in_charge_sees_a_sealed_case_however_the_key_is_named(work: Work) -> None:
    """A key that was given to rd-01 is that of RD-01."""
    work.do(every_decision.set_confidentiality, CASE_CODE, "C4", reason="asked for")
    with work.field.register.reading() as rows:
        assert CASE_CODE not in sealed_from(rows, Actor("rd-01", "key"))
        assert CASE_CODE in sealed_from(rows, Actor("RD-02", "key"))


def test_the_help_says_how_evidence_is_erased(capsys: pytest.CaptureFixture[str]) -> None:
    """What is built is not called missing."""
    assert outcome.run(("evidence", "move", "--help"), "en") == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "not built" not in told
    assert "person erase" in told


def test_a_suspended_case_is_not_proposed_for_suspension(
    work: Work, run: Callable[..., dict[str, Any]]
) -> None:
    """The day of its review is called what it is, and the proposal what that is."""
    for _ in range(3):
        work.do(every_decision.contact, CASE_CODE, reached=False)
    assert "Propose suspension" in _kinds(work)
    run(
        *("cases", "move", CASE_CODE, "suspended", "--because", "safety"),
        *("--review", SOON, "--reason", "roads are closed"),
    )
    assert "Propose suspension" not in _kinds(work)
    assert "Suspended case: look at it again" in _kinds(work)


def _kinds(work: Work) -> set[str]:
    from sync_scripts.register.rules.kinds import label

    with work.field.register.reading() as rows:
        by = every_decision.By(rows, Actor("CO-01", "key"), work.field.now)
        return {label("task_kind", one["kind"]) for one in every_decision.tasks_of(by, CASE_CODE)}
