"""Killed with SIGKILL at any step of a backup or a restore, the next run ends it, and what was there before is whole at any moment."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.faults.backup_case import BackupCase, RestoreCase
from tests.faults.harness import Bench, Tell, bench, of_each_kind, survives_kills, survives_random_kills
from tests.faults.points import points

pytestmark = [
    pytest.mark.skipif(os.name == "nt", reason="Windows has no fork and no SIGKILL"),
    pytest.mark.filterwarnings("ignore:This process:DeprecationWarning"),
]
STEPS = {
    BackupCase: {
        "backup.file",
        "copy.begin",
        "copy.pages",
        "copy.files",
        "backup.check",
        "backup.head",
        "backup.drop.age",
        "backup.drop.bin",
    },
    RestoreCase: {
        "restore.file",
        "restore.register",
        "copy.pages",
        "restore.move",
        "move.register.db",
    },
}


@pytest.mark.parametrize("case", [BackupCase, RestoreCase])
def test_a_kill_at_a_step_of_each_kind_is_ended_by_the_next_run(
    case: type[BackupCase], tmp_path: Path
) -> None:
    """Files, copy, check, head, what goes; files, register, keys."""
    made = bench(case(), tmp_path)
    where = of_each_kind(made.names)
    assert survives_kills(made, where) == len(where) > 8
    assert STEPS[case] <= set(made.names)


@pytest.mark.slow
@pytest.mark.parametrize("case", [BackupCase, RestoreCase])
def test_a_kill_at_every_step_loses_nothing(case: type[BackupCase], tmp_path: Path, tell: Tell) -> None:
    """All of them, and fifty at random moments, also inside a write."""
    made: Bench = bench(case(), tmp_path)
    struck = survives_kills(made, points(made.names))
    assert struck == len(made.names)
    runs = survives_random_kills(made, 50)
    tell(f"{case.__name__}, SIGKILL", f"{struck} steps, 50 of {runs} random moments, 0 lost")
