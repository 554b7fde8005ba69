"""Pulls from both kinds of server that are stopped: killed, on a full disk, asleep for a week in the middle.

The next clean pull gives the same register.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from sync_scripts.servers.central.feed import RowsMissing
from sync_scripts.store import durable
from tests.faults import fulldisk
from tests.faults.far_case import KINDS, Kind
from tests.faults.harness import (
    Bench,
    Tell,
    killed,
    spread,
    survives_kills,
    survives_random_kills,
)
from tests.faults.invariants import look
from tests.faults.line import Act
from tests.faults.order import orderless
from tests.faults.points import Point, at, points
from tests.faults.reach import BOTH, FORKS, Reach, same
from tests.faults.schedule import FAULTS, empty, listed
from tests.faults.stops import survives_every_step

pytestmark = FORKS


@pytest.mark.parametrize(("kind", "which"), BOTH)
def test_a_killed_pull_is_finished_by_the_next(
    reach: Callable[[Kind, str], Reach], kind: Kind, which: str
) -> None:
    """Before three deeds, the first and the last among them."""
    made = reach(kind, which).made
    where = spread(made, 3)
    assert survived(made, where, kind) == len(where)


@pytest.mark.parametrize(("kind", "which"), BOTH)
def test_a_kill_behind_the_last_file_leaves_no_place_to_look_at(
    reach: Callable[[Kind, str], Reach], kind: Kind, which: str
) -> None:
    """No file of that submission is lacking then, so that no later pull would ask for it."""
    made = reach(kind, which).made
    last = max(number for number, name in enumerate(made.names) if name == "file.rename")
    behind = made.names.index("committed", last) + 1
    assert survived(made, [points(made.names)[behind]], kind) == 1


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "which"), BOTH)
def test_a_kill_at_every_statement_loses_nothing(
    reach: Callable[[Kind, str], Reach], kind: Kind, which: str, tmp_path: Path, tell: Tell
) -> None:
    """Each statement, each write, each commit, each page: what a kill there leaves is finished by the next pull."""
    made = reach(kind, which).made
    found = survives_every_step(made, tmp_path, lambda folder: finished(made, folder, kind))
    steps_of = Counter(found.names)
    assert steps_of.keys() >= {"execute", "many", "commit", "committed", "pull.page", "file.rename"}
    assert len(found.states) > steps_of["committed"]
    states = f"{len(found.states)} states on the disk, 0 lost"
    tell(f"{kind}, {which} pull, killed at every statement", f"{len(found.names)} steps, {states}")


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_kills_at_random_moments_lose_nothing(
    reach: Callable[[Kind, str], Reach], kind: Kind, tell: Tell
) -> None:
    """Also inside a statement, and while a server is waited for."""
    here = reach(kind, "first")
    runs = survives_random_kills(here.made, 50)
    tell(f"{kind}, first pull, SIGKILL at random moments", f"50 of {runs} runs struck at work, 0 lost")


def survived(made: Bench, where: list[Point], kind: Kind) -> int:
    """Kill at each of these points; return how often it was done."""
    if kind == "central":
        return survives_kills(made, where)
    for point in where:
        with killed(made, point) as folder:
            finished(made, folder, kind)
    return len(where)


def finished(made: Bench, folder: Path, kind: Kind) -> None:
    """Pull again and compare; a Kobo does not say when something was deleted, so that moment is left out."""
    if kind == "central":
        made.finish(folder)
        return
    made.check(folder, complete=False)
    made.run(folder)
    found = look(made.keys, folder, made.case, complete=True)
    assert not found.wrong, found.wrong
    same(orderless(found.state, noticed=True), orderless(made.expected, noticed=True))


@pytest.mark.parametrize("kind", KINDS)
def test_a_full_disk_in_the_middle_damages_nothing(
    reach: Callable[[Kind, str], Reach], kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the first sealed file, and in the database after some pages; each time it is said, and the next pull is whole."""
    made = reach(kind, "first").made
    assert fulldisk.survives_refused_writes(made, monkeypatch, [0], [12]) == 2


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_pull_on_small_disks_damages_nothing(
    reach: Callable[[Kind, str], Reach], kind: Kind, tmp_path: Path, tell: Tell
) -> None:
    """Real file systems with room for no block more, for a twentieth of the pull, and so on."""
    if not fulldisk.can_mount(tmp_path):
        pytest.skip("small file systems may not be mounted here (it needs root)")
    made = reach(kind, "first").made
    needed_kb = fulldisk.room_needed_kb(made)
    assert fulldisk.survives(made, [number * needed_kb // 20 for number in range(20)]) == 20
    tell(f"{kind}, first pull, full disk", f"20 of 20 sizes below {needed_kb} kB said, 0 damaged")


WEEK = timedelta(days=7)


@pytest.mark.parametrize(("kind", "which"), BOTH)
def test_a_week_asleep_in_the_middle_of_a_page_loses_nothing(
    reach: Callable[[Kind, str], Reach], kind: Kind, which: str
) -> None:
    """The clock jumps, the login has ended; what lies in the open transaction is stored and the pull goes on."""
    here = reach(kind, which)

    def sleep(_name: str = "") -> None:
        here.case.later = WEEK
        if kind == "central":
            here.case.far.world.tokens.clear()

    try:
        with here.made.copy() as folder:
            durable.watch(at(nth(here.made, "pull.page", 1), sleep))
            here.made.run(folder)
            durable.watch(None)
            same(here.state(folder), here.expected)
            here.made.run(folder)
            same(here.state(folder), here.expected)
    finally:
        durable.watch(None)
        here.case.later = timedelta(0)


def forgets(_number: int, asked: httpx.Request) -> Act | None:
    """Show nothing behind a token, and no error."""
    return listed(empty) if "skiptoken" in str(asked.url) else None


@pytest.mark.parametrize("answer", ["nothing, without an error", "400"])
def test_a_place_in_the_list_that_is_forgotten_after_a_week_is_begun_anew(
    reach: Callable[[Kind, str], Reach], answer: str
) -> None:
    """Killed behind a page; a week later Central does not know the token any more.

    Where it then shows nothing, the next pull brings everything. Where it was replaced and refuses the token, that pull does.
    """
    refused = answer == "400"
    here = reach("central", "first")
    with killed(here.made, nth(here.made, "pull.page", 1)) as folder:
        here.case.later = WEEK
        try:
            here.run(folder, FAULTS["400 of tokens from before"](0) if refused else forgets)
            if refused:
                assert here.case.failure is None
            else:
                assert isinstance(here.case.failure, RowsMissing)
                here.made.run(folder)
            same(here.state(folder), here.expected)
        finally:
            here.case.later = timedelta(0)


def nth(made: Bench, name: str, number: int) -> Point:
    """Return the point of the step of this name, counted from 0."""
    found = [point for point, one in zip(points(made.names), made.names, strict=True) if one == name]
    return found[number]
