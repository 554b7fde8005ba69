"""Lines F2 to F7 of the table, through a file and a register; F1 is in `test_incoming`."""

from __future__ import annotations

from datetime import timedelta

import openpyxl
import pytest

from sync_scripts.followup import errors, wording
from sync_scripts.register.case_decisions.cases import assign, set_note
from sync_scripts.register.decisions.base import deciding
from sync_scripts.store.schema import workbooks
from tests import every_decision
from tests.followup.desk import (
    CASE,
    NOTE,
    OTHER,
    Desk,
    column_of,
    first_blank,
    labels,
    new_action,
    outcomes,
    sheet_of,
)
from tests.register.field import COORDINATOR, dealt


def test_f4_the_same_bytes_again_do_nothing_even_after_the_register_went_back(desk: Desk) -> None:
    """What was applied once is not applied over a later decision."""
    edited = desk.edit(desk.export(), NOTE)
    desk.apply(edited)
    desk.decide(set_note, CASE, "", agreed=True)
    assert desk.apply(edited).status == "already"
    assert desk.case()["work_note"] is None


def test_f2_a_newer_layout_is_refused_by_name(desk: Desk) -> None:
    """The sentence says which one."""
    book = openpyxl.load_workbook(desk.export())
    book["_meta"]["B1"].value = "dikalo-followup/9"
    with pytest.raises(errors.NewerFormat) as caught:
        desk.bring(desk.saved(book))
    assert "dikalo-followup/9" in caught.value.words()


def test_f3_files_of_others_and_expired_ones_are_refused(desk: Desk) -> None:
    """Another register, an export that nobody knows, a day too late."""
    book = openpyxl.load_workbook(desk.export())
    book["_meta"]["B2"].value = "0" * 26
    with pytest.raises(errors.ExportUnknown):
        desk.bring(desk.saved(book))
    book["_meta"]["B3"].value = "f" * 32
    with pytest.raises(errors.OtherRegister):
        desk.bring(desk.saved(book))


def test_f3_an_expired_file_whose_snapshot_is_held_comes_back_late_with_a_reason(desk: Desk) -> None:
    """Refused without; with a reason it is taken as it would have been, and each change says why it was late."""
    edited = desk.edit(desk.export(), NOTE)
    desk.field.now += timedelta(days=20)
    with pytest.raises(errors.WorkbookExpired) as caught:
        desk.bring(edited)
    assert "--late" in caught.value.words()
    with pytest.raises(errors.LateReasonMissing):
        desk.bring(edited, late=" ")
    done = desk.apply(edited, late="Sans réseau à Ndop")
    assert (outcomes(done), done.late) == ([("apply", "2", "note")], True)
    assert desk.events("case.note")[0].payload["via"]["late"] == "Sans réseau à Ndop"


def test_f3_a_day_that_passed_on_the_way_keeps_back_its_cell_alone(desk: Desk) -> None:
    """It lay ahead when it was typed, and nobody can type it better in that file: told, and the rest is taken."""
    path = desk.export()
    day = ("dk:cases", CASE, "next_due", (desk.now + timedelta(days=5)).strftime("%d/%m/%Y"))
    older = ("dk:cases", OTHER, "next_due", (desk.now - timedelta(days=1)).strftime("%d/%m/%Y"))
    edited = desk.edit(path, day, NOTE)
    wrong = desk.edit(path, older)
    desk.field.now += timedelta(days=20)
    due = desk.case()["next_due"]
    seen = desk.bring(edited, late="Sans réseau")
    done = desk.apply(edited, late="Sans réseau")

    assert outcomes(seen) == outcomes(done) == [("apply", "2", "note"), ("refused", "12", "next_due")]
    assert (done.status, done.changes, done.attention) == ("applied", 1, True)
    assert desk.case()["next_due"] == due
    assert wording.why(done.items[-1].decision) != "day_passed"
    assert desk.bring(wrong, late="Sans réseau").status == "blocked", "it had passed before it was typed"


