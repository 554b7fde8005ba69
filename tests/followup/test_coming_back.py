"""A workbook that comes back: nothing for nothing, one cell for one cell, and nobody's work lost."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import update

from sync_scripts.followup import refusals
from sync_scripts.register import decisions
from sync_scripts.register.consents.decide import withdraw
from sync_scripts.register.decisions import deciding
from sync_scripts.register.decisions.case_values import set_note
from sync_scripts.register.decisions.services import set_service
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.schema import raw
from sync_scripts.store.schema import register as tables
from tests.followup.desk import Desk, column_of, first_blank, lay, outcomes, row_of, sheet_of
from tests.register.field import CASE as FORM
from tests.register.field import COORDINATOR, changed, dealt

CASE = dealt(0, "DK")
OTHER = dealt(1, "DK")
NOTE = ("dk:cases", CASE, "note", "Rappel fait le 20.")


# --- nothing for nothing, one for one ---


def test_unedited_it_asks_for_nothing_and_changes_nothing(register: Register, tmp_path: Path) -> None:
    """On both databases; the register is the same byte for byte, and a second import is a no-op (F4)."""
    desk = lay(register, tmp_path)
    path = desk.export()
    before = desk.state()
    assert desk.bring(path).items == ()
    assert desk.apply(path).status == "applied"
    assert desk.apply(path).status == "already"
    assert desk.state() == before


def test_f4_the_same_bytes_again_do_nothing_even_after_the_register_went_back(desk: Desk) -> None:
    """What was applied once is not applied over a later decision."""
    edited = desk.edit(desk.export(), NOTE)
    desk.apply(edited)
    desk.decide(set_note, CASE, "")
    assert desk.apply(edited).status == "already"
    assert desk.case()["work_note"] is None


def test_one_edited_cell_is_exactly_one_field_and_one_event(desk: Desk) -> None:
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


def test_what_belongs_together_is_decided_together(desk: Desk) -> None:
    """A lowered urgency takes the note for its reason; a closure its reason; a suspension its day of review."""
    low = desk.edit(desk.export(), ("dk:cases", CASE, "urgency", labels("urgency", "low")[0]), NOTE)
    assert desk.apply(low).changes == 2
    event = desk.events("case.urgency")[0]
    assert (event.payload["urgency"], event.payload["reason"]) == ("low", NOTE[3])
    closing = desk.edit(
        desk.export(),
        ("dk:cases", OTHER, "state", "Fermeture à valider"),
        ("dk:cases", OTHER, "closure", "closure"),
    )
    assert desk.bring(closing).status == "blocked"
    reason = next(iter(labels("closure_reason", "lost_contact")))
    closing = desk.edit(
        desk.export(),
        ("dk:cases", OTHER, "state", labels("case_state", "closure_pending")[0]),
        ("dk:cases", OTHER, "closure", reason),
    )
    done = desk.apply(closing)
    assert (done.status, done.changes) == ("applied", 2), done.items
    assert (desk.case(1)["state"], desk.case(1)["closure_reason"]) == ("closure_pending", "lost_contact")
    assert desk.rebuilt()


def labels(name: str, code: str) -> list[str]:
    """Return the French label of a code of a list."""
    from sync_scripts.register.labels import labels_of

    return [labels_of(name, "fr")[code]]


# --- actions and referrals ---


def new_action(path: Path, *, case: str = CASE, row: int | None = None, **more: str) -> list[tuple[Any, ...]]:
    """Return the edits that fill a ready blank row of the actions."""
    at = row or first_blank(path, "dk:actions")
    said = {"code": case, "service": labels("service", "pss")[0], **more}
    return [("dk:actions", at, key, value) for key, value in said.items()]


def test_r2_a_blank_row_that_is_filled_makes_one_action(desk: Desk) -> None:
    """With all that the row says: who, when due, its status and the day it was done."""
    path = desk.export()
    filled = desk.edit(
        path,
        *new_action(
            path, owner="RD-02", due="02/12/2026", status="done", done_on="20/11/2026", outcome="Entendue."
        ),
    )
    seen = desk.bring(filled)
    assert (outcomes(seen), seen.counts["new"], seen.changes) == ([("new", "R2", "")], 1, 1)
    desk.apply(filled)
    made = desk.services()[-1]
    assert (made["service"], made["owner_code"], made["status"]) == ("pss", "RD-02", "done")
    assert (made["work_note"], made["done_at"][:10]) == ("Entendue.", "2026-11-19")  # midnight in Douala
    assert made["due_at"][:10] == "2026-12-02"
    assert len(desk.services()) == 3
    assert desk.rebuilt()


def test_r3_importing_again_or_corrected_makes_no_second_action(desk: Desk) -> None:
    """A task doubled on replay would be found here: same file, another copy of it, a corrected copy."""
    path = desk.export()
    filled = desk.edit(path, *new_action(path, owner="RD-02"))
    desk.apply(filled)
    assert desk.bring(desk.edit(filled)).items == ()
    at = first_blank(path, "dk:actions")
    corrected = desk.edit(filled, ("dk:actions", at, "owner", "RD-03"))
    assert outcomes(desk.apply(corrected)) == [("apply", "2", "owner")]
    assert [row["owner_code"] for row in desk.services()] == [None, None, "RD-03"]
    assert desk.rebuilt()


def test_r4_a_row_below_the_ready_ones_is_new_once(desk: Desk) -> None:
    """Its id is made from what it says; two equal ones are asked about, not merged."""
    path = desk.export()
    last = openpyxl.load_workbook(path)["Actions"].max_row + 1
    edited = desk.edit(path, *new_action(path, row=last), *new_action(path, row=last + 1))
    seen = desk.bring(edited)
    assert [name for name, rule, _key in outcomes(seen) if rule == "R4"] == ["new", "warning"]
    desk.apply(edited)
    assert len(desk.services()) == 3
    again = desk.edit(edited, NOTE)
    desk.apply(again)
    assert len(desk.services()) == 3
    desk.apply(desk.edit(edited, ("dk:cases", OTHER, "note", "x")), accepted=[f"Actions!C{last + 1}"])
    assert len(desk.services()) == 4


def test_r5_a_case_is_not_opened_in_the_workbook(desk: Desk) -> None:
    """A row below the cases is refused, and the rest is taken."""
    path = desk.export()
    last = openpyxl.load_workbook(path)["Dossiers"].max_row + 1
    done = desk.apply(desk.edit(path, ("dk:cases", last, "note", "Nouveau dossier"), NOTE))
    assert outcomes(done) == [("apply", "2", "note"), ("refused", "R5", "")]
    assert (done.attention, desk.case()["work_note"]) == (True, NOTE[3])


def copied_row(desk: Desk, path: Path, marker: str, source: int, target: int) -> Path:
    """Copy a row over another one, ids and all."""
    book = openpyxl.load_workbook(path)
    sheet = sheet_of(book, marker)
    for column in range(1, sheet.max_column + 1):
        sheet.cell(target, column).value = sheet.cell(source, column).value
    return desk.saved(book)


def test_r6_a_copied_row_counts_once_or_not_at_all(desk: Desk) -> None:
    """Equal copies are one row; a copy that was changed refuses both, because which one is meant cannot be told."""
    path = desk.export()
    twice = copied_row(desk, path, "dk:actions", 6, first_blank(path, "dk:actions"))
    assert desk.bring(twice).items == ()
    changed = desk.edit(
        twice, ("dk:actions", first_blank(path, "dk:actions"), "outcome", "Autre chose"), NOTE
    )
    done = desk.apply(changed)
    assert outcomes(done) == [("apply", "2", "note"), ("refused", "R6", ""), ("refused", "R6", "")]
    assert len(desk.services()) == 2


def test_r7_r8_rows_of_another_export_are_refused(desk: Desk) -> None:
    """An id that was not handed out, and a row whose base is another one's."""
    path = desk.export()
    book = openpyxl.load_workbook(path)
    sheet = sheet_of(book, "dk:cases")
    sheet["A6"].value = "0" * 26
    sheet["B7"].value = "0" * 12
    sheet.cell(7, column_of(sheet, "note")).value = "De la semaine passée"
    assert sorted(rule for _name, rule, _key in outcomes(desk.bring(desk.saved(book)))) == ["R7", "R8"]


