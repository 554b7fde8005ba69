"""A whole pull, killed, cut off from its power or out of room: the next one gives the register of an undisturbed pull.

Each fault is followed by every invariant, ``verify``, ``rebuild --check``, an opening of every item and every file
with each holder alone, a second pull, all of that again, and a comparison of every table.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from sqlalchemy import update

from sync_scripts.store.schema import metadata
from sync_scripts.store.seal import demo_keys
from sync_scripts.store.seal.sealed_items import Kind
from sync_scripts.store.vault import Vault, by_identity, by_passphrase
from tests import clock
from tests.faults import fulldisk, powercut
from tests.faults.child import describe
from tests.faults.harness import (
    Bench,
    Tell,
    bench,
    killed,
    opened,
    spread,
    survives_kill_after_kill,
    survives_kills,
    survives_random_kills,
)
from tests.faults.points import points
from tests.faults.pull_case import MANY, NextPullCase, Plant, PullCase

pytestmark = [
    pytest.mark.skipif(os.name == "nt", reason="Windows has no fork and no SIGKILL"),
    # other tests may have left threads behind; the child uses none of them
    pytest.mark.filterwarnings("ignore:This process:DeprecationWarning"),
]


@pytest.fixture(scope="module")
def long_pull(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """Prepare a pull of some tens of samples."""
    return bench(PullCase(MANY, page=10), tmp_path_factory.mktemp("long"))


@pytest.fixture(scope="module")
def next_pull(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """Prepare a pull into a register that holds things already."""
    return bench(NextPullCase(), tmp_path_factory.mktemp("next"))


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("alert", {"urgency": "low"}),
        ("attachment", {"size": 7}),
        ("place", {"tries": 2}),
        ("place", {"state": "repeat"}),
    ],
)
def test_one_other_value_is_no_likeness(short_pull: Bench, table: str, change: dict[str, object]) -> None:
    """The comparison sees a value of the register's own rows and of the store's."""
    with short_pull.copy() as folder:
        short_pull.run(folder)
        with opened(short_pull.keys, folder) as workspace:
            with workspace.register.writing() as rows:
                rows.execute(update(metadata.tables[table]).values(change))
            state = short_pull.case.state(workspace)
    assert {name for name in state if state[name] != short_pull.expected[name]} == {table}


# --- kills ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", ["short_pull", "next_pull"])
def test_a_killed_pull_is_finished_by_the_next(request: pytest.FixtureRequest, case: str) -> None:
    """At the first step, one in the middle and the last one."""
    made = request.getfixturevalue(case)
    where = spread(made, 3)
    assert survives_kills(made, where) == len(where) == 3


def test_a_pull_killed_at_any_moment_is_finished_by_the_next(short_pull: Bench) -> None:
    """Also where no step stands."""
    survives_random_kills(short_pull, 2)


def test_what_a_killed_pull_left_opens_as_people_open_it(short_pull: Bench) -> None:
    """The keys of the invariants are those of people: the passphrase of the vault, and the paper alone."""
    with killed(short_pull, spread(short_pull, 3)[1]) as folder:
        short_pull.run(folder)
        keys = by_passphrase(folder / "w", lambda: ""), by_identity(demo_keys.IDENTITIES["R"].secret)
        for key in keys:
            with (
                opened(short_pull.keys, folder) as workspace,
                Vault(workspace.register, key, workspace.actor(), now=clock.now) as vault,
            ):
                found = [one.problem for one in vault.open_kinds("test", *KINDS)]
                assert found == [None] * len(short_pull.expected["sealed_item"])  # type: ignore[arg-type] # a list


KINDS: tuple[Kind, ...] = ("raw", "version", "row", "file", "filepart", "quarantine")


@pytest.mark.slow
def test_two_hundred_kills_of_a_pull_lose_nothing(long_pull: Bench, tell: Tell) -> None:
    """At random moments; all two hundred struck the pull at work."""
    runs = survives_random_kills(long_pull, 200)
    tell("pull, SIGKILL at random moments", f"200 of {runs} runs struck at work, 0 lost")


@pytest.mark.slow
def test_a_hundred_kills_of_a_later_pull_lose_nothing(next_pull: Bench, tell: Tell) -> None:
    """The same where the register holds things already."""
    runs = survives_random_kills(next_pull, 100)
    tell("later pull, SIGKILL at random moments", f"100 of {runs} runs struck at work, 0 lost")


@pytest.mark.slow
def test_kill_after_kill_loses_nothing(short_pull: Bench, tell: Tell) -> None:
    """The pull that mends is killed too, and the one after it."""
    longest = survives_kill_after_kill(short_pull, 100)
    assert longest > 2
    tell("short pull, SIGKILL again and again", f"100 kills, up to {longest} in a row, 0 lost")


@pytest.mark.slow
def test_a_pull_killed_at_every_second_step_loses_nothing(short_pull: Bench, tell: Tell) -> None:
    """All through a short pull; the store alone is killed at every step."""
    where = points(short_pull.names)[::2]
    assert survives_kills(short_pull, where) == len(where)
    tell("short pull, SIGKILL at every second step", f"{len(where)} of {len(where)} steps, 0 lost")


# --- power cuts -----------------------------------------------------------------------------------------------------


@powercut.needs_strace
def test_cuts_of_the_power_during_a_pull_lose_nothing(short_pull: Bench) -> None:
    """Right after commits of a short pull, and at some other moments."""
    recording = powercut.record(short_pull, describe(short_pull.case))
    commits = [*powercut.after_commits(recording)]
    assert len(commits) == short_pull.names.count("committed")
    some = commits[1::3]
    assert powercut.survives(short_pull, recording, some) == len(some) >= 2
    powercut.survives(short_pull, recording, powercut.at_random(recording, 1))


@powercut.needs_strace
@pytest.mark.slow
def test_a_hundred_cuts_of_the_power_during_a_pull_lose_nothing(long_pull: Bench, tell: Tell) -> None:
    """Of a pull of some tens of samples; and one right after each commit."""
    recording = powercut.record(long_pull, describe(long_pull.case, samples=MANY, page=10))
    assert powercut.survives(long_pull, recording, powercut.at_random(recording, 100)) == 100
    commits = powercut.survives(long_pull, recording, powercut.after_commits(recording))
    assert commits == long_pull.names.count("committed")
    tell("pull, power cut at random moments", f"100 of {len(recording.deeds)} deeds, 0 lost")
    tell("pull, power cut right after a commit", f"{commits} of {commits} commits, 0 lost")


@powercut.needs_strace
@pytest.mark.slow
def test_a_hundred_cuts_of_the_power_during_a_later_pull_lose_nothing(next_pull: Bench, tell: Tell) -> None:
    """The same where the register holds things already."""
    recording = powercut.record(next_pull, describe(next_pull.case))
    assert powercut.survives(next_pull, recording, powercut.at_random(recording, 100)) == 100
    tell("later pull, power cut at random moments", f"100 of {len(recording.deeds)} deeds, 0 lost")


# --- full disks -----------------------------------------------------------------------------------------------------


def test_refused_writes_during_a_pull_damage_nothing(
    short_pull: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In sealed files at several sizes, and in the database at several more; each time the full disk is said."""
    assert fulldisk.survives_refused_writes(short_pull, monkeypatch, [0, 70_000], [12]) == 3


