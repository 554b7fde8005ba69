"""Killed with SIGKILL at any step of an erasure, the next run ends it; what was not erased opens with each holder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.faults.erase_case import EraseCase
from tests.faults.harness import bench, of_each_kind, survives_kills
from tests.faults.redact_case import RedactCase

pytestmark = [
    pytest.mark.skipif(os.name == "nt", reason="Windows has no fork and no SIGKILL"),
    pytest.mark.filterwarnings("ignore:This process:DeprecationWarning"),
]


def test_a_kill_at_a_step_of_each_kind_is_ended_by_the_next_run(tmp_path: Path) -> None:
    """Rows, files, and the key pages one by one."""
    made = bench(EraseCase(), tmp_path)
    where = of_each_kind(made.names)
    assert survives_kills(made, where) == len(where) > 5
    assert {"erased.file", "strike.page"} <= set(made.names)


def test_somebody_taken_out_of_what_several_told_is_out_or_in_whole(tmp_path: Path) -> None:
    """Killed at a step of each kind: both versions are redacted or none, and nothing of hers opens once they are."""
    made = bench(RedactCase(), tmp_path)
    where = of_each_kind(made.names)
    assert survives_kills(made, where) == len(where) > 8
    assert {"vault.logged", "redact.copies", "erased.file", "strike.page"} <= set(made.names)
