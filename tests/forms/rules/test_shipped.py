"""The forms that travel with the product pass their own check, as sources and as workbooks; the worked example too."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from sync_scripts import cli
from xlsform import pack
from xlsform.engine.jvm import JavaMissing, engine
from xlsform.findings.inspection import inspect
from xlsform.rules import mapping
from xlsform.rules.mapping import TRIAGE_READS, TYPES

EXAMPLE = Path(__file__).parents[2] / "data" / "formulaire.yaml"
PACKED = list(pack.forms())
FILES = [file for one in PACKED for file in (one.source, one.workbook) if file is not None]


def test_all_five_are_here() -> None:
    """A form that is not found is not checked."""
    assert [one.form_id for one in PACKED] == ["alert", "case", "closure", "followup", "situation"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_shipped_forms_are_clean(path: Path) -> None:
    """No error, no warning, not even a remark, on any server, the files beside them included."""
    done = inspect(path)
    assert done.failure is None
    assert [(finding.code, finding.where) for finding in done.findings] == []


def test_the_worked_example_has_what_is_said_of_it_and_nothing_else() -> None:
    """It shows what stays beside the record; its pictures are not in the repository."""
    found = Counter((finding.code, str(finding.level)) for finding in inspect(EXAMPLE).findings)
    assert found == {("UNMAPPED", "info"): 4, ("MEDIA-MISSING", "error"): 4}


@pytest.mark.java
def test_a_deep_check_of_a_shipped_workbook_finds_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """ODK Validate says valid and every question is met; far fewer fillings than a person would ask for."""
    _deep(capsys, 40, "alert")


@pytest.mark.java
@pytest.mark.slow
def test_three_hundred_fillings_find_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """As many as the command makes by itself, of all five forms."""
    _deep(capsys, 300, *(one.form_id for one in PACKED))


def _deep(capsys: pytest.CaptureFixture[str], fills: int, *form_ids: str) -> None:
    try:
        with engine():
            pass
    except JavaMissing:
        pytest.skip("no Java runtime")
    books = [str(pack.find(form_id).workbook) for form_id in form_ids]
    code = cli.main(["forms", "check", *books, "--deep", "--fills", str(fills), "--json"])
    said = capsys.readouterr().out
    assert code == 0, said
    assert '"deep": "run"' in said


@pytest.mark.parametrize("seed", ["1", pytest.param("7", marks=pytest.mark.slow)])
def test_every_build_in_any_process_gives_the_committed_bytes(seed: str, tmp_path: Path) -> None:
    """With other hashes, another zone and another language of the machine."""
    done = subprocess.run(
        [sys.executable, "-m", "sync_scripts", "forms", "build", "--check", "--json"],
        env={**os.environ, "PYTHONHASHSEED": seed, "TZ": "Asia/Tokyo", "LC_ALL": "C"},
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    said = json.loads(done.stdout)
    assert done.returncode == 0
    assert {one["code"] for one in said["files"]} == {"same"}
    assert len(said["files"]) > len(PACKED)


def test_the_rules_name_fields_that_exist() -> None:
    """What triage reads and what has a fixed type is collected, and triage reads nothing of level 3."""
    fields = pack.register_fields()
    assert {fields[key].owner for key in TRIAGE_READS | TYPES.keys()} == {"collected"}
    assert max(fields[key].level for key in TRIAGE_READS) == 2


def test_every_reviewed_exception_is_still_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A question that is let through although it sounds like an identity exists, and would be found without it."""
    reviewed = mapping.REVIEWED
    monkeypatch.setattr(mapping, "REVIEWED", {})
    found = {
        (done.form.form_id, finding.path)
        for done in (inspect(one.workbook) for one in PACKED)
        if done.form is not None
        for finding in done.findings
        if finding.code == "SENS-LOW"
    }
    assert found == set(reviewed)
    assert all(reason for reason in reviewed.values())