@pytest.mark.slow
def test_a_pull_on_twenty_small_disks_damages_nothing(tmp_path: Path, long_pull: Bench, tell: Tell) -> None:
    """Real file systems with room for no block more, for a twentieth of the pull, for two of them, and so on."""
    if not fulldisk.can_mount(tmp_path):
        pytest.skip("small file systems may not be mounted here (it needs root)")
    needed_kb = fulldisk.room_needed_kb(long_pull)
    assert fulldisk.survives(long_pull, [number * needed_kb // 20 for number in range(20)]) == 20
    tell("pull, full disk", f"20 of 20 sizes below {needed_kb} kB said, 0 damaged")


# --- mistakes that must be found --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("plant", "words"),
    [
        ("rename after commit", "sealed file"),
        ("mark lost", "rebuild: "),
        ("acknowledged first", "not pulled"),
    ],
)
def test_a_planted_mistake_is_found_by_a_kill(tmp_path: Path, plant: Plant, words: str) -> None:
    """Undisturbed it shows nothing (the bench itself checks that); a kill right after a commit brings it out."""
    made = bench(PullCase(plant=plant), tmp_path)
    every = points(made.names)
    after = [every[number + 1] for number, name in enumerate(made.names[:-1]) if name == "committed"]
    with pytest.raises(AssertionError, match=words):
        survives_kills(made, after[1:])  # behind the first commit lies only the record of the run


@powercut.needs_strace
@pytest.mark.parametrize(
    ("plant", "words"),
    [
        pytest.param("rename after commit", "sealed file", marks=pytest.mark.slow),
        pytest.param("mark lost", "rebuild: ", marks=pytest.mark.slow),
        ("no fsync of the parent", "sealed file"),
    ],
)
def test_a_planted_mistake_is_found_by_a_cut(tmp_path: Path, plant: Plant, words: str) -> None:
    """The third one no kill can show: a folder whose name its parent does not know yet."""
    made = bench(PullCase(plant=plant), tmp_path)
    recording = powercut.record(made, describe(made.case, plant=plant))
    _record, *commits = powercut.after_commits(recording)
    with pytest.raises(AssertionError, match=words):
        powercut.survives(made, recording, commits)


@pytest.mark.slow
def test_no_kill_shows_a_folder_that_its_parent_does_not_know(tmp_path: Path) -> None:
    """A kill leaves to the system what was not synced, so this mistake needs the cuts: kills alone prove little."""
    made = bench(PullCase(plant="no fsync of the parent"), tmp_path)
    survives_kills(made, spread(made, 20))
