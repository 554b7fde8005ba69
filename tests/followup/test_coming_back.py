"""A workbook that comes back: nothing for nothing, one cell for one cell, and nobody's work lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import update

from sync_scripts.followup.wording import document, shown
from sync_scripts.register.building import case_unit, marks
from sync_scripts.register.building.portions import NotBuilt
from sync_scripts.register.case.case_input import CaseInput
from sync_scripts.register.case_decisions.cases import set_note
from sync_scripts.register.history.arrivals import newest
from sync_scripts.register.model.build_backlog import unbuilt
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.schema import register as tables
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
    lay,
    new_action,
    outcomes,
    row_of,
    sheet_of,
)
from tests.register.field import CASE as FORM
from tests.register.field import COORDINATOR, changed, dealt, known


def test_unedited_it_asks_for_nothing_and_changes_nothing(register: Register, tmp_path: Path) -> None:
    """On both databases; the register is the same byte for byte, and a second import is a no-op (F4)."""
    desk = lay(register, tmp_path)
    path = desk.export()
    before = desk.state()
    assert desk.bring(path).items == ()
    assert desk.apply(path).status == "applied"
    assert desk.apply(path).status == "already"
    assert desk.state() == before


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


def test_labels_of_the_other_language_and_codes_are_read(desk: Desk) -> None:
    """An English label in a French workbook, a bare code, other capitals."""
    from sync_scripts.register.rules.kinds import labels_of

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
    from sync_scripts.followup.files import unlocked
    from sync_scripts.followup.inbound.importing import Asked, bring_back
    from sync_scripts.followup.outbound.export import export
    from sync_scripts.followup.outbound.gather import Scope
    from sync_scripts.followup.outbound.planning import Order

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
        patched.setattr("sync_scripts.followup.outbound.snapshot.note_import", cut)
        with pytest.raises(KeyboardInterrupt):
            desk.apply(edited)
    assert desk.state() == before
    assert desk.apply(edited).changes == 2


def test_a_preview_leaves_everything_as_it_was(desk: Desk) -> None:
    """Also one that tries every decision: rows, events, snapshot, questions."""
    path = desk.export()
    edited = desk.edit(path, NOTE, *new_action(path))
    tables_ = (workbooks.followup_row, workbooks.followup_import, workbooks.followup_conflict)
    before = desk.state(), [desk.field.rows(table) for table in tables_]
    assert desk.bring(edited).changes == 2
    assert (desk.state(), [desk.field.rows(table) for table in tables_]) == before


def test_whoever_is_only_named_is_kept_as_claimed(desk: Desk) -> None:
    """The event says that nobody proved the code."""
    desk.apply(desk.edit(desk.export(), NOTE), actor=Actor("RD-01", "claimed"))
    assert desk.events("case.note")[0].actor == Actor("RD-01", "claimed")


def test_a_new_row_is_shown_with_what_it_holds(desk: Desk) -> None:
    """In words, as every other line: the person who looks sees what she would take; a text that identifies is not shown."""
    path = desk.export()
    filled = desk.edit(path, *new_action(path, owner="RD-01", outcome="Appeler le 677 12 34 56"))
    done = desk.bring(filled)
    line = next(one for one in done.items if str(one.decision.outcome) == "new")

    assert shown(line.sheet, line.key, line.file, "fr") == f"{labels('service', 'pss')[0]} · RD-01"
    assert shown(line.sheet, line.key, line.base, "fr") == ""
    assert "677" not in repr([document(one, "fr") for one in done.items])


def test_what_is_asked_of_a_new_row_is_shown_with_it_too(desk: Desk) -> None:
    """Whether one that stands twice is meant: the question names what stands twice."""
    path = desk.export()
    last = first_blank(path, "dk:actions") + 100
    twice = [one for row in (last, last + 1) for one in new_action(path, row=row, owner="RD-01")]
    (_, line) = desk.bring(desk.edit(path, *twice)).items

    assert line.decision.why == "equal_rows"
    assert shown(line.sheet, line.key, line.file, "fr") == f"{labels('service', 'pss')[0]} · RD-01"


def test_of_a_case_that_became_c4_a_new_row_shows_nothing_more(desk: Desk) -> None:
    """What a reader cannot see of it, the preview does not say either."""
    path = desk.export()
    filled = desk.edit(path, *new_action(path, owner="RD-01"))
    with desk.register.writing() as rows:
        rows.execute(update(tables.case).where(tables.case.c.case_code == CASE).values(confidentiality="C4"))

    assert all(one.file is None for one in desk.bring(filled).items)


# --- what cannot be built, for a fault of the program --------------------------------------------------------------


def failing(monkeypatch: pytest.MonkeyPatch, which: Callable[[CaseInput], bool]) -> None:
    """Let the program fail whenever some cases are built."""
    real = case_unit.derive

    def derive(given: CaseInput, *more: Any) -> None:
        if which(given):
            raise KeyError(given.code)
        real(given, *more)

    monkeypatch.setattr(case_unit, "derive", derive)


def test_what_arrived_and_cannot_be_built_stops_no_import(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is set apart, and all that the workbook says is taken."""
    path = desk.edit(desk.export(), NOTE)
    desk.field.send("case", "late", FORM, build_it=False)
    with desk.register.writing() as rows:
        marks.mark(rows, {("case", "late"): newest(rows)}, {"alert"})
    failing(monkeypatch, lambda given: any(one.root[1] == "late" for one in given.filed))

    assert desk.apply(path).status == "applied"
    assert desk.case()["work_note"] == NOTE[3]
    with desk.register.reading() as rows:
        assert unbuilt(rows) == (0, 0, 1)


