"""Lines 1 to 11 and 13 to 17 of the table, through a file and a register: each test bears the number of its line."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.worksheet.formula import ArrayFormula

from sync_scripts.register.alert_decisions.services import set_service
from sync_scripts.register.case_decisions.cases import set_note
from sync_scripts.register.decisions.base import deciding
from sync_scripts.register.model.codes import write_workers
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.schema import raw
from tests import every_decision
from tests.followup.desk import (
    CASE,
    NOTE,
    OTHER,
    Desk,
    column_of,
    lay,
    outcomes,
    row_of,
    sheet_of,
)
from tests.register.field import COORDINATOR


def test_line_2_one_edited_cell_is_exactly_one_field_and_one_event(desk: Desk) -> None:
    """The event says where it came from: export, file, sheet, cell, line of the table, who and when."""
    path = desk.export()
    edited = desk.edit(path, NOTE)
    seen = desk.bring(edited)
    assert (outcomes(seen), seen.changes) == ([("apply", "2", "note")], 1)
    assert desk.case()["work_note"] is None
    count = len(desk.events())
    done = desk.apply(edited)
    assert (done.status, done.changes) == ("applied", 1)
    event = desk.events()[count:][0]
    assert len(desk.events()) == count + 1
    assert (event.op, event.payload["was"], event.payload["work_note"]) == ("case.note", None, NOTE[3])
    assert event.payload["via"] == {
        "export": done.export_id,
        "file": done.sha256,
        "sheet": "cases",
        "cell": seen.items[0].cell,
        "rule": "2",
    }
    assert event.actor == COORDINATOR
    assert desk.rebuilt()


EDITS = [
    ("dk:cases", CASE, "owner", "RD-03", ("owner_code", "RD-03")),
    ("dk:cases", CASE, "urgency", "Critique", ("urgency_decided", "critical")),
    ("dk:cases", CASE, "next_due", "30/11/2026", ("next_due", "2026-11-30")),
    ("dk:cases", CASE, "state", "Évaluation des besoins", ("state", "assessment")),
    ("dk:cases", CASE, "note", "=pas une formule", ("work_note", "=pas une formule")),
]


def test_line_1_what_looks_like_a_sign_of_the_format_is_a_text(desk: Desk) -> None:
    """A note with _x0041_, tags or entities goes out and comes back as it is."""
    words = "_x0041_ <b>&amp;</b> ]]> _x005F_ \" '"
    desk.decide(set_note, CASE, words)
    path = desk.export()
    assert desk.bring(path).items == ()
    edited = desk.edit(path, ("dk:cases", CASE, "owner", "RD-03"))
    assert outcomes(desk.apply(edited)) == [("apply", "2", "owner")]


@pytest.mark.parametrize("edit", EDITS, ids=[edit[2] for edit in EDITS])
def test_every_column_of_a_case_comes_back(desk: Desk, edit: tuple[Any, ...]) -> None:
    """Labels and typed days become what the register keeps; a rebuild comes to the same; again it is the same already."""
    *where, value, (column, kept) = edit
    path = desk.export()
    book = openpyxl.load_workbook(path)
    sheet = sheet_of(book, "dk:cases")
    cell = sheet.cell(row_of(sheet, CASE), column_of(sheet, edit[2]))
    cell.value = value
    cell.data_type = "s"
    done = desk.apply(desk.saved(book))
    assert (done.status, done.changes) == ("applied", 1), done.items
    assert desk.case()[column] == kept
    assert desk.rebuilt()
    again = desk.bring(desk.edit(path, (*where[:3], value)) if edit[2] != "note" else desk.saved(book))
    assert {str(item.decision.outcome) for item in again.items} <= {"same"}


def test_line_1_the_base_is_what_went_out_and_never_what_is_there_now(desk: Desk) -> None:
    """A base taken from the register now would write last week's values over this week's."""
    path = desk.export()
    desk.decide(set_note, CASE, "Décidé entre-temps.")
    untouched = desk.edit(path, ("dk:cases", CASE, "owner", "RD-03"))
    done = desk.apply(untouched)
    assert outcomes(done) == [("apply", "2", "owner")]
    assert desk.case()["work_note"] == "Décidé entre-temps."


def test_line_4_5_two_people_one_case_is_a_conflict_and_the_rest_is_taken(desk: Desk) -> None:
    """Lines 4 and 5: nobody's words are lost, and clean rows do not wait."""
    edited = desk.edit(desk.export(), NOTE, ("dk:cases", OTHER, "owner", "RD-01"))
    desk.decide(set_note, CASE, "Une autre note.")
    done = desk.apply(edited)
    assert outcomes(done) == [("apply", "2", "owner"), ("conflict", "4", "note")]
    assert (desk.case()["work_note"], desk.case(1)["owner_code"]) == ("Une autre note.", "RD-01")
    assert (len(done.conflicts), done.attention) == (1, True)


