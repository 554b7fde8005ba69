"""Pulls from both kinds of server over a real socket, under every fault: the next clean one gives the same register.

The faults are those of ``schedule`` at each request, a kill before each deed of a page, a full disk, a server that
changes while it is read, and a laptop that sleeps for a week in the middle.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from sync_scripts.errors import NotAllowed, Unreachable
from sync_scripts.intake import files
from sync_scripts.servers.central.feed import RowsMissing
from sync_scripts.store import steps
from sync_scripts.store.schema.register import TABLES
from tests.faults import fulldisk
from tests.faults.far_case import KINDS, Far, FarCase, Kind, NextFarCase, instance_id
from tests.faults.harness import (
    Bench,
    Tell,
    bench,
    die,
    in_child,
    opened,
    spread,
    survives_kills,
    survives_random_kills,
)
from tests.faults.invariants import look
from tests.faults.line import Act, Line, Trouble, cut, instead, lying, meanwhile, once
from tests.faults.order import orderless
from tests.faults.points import Point, at, points
from tests.faults.schedule import FAULTS, empty, listed
from tests.faults.stops import survives_every_step

pytestmark = [
    pytest.mark.skipif(os.name == "nt", reason="Windows has no fork and no SIGKILL"),
    pytest.mark.filterwarnings(
        "ignore:This process:DeprecationWarning"
    ),  # a server's threads, unused by the child
]

CASES: dict[str, type[FarCase]] = {"first": FarCase, "next": NextFarCase}
BOTH = [(kind, which) for kind in KINDS for which in CASES]


@dataclass
class Reach:
    """A prepared pull, its line, and how many requests an undisturbed one makes."""

    made: Bench
    case: FarCase
    line: Line
    requests: int

    def run(self, folder: Path, trouble: Trouble) -> None:
        """Pull while something goes wrong: the pull says so by an error of the right family, or ends well."""
        self.line.calmed(trouble)
        self.case.patient = True
        self.made.run(folder)
        self.line.calmed()
        self.case.patient = False
        assert self.case.failure is None or isinstance(self.case.failure, Unreachable | NotAllowed)

    def state(self, folder: Path) -> dict[str, list[str]]:
        """Return the tables after a clean pull, once nothing is amiss, whatever order things came in."""
        found = look(self.made.keys, folder, self.case, complete=True)
        assert not found.wrong, found.wrong
        return orderless(found.state, noticed=self.case.far.kind == "kobo")

    def survives(self, trouble: Trouble) -> bool:
        """Pull with a trouble, then without, and compare; return whether the first one was ended by it."""
        with self.made.copy() as folder:
            self.run(folder, trouble)
            ended = self.case.failure is not None
            if ended or not self.whole(folder):
                self.made.check(folder, complete=False)
                self.made.run(folder)
                same(self.state(folder), self.expected)
        return ended

    def whole(self, folder: Path) -> bool:
        """Tell whether a trouble was got over by asking again, so that nothing is left for a second pull."""
        found = look(self.made.keys, folder, self.case, complete=True)
        return not found.wrong and (
            orderless(found.state, noticed=self.case.far.kind == "kobo") == self.expected
        )

    @property
    def expected(self) -> dict[str, list[str]]:
        """The tables of an undisturbed pull."""
        return orderless(self.made.expected, noticed=self.case.far.kind == "kobo")


def same(found: Mapping[str, Any], expected: Mapping[str, Any], *beside: str) -> None:
    """Compare tables; a failure names those that differ."""
    others = [name for name in expected if name not in beside and found[name] != expected[name]]
    assert not others, f"not as in an undisturbed pull: {', '.join(others)}"


@pytest.fixture(scope="module")
def reach(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Kind, str], Reach]]:
    """Return what prepares a pull, once for each kind of server and each case."""
    known: dict[tuple[Kind, str], Reach] = {}
    lines = []

    def prepared(kind: Kind, which: str) -> Reach:
        if (kind, which) not in known:
            far = Far(kind)
            line = Line(far.world.answer)
            lines.append(lying(line))
            case = CASES[which](far, line, lines[-1].__enter__())
            made = bench(case, tmp_path_factory.mktemp(f"{kind}-{which}"))
            line.calmed()
            with made.copy() as folder:
                made.run(folder)
                requests = len(line.asked)
                made.check(folder, complete=True)
            known[kind, which] = Reach(made, case, line, requests)
        known[kind, which].line.calmed()
        return known[kind, which]

    yield prepared
    for line in lines:
        line.__exit__(None, None, None)


# --- the server and the way to it -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "which"), BOTH)
def test_a_fault_of_the_server_is_made_good_by_the_next_pull(
    reach: Callable[[Kind, str], Reach], kind: Kind, which: str
) -> None:
    """A quarter of the faults for each, at a request somewhere in the pull."""
    here = reach(kind, which)
    part = BOTH.index((kind, which))
    for number, strike in enumerate(list(FAULTS.values())[part :: len(BOTH)]):
        here.survives(strike(1 + number * 5 % (here.requests - 1)))


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "which"), BOTH)
def test_every_fault_all_through_a_pull(
    reach: Callable[[Kind, str], Reach], kind: Kind, which: str, tell: Tell
) -> None:
    """Each fault at every third request, another third each time; a quarter of them end the pull, or nothing was tried."""
    here = reach(kind, which)
    every = [
        strike(number)
        for first, strike in enumerate(FAULTS.values())
        for number in range(first % 3, here.requests, 3)
    ]
    ended = sum(here.survives(trouble) for trouble in every)
    assert ended > len(every) // 4
    tell(f"{kind}, {which} pull, every fault", f"{len(every)} tried, {ended} ended it, 0 lost")


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "which"), BOTH)
def test_a_cut_all_through_an_answer(
    reach: Callable[[Kind, str], Reach], kind: Kind, which: str, tell: Tell
) -> None:
    """At every 29th byte of three answers, and again when they are asked for again, so that the pull ends there."""
    here = reach(kind, which)
    third = here.requests // 3
    places = [(number, until) for number in (1, third, 2 * third) for until in range(0, 2000, 29)]
    for place in places:
        here.survives(partial(_cut_twice, place))
    tell(f"{kind}, {which} pull, cut at a byte", f"{len(places)} tried, 0 lost")


def _cut_twice(place: tuple[int, int], asked: int, _request: httpx.Request) -> Act | None:
    return cut(place[1]) if asked - place[0] in {0, 1} else None


def test_a_login_that_ended_in_the_middle_is_made_anew(reach: Callable[[Kind, str], Reach]) -> None:
    """The session lives a day; a pull that is longer logs in again, once, and loses nothing."""
    here = reach("central", "next")
    deed = meanwhile(here.case.far.world.tokens.clear)
    for number in (2, 9, here.requests - 3):
        assert not here.survives(once(deed)(number))


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_the_server_lost_stops_nothing_else(
    reach: Callable[[Kind, str], Reach], kind: Kind
) -> None:
    """Listed and not there, pull after pull: said each time, while all else is pulled and compared; then it comes."""
    here = reach(kind, "first")

    def lost(_number: int, request: httpx.Request) -> Act | None:
        one_file = re.search("/attachments/.", request.url.path) is not None
        return instead(404, b"{}", content_type="application/json") if one_file else None

    with here.made.copy() as folder:
        for _time in range(2):
            here.run(folder, lost)
            assert here.case.failure is None
        here.made.run(folder)
        same(here.state(folder), here.expected)


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_the_server_cannot_hand_over_stops_nothing_else(
    reach: Callable[[Kind, str], Reach], kind: Kind
) -> None:
    """One file always ends in 500: it is awaited, and all else is pulled and compared; then it comes."""
    here = reach(kind, "first")
    broken: set[str] = set()

    def failing(_number: int, request: httpx.Request) -> Act | None:
        if re.search("/attachments/.", request.url.path) is None:
            return None
        broken.add(request.url.path)
        return instead(500, b"", content_type="text/plain") if request.url.path == min(broken) else None

    with here.made.copy() as folder:
        here.run(folder, failing)
        assert here.case.failure is None
        here.made.run(folder)
        same(here.state(folder), here.expected)


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_that_hands_over_no_file_at_all_is_called_down(
    reach: Callable[[Kind, str], Reach], kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every file ends in 500: after a few of them the pull says so, and does not try thousands."""
    here = reach(kind, "first")
    monkeypatch.setattr(files, "TROUBLED", 0)

    def failing(_number: int, request: httpx.Request) -> Act | None:
        one_file = re.search("/attachments/.", request.url.path) is not None
        return instead(500, b"", content_type="text/plain") if one_file else None

    with here.made.copy() as folder:
        here.run(folder, failing)
        assert here.case.failure is not None
        here.made.run(folder)
        same(here.state(folder), here.expected)


