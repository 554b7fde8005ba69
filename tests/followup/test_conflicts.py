"""Open questions: kept until somebody settles them, in a workbook that settles itself when it is imported."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import update

from sync_scripts.followup import wording
from sync_scripts.followup.files import unlocked
from sync_scripts.followup.inbound import conflicts
from sync_scripts.followup.inbound.conflicts import Conflict
from sync_scripts.followup.outbound.conflict_export import Handed, hand_out
from sync_scripts.register.case_decisions.cases import assign, set_note, set_urgency
from sync_scripts.register.consent_decisions.decide import withdraw
from sync_scripts.store import custody
from sync_scripts.store.database import Actor
from sync_scripts.store.schema import register as tables
from tests.followup.desk import CASE, OTHER, Desk, column_of, first_blank, labels, outcomes
from tests.register.field import COORDINATOR, dealt


@pytest.fixture
def desk(desk: Desk) -> Desk:
    """Give a desk where three questions are open: two notes, two owners, an emptied note."""
    made = desk
    made.decide(set_note, dealt(2, "DK"), "À garder.")
    edited = made.edit(
        made.export(),
        ("dk:cases", CASE, "note", "Du fichier."),
        ("dk:cases", OTHER, "owner", "RD-03"),
        ("dk:cases", dealt(2, "DK"), "note", None),
    )
    made.decide(set_note, CASE, "Du registre.")
    made.decide(assign, OTHER, "RD-01")
    done = made.apply(edited)
    assert (len(done.conflicts), done.changes) == (3, 0)
    return made


def asked(desk: Desk) -> list[Conflict]:
    """Return what is open."""
    with desk.register.reading() as rows:
        return conflicts.open_conflicts(rows)


def handed_out(desk: Desk, password: str | None = None, *, hand: Actor = COORDINATOR) -> Handed:
    """Hand out what is open."""
    return hand_out(
        desk.register,
        desk.new_file,
        actor=hand,
        now=desk.field.later(minutes=1),
        lang="fr",
        demo=False,
        password=password,
    )


def book(desk: Desk, password: str | None = None) -> Path:
    """Hand out the workbook of what is open, and return it."""
    path = handed_out(desk, password).path
    assert path is not None
    return path


def settled(desk: Desk, path: Path, *said: tuple[str, str, str | None, Any]) -> Path:
    """Return the workbook with choices: (case, column, choice, other value)."""
    workbook = openpyxl.load_workbook(path)
    sheet: Any = workbook["Conflits"]
    for case, field, choice, other in said:
        row = next(
            at
            for at in range(6, sheet.max_row + 1)
            if (
                sheet.cell(at, column_of(sheet, "code")).value,
                sheet.cell(at, column_of(sheet, "field")).value,
            )
            == (case, field)
        )
        sheet.cell(row, column_of(sheet, "keep")).value = choice
        sheet.cell(row, column_of(sheet, "other")).value = other
    return desk.saved(workbook)


NOTE_FIELD = "Note de travail (sans nom)"


def test_the_workbook_shows_the_three_values_and_who_changed_the_register(desk: Desk) -> None:
    """Labels, not codes; who and when; the two sides in their own colours; no formula; it is written down."""
    sheet: Any = openpyxl.load_workbook(book(desk))["Conflits"]
    keys = [cell.value for cell in sheet[3]]
    rows = [dict(zip(keys, (cell.value for cell in row), strict=True)) for row in sheet.iter_rows(min_row=6)]
    note = next(row for row in rows if row["code"] == CASE)
    assert (note["field"], note["base"], note["register"], note["mine"]) == (
        NOTE_FIELD,
        "(vide)",
        "Du registre.",
        "Du fichier.",
    )
    assert note["changed"].startswith("CO-02 · ")
    assert sheet.cell(6, column_of(sheet, "register")).fill.start_color.rgb == "00DCEBF7"
    assert sheet.cell(6, column_of(sheet, "mine")).fill.start_color.rgb == "00FDECC2"
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n"}
    with desk.register.reading() as rows_:
        actions = [line.entry["action"] for line in custody.read(rows_)]
    assert actions[-1] == "EXPORTED"


def test_unanswered_it_settles_nothing(desk: Desk) -> None:
    """A blank choice stays open, and somebody has to look: in the preview as when it is written."""
    path = book(desk)
    seen = desk.bring(path)
    assert (seen.status, seen.left_open, seen.attention) == ("preview", 3, True)
    done = desk.apply(path)
    assert (done.items, len(asked(desk))) == ((), 3)
    assert (done.status, done.left_open, done.attention) == ("applied", 3, True)


def test_it_settles_itself_when_it_comes_back(desk: Desk) -> None:
    """Register, file, both: each is written as one event that names the question; nothing is open any more."""
    path = settled(
        desk,
        book(desk),
        (CASE, NOTE_FIELD, "Les deux", None),
        (OTHER, "Responsable", "Registre", None),
        (dealt(2, "DK"), NOTE_FIELD, "Fichier", None),
    )
    seen = desk.bring(path)
    assert (seen.status, len(asked(desk))) == ("preview", 3)
    done = desk.apply(path)
    assert (done.status, done.changes, asked(desk)) == ("applied", 2, [])
    note = desk.case()["work_note"]
    assert note.startswith("Du registre.")
    assert "Du fichier. (CO-01, " in note
    assert (desk.case(1)["owner_code"], desk.case(2)["work_note"]) == ("RD-01", None)
    event = desk.events("case.note")[-2]
    assert "settles" in event.payload["via"]
    assert desk.rebuilt()
    assert desk.apply(path).status == "already"


def test_the_preview_shows_both_notes_as_they_will_stand(desk: Desk) -> None:
    """Whoever keeps both reads the whole of what the register then says, before it is written; of one side nothing is repeated."""
    path = settled(
        desk, book(desk), (CASE, NOTE_FIELD, "Les deux", None), (dealt(2, "DK"), NOTE_FIELD, "Fichier", None)
    )
    seen = {item.case: item for item in desk.bring(path).items}
    told = {case: wording.document(item, "en") for case, item in seen.items()}
    words = wording.remark(seen[CASE], "en")
    assert words.startswith('it then says: "Du registre. / Du fichier. (CO-01, ')
    assert wording.remark(seen[dealt(2, "DK")], "en") == ""

    desk.apply(path)
    assert told[CASE]["settled"] == desk.case()["work_note"]
    assert told[dealt(2, "DK")]["settled"] is None


def test_another_value_is_read_as_the_field_reads_it(desk: Desk) -> None:
    """A worker of the list, checked; a word that is in no list is an error with its cell, and nothing is written."""
    wrong = settled(
        desk, book(desk), (OTHER, "Responsable", "Autre", "RD-99"), (CASE, NOTE_FIELD, "Fichier", None)
    )
    refused = desk.apply(wrong)
    assert (refused.status, len(asked(desk)), desk.case()["work_note"]) == ("blocked", 3, "Du registre.")
    done = desk.apply(settled(desk, book(desk), (OTHER, "Responsable", "Autre", "rd-02")))
    assert (done.changes, desk.case(1)["owner_code"], len(asked(desk))) == (1, "RD-02", 2)


@pytest.mark.parametrize(
    ("choice", "other", "why"),
    [
        ("Peut-être", None, "not_in_list"),
        (None, "RD-02", "choice_missing"),
        ("Autre", None, "other_missing"),
        ("Les deux", None, "both_for_notes"),
    ],
)
def test_half_an_answer_is_an_error(desk: Desk, choice: str | None, other: str | None, why: str) -> None:
    """The line says what is missing."""
    done = desk.apply(settled(desk, book(desk), (OTHER, "Responsable", choice, other)))
    assert done.status == "blocked"
    assert [item.decision.why for item in done.items] == [why]


@pytest.mark.parametrize(("choice", "other"), [("Fichier", None), ("Autre", "RD-03")])
def test_an_owner_is_settled_within_the_scope_of_whoever_settles(
    desk: Desk, choice: str, other: str | None
) -> None:
    """Line 16 here too: the coordination may, a case owner may not hand somebody else's case on; nothing is written."""
    answered = settled(desk, book(desk), (OTHER, "Responsable", choice, other))
    done = desk.apply(answered, actor=Actor("RD-02", "key"))
    errors = [one for one in done.items if one.decision.outcome == "error"]
    assert [(one.decision.rule, one.decision.why) for one in errors] == [("16", "outside_scope")]
    assert done.status == "blocked"
    assert desk.apply(answered).changes == 1