def test_r9_rows_that_are_missing_delete_nothing(desk: Desk) -> None:
    """Somebody cleaned up, or copied a filtered view: counted, and that is all."""
    book = openpyxl.load_workbook(desk.export())
    sheet_of(book, "dk:cases").delete_rows(7, 2)
    before = desk.state()
    done = desk.apply(desk.saved(book))
    assert (done.items, done.counts["missing_row"], done.changes) == ((), 2, 0)
    assert desk.state() == before


def test_r10_what_was_erased_is_never_made_again(desk: Desk) -> None:
    """The snapshot's values went with the person: neither the case's row nor the action of a blank row comes back."""
    path = desk.export()
    filled = desk.edit(path, *new_action(path), NOTE)
    desk.apply(filled)
    with desk.register.writing() as rows:
        kept = raw.followup_row
        rows.execute(update(kept).where(kept.c.case_code == CASE).values({"values": None}))
        rows.execute(tables.intervention.delete().where(tables.intervention.c.case_code == CASE))
    done = desk.apply(desk.edit(filled, ("dk:cases", CASE, "note", "Encore")))
    assert {item.decision.outcome for item in done.items} == {"gone"}
    assert done.changes == 0
    assert all(item.file is None for item in done.items)
    assert desk.services() == []


def test_a_withdrawal_takes_snapshot_and_open_questions_along(desk: Desk) -> None:
    """What a workbook said of her is gone with her consent: the file says nothing any more, and nothing is asked."""
    path = desk.export()
    asked = desk.edit(path, NOTE)
    desk.decide(set_note, CASE, "Autre.")
    assert len(desk.apply(asked).conflicts) == 1
    desk.decide(withdraw, CASE, reason="Elle a appelé.")
    assert desk.field.rows(raw.followup_conflict) == []
    done = desk.apply(
        desk.edit(path, ("dk:cases", CASE, "note", "Encore une note."), ("dk:cases", OTHER, "note", "x"))
    )
    assert {(one, item.case) for item in done.items for one in [str(item.decision.outcome)]} == {
        ("gone", CASE),
        ("apply", OTHER),
    }
    kept = json.dumps([desk.field.rows(table) for table in (raw.followup_row, raw.followup_conflict)])
    assert "Encore une note." not in kept
    assert desk.rebuilt()