def test_a_workbook_about_a_case_that_cannot_be_built_is_refused_and_names_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of it is kept; without that case it is taken."""
    path = desk.edit(desk.export(), NOTE, ("dk:cases", OTHER, "note", "Autre."))
    before = desk.state()
    failing(monkeypatch, lambda given: given.code == CASE)
    with pytest.raises(NotBuilt) as refused:
        desk.apply(path)

    assert CASE in refused.value.words()
    assert desk.state() == before
    assert desk.apply(desk.edit(path, ("dk:cases", CASE, "note", None))).status == "applied"
    assert desk.case(1)["work_note"] == "Autre."


NEAR = {"risk": {"threats_continue": "yes", "perp_near": "yes"}}
DYING = {"needs": {"suicide_risk": "yes"}}


def by_form(desk: Desk) -> None:
    """Another interview tells of it."""
    desk.field.send("case", "n2", known(CASE, changed(FORM, {**NEAR, **DYING})))


def by_correction(desk: Desk) -> None:
    """A person at the desk lays it over what was there."""
    with every_decision.deciding(desk.register, COORDINATOR, desk.field.later(), draw=desk.field.draw) as by:
        every_decision.correct(by, CASE, "assessment.2.suicide_risk", "yes", reason="Heard")


def by_move(desk: Desk) -> None:
    """A person brings a form that had been in another case all the time."""
    (lost,) = (row for row in desk.field.rows(tables.filing) if row["root_id"] == "n0")
    with every_decision.deciding(desk.register, COORDINATOR, desk.field.later(), draw=desk.field.draw) as by:
        every_decision.correct(by, lost["case_code"], "interview.case_code", CASE, reason="Misread")


@pytest.mark.parametrize("comes", [by_form, by_correction, by_move])
def test_who_filled_in_a_workbook_lowered_no_danger_that_came_after_it_went_out(
    desk: Desk, comes: Callable[[Desk], None]
) -> None:
    """Another danger of the same level shows in no cell; it stands and waits, whatever the cell of the level says."""
    desk.field.send("case", "n0", changed(FORM, {**DYING, "header": {"case_code": "DK-ABC123-7"}}))
    desk.field.send("case", "n1", known(CASE, changed(FORM, NEAR)))
    path = desk.export()
    comes(desk)
    lower = labels("urgency", "low")[0]
    done = desk.apply(
        desk.edit(path, ("dk:cases", CASE, "urgency", lower), ("dk:cases", CASE, "note", "Plus de menace."))
    )

    assert ("apply", "2", "urgency") in outcomes(done)
    assert desk.case()["urgency_decided"] == "low"
    assert desk.case()["level"] == "critical"
    waits = [row for row in desk.field.rows(tables.task) if row["kind"] == "danger_check"]
    assert None in [row["done_at"] for row in waits if row["subject"] == f"case:{CASE}"]
    assert desk.rebuilt()


def test_what_was_read_before_it_went_out_is_decided_by_its_cell(desk: Desk) -> None:
    """A decision that had seen everything leaves nothing waiting."""
    desk.field.send("case", "n1", known(CASE, changed(FORM, NEAR)))
    lower = labels("urgency", "low")[0]
    desk.apply(
        desk.edit(
            desk.export(), ("dk:cases", CASE, "urgency", lower), ("dk:cases", CASE, "note", "Plus de menace.")
        )
    )

    assert desk.case()["level"] == "low"
