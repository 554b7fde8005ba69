"""A trainer's first minute: ``dikalo.toml`` and an empty ``forms/``. What dikalo ships can be looked at, never changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync_scripts import cli
from xlsform import pack


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty workspace of forms."""
    (tmp_path / "dikalo.toml").touch()
    (tmp_path / "forms").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_list_names_what_is_shipped(capsys: pytest.CaptureFixture[str]) -> None:
    """An empty answer would say nothing of what to do next."""
    assert cli.main(["forms", "list"]) == 0
    assert "alert, case, closure, followup, situation" in capsys.readouterr().out


def test_what_can_be_recorded_is_listed_of_a_shipped_form(capsys: pytest.CaptureFixture[str]) -> None:
    """The recordings can be made before the form is adapted; a name that nobody has is still an error."""
    assert cli.main(["forms", "audio", "alert"]) == 0
    assert "alert-consent_alert-fr.ogg" in capsys.readouterr().out
    assert cli.main(["forms", "audio", "alerte"]) == 1


def test_no_recording_is_laid_into_a_shipped_form(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It would change the forms of every workspace on this machine."""
    (folder / "rec").mkdir()
    (folder / "rec" / "alert-consent_alert-fr.ogg").write_bytes(b"OggS" + bytes(40))
    before = pack.find("alert").workbook.read_bytes()

    assert cli.main(["forms", "audio", "alert", "--from", "rec", "--yes"]) == 1
    assert "DK-F03" in capsys.readouterr().err
    assert pack.find("alert").workbook.read_bytes() == before
    assert list((folder / "forms").iterdir()) == []