def test_a_referral_leaves_only_with_consent(desk: Desk) -> None:
    """Rule 12: a day of sending means that it was sent, and the consent must cover that service."""
    path = desk.export()
    at = first_blank(path, "dk:referrals")
    row = [
        ("dk:referrals", at, "code", CASE),
        ("dk:referrals", at, "provider", "pre-01"),
        ("dk:referrals", at, "sent_on", "20/11/2026"),
        ("dk:referrals", at, "comment", "Vue sur place."),
    ]
    done = desk.apply(desk.edit(path, *row))
    assert done.status == "applied", done.items
    made = desk.services()[-1]
    assert (made["service"], made["provider_code"], made["status"]) == ("health", "PRE-01", "referred")
    assert made["work_note"] == "Vue sur place."
    no = {"c_services": "no", "c_refer_identity": None}
    desk.field.send("case", "c9", changed(FORM, {"consent": no}))
    path = desk.export()
    at = first_blank(path, "dk:referrals")
    row = [(sheet, at, key, dealt(4, "DK") if key == "code" else value) for sheet, _at, key, value in row]
    refused = desk.apply(desk.edit(path, *row, NOTE))
    assert refused.status == "blocked"
    (error,) = (item for item in refused.items if item.decision.outcome == "error")
    assert (error.decision.why, error.decision.rule) == ("refused_move", "12")
    assert "consent" in error.words
    assert desk.case()["work_note"] is None


# --- conflicts and what waits ---


def test_two_people_one_case_is_a_conflict_and_the_rest_is_taken(desk: Desk) -> None:
    """Lines 4 and 5: nobody's words are lost, and clean rows do not wait."""
    edited = desk.edit(desk.export(), NOTE, ("dk:cases", OTHER, "owner", "RD-01"))
    desk.decide(set_note, CASE, "Une autre note.")
    done = desk.apply(edited)
    assert outcomes(done) == [("apply", "2", "owner"), ("conflict", "4", "note")]
    assert (desk.case()["work_note"], desk.case(1)["owner_code"]) == ("Une autre note.", "RD-01")
    assert (len(done.conflicts), done.attention) == (1, True)