def test_a_field_of_a_service_that_moved_is_a_conflict_too(desk: Desk) -> None:
    """The rows of actions are compared like those of cases."""
    edited = desk.edit(desk.export(), ("dk:actions", 6, "outcome", "Entendue mardi."))
    number = next(row["number"] for row in desk.services() if row["provider_code"] is None)
    desk.decide(set_service, CASE, number, work_note="Absente.")
    seen = desk.bring(edited)
    assert outcomes(seen) == [("conflict", "4", "outcome")]


def test_strict_lets_open_questions_keep_the_file_out(desk: Desk) -> None:
    """With --strict nothing is written as long as anything is open."""
    edited = desk.edit(desk.export(), NOTE, ("dk:cases", OTHER, "owner", "RD-01"))
    desk.decide(set_note, CASE, "Une autre note.")
    assert desk.apply(edited, strict=True).status == "blocked"
    assert desk.case(1)["owner_code"] == "RD-02"


def test_line_3_the_same_correction_in_two_copies_is_written_once(desk: Desk) -> None:
    """Two colleagues put right the same thing: the second file has nothing to write, and nothing is asked."""
    path = desk.export()
    first, second = desk.edit(path, NOTE), desk.edit(path, NOTE, ("dk:cases", OTHER, "owner", "RD-01"))
    assert desk.apply(first).changes == 1
    done = desk.apply(second)
    assert outcomes(done) == [("apply", "2", "owner"), ("same", "3", "note")]
    assert (done.changes, done.attention, len(desk.events("case.note"))) == (1, False, 1)


def test_line_6_14_locked_cells_are_not_read_and_said(desk: Desk) -> None:
    """The region comes from the register, whatever stands there, a formula too; what was written elsewhere counts."""
    path = desk.export()
    done = desk.apply(desk.edit(path, ("dk:cases", CASE, "region", "Ailleurs"), NOTE))
    assert outcomes(done) == [("apply", "2", "note"), ("locked_edit", "6", "region")]
    assert not done.attention
    formula = desk.bring(desk.edit(path, ("dk:cases", OTHER, "region", '="Nord"')))
    assert (outcomes(formula), formula.status) == ([("locked_edit", "14", "region")], "preview")


def test_line_13_every_kind_of_formula_blocks_the_file(desk: Desk) -> None:
    """Plain, of a whole array, shared, without a stored value: none of them is read as a blank."""
    book = openpyxl.load_workbook(desk.export())
    sheet = sheet_of(book, "dk:cases")
    column = column_of(sheet, "note")
    at = sheet.cell(6, column).coordinate
    sheet.cell(6, column).value = ArrayFormula(at, "=A1:A2")
    sheet.cell(7, column).value = "=HYPERLINK(1)"
    sheet.cell(8, column_of(sheet, "next_due")).value = "=TODAY()"
    sheet.cell(9, column_of(sheet, "state")).value = '="Suivi"'
    done = desk.apply(desk.saved(book))
    assert [(str(one.decision.outcome), one.decision.rule) for one in done.items] == [("error", "13")] * 4
    assert all(item.file is None for item in done.items)


