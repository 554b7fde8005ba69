"""Slips of the hand in the interview of ``dikalo init``: Enter alone never puts one person, or one folder, in another's place."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sync_scripts import config
from sync_scripts.register.model.codes import active_workers
from tests.cli.setup.scene import HEAD_OFFICE, keys_at_a_terminal, opened
from tests.cli.setup.test_interview import SKIPPED, at
from tests.store.commands import DAY

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no such terminals")


def test_enter_alone_puts_nobody_and_no_folder_in_anothers_place(tmp_path: Path) -> None:
    """F13 beside F12 is a new person; a first name is no code; a folder mistyped first is corrected, not doubled."""
    root, stick = tmp_path / "w", tmp_path / "cle-usb"
    stick.mkdir()
    with at(root, "--no-paper", "--organisation", HEAD_OFFICE, "--worker", "RD-01") as person:
        person.answers(*(pair for pair in keys_at_a_terminal() if "Your code" not in pair[0]))
        person.answers(
            ("Address or folder", str(tmp_path / "cle-us")),
            ("Short name", "cle"),
            ("Another address", ""),
            *SKIPPED[:2],
            ("Code, then numbers", "Amina 1"),
            ("nobody's name?", ""),
            ("Code, then numbers", "F12 2"),
            ("Code, then numbers", ""),
            ("Name of a team", "nord"),
            ("Its departments", "Mezam"),
            ("Codes of its people", "F12, F13 RD-02"),
            ("F13 is not known. Somebody new?", ""),
            ("RD-02 is not known. Somebody new?", ""),
            ("Name of a team", ""),
            ("Keep them", ""),
        )
        assert person.end() == 0
        assert "nord: Mezam (F12 F13 RD-02)" in person.all
        assert "Nothing shows while you type it." in person.all
    with at(root, "--again", "server") as person:
        person.answers(
            ("Everyday passphrase", DAY),
            ("Another address", str(stick)),
            ("under the name cle?", "y"),
            ("Another address", ""),
        )
        assert person.end() == 0

    settings = config.load(root)
    assert [(one.name, one.path) for one in settings.server] == [("cle", str(stick))]
    with opened(root) as workspace, workspace.register.reading() as rows:
        assert set(active_workers(rows)) == {"F12", "F13", "RD-01", "RD-02"}