def test_an_urgency_is_lowered_by_a_choice_with_the_note_that_is_there(desk: Desk) -> None:
    """Its note was written with the file; nothing has to be written once more to settle the urgency alone."""
    lowered = desk.edit(
        desk.export(),
        ("dk:cases", OTHER, "urgency", labels("urgency", "low")[0]),
        ("dk:cases", OTHER, "note", "Plus de menace."),
    )
    desk.decide(set_urgency, OTHER, "high", reason="Menace.")
    assert outcomes(desk.apply(lowered)) == [("apply", "2", "note"), ("conflict", "5", "urgency")]
    assert desk.apply(settled(desk, book(desk), (OTHER, "Urgence", "Fichier", None))).changes == 1
    event = desk.events("case.urgency")[-1]
    assert (event.payload["urgency"], event.payload["reason"]) == ("low", "Plus de menace.")


def test_a_stale_choice_is_a_new_question(desk: Desk) -> None:
    """The register moved again after the workbook went out: the choice settles nothing, the new value is asked about."""
    path = settled(
        desk, book(desk), (CASE, NOTE_FIELD, "Fichier", None), (OTHER, "Responsable", "Registre", None)
    )
    desk.decide(set_note, CASE, "Encore autre chose.")
    done = desk.apply(path)
    assert outcomes(done) == [("conflict", "5", "note"), ("same", "3", "owner")]
    assert (desk.case()["work_note"], done.attention) == ("Encore autre chose.", True)
    open_now = {one.case_code: one.register for one in asked(desk)}
    assert open_now[CASE] == "Encore autre chose."
    assert desk.apply(settled(desk, book(desk), (CASE, NOTE_FIELD, "Fichier", None))).changes == 1
    assert desk.case()["work_note"] == "Du fichier."


