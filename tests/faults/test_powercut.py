"""The power fails at any moment: nothing acknowledged is lost, and the next run completes the work."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.faults import powercut
from tests.faults.child import describe
from tests.faults.harness import Tell, bench
from tests.faults.powercut import Deed, Disk
from tests.faults.store_case import Plant, StoreCase


def test_the_model_forgets_what_was_not_synced() -> None:
    """Bytes need their file's sync, names their folder's; each without the other is nothing."""
    root, name = Path("/w"), Path("/w/a")
    written = [Deed("link", 1, name), Deed("write", 1, name, 0, b"text")]
    for synced, left in (
        ([], None),
        ([Deed("sync", 1, name)], None),
        ([Deed("syncdir", path=root)], b""),
        ([Deed("sync", 1, name), Deed("syncdir", path=root)], b"text"),
    ):
        disk = Disk(names={})
        for deed in [*written, *synced]:
            disk.take(deed)
        disk.cut(random.Random(1), none=True)
        found = bytes(disk.contents.get(1, b"")) if name in disk.names else None
        assert found == left


def test_the_model_loses_what_lies_in_a_lost_folder(tmp_path: Path) -> None:
    """A file that was synced in a folder that was not."""
    disk = Disk(names={Path("/w/sealed/ab/x"): 1}, contents={1: bytearray(b"x")})
    disk.build(Path("/w"), tmp_path)
    assert not list(tmp_path.iterdir())


@powercut.needs_strace
def test_power_cuts_lose_nothing(tmp_path: Path) -> None:
    """A few cuts of a short run."""
    made = bench(StoreCase(items=6), tmp_path)
    recording = powercut.record(made, describe(made.case, items=6))

    assert powercut.survives(made, recording, powercut.after_commits(recording)) == 2
    powercut.survives(made, recording, powercut.at_random(recording, 3))


@powercut.needs_strace
@pytest.mark.slow
def test_two_hundred_power_cuts_lose_nothing(tmp_path: Path, tell: Tell) -> None:
    """Of a run of twelve items."""
    made = bench(StoreCase(), tmp_path)
    recording = powercut.record(made, describe(made.case))
    assert powercut.survives(made, recording, powercut.at_random(recording, 200)) == 200
    tell("store, power cut at random moments", f"200 of {len(recording.deeds)} deeds, 0 lost")


@powercut.needs_strace
@pytest.mark.parametrize(
    ("plant", "words"),
    [
        pytest.param("no fsync of the parent", "sealed file", marks=pytest.mark.slow),
        ("synchronous normal", "is lost"),
    ],
)
def test_a_mistake_that_no_kill_can_show_is_found(tmp_path: Path, plant: Plant, words: str) -> None:
    """A folder unknown to its parent; a commit that was said to be stored and is not on the disk."""
    made = bench(StoreCase(items=6, plant=plant), tmp_path)
    recording = powercut.record(made, describe(made.case, items=6, plant=plant))
    with pytest.raises(AssertionError, match=words):
        powercut.survives(made, recording, powercut.after_commits(recording))