def test_f3_a_review_that_passed_on_the_way_keeps_back_its_suspension_alone(desk: Desk) -> None:
    """No case is suspended without a day ahead, and nobody else may choose it: told, not suspended, and the rest is taken."""
    day = (desk.now + timedelta(days=5)).strftime("%d/%m/%Y")
    edited = desk.edit(
        desk.export(),
        ("dk:cases", CASE, "state", labels("case_state", "suspended")[0]),
        ("dk:cases", CASE, "closure", labels("closure_reason", "safety")[0]),
        ("dk:cases", CASE, "next_due", day),
        NOTE,
        ("dk:cases", OTHER, "note", "Vue au centre."),
    )
    desk.field.now += timedelta(days=20)
    stood = desk.case()["state"]
    seen = desk.bring(edited, late="Sans réseau")
    done = desk.apply(edited, late="Sans réseau")

    assert outcomes(seen) == outcomes(done)
    assert outcomes(done) == [
        ("apply", "2", "note"),
        ("apply", "2", "note"),
        ("refused", "12", "closure"),
        ("refused", "12", "next_due"),
        ("refused", "12", "state"),
    ]
    assert {one.decision.why for one in done.items if one.key != "note"} == {"review_passed"}
    assert (done.status, done.changes, done.attention, done.only_here) == ("applied", 2, True, True)
    assert (desk.case()["state"], desk.case()["review_on"]) == (stood, None)
    assert desk.case(1)["work_note"] == "Vue au centre."
    assert desk.rebuilt()


def test_f3_when_the_snapshot_is_gone_every_difference_is_a_question(desk: Desk) -> None:
    """Work is never thrown away: nothing is written, and all of it can be settled."""
    path = desk.export()
    edited = desk.edit(path, NOTE, ("dk:cases", OTHER, "owner", "RD-01"), *new_action(path))
    desk.field.now += timedelta(days=40)
    desk.export()  # forgets what is older than 35 days
    desk.field.now += timedelta(minutes=1)
    before = desk.state()
    with pytest.raises(errors.WorkbookForgotten) as refused:
        desk.apply(edited)
    assert "--late" in refused.value.words()
    done = desk.apply(edited, late="Perdu dans un sac")
    assert (done.based, done.changes) == (False, 0)
    assert desk.state() == before
    asked = {(item.case, item.key) for item in done.items if item.decision.rule == "F3"}
    assert {(CASE, "note"), (OTHER, "owner")} <= asked
    assert len(done.conflicts) == len(done.items)


def test_f3_a_forgotten_workbook_that_names_somebody_who_left_is_asked_about(desk: Desk) -> None:
    """Nobody wrote that name in: it stood there. It keeps nothing out; kept by a choice, it would be refused (line 16)."""
    edited = desk.edit(desk.export(), NOTE)
    desk.decide(assign, OTHER, "RD-01")
    with deciding(desk.register, COORDINATOR, desk.field.later()) as by:
        every_decision.name_worker(by, "RD-02", "case_owner", active=False)
    with desk.register.writing() as rows:
        rows.execute(workbooks.followup_row.delete())
    done = desk.apply(edited, late="Oublié dans une voiture")
    assert done.status == "applied"
    assert {("F3", OTHER, "owner", "no_base_not_here"), ("F3", CASE, "note", "no_base")} <= {
        (item.decision.rule, item.case, item.key, item.decision.why) for item in done.items
    }


def test_f3_a_row_of_a_case_that_nobody_knows_says_so_and_stays_in_its_file(desk: Desk) -> None:
    """Its code was mistyped: that it is "no longer in the register" would be wrong, and the file must not be deleted."""
    path = desk.export()
    wrong = dealt(30, "DK")
    edits = ("dk:cases", CASE, "code", wrong), ("dk:cases", OTHER, "note", "x")
    edited = desk.edit(path, *edits)
    with desk.register.writing() as rows:
        rows.execute(workbooks.followup_row.delete())
    done = desk.bring(edited, late="Sans réseau")

    (row,) = [item for item in done.items if item.case == wrong]
    assert (str(row.decision.outcome), row.decision.rule, row.decision.why) == (
        "unknown_row",
        "R7",
        "case_unknown",
    )
    assert done.only_here