def test_the_base_is_what_went_out_and_never_what_is_there_now(desk: Desk) -> None:
    """A base taken from the register now would write last week's values over this week's."""
    path = desk.export()
    desk.decide(set_note, CASE, "Décidé entre-temps.")
    untouched = desk.edit(path, ("dk:cases", CASE, "owner", "RD-03"))
    done = desk.apply(untouched)
    assert outcomes(done) == [("apply", "2", "owner")]
    assert desk.case()["work_note"] == "Décidé entre-temps."


def test_strict_lets_open_questions_keep_the_file_out(desk: Desk) -> None:
    """With --strict nothing is written as long as anything is open."""
    edited = desk.edit(desk.export(), NOTE, ("dk:cases", OTHER, "owner", "RD-01"))
    desk.decide(set_note, CASE, "Une autre note.")
    assert desk.apply(edited, strict=True).status == "blocked"
    assert desk.case(1)["owner_code"] == "RD-02"


def test_a_blank_erases_only_with_a_yes(desk: Desk) -> None:
    """Line 7: held, and kept as a question; with --allow-erase the note is taken away."""
    desk.decide(set_note, CASE, "À garder.")
    path = desk.export()
    emptied = desk.edit(path, ("dk:cases", CASE, "note", None))
    held = desk.apply(emptied)
    assert (outcomes(held), desk.case()["work_note"]) == ([("erase", "7", "note")], "À garder.")
    assert held.attention
    assert desk.apply(emptied, erase=True).changes == 1
    assert desk.case()["work_note"] is None


def test_what_cannot_be_empty_is_an_error_even_with_a_yes(desk: Desk) -> None:
    """A case without a state is not what anybody meant."""
    emptied = desk.edit(desk.export(), ("dk:cases", CASE, "state", None))
    done = desk.apply(emptied, erase=True)
    assert (done.status, done.items[-1].decision.why) == ("blocked", "needed")


def test_an_error_anywhere_keeps_the_whole_file_out_and_all_are_told(desk: Desk) -> None:
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


def test_a_register_that_refuses_keeps_the_file_out_in_words(desk: Desk) -> None:
    """An illegal step says why, and nothing of the file is written."""
    edited = desk.edit(desk.export(), ("dk:cases", CASE, "state", labels("case_state", "follow_up")[0]), NOTE)
    for done in (desk.bring(edited), desk.apply(edited)):
        assert done.status == "blocked"
        (error,) = (item for item in done.items if item.decision.outcome == "error")
        assert (error.key, error.decision.rule, error.decision.why) == ("state", "12", "refused_move")
        assert CASE in error.words
    assert desk.case()["work_note"] is None


def test_a_doubtful_day_waits_for_a_yes(desk: Desk) -> None:
    """Line 15: 12 January typed on an English PC."""
    edited = desk.edit(desk.export(), ("dk:actions", 6, "due", "2027-05-12"))
    _ = desk.edit(desk.export(), ("dk:cases", CASE, "next_due", "2027-01-12"))
    seen = desk.bring(desk.edit(desk.export(), ("dk:actions", 6, "due", "2026-01-12")))
    assert outcomes(seen) == [("warning", "15", "due")]
    assert outcomes(desk.bring(edited)) == [("apply", "2", "due")]


def test_a_text_that_identifies_is_held_and_with_a_yes_sealed(desk: Desk) -> None:
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


def test_locked_cells_are_not_read_and_said(desk: Desk) -> None:
    """Line 6: the region comes from the register; what was written elsewhere in the row counts."""
    done = desk.apply(desk.edit(desk.export(), ("dk:cases", CASE, "region", "Ailleurs"), NOTE))
    assert outcomes(done) == [("apply", "2", "note"), ("locked_edit", "6", "region")]
    assert not done.attention