# --- kills ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "which"), BOTH)
def test_a_killed_pull_is_finished_by_the_next(
    reach: Callable[[Kind, str], Reach], kind: Kind, which: str
) -> None:
    """Before three deeds, the first and the last among them."""
    made = reach(kind, which).made
    where = spread(made, 3)
    assert survived(made, where, kind) == len(where)


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
        with made.copy() as folder:
            assert in_child(made, folder, before=at(point, die)) == -signal.SIGKILL
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


# --- full disks -----------------------------------------------------------------------------------------------------


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


# --- a laptop that sleeps ---------------------------------------------------------------------------------------------

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
            steps.watch(at(nth(here.made, "pull.page", 1), sleep))
            here.made.run(folder)
            steps.watch(None)
            same(here.state(folder), here.expected)
            here.made.run(folder)
            same(here.state(folder), here.expected)
    finally:
        steps.watch(None)
        here.case.later = timedelta(0)


def test_a_place_in_the_list_that_is_forgotten_after_a_week_is_begun_anew(
    reach: Callable[[Kind, str], Reach],
) -> None:
    """Killed behind a page; a week later Central does not know the token any more and shows nothing, without an error."""
    here = reach("central", "first")
    with here.made.copy() as folder:
        killed = in_child(here.made, folder, before=at(nth(here.made, "pull.page", 1), die))
        assert killed == -signal.SIGKILL
        here.case.later = WEEK
        try:
            here.run(folder, lambda _number, asked: listed(empty) if "skiptoken" in str(asked.url) else None)
            assert isinstance(here.case.failure, RowsMissing)
            here.made.run(folder)
            same(here.state(folder), here.expected)
        finally:
            here.case.later = timedelta(0)


