"""How far a pull is, for somebody who waits: submissions while answers come, then files."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.daily.rounds import Go


def test_a_pull_counts_submissions_and_then_files(
    root: Path, go: Go, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a terminal, in this order; what is looked at once more is not counted again."""
    for xml in (tmp_path / "source").rglob("*.xml"):
        (xml.parent / "photo.jpg").write_bytes(b"a photo")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    code, _text, talk = go("--lang", "en", "pull")

    assert (root.is_dir(), code) == (True, 0)
    submissions, _, files = talk.partition("Files")
    assert "Submissions  6" in submissions
    assert "  6" in files
    assert "Submissions" not in files
