"""What the tests of paper, dictionary and recordings share: small forms written in the test, and the command."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from sync_scripts import cli
from xlsform.model import Form
from xlsform.sources import source

Run = Callable[..., tuple[int, Any, str]]

HEAD = """
languages: {fr: Français (fr), en: English (en)}
settings: {form_title: Petite, form_id: small, version: 2026112501}
"""
LISTS = """
choices:
  yes_no:
    - {name: yes, label: {fr: Oui, en: Yes}}
    - {name: no, label: {fr: Non, en: No}}
  kinds:
    - {name: a, label: {fr: Rouge, en: Red}}
    - {name: b, label: {fr: Bleu, en: Blue}}
    - {name: c, label: {fr: Vert, en: Green}}
"""


def small(survey: str, lists: str = LISTS) -> Form:
    """Return a form with this survey, in French and English, with the lists yes_no and kinds."""
    text = f"{HEAD}\nsurvey:\n{dedent(survey)}\n{lists}"
    return source.read(text.encode(), file="small.yaml")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Run a command in an empty folder; returns exit code, document or text, and talk."""

    def go(*words: str, root: Path | None = None) -> tuple[int, Any, str]:
        capsys.readouterr()
        code = cli.main(["-C", str(root or tmp_path), *words])
        out, err = capsys.readouterr()
        return code, json.loads(out) if "--json" in words else out, err

    return go