def test_a_question_answers_itself_when_the_register_says_what_the_file_said(desk: Desk) -> None:
    """Handed out again, it is no longer asked."""
    desk.decide(set_note, CASE, "Du fichier.")
    book(desk)
    assert CASE not in {one.case_code for one in asked(desk)}


@pytest.mark.parametrize(
    ("choice", "outcome", "waits"), [("Fichier", "same", False), ("Registre", "gone", True)]
)
def test_a_choice_is_not_asked_anew_where_the_register_says_what_the_file_said(
    desk: Desk, choice: str, outcome: str, waits: bool
) -> None:
    """Nothing is left to ask; whoever chose the register's value of before is told that it was not taken."""
    path = settled(desk, book(desk), (CASE, NOTE_FIELD, choice, None))
    desk.decide(set_note, CASE, "Du fichier.")
    done = desk.apply(path)
    assert (outcomes(done), done.conflicts) == ([(outcome, "3", "note")], ())
    assert any(item.decision.why == "says_it_now" for item in done.items) is waits
    assert CASE not in {one.case_code for one in asked(desk)}


def test_what_was_settled_is_not_asked_again(desk: Desk) -> None:
    """The same file in another copy raises no question that somebody answered with the register's value."""
    case = dealt(3, "DK")
    first = desk.edit(desk.export(), ("dk:cases", case, "owner", "RD-03"))
    desk.decide(assign, case, "RD-02")
    desk.apply(first)
    assert sum(one.case_code == case for one in asked(desk)) == 1
    desk.apply(settled(desk, book(desk), (case, "Responsable", "Registre", None)))
    before = [one.conflict_id for one in asked(desk)]
    assert case not in {one.case_code for one in asked(desk)}
    again = desk.apply(desk.edit(first))
    assert [one.conflict_id for one in asked(desk)] == before
    assert (again.changes, again.conflicts, again.attention) == (0, (), False)


