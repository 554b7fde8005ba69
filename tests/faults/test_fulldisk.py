"""The disk is full at any size: it is said, nothing is damaged, and with space the work completes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.faults import fulldisk
from tests.faults.harness import Tell, bench
from tests.faults.store_case import StoreCase

pytestmark = [
    pytest.mark.skipif(os.name == "nt", reason="Windows has no fork"),
    # other tests may have left threads behind; the child uses none of them
    pytest.mark.filterwarnings("ignore:This process:DeprecationWarning"),
]


def test_refused_writes_damage_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In sealed files at several sizes, and in the database at several more."""
    made = bench(StoreCase(items=6), tmp_path)
    hit = fulldisk.survives_refused_writes(made, monkeypatch, [0, 2500], [0, 1])
    assert hit == 4


@pytest.mark.slow
def test_small_disks_damage_nothing(tmp_path: Path, tell: Tell) -> None:
    """Forty real file systems, from no room at all to nearly enough."""
    if not fulldisk.can_mount(tmp_path):
        pytest.skip("small file systems may not be mounted here (it needs root)")
    made = bench(StoreCase(), tmp_path)
    needed_kb = fulldisk.room_needed_kb(made)
    assert fulldisk.survives(made, [number * needed_kb // 40 for number in range(40)]) == 40
    tell("store, full disk", f"40 of 40 sizes below {needed_kb} kB said, 0 damaged")