def test_line_7_a_blank_erases_only_with_a_yes(desk: Desk) -> None:
    """Line 7: held, and kept as a question; with --allow-erase the note is taken away."""
    desk.decide(set_note, CASE, "À garder.")
    path = desk.export()
    emptied = desk.edit(path, ("dk:cases", CASE, "note", None))
    held = desk.apply(emptied)
    assert (outcomes(held), desk.case()["work_note"]) == ([("erase", "7", "note")], "À garder.")
    assert held.attention
    assert desk.apply(emptied, erase=True).changes == 1
    assert desk.case()["work_note"] is None


@pytest.mark.spread(4)
@pytest.mark.parametrize(
    ("marker", "row", "key"),
    [("dk:cases", CASE, key) for key in ("state", "urgency", "owner", "next_due")]
    + [("dk:actions", 6, key) for key in ("code", "service", "status")]
    + [("dk:referrals", 6, "provider")],
)
@pytest.mark.parametrize("erase", [False, True])
def test_line_7_what_cannot_be_empty_is_an_error_even_with_a_yes(
    desk: Desk, marker: str, row: str | int, key: str, *, erase: bool
) -> None:
    """A case without a next day is not what anybody meant: told at once, and never a question nobody can settle."""
    edited = desk.edit(desk.export(), (marker, row, key, None), ("dk:cases", OTHER, "note", "x"))
    done = desk.apply(edited, erase=erase)
    errors = [one for one in done.items if one.decision.outcome == "error"]
    assert [(one.decision.rule, one.key, one.decision.why) for one in errors] == [("7", key, "needed")]
    assert (done.status, done.conflicts, desk.case(1)["work_note"]) == ("blocked", (), None)


def test_line_8_9_10_11_13_an_error_anywhere_keeps_the_whole_file_out_and_all_are_told(desk: Desk) -> None:
    """A formula, an error of Excel, an unknown label, an unreadable day, a text too long: each with sheet and cell."""
    book = openpyxl.load_workbook(desk.export())
    sheet = sheet_of(book, "dk:cases")
    where = {key: column_of(sheet, key) for key in ("note", "state", "next_due", "owner")}
    sheet.cell(6, where["note"]).value = "=1+1"
    sheet.cell(7, where["note"]).value = "#REF!"
    sheet.cell(7, where["note"]).data_type = "e"
    sheet.cell(8, where["note"]).value = "x" * 1001
    sheet.cell(8, where["state"]).value = "Suivie"
    sheet.cell(8, where["next_due"]).value = "31/02/2026"
    sheet.cell(9, where["owner"]).value = "RD-02"
    before = desk.state()
    done = desk.apply(desk.saved(book))
    errors = {(item.decision.rule, item.cell) for item in done.items if item.decision.outcome == "error"}
    assert {rule for rule, _cell in errors} == {"8", "9", "10", "11", "13"}
    assert all(item.title == "Dossiers" for item in done.items)
    nearest = next(item.decision.nearest for item in done.items if item.decision.rule == "8")
    assert "Suivi" in nearest
    assert (done.status, done.changes, desk.state()) == ("blocked", 0, before)


def test_line_15_a_doubtful_day_waits_for_a_yes(desk: Desk) -> None:
    """Line 15: 1 December typed on an English PC is read as 12 January. A true date: nothing else gives it away."""
    path = desk.export()
    plain = desk.edit(path, ("dk:actions", 6, "due", "2027-05-12"))
    assert outcomes(desk.bring(plain)) == [("apply", "2", "due")]
    edited = desk.edit(path, ("dk:actions", 6, "due", datetime(2026, 1, 12)), NOTE)  # noqa: DTZ001 - of a cell
    held = desk.apply(edited)
    assert outcomes(held) == [("apply", "2", "note"), ("warning", "15", "due")]
    assert len(held.conflicts) == 1
    (item,) = (one for one in held.items if one.key == "due")
    done = desk.apply(edited, accepted=[item.place])
    assert outcomes(done) == [("apply", "15", "due")]
    assert next(row for row in desk.services() if not row["provider_code"])["due_at"][:10] == "2026-01-12"