def test_a_case_that_was_left_meanwhile_takes_nothing(desk: Desk) -> None:
    """Merged while the workbook was out: said, and the rest of the file is taken."""
    edited = desk.edit(desk.export(), NOTE, ("dk:cases", OTHER, "owner", "RD-01"))
    with desk.register.writing() as rows:
        rows.execute(update(tables.case).where(tables.case.c.case_code == CASE).values(state="merged"))
    seen = desk.bring(edited)
    assert outcomes(seen) == [("apply", "2", "owner"), ("gone", "R10", "note")]


# --- the whole file ---


def test_f2_a_newer_layout_is_refused_by_name(desk: Desk) -> None:
    """The sentence says which one."""
    book = openpyxl.load_workbook(desk.export())
    book["_meta"]["B1"].value = "dikalo-followup/9"
    with pytest.raises(refusals.NewerFormat) as caught:
        desk.bring(desk.saved(book))
    assert "dikalo-followup/9" in caught.value.words()


def test_f3_files_of_others_and_expired_ones_are_refused(desk: Desk) -> None:
    """Another register, an export that nobody knows, a day too late."""
    book = openpyxl.load_workbook(desk.export())
    book["_meta"]["B2"].value = "0" * 26
    with pytest.raises(refusals.ExportUnknown):
        desk.bring(desk.saved(book))
    book["_meta"]["B3"].value = "f" * 32
    with pytest.raises(refusals.OtherRegister):
        desk.bring(desk.saved(book))


def test_f3_an_expired_file_whose_snapshot_is_held_comes_back_late_with_a_reason(desk: Desk) -> None:
    """Refused without; with a reason it is taken as it would have been, and each change says why it was late."""
    edited = desk.edit(desk.export(), NOTE)
    desk.field.now += timedelta(days=20)
    with pytest.raises(refusals.WorkbookExpired) as caught:
        desk.bring(edited)
    assert "--late" in caught.value.words()
    with pytest.raises(refusals.LateReasonMissing):
        desk.bring(edited, late=" ")
    done = desk.apply(edited, late="Sans réseau à Ndop")
    assert (outcomes(done), done.late) == ([("apply", "2", "note")], True)
    assert desk.events("case.note")[0].payload["via"]["late"] == "Sans réseau à Ndop"


def test_f3_when_the_snapshot_is_gone_every_difference_is_a_question(desk: Desk) -> None:
    """Work is never thrown away: nothing is written, and all of it can be settled."""
    path = desk.export()
    edited = desk.edit(path, NOTE, ("dk:cases", OTHER, "owner", "RD-01"), *new_action(path))
    desk.field.now += timedelta(days=40)
    desk.export()  # forgets what is older than 35 days
    desk.field.now += timedelta(minutes=1)
    before = desk.state()
    done = desk.apply(edited, late="Perdu dans un sac")
    assert (done.based, done.changes) == (False, 0)
    assert desk.state() == before
    asked = {(item.case, item.key) for item in done.items if item.decision.rule == "F3"}
    assert {(CASE, "note"), (OTHER, "owner")} <= asked
    assert len(done.conflicts) == len(done.items)


def test_f5_a_lost_key_row_or_editable_column_refuses_the_file_by_name(desk: Desk) -> None:
    """Which columns, so that a person can undo it."""
    path = desk.export()
    book = openpyxl.load_workbook(path)
    sheet = sheet_of(book, "dk:cases")
    sheet.delete_cols(column_of(sheet, "owner"))
    with pytest.raises(refusals.ColumnsMissing) as caught:
        desk.bring(desk.saved(book))
    assert "Responsable" in caught.value.words()
    book = openpyxl.load_workbook(path)
    sheet_of(book, "dk:actions").delete_rows(3)
    with pytest.raises(refusals.ColumnsMissing):
        desk.bring(desk.saved(book))
    book = openpyxl.load_workbook(path)
    del book["Actions"]
    with pytest.raises(refusals.ColumnsMissing):
        desk.bring(desk.saved(book))


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


