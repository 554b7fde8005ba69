"""Killed at any step, the store loses nothing and doubles nothing."""

from __future__ import annotations

import os
from contextlib import nullcontext
from pathlib import Path

import pytest
from sqlalchemy import func, select

from sync_scripts.store.errors import DatabaseFailed
from sync_scripts.store.schema import metadata
from sync_scripts.store.seal.sealed_files import INCOMING
from tests.faults import harness
from tests.faults.harness import (
    Bench,
    NotReached,
    Tell,
    bench,
    killed,
    of_each_kind,
    opened,
    survives_kills,
    survives_random_kills,
)
from tests.faults.points import Point, points
from tests.faults.stops import stops, survives_every_step
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
    where = of_each_kind(store.names)
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


# --- all kills of a run from one run ------------------------------------------------------------------------------------


def test_a_run_that_stands_still_shows_what_a_kill_leaves(store: Bench, tmp_path: Path) -> None:
    """At one step of each kind: the same rows, the same files on the same kinds of shelf."""
    found = stops(store, tmp_path)
    where = of_each_kind(found.names)
    every = points(found.names)
    for point in where:
        number = every.index(point)
        shown = max(one for one in found.states if one <= number)
        with killed(store, point) as folder:
            assert _left(store, folder) == _left(store, found.states[shown])
    assert len(where) > 8


def _left(made: Bench, folder: Path) -> tuple[dict[str, int], int, int]:
    """Return how many rows each table holds, how many files are sealed and how many are begun."""
    shelves = [path for path in (folder / "w" / "sealed").rglob("*") if path.is_file()]
    begun = sum(path.parent.name == INCOMING for path in shelves)
    with opened(made.keys, folder) as workspace, workspace.register.reading() as rows:
        counts = {
            table.name: int(rows.execute(select(func.count()).select_from(table)).scalar_one())
            for table in metadata.sorted_tables
            if table.info.get("only", rows.dialect) == rows.dialect
        }
    return counts, len(shelves) - begun, begun


@pytest.mark.parametrize("plant", ["", "rename after commit", "split commit"])
def test_a_run_that_stands_still_shows_mistakes_too(tmp_path: Path, plant: Plant) -> None:
    """Every state that a kill could leave is finished by another run; with a mistake in it, one is not."""
    made = bench(StoreCase(items=3, plant=plant), tmp_path)
    (tmp_path / "copies").mkdir()
    wrong = pytest.raises((AssertionError, DatabaseFailed)) if plant else nullcontext()
    with wrong:
        found = survives_every_step(made, tmp_path / "copies", made.finish)
        assert 3 < len(found.states) < len(found.names)