SCOPES = [
    (Actor("CO-01", "key"), "RD-03", "apply"),
    (Actor("CO-02", "key"), "RD-03", "apply"),
    (Actor("RD-02", "key"), "RD-03", "error"),
    (Actor("RD-02", "key"), "RD-02", "apply"),
    (Actor("rd-02", "key"), "CO-01", "apply"),
    (Actor("CO-01", "claimed"), "RD-03", "error"),
    (Actor("RD-02", "claimed"), "CO-02", "apply"),
]


@pytest.mark.spread(4)
@pytest.mark.parametrize(("importer", "owner", "outcome"), SCOPES)
@pytest.mark.parametrize("place", [("dk:cases", CASE), ("dk:actions", 6)], ids=["case", "action"])
def test_line_16_whom_an_importer_puts_in_charge_is_within_the_importers_scope(
    desk: Desk, place: tuple[str, Any], importer: Actor, owner: str, outcome: str
) -> None:
    """The coordination: anybody who works here. Others, and codes that are only claimed: themselves or the coordination."""
    done = desk.apply(desk.edit(desk.export(), (*place, "owner", owner), NOTE), actor=importer)
    item = next(one for one in done.items if one.key == "owner")
    taken = outcome == "apply"
    assert (str(item.decision.outcome), item.decision.why) == (outcome, "" if taken else "outside_scope")
    assert (done.status, bool(desk.case()["work_note"])) == ("applied" if taken else "blocked", taken)


def test_line_16_until_somebody_coordinates_whoever_has_a_key_does(
    sqlite_register: Register, tmp_path: Path
) -> None:
    """A register that was begun an hour ago: its first worker gives work out; a code that is only claimed does not.

    Not again where an older version let the last one go by a code that was typed.
    """
    desk = lay(sqlite_register, tmp_path, coordination=False)
    edited = desk.edit(desk.export(), ("dk:cases", CASE, "owner", "RD-03"))
    assert desk.bring(edited, actor=Actor("RD-02", "key")).status == "preview"
    assert desk.bring(edited, actor=Actor("RD-02", "claimed")).status == "blocked"
    for roles in ("coordinator", "trainer"):
        with deciding(desk.register, COORDINATOR, desk.field.later()) as by:
            by.write(by.event("worker.add", "worker:CO-09", {"roles": roles}))
            write_workers(by.rows)
    assert desk.bring(edited, actor=Actor("RD-02", "key")).status == "blocked"


def test_line_16_somebody_who_left_is_no_owner(desk: Desk) -> None:
    """Retired meanwhile: an error, by cell."""
    path = desk.export()
    with deciding(desk.register, COORDINATOR, desk.field.later()) as by:
        every_decision.name_worker(by, "RD-03", "case_owner", active=False)
    done = desk.bring(desk.edit(path, ("dk:cases", CASE, "owner", "RD-03")))
    assert outcomes(done) == [("error", "16", "owner")]


def test_line_17_a_text_that_identifies_is_held_and_with_a_yes_sealed(desk: Desk) -> None:
    """Line 17: it never reaches the work note, no event and no preview holds it; accepted, it is sealed with the case."""
    words = "Appeler le 677 12 34 56"
    edited = desk.edit(
        desk.export(), ("dk:cases", CASE, "note", words), ("dk:cases", OTHER, "owner", "RD-01")
    )
    held = desk.apply(edited)
    assert outcomes(held) == [("apply", "2", "owner"), ("warning", "17", "note")]
    assert held.attention
    (item,) = (one for one in held.items if one.key == "note")
    assert item.file is None
    assert held.conflicts == ()
    with desk.register.reading() as rows:
        sealed = [row.row for row in rows.execute(raw.sealed_item.select())]
    done = desk.apply(edited, accepted=[item.place])
    assert outcomes(done) == [("seal", "17", "note")]
    assert desk.case()["work_note"] is None
    with desk.register.reading() as rows:
        more = [row.row for row in rows.execute(raw.sealed_item.select()) if row.row not in sealed]
    assert [row.partition(":")[0] for row in more] == ["note"]
    assert words not in json.dumps([event.payload for event in desk.events()])
    assert desk.rebuilt()
