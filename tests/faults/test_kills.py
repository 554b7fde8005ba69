"""Killed at any step, the store loses nothing and doubles nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sync_scripts.store.errors import DatabaseFailed
from tests.faults import harness
from tests.faults.harness import (
    Bench,
    NotReached,
    Tell,
    bench,
    of_each_kind,
    survives_kills,
    survives_random_kills,
)
from tests.faults.points import Point, points
from tests.faults.store_case import Plant, StoreCase

pytestmark = [
    pytest.mark.skipif(os.name == "nt", reason="Windows has no fork and no SIGKILL"),
    # other tests may have left threads behind; the child uses none of them
    pytest.mark.filterwarnings("ignore:This process:DeprecationWarning"),
]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """Prepare the store's own case once."""
    return bench(StoreCase(items=6), tmp_path_factory.mktemp("kills"))


def test_a_point_is_the_same_deed_whether_or_not_a_shelf_was_there() -> None:
    """Two sealed files on one shelf are two steps fewer; what comes behind keeps its point."""
    new = ["file.sync", "folder.make", "folder.sync", "file.rename", "folder.sync", "commit"]
    there = ["file.sync", "file.rename", "folder.sync", "commit"]
    named = dict(zip(points(new), new, strict=True))

    assert points(new)[:3] == [Point(0), Point(0, 1), Point(0, 2)]
    assert all(named[point] == name for point, name in zip(points(there), there, strict=True))


def test_a_kill_at_some_steps_loses_nothing(store: Bench) -> None:
    """One step of each kind of deed, and the last one."""
    where = of_each_kind(store)
    assert survives_kills(store, where) == len(where) > 8


def test_a_point_that_no_run_comes_to_is_no_success(store: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that struck nothing has shown nothing."""
    monkeypatch.setattr(harness, "TRIES", 2)
    with pytest.raises(NotReached):
        survives_kills(store, [Point(10_000)])


@pytest.mark.slow
def test_a_kill_at_every_step_loses_nothing(tmp_path: Path, tell: Tell) -> None:
    """All steps of a run of twelve items."""
    made = bench(StoreCase(), tmp_path)
    struck = survives_kills(made, points(made.names))
    assert struck == len(made.names)
    tell("store, SIGKILL at every step", f"{struck} of {struck} steps, 0 lost")


@pytest.mark.slow
def test_two_hundred_kills_at_random_times_lose_nothing(tmp_path: Path, tell: Tell) -> None:
    """Also inside a statement, where no step stands; all two hundred struck the run at work."""
    runs = survives_random_kills(bench(StoreCase(), tmp_path), 200)
    tell("store, SIGKILL at random moments", f"200 of {runs} runs struck at work, 0 lost")


@pytest.mark.slow
@pytest.mark.parametrize("plant", ["rename after commit", "split commit"])
def test_a_planted_mistake_is_found(tmp_path: Path, plant: Plant) -> None:
    """Undisturbed it shows nothing; a kill brings it out, by an invariant or by the next run."""
    made = bench(StoreCase(items=3, plant=plant), tmp_path)
    with pytest.raises((AssertionError, DatabaseFailed)):
        survives_kills(made, points(made.names))
