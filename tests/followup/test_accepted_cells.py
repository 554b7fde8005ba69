"""A cell that is accepted by its name has to be one that the file is asked about; a slip of the hand is told."""

from __future__ import annotations

import pytest

from tests.followup.calling import Run
from tests.followup.desk import CASE
from tests.followup.test_import_command import edited, exported


@pytest.mark.parametrize("again", [False, True])
def test_a_name_that_no_cell_has_is_told(run: Run, *, again: bool) -> None:
    """Before the file was applied and afterwards; the name that the preview gives is taken without a word."""
    path = edited(exported(run), (CASE, "note", "Appeler le 677 00 11 22"))
    (item,) = run("import", str(path))[1]["items"]
    place = f"{item['title']}!{item['cell']}"
    if again:
        run("import", str(path), "--apply")
    told = run("import", str(path), "--apply", "--accept", place.lower(), text=True, errors="yes")[1]
    assert f"called {place.lower()}: nothing was accepted there" in " ".join(told.split())
    told = run("import", str(path), "--apply", "--accept", place, text=True, errors="yes")[1]
    assert "nothing was accepted there" not in told
