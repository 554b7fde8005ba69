"""Lines R1 to R10 of the table, through a file and a register: each test bears the number of its line."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import update

from sync_scripts.followup import wording
from sync_scripts.followup.inbound import cell_rules
from sync_scripts.followup.inbound.values import Outcome
from sync_scripts.register.case_decisions.cases import set_note
from sync_scripts.register.consent_decisions.decide import withdraw
from sync_scripts.store.schema import register as tables
from sync_scripts.store.schema import workbooks
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
    row_of,
    sheet_of,
)


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


MISTYPED = CASE[:-1] + ("0" if CASE[-1] != "0" else "1")


@pytest.mark.parametrize(
    ("typed", "near"),
    [(MISTYPED, (CASE,)), ("DK-ZZZZZZ-A", ()), ("dossier de Paul", ()), (OTHER, None)],
    ids=["mistyped", "unknown", "no code", "somebody else's"],
)
def test_r2_a_case_that_is_not_in_the_workbook_is_told_as_such(
    desk: Desk, typed: str, near: tuple[str, ...] | None
) -> None:
    """The cell says so, with the nearest codes of this workbook alone, and nothing of what the register knows beside."""
    path = desk.export(owner="RD-01")
    held = {row["case_code"] for row in desk.field.rows(workbooks.followup_row)}
    assert CASE in held
    assert OTHER not in held
    (item,) = desk.bring(desk.edit(path, *new_action(path, case=typed))).items
    assert (item.decision.rule, item.decision.why, item.key) == ("8", "not_in_list", "code")
    assert not item.words
    assert set(item.decision.nearest) <= held
    assert near is None or item.decision.nearest == near


def test_r2_a_new_row_without_its_case_is_told_as_such(desk: Desk) -> None:
    """And not that there is no case of no name."""
    path = desk.export()
    at = first_blank(path, "dk:actions")
    told = desk.bring(desk.edit(path, ("dk:actions", at, "service", labels("service", "pss")[0])))
    assert [(item.key, item.decision.why, item.words) for item in told.items] == [
        ("code", "row_incomplete", "")
    ]


def test_r3_importing_again_or_corrected_makes_no_second_action(desk: Desk) -> None:
    """A task doubled on replay would be found here: same file, another copy of it, a corrected copy."""
    path = desk.export()
    filled = desk.edit(path, *new_action(path, owner="RD-02", due="2026-12-02", outcome="Visite prévue."))
    desk.apply(filled)
    assert desk.bring(desk.edit(filled)).items == ()
    at = first_blank(path, "dk:actions")
    corrected = desk.edit(filled, ("dk:actions", at, "owner", "RD-03"))
    assert outcomes(desk.apply(corrected)) == [("apply", "2", "owner")]
    assert [row["owner_code"] for row in desk.services()] == [None, None, "RD-03"]
    assert desk.rebuilt()


def test_r1_a_row_that_a_colleague_filled_in_another_copy_is_blank_here(desk: Desk) -> None:
    """Her action stands; the copy where the row stayed blank asks nothing of it, and the rest of that copy is taken."""
    path = desk.export()
    desk.apply(desk.edit(path, *new_action(path, owner="RD-01")))
    done = desk.apply(desk.edit(path, NOTE))
    assert outcomes(done) == [("apply", "2", "note")]
    assert len(desk.services()) == 3


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


def test_r6_what_is_seen_of_two_rows_changed_places_and_is_written_into_neither(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut and pasted without the hidden columns, the ids stay behind: one case's words would go into the other one."""
    monkeypatch.setattr(
        cell_rules, "MixedUp", 0.9
    )  # two of hundreds of rows; here two of four are a whole mix-up
    book = openpyxl.load_workbook(desk.export())
    sheet = sheet_of(book, "dk:cases")
    rows = [row_of(sheet, code) for code in (CASE, OTHER)]
    sheet.cell(rows[0], column_of(sheet, "note")).value = "Words of the first one."
    for column in range(column_of(sheet, "code"), sheet.max_column + 1):
        one, other = (sheet.cell(row, column) for row in rows)
        one.value, other.value = other.value, one.value
    before = (desk.case(), desk.case(1))
    done = desk.apply(desk.saved(book))
    assert outcomes(done) == [("refused", "R6", "code")] * 2
    assert {item.decision.why for item in done.items} == {"other_code"}
    assert (done.attention, done.only_here) == (True, True)  # nobody is told to delete the file
    assert (desk.case(), desk.case(1)) == before


