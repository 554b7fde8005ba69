"""A no that comes with a form while a workbook is out: what is kept of that person goes with the pull that brings it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sync_scripts.register.care import rebuild
from sync_scripts.register.case_decisions.moves import merge
from sync_scripts.register.consent_decisions.decide import withdraw
from sync_scripts.register.decisions.base import deciding
from sync_scripts.register.decisions.workers import name_worker
from sync_scripts.register.links.same import decide_person
from sync_scripts.store.database import Register
from sync_scripts.store.schema import workbooks
from tests.followup import test_withdrawn_facts
from tests.followup.desk import CASE, OTHER, Desk, lay
from tests.followup.test_withdrawn_facts import FACTS, kept, sent
from tests.register.field import CASE as FORM
from tests.register.field import COORDINATOR, changed, known, victim

out = test_withdrawn_facts.out
"""The fixture of that module."""

NO: dict[str, Any] = {"c_services": "no", "c_document": "no", "c_refer_identity": None}


def facts(desk: Desk) -> list[str]:
    """Return which columns of facts are kept of the first case."""
    (now,) = kept(desk)
    return [] if now is None else [key for key in FACTS if key in now]


def test_an_interview_sent_again_with_a_no_empties_what_is_kept(register: Register, tmp_path: Path) -> None:
    """On both databases: everybody refuses, so all of the case goes, and nothing of another one; a rebuild comes to the same."""
    desk = lay(register, tmp_path, count=2)
    sent(desk)
    others = kept(desk, case=OTHER)
    desk.field.send("case", "c0", changed(FORM, {"consent": NO}), edit=1)
    assert (kept(desk), set(kept(desk, "dk:actions"))) == ([None], {None})
    assert kept(desk, case=OTHER) == others
    assert desk.rebuilt()


def test_a_no_to_documents_alone_leaves_the_work(desk: Desk) -> None:
    """Her facts go; her services, and what is due, stay."""
    sent(desk)
    services = kept(desk, "dk:actions")
    desk.field.send("case", "c0", changed(FORM, {"consent": {"c_document": "no"}}), edit=1)
    assert facts(desk) == []
    assert kept(desk, "dk:actions") == services


def test_a_second_interview_that_refuses_counts_once_both_are_one(desk: Desk) -> None:
    """Until then the services are somebody else's."""
    sent(desk)
    said = {
        "victims": [victim(1, victim_uid="w1")],
        "consent": {"c_services": "no", "c_refer_identity": None},
    }
    desk.field.send("case", "d0", known(CASE, changed(FORM, said)))
    assert None not in kept(desk, "dk:actions")
    desk.decide(decide_person, CASE, "V1", (CASE, "V2"), "same", reason="One voice")
    assert set(kept(desk, "dk:actions")) == {None}
    assert facts(desk) == list(FACTS)


def test_a_form_refused_at_its_beginning_leaves_nothing(desk: Desk) -> None:
    """There is no person left in it."""
    sent(desk)
    desk.field.send("case", "c0", {"gate": {"interview_private": "yes", "consent_case": "no"}}, edit=1)
    assert kept(desk) == [None]


def test_an_edit_that_takes_nothing_back_leaves_everything(out: Desk) -> None:
    """Not even the columns of the facts; nor does building the case again."""
    sent(out)
    before = kept(out)
    out.field.send("case", "c1", changed(FORM, {"incident": {"place_type": "street"}}), edit=1)
    assert kept(out) == before
    assert out.rebuilt()
    assert kept(out) == before


def test_a_rebuild_finds_what_was_left_before(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A no that an older version of the program took in, and left in the workbook; a check only looks."""
    sent(desk)
    with monkeypatch.context() as older:
        older.setattr("sync_scripts.register.building.build.forget_refused", lambda *_given, **_said: None)
        desk.field.send("case", "c0", changed(FORM, {"consent": NO}), edit=1)
    assert facts(desk) == list(FACTS)
    rebuild.check(desk.register, desk.now)
    assert facts(desk) == list(FACTS)
    rebuild.rebuild(desk.register, desk.now)
    assert kept(desk) == [None]


def test_of_a_merged_case_the_services_go_that_stand_under_the_kept_one(desk: Desk) -> None:
    """Once its people withdrew, nothing of them is kept of a workbook, under whichever code it stands there."""
    service = next(row["intervention_id"] for row in desk.services(1))
    with deciding(desk.register, COORDINATOR, desk.field.later()) as by:
        name_worker(by, "CO-01", "coordinator")
        merge(by, OTHER, CASE, reason="Same facts")
    desk.export()

    def kept() -> set[bool]:
        rows = desk.field.rows(workbooks.followup_row)
        return {row["values"] is None for row in rows if row["record_id"] == service}

    assert kept() == {False}
    desk.decide(withdraw, OTHER, reason="She called")
    assert kept() == {True}