@pytest.mark.parametrize(("owner", "why"), [(None, "no_owner"), ("RD-02", "")])
def test_a_new_action_that_names_nobody_says_who_is_reminded(desk: Desk, owner: str | None, why: str) -> None:
    """It is taken all the same: a service that is planned is worth more than a name."""
    path = desk.export()
    at = first_blank(path, "dk:actions")
    cells = {"code": CASE, "service": labels("service", "pss")[0], "owner": owner}
    done = desk.bring(
        desk.edit(path, *(("dk:actions", at, key, said) for key, said in cells.items() if said))
    )

    assert [(str(item.decision.outcome), item.decision.why) for item in done.items] == [("new", why)]


def test_f5_a_lost_key_row_or_editable_column_refuses_the_file_by_name(desk: Desk) -> None:
    """Which columns, so that a person can undo it."""
    path = desk.export()
    book = openpyxl.load_workbook(path)
    sheet = sheet_of(book, "dk:cases")
    sheet.delete_cols(column_of(sheet, "owner"))
    with pytest.raises(errors.ColumnsMissing) as caught:
        desk.bring(desk.saved(book))
    assert "Responsable" in caught.value.words()
    book = openpyxl.load_workbook(path)
    sheet_of(book, "dk:actions").delete_rows(3)
    with pytest.raises(errors.ColumnsMissing):
        desk.bring(desk.saved(book))
    book = openpyxl.load_workbook(path)
    del book["Actions"]
    with pytest.raises(errors.ColumnsMissing):
        desk.bring(desk.saved(book))


def test_f5_what_is_missing_is_named_as_it_stands_in_the_workbook(desk: Desk) -> None:
    """In the language in which it went out, also a sheet that is gone and a column that stands there twice."""
    path = desk.export(lang="en")
    book = openpyxl.load_workbook(path)
    del book["Actions"]
    with pytest.raises(errors.ColumnsMissing) as caught:
        desk.bring(desk.saved(book))
    assert (caught.value.sheet, caught.value.columns.split(", ")[2]) == ("Actions", "Owner")
    book = openpyxl.load_workbook(path)
    sheet = sheet_of(book, "dk:cases")
    sheet.delete_cols(column_of(sheet, "owner"))
    with pytest.raises(errors.ColumnsMissing) as caught:
        desk.bring(desk.saved(book))
    assert caught.value.columns == "Owner"
    book = openpyxl.load_workbook(path)
    sheet = sheet_of(book, "dk:cases")
    sheet.cell(3, sheet.max_column + 1).value = "owner"
    with pytest.raises(errors.ColumnsMissing) as caught:
        desk.bring(desk.saved(book))
    assert caught.value.columns == "Owner"


def test_f6_f7_a_lost_locked_column_and_things_of_others_are_only_counted(desk: Desk) -> None:
    """Read all the same; a column and a sheet that somebody added are not read."""
    book = openpyxl.load_workbook(desk.edit(desk.export(), NOTE))
    sheet = sheet_of(book, "dk:cases")
    sheet.delete_cols(column_of(sheet, "region"))
    sheet.cell(3, sheet.max_column + 1).value = "mine"
    book.create_sheet("Mes comptes")["A1"] = "à moi"
    done = desk.bring(desk.saved(book))
    assert outcomes(done) == [("apply", "2", "note")]
    assert (done.lost_columns, done.ignored_columns, done.ignored_sheets) == (("region",), 1, 1)


def test_f5_a_column_sorted_alone_refuses_the_file(desk: Desk) -> None:
    """Ids no longer belong to their values: more than one row in five differs in a locked column."""
    book = openpyxl.load_workbook(desk.export())
    sheet = sheet_of(book, "dk:cases")
    ids = [sheet.cell(row, 1).value for row in range(6, 10)]
    versions = [sheet.cell(row, 2).value for row in range(6, 10)]
    for row, (one, version) in enumerate(
        zip(ids[1:] + ids[:1], versions[1:] + versions[:1], strict=True), start=6
    ):
        sheet.cell(row, 1).value, sheet.cell(row, 2).value = one, version
    with pytest.raises(errors.RowsShuffled):
        desk.bring(desk.saved(book))
