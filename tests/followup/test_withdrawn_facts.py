"""Somebody withdraws while her workbook is out: what is kept of her goes at once, and what others wrote is still taken."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import update

from sync_scripts.followup import wording
from sync_scripts.followup.files import unlocked
from sync_scripts.followup.inbound.importing import Asked, Imported, bring_back
from sync_scripts.followup.outbound.export import export
from sync_scripts.followup.outbound.gather import Scope
from sync_scripts.followup.outbound.planning import Order
from sync_scripts.register.alert_decisions.services import plan_service
from sync_scripts.register.care import rebuild
from sync_scripts.register.case_decisions.facts import correct
from sync_scripts.register.consent_decisions.decide import record, withdraw
from sync_scripts.store.database import Register
from sync_scripts.store.schema import workbooks
from tests.followup.desk import CASE, DEPUTY, OTHER, Desk, outcomes
from tests.register.field import CASE as FORM
from tests.register.field import COORDINATOR, act, changed, dealt, known, victim

LOCK = "sept lampes bleues gardent un puits"
TWO = {
    "victims": [victim(1), victim(2, victim_sex="m")],
    "acts": [act(1, "V1"), act(2, "V2", violation="beating")],
}
FACTS = ("violations", "people", "arrondissement")


@pytest.fixture
def out(desk: Desk) -> Desk:
    """Give a desk where the first case tells of two people, with a service planned for each."""
    desk.field.send("case", "c0", changed(FORM, {"header": {"documenter_code": "EN-01"}, **TWO}), edit=1)
    desk.decide(plan_service, CASE, "pss", person="V2")
    return desk


def sent(desk: Desk) -> Path:
    """Hand out a T3 workbook; return it without its password, so that it can be edited."""
    path = desk.new_file()
    order = Order("T3", "fr", Scope(), COORDINATOR, desk.field.later(), demo=False)
    export(desk.register, order, path, password=LOCK)
    clear = desk.new_file()
    clear.write_bytes(unlocked(path.read_bytes(), lambda: LOCK).content)
    return clear


def back(desk: Desk, path: Path) -> Imported:
    """Import it."""
    file = unlocked(path.read_bytes(), lambda: "")
    return bring_back(desk.register, file, Asked(COORDINATOR, desk.field.later(), apply=True))


def kept(desk: Desk, sheet: str = "dk:cases", case: str = CASE) -> list[dict[str, Any] | None]:
    """Return what is kept of the rows of a case on one sheet."""
    every = [
        row
        for row in desk.field.rows(workbooks.followup_row)
        if (row["sheet"], row["case_code"]) == (sheet, case)
    ]
    return [None if row["values"] is None else msgspec.json.decode(row["values"]) for row in every]


def test_one_of_two_withdraws_and_her_facts_are_kept_no_longer(out: Desk) -> None:
    """What happened to whom goes, also from the list of what is due; who works on it and until when stays."""
    path = sent(out)
    (before,) = kept(out)
    assert before is not None
    assert (before["people"], before["violations"]) == ("man woman", "beating threat")
    done = out.decide(withdraw, CASE, person="V2", reason="Il a appelé.")
    (now,) = kept(out)
    assert now is not None
    assert [key for key in (*FACTS, "legal", "needs") if key in now] == []
    assert now == {key: value for key, value in before.items() if key in now}
    assert {"code", "state", "urgency", "owner", "next_due", "note"} <= set(now)
    assert (done.stops, done.snapshots > 0) == (False, True)
    assert [one for one in kept(out, "dk:todo") if one is not None and one.get("needs")] == []
    told = back(out, out.edit(path, ("dk:cases", CASE, "note", "Pour celle qui reste.")))
    assert ("apply", "2", "note") in outcomes(told)
    assert "locked_edit" not in {outcome for outcome, _rule, _key in outcomes(told)}
    assert out.case()["work_note"] == "Pour celle qui reste."
    assert out.rebuilt()


def test_her_services_go_with_her_and_those_of_others_stay(out: Desk) -> None:
    """The row of her service is refused and says why; the one of the person who goes on is taken."""
    path = sent(out)
    made = [row for row in out.services() if row["provider_code"] is None]
    assert len(made) == len(kept(out, "dk:actions")) == 2
    out.decide(withdraw, CASE, person="V2", purposes=["services"], reason="Il a appelé.")
    assert sorted(one is None for one in kept(out, "dk:actions")) == [False, True]
    edits = [("dk:actions", row, "outcome", "Vue mardi.") for row in rows_of_case(path)]
    told = back(out, out.edit(path, *edits))
    assert [(one, rule) for one, rule, _key in outcomes(told)] == [("apply", "2"), ("gone", "R10")]
    (gone,) = (item for item in told.items if str(item.decision.outcome) == "gone")
    assert "consent was withdrawn" in wording.why(gone.decision)


def rows_of_case(path: Path) -> list[int]:
    """Return the numbers of the rows of the first case on the sheet of actions."""
    import openpyxl

    from tests.followup.desk import column_of, sheet_of

    sheet = sheet_of(openpyxl.load_workbook(path), "dk:actions")
    column = column_of(sheet, "code")
    return [at for at in range(6, sheet.max_row + 1) if sheet.cell(at, column).value == CASE]


def test_the_only_person_takes_documents_back_alone(desk: Desk) -> None:
    """The work goes on, the facts are kept no longer; also where so many rows lost theirs that a file would look mixed up."""
    path = sent(desk)
    for number in range(3):
        desk.decide(withdraw, dealt(number, "DK"), purposes=["document"], reason="Elle a appelé.")
    for number in range(4):
        (now,) = kept(desk, case=dealt(number, "DK"))
        assert now is not None
        assert [key for key in FACTS if key in now] == ([] if number < 3 else list(FACTS))
        assert now["needs"]
    told = back(desk, desk.edit(path, ("dk:cases", OTHER, "note", "Rappelée.")))
    assert outcomes(told) == [("apply", "2", "note")]


def test_a_no_to_who_asks_counts_as_well(out: Desk) -> None:
    """Nobody had asked him before; asked, he refuses: what the workbook that is out told of him goes."""
    without = changed(FORM, {"victims": [victim(1), victim(2, victim_sex="m", consent_covers="no")]})
    out.field.send("case", "c0", changed(without, {"acts": TWO["acts"]}), edit=2)
    sent(out)
    out.decide(record, CASE, {"document": "no"}, person="V2", reason="Asked at the clinic.")
    (now,) = kept(out)
    assert now is not None
    assert [key for key in FACTS if key in now] == []
    assert now["needs"]


def test_counts_alone_leave_everything(out: Desk) -> None:
    """Neither facts nor services rest on them."""
    sent(out)
    before = kept(out), kept(out, "dk:actions")
    done = out.decide(withdraw, CASE, person="V2", purposes=["stats"], reason="Il a appelé.")
    assert (kept(out), kept(out, "dk:actions")) == before
    assert done.snapshots == 0


def test_a_preview_of_a_withdrawal_leaves_them(register: Register, tmp_path: Path) -> None:
    """On both databases: undone with the rest of its transaction; done, it finds the same rows."""
    from sync_scripts.register.decisions.base import deciding
    from tests.followup.desk import lay

    desk = lay(register, tmp_path, count=1)
    sent(desk)
    before = kept(desk)
    with deciding(register, DEPUTY, desk.field.later(), dry_run=True) as by:
        tried = withdraw(by, CASE, purposes=["document"], reason="Elle a appelé.")
    assert kept(desk) == before
    assert (
        desk.decide(withdraw, CASE, purposes=["document"], reason="Elle a appelé.").snapshots
        == tried.snapshots
        > 0
    )
    assert kept(desk) != before


def test_a_rebuild_leaves_a_workbook_that_went_out_after_the_no(desk: Desk) -> None:
    """It holds nothing of him who refused; one that went out before loses what it held, also when everything is built anew."""
    his = {"victims": [victim(1, victim_uid="w1", victim_sex="m")], "acts": [act(1, "V1", act_uid="b1")]}
    desk.field.send("case", "c9", known(CASE, changed(FORM, his)))
    sent(desk)
    full = [row for row in desk.field.rows(workbooks.followup_row) if row["sheet"] == "dk:cases"]
    desk.field.send("case", "c9", known(CASE, changed(FORM, his, {"consent": {"c_document": "no"}})), edit=1)
    sent(desk)
    before = kept(desk)
    assert sorted(one is not None and bool(one.get("people")) for one in before) == [False, True]
    with desk.register.writing() as rows:  # as in a copy of the register from before
        for one in full:
            same = [workbooks.followup_row.c[name] == one[name] for name in ("export_id", "sheet", "row_id")]
            rows.execute(update(workbooks.followup_row).where(*same).values(values=one["values"]))
    rebuild.rebuild(desk.register, desk.field.later())

    assert kept(desk) == before


@pytest.mark.parametrize("later", ["counts taken back", "asked about a court", "a correction"])
def test_what_is_decided_later_moves_no_no(desk: Desk, later: str) -> None:
    """The workbook that went out after his no holds what it held, whatever was said or decided about the case since."""
    his = {"victims": [victim(1, victim_uid="w1", victim_sex="m")], "acts": [act(1, "V1", act_uid="b1")]}
    desk.field.send("case", "c9", known(CASE, changed(FORM, his)))
    sent(desk)
    desk.field.send("case", "c9", known(CASE, changed(FORM, his, {"consent": {"c_document": "no"}})), edit=1)
    sent(desk)
    before = kept(desk)
    if later == "counts taken back":
        desk.decide(withdraw, CASE, person="V1", purposes=["stats"], reason="Elle a appelé.")
    elif later == "asked about a court":
        desk.decide(record, CASE, {"justice": "yes"}, person="V1", reason="Asked at the clinic.")
    else:
        desk.decide(correct, CASE, "interview.1.language", "eng", reason="Misheard.")
    assert kept(desk) == before
    assert sorted(one is not None and bool(one.get("people")) for one in before) == [False, True]
    rebuild.rebuild(desk.register, desk.field.later())

    assert kept(desk) == before


def test_a_workbook_of_after_everybody_withdrew_is_kept_through_a_rebuild(desk: Desk) -> None:
    """Its few columns are what edits that come back are compared with; one of before loses everything, as it had."""
    sent(desk)
    desk.decide(withdraw, CASE, reason="Elle a appelé.")
    sent(desk)
    desk.decide(correct, CASE, "interview.language", "eng", reason="Misheard.")
    before = kept(desk)
    assert [one is None for one in before].count(True) == 1
    rebuild.rebuild(desk.register, desk.field.later())

    assert kept(desk) == before
