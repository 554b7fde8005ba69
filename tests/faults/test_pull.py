"""A whole pull, killed, cut off from its power or out of room: the next one gives the register of an undisturbed pull.

Each fault is followed by every invariant, ``verify``, ``rebuild --check``, an opening of every item and every file
with each holder alone, a second pull, all of that again, and a comparison of every table.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.faults import fulldisk, powercut
from tests.faults.child import describe
from tests.faults.harness import (
    Bench,
    bench,
    spread,
    survives_kills,
    survives_random_kills,
)
from tests.faults.points import points
from tests.faults.pull_case import MANY, Plant, PullCase

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no fork and no SIGKILL")
needs_strace = pytest.mark.skipif(powercut.STRACE is None, reason="strace is not installed")


@pytest.fixture(scope="module")
def long_pull(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """Prepare a pull of some tens of samples."""
    return bench(PullCase(MANY, page=10), tmp_path_factory.mktemp("long"))


# --- kills ----------------------------------------------------------------------------------------------------------


def test_a_killed_pull_is_finished_by_the_next(short_pull: Bench) -> None:
    """At some steps, the first and the last among them."""
    where = spread(short_pull, 8)
    assert survives_kills(short_pull, where) == len(where) == 8


def test_a_pull_killed_at_any_moment_is_finished_by_the_next(short_pull: Bench) -> None:
    """Also where no step stands."""
    survives_random_kills(short_pull, 3)


@pytest.mark.slow
def test_two_hundred_kills_of_a_pull_lose_nothing(long_pull: Bench) -> None:
    """At random moments; all two hundred struck the pull at work."""
    survives_random_kills(long_pull, 200)


@pytest.mark.slow
def test_a_pull_killed_at_every_step_loses_nothing(short_pull: Bench) -> None:
    """At every step of a short pull."""
    assert survives_kills(short_pull, points(short_pull.names)) == len(short_pull.names)


# --- power cuts -----------------------------------------------------------------------------------------------------


@needs_strace
def test_cuts_of_the_power_during_a_pull_lose_nothing(short_pull: Bench) -> None:
    """Right after each commit of a short pull, and at some other moments."""
    recording = powercut.record(short_pull, describe(short_pull.case))
    commits = [*powercut.after_commits(recording)]
    assert len(commits) == short_pull.names.count("committed")
    powercut.survives(short_pull, recording, commits[1::3])
    powercut.survives(short_pull, recording, powercut.at_random(recording, 3))


@needs_strace
@pytest.mark.slow
def test_a_hundred_cuts_of_the_power_during_a_pull_lose_nothing(long_pull: Bench) -> None:
    """Of a pull of some tens of samples."""
    recording = powercut.record(long_pull, describe(long_pull.case, samples=MANY, page=10))
    assert powercut.survives(long_pull, recording, powercut.at_random(recording, 100)) == 100
    powercut.survives(long_pull, recording, powercut.after_commits(recording))


# --- full disks -----------------------------------------------------------------------------------------------------


def test_refused_writes_during_a_pull_damage_nothing(
    short_pull: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In sealed files at several sizes, and in the database at several more; each time the full disk is said."""
    assert fulldisk.survives_refused_writes(short_pull, monkeypatch, [0, 1200, 3000], [0, 12]) == 5


@pytest.mark.slow
def test_a_pull_on_twenty_small_disks_damages_nothing(tmp_path: Path, long_pull: Bench) -> None:
    """Real file systems with room for a twentieth of the pull, for two of them, and so on."""
    if not fulldisk.can_mount(tmp_path):
        pytest.skip("small file systems may not be mounted here (it needs root)")
    needed_kb = fulldisk.room_needed_kb(long_pull)
    assert fulldisk.survives(long_pull, [number * needed_kb // 20 for number in range(20)]) == 20


# --- mistakes that must be found --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("plant", "words"), [("rename after commit", "sealed file"), ("split commit", "rebuild: ")]
)
def test_a_planted_mistake_is_found_by_a_kill(tmp_path: Path, plant: Plant, words: str) -> None:
    """Undisturbed it shows nothing (the bench itself checks that); a kill between two deeds brings it out."""
    made = bench(PullCase(plant=plant), tmp_path)
    commits = [point for point, name in zip(points(made.names), made.names, strict=True) if name in AFTER]
    with pytest.raises(AssertionError, match=words):
        survives_kills(made, commits)


AFTER = {"begin", "file.rename"}
"""What comes next after a commit when there is a mistake."""


@needs_strace
@pytest.mark.parametrize(
    ("plant", "words"),
    [
        ("rename after commit", "sealed file"),
        ("split commit", "rebuild: "),
        ("no fsync of the parent", "sealed file"),
    ],
)
def test_a_planted_mistake_is_found_by_a_cut(tmp_path: Path, plant: Plant, words: str) -> None:
    """The third one no kill can show: a folder whose name its parent does not know yet."""
    made = bench(PullCase(plant=plant), tmp_path)
    recording = powercut.record(made, describe(made.case, plant=plant))
    with pytest.raises(AssertionError, match=words):
        powercut.survives(made, recording, powercut.after_commits(recording))
