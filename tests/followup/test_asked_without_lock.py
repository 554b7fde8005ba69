"""`followup import --apply` asks about what waits before it takes the lock: a prompt that stays open stops no round of ``watch``."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from sync_scripts.cli.frame.questions import Questions
from sync_scripts.store.lock import hold
from tests.followup.calling import Run
from tests.followup.desk import CASE, OTHER
from tests.followup.test_import_command import edited, exported


def test_nobody_waits_while_somebody_is_asked_about_cells(
    run: Run, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two files each is asked about, then both are taken in one turn; what was agreed to is written."""
    out = exported(run)
    phones = [edited(out, (case, "note", "Joindre au 677 12 34 56")) for case in (CASE, OTHER)]
    asked: list[str] = []

    def yes(_self: Questions, question: str, *, default: bool) -> bool:
        with hold(root, "watch"):
            asked.append(question)
        return not default

    monkeypatch.setattr(Questions, "yes", yes)
    for stream in (sys.stdin, sys.stderr):
        monkeypatch.setattr(stream, "isatty", lambda: True)
    code, words = run("import", *map(str, phones), "--apply", text=True)
    assert (code, len(asked)) == (0, 2), words
    assert run("conflicts")[1]["open"] == []
