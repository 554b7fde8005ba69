"""Killed at any step, the store loses nothing and doubles nothing."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from sync_scripts.store.errors import DatabaseFailed
from tests.faults.harness import Bench, bench, survives_kills, survives_kills_at_times
from tests.faults.store_case import Plant, StoreCase

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no fork and no SIGKILL")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """Prepare the store's own case once."""
    return bench(StoreCase(items=6), tmp_path_factory.mktemp("kills"))


def test_a_kill_at_some_steps_loses_nothing(store: Bench) -> None:
    """One step of each kind of deed, and the last one."""
    first = {name: number for number, name in reversed(list(enumerate(store.names)))}
    survives_kills(store, sorted({*first.values(), len(store.names) - 1}))


@pytest.mark.slow
def test_a_kill_at_every_step_loses_nothing(tmp_path: Path) -> None:
    """All steps of a run of twelve items."""
    made = bench(StoreCase(), tmp_path)
    survives_kills(made, list(range(len(made.names))))


@pytest.mark.slow
def test_two_hundred_kills_at_random_times_lose_nothing(tmp_path: Path) -> None:
    """Also inside a statement, where no step stands."""
    made = bench(StoreCase(), tmp_path)
    times = random.Random(20261125)
    assert survives_kills_at_times(made, [times.uniform(0.002, 0.12) for _ in range(200)]) > 50


@pytest.mark.parametrize("plant", ["rename after commit", "split commit"])
def test_a_planted_mistake_is_found(tmp_path: Path, plant: Plant) -> None:
    """Undisturbed it shows nothing; a kill brings it out, by an invariant or by the next run."""
    made = bench(StoreCase(items=3, plant=plant), tmp_path)
    with pytest.raises((AssertionError, DatabaseFailed)):
        survives_kills(made, list(range(len(made.names))))
