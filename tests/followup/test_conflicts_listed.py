"""The list of open questions on the screen says what the register says, like the workbook that settles them."""

from __future__ import annotations

from pathlib import Path

import openpyxl

from tests.followup.calling import Run
from tests.followup.desk import CASE, column_of, sheet_of
from tests.followup.test_import_command import edited, exported, meanwhile


def test_a_question_is_listed_with_what_the_register_says_by_now(run: Run, root: Path) -> None:
    """Its column named who had changed the value last, and showed the value before: two lines of one table contradicted the workbook."""
    path = edited(exported(run), (CASE, "note", "Du fichier."))
    meanwhile(root, "Du registre.")
    run("import", str(path), "--apply")
    meanwhile(root, "Plus tard.")

    told = run("conflicts")[1]["open"]
    listed = run("conflicts", text=True)[1]
    written = run("conflicts", "--to", str(root / "out" / "q.xlsx"), text=True)[1]

    assert [(one["register"], one["now"], one["moved"]) for one in told] == [
        ("Du registre.", "Plus tard.", True)
    ]
    for screen in (listed, written):
        assert "Plus tard." in screen
        assert "Du registre." not in screen


def test_an_answer_that_identifies_somebody_is_said_to_be_one(run: Run, root: Path) -> None:
    """It was said that the question had no answer, beside the answer, and counted twice; where to write otherwise was not said."""
    path = edited(exported(run), (CASE, "note", "Du fichier."))
    meanwhile(root, "Du registre.")
    asked = Path(run("import", str(path), "--apply")[1]["conflicts"]["file"])
    book = openpyxl.load_workbook(asked)
    sheet = sheet_of(book, "dk:conflicts")
    sheet.cell(6, column_of(sheet, "keep")).value = "Other"
    sheet.cell(6, column_of(sheet, "other")).value = "Appeler 677 12 34 56"
    book.save(asked)

    code, said = run("import", str(asked), "--apply", text=True)

    assert code == 3
    assert "Left open: 1\n" in said
    assert "has no answer" not in said
    assert "Texts that identify somebody are not taken: Conflicts!" in said
    assert f"Keep {asked.name} until then" in said
    assert f"Delete {asked.name} now" not in said
    assert run("conflicts")[0] == 3