def test_r6_one_row_that_shows_another_case_stops_no_other_row(desk: Desk) -> None:
    """Also one alone, and one whose code was emptied."""
    path = desk.export()
    for seen in ("DK-000000-0", None):
        moved = desk.edit(
            path,
            ("dk:cases", CASE, "note", f"Not hers ({seen})"),
            ("dk:cases", OTHER, "note", f"Hers ({seen})"),
        )
        book = openpyxl.load_workbook(moved)
        sheet = sheet_of(book, "dk:cases")
        sheet.cell(row_of(sheet, CASE), column_of(sheet, "code")).value = seen
        done = desk.apply(desk.saved(book))
        assert [found for found in outcomes(done) if found[0] == "refused"] == [("refused", "R6", "code")]
        assert (desk.case()["work_note"], desk.case(1)["work_note"]) != (f"Not hers ({seen})", None)
        assert f"Not hers ({seen})" not in str(desk.case())


@pytest.mark.parametrize("note", ["Vue lundi.", "Vue mardi."], ids=["equal", "changed"])
@pytest.mark.parametrize("first", [True, False], ids=["above", "below"])
def test_r6_a_copied_row_that_shows_another_case_is_said_by_itself(
    desk: Desk, note: str, *, first: bool
) -> None:
    """Copied over the row of the other case, its code typed anew: that line is refused, and the row it came from is taken."""
    path = desk.edit(desk.export(), ("dk:cases", CASE, "note", "Vue lundi."))
    book = openpyxl.load_workbook(path)
    sheet = sheet_of(book, "dk:cases")
    own, other = (row_of(sheet, code) for code in (CASE, OTHER))
    for column in range(1, sheet.max_column + 1):
        sheet.cell(other, column).value = sheet.cell(own, column).value
    copy = min(own, other) if first else max(own, other)
    sheet.cell(copy, column_of(sheet, "code")).value = OTHER
    sheet.cell(copy, column_of(sheet, "note")).value = note
    done = desk.apply(desk.saved(book))
    (refused,) = [item for item in done.items if item.decision.outcome is Outcome.REFUSED]

    assert (refused.decision.why, refused.cell.endswith(str(copy)), refused.title) == (
        "other_code",
        True,
        sheet.title,
    )
    assert (desk.case()["work_note"], desk.case(1)["work_note"]) == ("Vue lundi.", None)
    assert (done.attention, done.only_here) == (True, True)


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
        kept = workbooks.followup_row
        rows.execute(update(kept).where(kept.c.case_code == CASE).values({"values": None}))
        rows.execute(tables.intervention.delete().where(tables.intervention.c.case_code == CASE))
    done = desk.apply(desk.edit(filled, ("dk:cases", CASE, "note", "Encore")))
    assert {item.decision.outcome for item in done.items} == {"gone"}
    assert done.changes == 0
    assert all(item.file is None for item in done.items)
    assert {wording.why(item.decision) for item in done.items} == {"no longer in the register"}
    assert desk.services() == []


def test_r10_a_case_that_was_left_meanwhile_takes_nothing(desk: Desk) -> None:
    """Merged while the workbook was out: said, and the rest of the file is taken."""
    edited = desk.edit(desk.export(), NOTE, ("dk:cases", OTHER, "owner", "RD-01"))
    with desk.register.writing() as rows:
        rows.execute(update(tables.case).where(tables.case.c.case_code == CASE).values(state="merged"))
    seen = desk.bring(edited)
    assert outcomes(seen) == [("apply", "2", "owner"), ("gone", "R10", "note")]


def test_r1_r5_blanks_that_a_thumb_left_are_no_row(desk: Desk) -> None:
    """R1, R5: a space in a ready row, or below the cases, asks for nothing."""
    path = desk.export()
    last = openpyxl.load_workbook(path)["Dossiers"].max_row + 1
    at = first_blank(path, "dk:actions")
    spaced = [
        ("dk:actions", at, "outcome", "  "),
        ("dk:actions", at, "code", "\u00a0"),
        ("dk:cases", last, "note", " "),
    ]
    assert desk.bring(desk.edit(path, *spaced)).items == ()


def test_a_withdrawal_takes_snapshot_and_open_questions_along(desk: Desk) -> None:
    """What a workbook said of her is gone with her consent: the file says nothing any more, and nothing is asked."""
    path = desk.export()
    asked = desk.edit(path, NOTE)
    desk.decide(set_note, CASE, "Autre.")
    assert len(desk.apply(asked).conflicts) == 1
    desk.decide(withdraw, CASE, reason="Elle a appelé.")
    assert desk.field.rows(workbooks.followup_conflict) == []
    done = desk.apply(
        desk.edit(path, ("dk:cases", CASE, "note", "Encore une note."), ("dk:cases", OTHER, "note", "x"))
    )
    assert {(one, item.case) for item in done.items for one in [str(item.decision.outcome)]} == {
        ("gone", CASE),
        ("apply", OTHER),
    }
    told = {wording.why(item.decision) for item in done.items if item.case == CASE}
    assert told == {"consent was withdrawn or refused in this case meanwhile: nothing of the row is taken"}
    kept = json.dumps(
        [desk.field.rows(table) for table in (workbooks.followup_row, workbooks.followup_conflict)]
    )
    assert "Encore une note." not in kept
    assert desk.rebuilt()