def test_columns_and_sheets_may_be_moved_renamed_and_sorted(desk: Desk) -> None:
    """Keys and markers decide: a column at the other end, other headers, another sheet name, rows upside down."""
    book = openpyxl.load_workbook(desk.edit(desk.export(), NOTE))
    sheet = sheet_of(book, "dk:cases")
    sheet.title = "Ma liste"
    width, last = sheet.max_column, 9
    order = [1, 2, *range(width, 2, -1)]
    rows = [[sheet.cell(row, column).value for column in order] for row in range(1, last + 1)]
    rows[0], rows[1] = ([sheet.cell(row, column).value for column in range(1, width + 1)] for row in (1, 2))
    data = rows[5:][::-1]
    for at, values in enumerate(rows[:5] + data, start=1):
        for column, value in enumerate(values, start=1):
            sheet.cell(at, column).value = "Renommé" if at == 5 and column > 2 else value
    done = desk.bring(desk.saved(book))
    assert outcomes(done) == [("apply", "2", "note")]
    assert (done.items[0].case, done.items[0].title, done.counts["missing_row"]) == (CASE, "Ma liste", 0)


def test_a_column_sorted_alone_refuses_the_file(desk: Desk) -> None:
    """Ids no longer belong to their values: more than one row in five differs in a locked column."""
    book = openpyxl.load_workbook(desk.export())
    sheet = sheet_of(book, "dk:cases")
    ids = [sheet.cell(row, 1).value for row in range(6, 10)]
    versions = [sheet.cell(row, 2).value for row in range(6, 10)]
    for row, (one, version) in enumerate(
        zip(ids[1:] + ids[:1], versions[1:] + versions[:1], strict=True), start=6
    ):
        sheet.cell(row, 1).value, sheet.cell(row, 2).value = one, version
    with pytest.raises(refusals.RowsShuffled):
        desk.bring(desk.saved(book))


def test_labels_of_the_other_language_and_codes_are_read(desk: Desk) -> None:
    """An English label in a French workbook, a bare code, other capitals."""
    from sync_scripts.register.labels import labels_of

    english = labels_of("urgency", "en")["high"]
    edited = desk.edit(
        desk.export(), ("dk:cases", CASE, "urgency", english.upper()), ("dk:cases", OTHER, "urgency", "high")
    )
    assert desk.apply(edited).changes == 2
    assert {desk.case(number)["urgency_decided"] for number in (0, 1)} == {"high"}


def test_an_english_workbook_comes_back_too(desk: Desk) -> None:
    """Nothing for nothing, one for one."""
    path = desk.export(lang="en")
    assert desk.bring(path).items == ()
    assert desk.bring(desk.edit(path, NOTE)).changes == 1


def test_t3_comes_back_too(desk: Desk) -> None:
    """More locked columns, the same way."""
    path = desk.new_file()
    from sync_scripts.followup.export import export
    from sync_scripts.followup.gather import Scope
    from sync_scripts.followup.importing import Asked, bring_back
    from sync_scripts.followup.incoming import unlocked
    from sync_scripts.followup.planning import Order

    order = Order("T3", "fr", Scope(), COORDINATOR, desk.field.later(), demo=False)
    words = "cinq mots bien simples ici"
    export(desk.register, order, path, password=words)
    file = unlocked(path.read_bytes(), lambda: words)
    assert file.password == words
    assert bring_back(desk.register, file, Asked(COORDINATOR, desk.field.later())).items == ()


def test_c4_cases_show_and_take_five_columns_only(desk: Desk) -> None:
    """What a reader cannot see, nobody writes over: a note typed into the hidden cell is not read, and not shown."""
    desk.decide(set_note, CASE, "Secret de la maison.")
    with desk.register.writing() as rows:
        rows.execute(
            update(tables.case)
            .where(tables.case.c.case_code == CASE)
            .values(confidentiality="C4", owner_code="CO-01")
        )
    path = desk.export()
    sheet: Any = sheet_of(openpyxl.load_workbook(path), "dk:cases")
    locked = {
        key: sheet.cell(row_of(sheet, CASE), column_of(sheet, key)).protection.locked
        for key in ("urgency", "owner", "note", "closure")
    }
    assert locked == {"urgency": False, "owner": False, "note": True, "closure": True}
    done = desk.bring(desk.edit(path, NOTE, ("dk:cases", CASE, "urgency", "high")))
    assert outcomes(done) == [("apply", "2", "urgency"), ("refused", "6", "note")]
    assert done.attention
    assert "Secret" not in repr(done)