def nth(made: Bench, name: str, number: int) -> Point:
    """Return the point of the step of this name, counted from 0."""
    found = [point for point, one in zip(points(made.names), made.names, strict=True) if one == name]
    return found[number]


# --- a server that lives ----------------------------------------------------------------------------------------------

LIVING: dict[str, Callable[[Far], object]] = {
    "a new one": lambda far: far.send("alert/a10"),
    "an edit": lambda far: far.send("alert/a24-2"),
    "a deletion": lambda far: far.delete("alert/a02"),
    "a review": lambda far: far.review("alert/a24"),
    "a late file": lambda far: far.send("alert/a01"),
    "a new one that is seen late": lambda far: late(far, "alert/a11"),
}


def late(far: Far, sample: str) -> None:
    """Let a submission be shown only after the next one, which came later."""
    far.send(sample)
    hidden = next(
        one for one in far.world.forms[far.form(sample.partition("/")[0])] if one.root == instance_id(sample)
    )
    hidden.visible = False
    far.send("alert/a12")
    far.hidden.append(hidden)


OFTEN: Final = ("an edit", "a new one that is seen late")
SEEN: Final = ("alert", "filing", "flag", "task")
"""What tells of a submission that was read and then deleted."""


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "what", [pytest.param(one, marks=() if one in OFTEN else pytest.mark.slow) for one in LIVING]
)
def test_what_happens_while_it_is_pulled_is_here_after_the_next_pull(
    tmp_path: Path, kind: Kind, what: str
) -> None:
    """Between two pages; the register is that of a pull which found it done."""
    line = Line(Far(kind).world.answer)
    with lying(line) as url:
        case = FarCase(Far(kind), line, url)
        case.prepare(tmp_path)
        before, between = (lived(case, tmp_path, LIVING[what], when=number) for number in (None, 4))
    tables = {table.name for table in TABLES}
    assert before["filing"]
    seen = what == "a deletion" and kind == "kobo"  # else it was gone before it could be seen
    same(between, {name: rows for name, rows in before.items() if name in tables}, *(SEEN if seen else ()))
    assert seen == any("gone_at_server" in row for row in between["flag"])


def lived(
    case: FarCase, folder: Path, deed: Callable[[Far], object], *, when: int | None
) -> dict[str, list[str]]:
    """Pull twice and once more a day later from a server to which something happens, and return the tables.

    Args:
        case: its workspace is copied.
        folder: where that lies.
        deed: what happens.
        when: at which request of the first pull; None = before it.
    """
    case.far, case.later, case.patient = Far(case.far.kind), timedelta(0), True
    case.far.begin()
    case.far.send("alert/a24")
    happens = meanwhile(lambda: deed(case.far))
    case.line.answer = case.far.world.answer
    case.line.calmed(once(happens)(0 if when is None else when))
    keys, copy = case.unlock(folder), folder / f"copy-{when}"
    shutil.copytree(folder / "w", copy / "w")
    for later in (timedelta(0), timedelta(0), timedelta(days=1)):
        case.later = later
        with opened(keys, copy) as workspace:
            case.run(workspace, copy)
        for one in case.far.hidden:
            one.visible = True
    found = look(keys, copy, case, complete=True)
    assert not found.wrong, found.wrong
    return orderless(found.state, noticed=True)
