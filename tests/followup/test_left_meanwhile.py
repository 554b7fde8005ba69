"""What somebody wrote of a case that was closed, merged or handed over meanwhile: not taken, and not thrown away either."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import update

from sync_scripts.followup.inbound.known_rows import CaseState
from sync_scripts.store.schema import register as tables
from tests.followup.calling import Run, opened
from tests.followup.desk import CASE, OTHER, Desk
from tests.followup.test_import_command import edited, exported

NOTE = ("dk:cases", CASE, "note", "She moved to her sister.")
WORDS = {
    "closed": "closed meanwhile: what still counts waits until it is reopened",
    "merged": "merged meanwhile: write it in the one where the work goes on",
    "transferred": "handed over meanwhile: who has it now has to know",
}


def left(root: Path, state: str) -> None:
    """Let the case be left."""
    workspace = opened(root)
    with workspace.register.writing() as rows:
        rows.execute(update(tables.case).where(tables.case.c.case_code == CASE).values(state=state))
    workspace.close()


@pytest.mark.parametrize("state", WORDS)
def test_the_file_is_kept_and_the_remark_says_which_it_was(run: Run, root: Path, state: str) -> None:
    """Its words stand nowhere else: to delete it, as every import said, threw a day of somebody's work away."""
    path = edited(exported(run), (CASE, "note", "She moved to her sister."), (OTHER, "owner", "RD-01"))
    left(root, state)

    code, said = run("import", str(path), "--apply", text=True)

    assert code == 3
    assert WORDS[state] in said
    assert f"Keep {path.name}: it alone holds what was not taken." in said
    assert f"Delete {path.name} now" not in said


def test_of_a_case_in_which_somebody_withdrew_nothing_is_kept() -> None:
    """There the file goes, and its words are to be written nowhere else."""
    assert CaseState({"state": "merged"}, left=True, withheld=True, withdrawn=True).why_left == "case_left"


def test_what_was_taken_before_the_case_was_left_is_not_said_to_be_lost(desk: Desk) -> None:
    """The register says the very same: a second copy of the file brings nothing, and misses nothing."""
    path = desk.export()
    desk.apply(desk.edit(path, NOTE))
    with desk.register.writing() as rows:
        rows.execute(update(tables.case).where(tables.case.c.case_code == CASE).values(state="closed"))

    assert [item.decision.outcome for item in desk.bring(desk.edit(path, NOTE)).items] == ["same"]