# --- three copies of one export ---


def test_three_coordinators_edit_copies_of_one_export(desk: Desk) -> None:
    """Each keeps the own work: other cells, the same correction, a contradiction, and two new actions in one blank row."""
    path = desk.export()
    at = first_blank(path, "dk:actions")
    first = desk.edit(path, NOTE, ("dk:cases", OTHER, "owner", "RD-01"), *new_action(path, owner="RD-01"))
    second = desk.edit(
        path,
        ("dk:cases", OTHER, "owner", "RD-01"),
        ("dk:cases", dealt(2, "DK"), "note", "Vue mardi."),
        *new_action(path, case=OTHER, row=at, owner="RD-02"),
    )
    third = desk.edit(
        path, ("dk:cases", CASE, "note", "Autre avis."), *new_action(path, row=at, owner="RD-01")
    )
    assert outcomes(desk.apply(first)) == [("apply", "2", "note"), ("apply", "2", "owner"), ("new", "R2", "")]
    assert outcomes(desk.apply(second)) == [("apply", "2", "note"), ("new", "R2", ""), ("same", "3", "owner")]
    assert outcomes(desk.apply(third)) == [("conflict", "4", "note")]
    assert (desk.case()["work_note"], desk.case(2)["work_note"]) == (NOTE[3], "Vue mardi.")
    assert [len(desk.services(number)) for number in (0, 1)] == [3, 3]
    for copy in (first, second, third):
        desk.bring(desk.edit(copy, ("dk:cases", dealt(3, "DK"), "note", "x")))
        desk.apply(desk.edit(copy, ("dk:cases", dealt(3, "DK"), "owner", "RD-02")))
    assert [len(desk.services(number)) for number in (0, 1)] == [3, 3]
    assert desk.rebuilt()


def test_an_import_that_ends_half_way_leaves_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """An event without its transaction would be found here: the last step fails, and not one decision stays."""
    edited = desk.edit(desk.export(), NOTE, ("dk:cases", OTHER, "owner", "RD-01"))
    before = desk.state()

    def cut(*_asked: Any, **_more: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("sync_scripts.followup.snapshot.note_import", cut)
        with pytest.raises(KeyboardInterrupt):
            desk.apply(edited)
    assert desk.state() == before
    assert desk.apply(edited).changes == 2


def test_a_preview_leaves_everything_as_it_was(desk: Desk) -> None:
    """Also one that tries every decision: rows, events, snapshot, questions."""
    path = desk.export()
    edited = desk.edit(path, NOTE, *new_action(path))
    tables_ = (raw.followup_row, raw.followup_import, raw.followup_conflict)
    before = desk.state(), [desk.field.rows(table) for table in tables_]
    assert desk.bring(edited).changes == 2
    assert (desk.state(), [desk.field.rows(table) for table in tables_]) == before


def test_a_field_of_a_service_that_moved_is_a_conflict_too(desk: Desk) -> None:
    """The rows of actions are compared like those of cases."""
    edited = desk.edit(desk.export(), ("dk:actions", 6, "outcome", "Entendue mardi."))
    number = next(row["number"] for row in desk.services() if row["provider_code"] is None)
    desk.decide(set_service, CASE, number, work_note="Absente.")
    seen = desk.bring(edited)
    assert outcomes(seen) == [("conflict", "4", "outcome")]


def test_whoever_is_only_named_is_kept_as_claimed(desk: Desk) -> None:
    """The event says that nobody proved the code."""
    desk.apply(desk.edit(desk.export(), NOTE), actor=Actor("RD-01", "claimed"))
    assert desk.events("case.note")[0].actor == Actor("RD-01", "claimed")


def test_line_16_somebody_who_left_is_no_owner(desk: Desk) -> None:
    """Retired meanwhile: an error, by cell."""
    path = desk.export()
    with deciding(desk.register, COORDINATOR, desk.field.later()) as by:
        decisions.name_worker(by, "RD-03", "case_owner", active=False)
    done = desk.bring(desk.edit(path, ("dk:cases", CASE, "owner", "RD-03")))
    assert outcomes(done) == [("error", "16", "owner")]
