"""Where a workbook goes, and who may have which case."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sync_scripts.followup.files import WorkbookNotWritten, write_whole
from sync_scripts.followup.outbound import gather
from sync_scripts.store import durable
from tests.followup.conftest import CASE


def test_a_workbook_that_is_open_gets_a_neighbour(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Excel on Windows keeps its file: the new workbook is written beside it, and nothing is left over."""
    mine = tmp_path / "out" / "suivi.xlsx"
    really = durable.write_whole

    def held(path: Path, data: bytes) -> None:
        if path == mine:
            raise PermissionError
        really(path, data)

    monkeypatch.setattr(durable, "write_whole", held)
    went = write_whole(mine, b"new")
    assert (went.name, went.read_bytes()) == ("suivi-2.xlsx", b"new")
    assert [path.name for path in mine.parent.iterdir()] == ["suivi-2.xlsx"]


def test_a_folder_that_refuses_is_said(tmp_path: Path) -> None:
    """No traceback and no half file: a sentence with what to do."""
    (tmp_path / "out").write_text("a file where a folder should be", encoding="utf-8")
    with pytest.raises(WorkbookNotWritten):
        write_whole(tmp_path / "out" / "suivi.xlsx", b"new")


@pytest.mark.parametrize(
    ("level", "owner", "coordination", "may"),
    [
        ("C2", "C02", False, True),
        ("C3", "C02", False, False),
        ("C3", "C01", False, True),
        ("C3", "C02", True, True),
        ("C4", "C02", False, False),
        ("C4", "C02", True, True),
    ],
)
def test_a_protected_case_goes_to_its_owner_and_the_coordination(
    level: str, owner: str, coordination: bool, may: bool
) -> None:
    """C3 and C4 are in nobody else's copy; the export counts what it left out."""
    case = replace(CASE, confidentiality=level, owner=owner)
    assert gather.may_have(case, gather.Reader("C01", sees_c3=coordination)) is may
