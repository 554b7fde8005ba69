"""The list of open questions on the screen says what the register says, like the workbook that settles them."""

from __future__ import annotations

from pathlib import Path

from tests.followup.calling import Run
from tests.followup.desk import CASE
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