def test_what_the_register_ended_is_asked_again_when_it_moves_back(desk: Desk) -> None:
    """It came to say what the file said, so that nothing was asked, and then no longer: nobody has answered."""
    case = dealt(3, "DK")
    path = desk.edit(desk.export(), ("dk:cases", case, "note", "Du fichier."))
    desk.decide(set_note, case, "Du registre.")
    assert len(desk.apply(path).conflicts) == 1
    desk.decide(set_note, case, "Du fichier.")
    book(desk)
    assert case not in {one.case_code for one in asked(desk)}
    desk.decide(set_note, case, "Du registre.")

    done = desk.apply(desk.edit(path))

    assert (done.counts["conflict"], len(done.conflicts), done.attention) == (1, 1, True)
    assert case in {one.case_code for one in asked(desk)}


def test_a_question_whose_case_is_not_worked_on_ends_aloud_and_comes_back_with_the_case(desk: Desk) -> None:
    """Handed out, it is named among those that ended; once the case is there again the file asks it again."""
    path = desk.edit(desk.export(), ("dk:cases", dealt(3, "DK"), "note", "Du fichier."))
    desk.decide(set_note, dealt(3, "DK"), "Du registre.")
    desk.apply(path)
    state(desk, dealt(3, "DK"), "closed")
    handed = handed_out(desk)
    assert [(one.case_code, one.mine) for one in handed.ended] == [(dealt(3, "DK"), "Du fichier.")]
    state(desk, dealt(3, "DK"), "follow_up")
    assert desk.apply(desk.edit(path)).counts["conflict"] == 1


def state(desk: Desk, case: str, to: str) -> None:
    """Let a case be in a state, without the events that bring one there."""
    with desk.register.writing() as rows:
        rows.execute(update(tables.case).where(tables.case.c.case_code == case).values(state=to))


def test_two_imports_of_one_question_are_one(desk: Desk) -> None:
    """Imported again without a change the file asks nothing new."""
    count = len(asked(desk))
    path = desk.edit(desk.export(), ("dk:cases", dealt(3, "DK"), "note", "x"))
    desk.decide(set_note, dealt(3, "DK"), "y")
    desk.apply(path)
    desk.apply(desk.edit(path))
    assert len(asked(desk)) == count + 1


def test_a_closed_case_takes_no_answer(desk: Desk) -> None:
    """The row is gone: said, and the question ends."""
    path = settled(desk, book(desk), (CASE, NOTE_FIELD, "Fichier", None))
    with desk.register.writing() as rows:
        rows.execute(update(tables.case).where(tables.case.c.case_code == CASE).values(state="merged"))
    done = desk.apply(path)
    assert outcomes(done) == [("gone", "R10", "note")]
    assert CASE not in {one.case_code for one in asked(desk)}


def test_a_question_that_went_with_a_withdrawal_is_asked_no_more(desk: Desk) -> None:
    """The file was ours; nothing of her is said, and nothing is taken."""
    path = settled(desk, book(desk), (CASE, NOTE_FIELD, "Fichier", None))
    desk.decide(withdraw, CASE, reason="Elle a appelé.")
    done = desk.apply(path)
    (item,) = done.items

    assert (done.changes, wording.why(item.decision)) == (0, "the register no longer asks this")


def test_a_text_that_identifies_is_neither_shown_nor_taken(desk: Desk) -> None:
    """Typed as another value it is held, and the question stays open."""
    done = desk.apply(settled(desk, book(desk), (CASE, NOTE_FIELD, "Autre", "Appeler le 677 12 34 56")))
    assert outcomes(done) == [("warning", "17", "note")]
    assert CASE in {one.case_code for one in asked(desk)}
    with pytest.MonkeyPatch.context() as before:  # a note of once, when nobody looked at it
        before.setattr("sync_scripts.store.detectors.require_plain", lambda *_: None)
        desk.decide(set_note, CASE, "Joindre au 677 12 34 56")
    sheet: Any = openpyxl.load_workbook(book(desk))["Conflits"]
    words = [str(cell.value) for row in sheet.iter_rows() for cell in row]
    assert not any("677" in one for one in words)


def test_it_is_locked_like_the_workbook_it_comes_from(desk: Desk) -> None:
    """The same password opens it."""
    path = book(desk, "cinq mots bien simples ici")
    assert unlocked(path.read_bytes(), lambda: "cinq mots bien simples ici").content[:2] == b"PK"


def test_late_work_without_a_snapshot_is_settled_here(desk: Desk) -> None:
    """A row that a forgotten workbook filled becomes an action when somebody says so, and only once."""
    path = desk.export()
    at = first_blank(path, "dk:actions")
    edited = desk.edit(
        path,
        ("dk:actions", at, "code", CASE),
        ("dk:actions", at, "service", "pss"),
        ("dk:actions", at, "owner", "RD-02"),
    )
    desk.field.now += timedelta(days=40)
    desk.export()
    desk.apply(edited, late="Perdu")
    assert len(desk.services()) == 2
    row = settled(desk, book(desk), (CASE, "(new row)", "Fichier", None))
    done = desk.apply(row)
    assert done.changes == 1, done.items
    assert len(desk.services()) == 3
    assert desk.services()[-1]["owner_code"] == "RD-02"
    again = desk.apply(desk.edit(edited, ("dk:cases", OTHER, "note", "x")), late="Perdu")
    assert "__row" not in {item.key for item in again.items}
    assert desk.rebuilt()


def of(desk: Desk, path: Path) -> set[str]:
    """Return the cases of which a workbook of conflicts speaks."""
    sheet: Any = openpyxl.load_workbook(path)["Conflits"]
    column = column_of(sheet, "code")
    return {sheet.cell(at, column).value for at in range(6, sheet.max_row + 1)}


def test_what_the_register_moved_meanwhile_stays_with_whose_question_it_was(desk: Desk) -> None:
    """A question of somebody else that is asked anew is none of this workbook; one of this workbook that is, stays in it."""
    ids = {one.case_code: one.conflict_id for one in asked(desk)}
    desk.decide(set_note, CASE, "Encore autre chose.")
    desk.decide(assign, OTHER, "RD-02")
    handed = hand_out(
        desk.register,
        desk.new_file,
        actor=Actor("RD-02", "key"),
        now=desk.field.later(minutes=1),
        lang="fr",
        demo=False,
        password=None,
        ids=[ids[OTHER]],
    )

    assert handed.path is not None
    assert (of(desk, handed.path), handed.questions) == ({OTHER}, 1)
    assert {CASE, OTHER} <= {one.case_code for one in asked(desk)}


@pytest.mark.parametrize(
    ("hand", "has"),
    [
        (Actor("RD-02", "key"), False),
        (Actor("RD-01", "key"), True),
        (Actor("RD-01", "claimed"), False),
        (COORDINATOR, True),
        (Actor("CO-01", "claimed"), False),
    ],
)
def test_a_c3_case_is_in_the_workbook_of_its_owner_and_the_coordination_alone(
    desk: Desk, hand: Actor, *, has: bool
) -> None:
    """As in every other workbook; how many questions are left out is said, and they stay open."""
    closely(desk, CASE, "C3")
    handed = handed_out(desk, hand=hand)

    assert handed.path is not None
    assert (CASE in of(desk, handed.path), handed.withheld) == (has, 0 if has else 1)
    assert len(asked(desk)) == 3


def test_of_a_c4_case_only_the_five_columns_are_shown(desk: Desk) -> None:
    """A note that was asked about before the case was C4 is asked about still, without a word of it."""
    closely(desk, CASE, "C4")
    closely(desk, OTHER, "C4")
    sheet: Any = openpyxl.load_workbook(book(desk))["Conflits"]
    told = [[str(cell.value) for cell in row] for row in sheet.iter_rows(min_row=6)]
    words = {one for row in told for one in row}

    assert not any("Du registre" in one or "Du fichier" in one for one in words)
    assert {"(C4 : non montré)", "RD-03", CASE, OTHER} <= words


def closely(desk: Desk, case: str, level: str) -> None:
    """Keep a case so closely."""
    with desk.register.writing() as rows:
        rows.execute(update(tables.case).where(tables.case.c.case_code == case).values(confidentiality=level))
