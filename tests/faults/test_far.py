"""Pulls from both kinds of server over a real socket, under every fault of the server and of the way to it.

The faults are those of ``schedule`` at each request; the next clean pull gives the same register.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

import httpx
import pytest

from sync_scripts.servers import inquiry
from tests.faults.far_case import KINDS, Kind
from tests.faults.harness import (
    Tell,
)
from tests.faults.line import Act, calm, cut, from_then_on, instead, meanwhile, once, stall
from tests.faults.reach import BOTH, FORKS, Reach, same
from tests.faults.schedule import FAULTS

pytestmark = FORKS


@pytest.mark.parametrize(("kind", "which"), BOTH)
def test_a_fault_of_the_server_is_made_good_by_the_next_pull(
    reach: Callable[[Kind, str], Reach], kind: Kind, which: str
) -> None:
    """A quarter of the faults for each, at a request somewhere in the pull."""
    here = reach(kind, which)
    part = BOTH.index((kind, which))
    for number, strike in enumerate(list(FAULTS.values())[part :: len(BOTH)]):
        here.survives(strike(1 + number * 5 % (here.requests - 1)))


@pytest.mark.spread(3)
@pytest.mark.parametrize("name", [name for name in FAULTS if name.endswith("for good")])
@pytest.mark.parametrize("kind", KINDS)
def test_an_address_that_fails_for_good_is_made_good_by_the_next_pull(
    reach: Callable[[Kind, str], Reach], kind: Kind, name: str
) -> None:
    """At two places of a pull that has everything in it."""
    here = reach(kind, "next")
    for number in (here.requests // 3, 2 * here.requests // 3):
        here.survives(FAULTS[name](number))


@pytest.mark.parametrize("name", [name for name in FAULTS if name.startswith("no versions")])
def test_a_central_that_tells_no_versions_hides_nothing(
    reach: Callable[[Kind, str], Reach], name: str
) -> None:
    """What was edited twice, and what stands in one page with it, is here after the next pull."""
    here = reach("central", "next")
    here.survives(FAULTS[name](0))
    assert any(path.endswith("/versions") for _method, path, _status in here.line.asked)


@pytest.mark.spread(4)
@pytest.mark.parametrize("more", [4, 8])
@pytest.mark.parametrize(("kind", "which"), BOTH)
def test_a_line_that_carries_few_requests_a_run_brings_everything_in_the_end(
    reach: Callable[[Kind, str], Reach], kind: Kind, which: str, more: int
) -> None:
    """It breaks in every run, a little behind what a pull asks that finds nothing new, until one comes to its end."""
    here = reach(kind, which)
    with here.made.copy() as folder:
        here.run(folder, calm)
        carried, runs = here.run(folder, calm) + more, 0
    with here.made.copy() as folder:
        while not runs or here.case.failure is not None:
            assert runs < here.requests, "it never comes to its end"
            here.run(folder, from_then_on(cut(0))(carried))
            runs += 1
        same(here.state(folder), here.expected)
    assert runs > 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_machine_that_stalls_for_a_moment_is_taken_for_no_fault(
    reach: Callable[[Kind, str], Reach], kind: Kind
) -> None:
    """What a pull without a fault comes to hangs on no second: else every comparison with one would."""
    here = reach(kind, "next")
    here.line.calmed(lambda _number, request: stall(0.5) if _is_file(request) else None)
    with here.made.copy() as folder:
        here.made.run(folder)
        assert any("/attachments/" in path for _method, path, _status in here.line.asked)
        here.line.calmed()
        same(here.state(folder), here.expected)


def _is_file(request: httpx.Request) -> bool:
    return request.method == "GET" and "/attachments/" in request.url.path


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "which"), BOTH)
def test_every_fault_all_through_a_pull(
    reach: Callable[[Kind, str], Reach], kind: Kind, which: str, tell: Tell
) -> None:
    """Each fault at every third request, another third each time; a fifth of them end the pull, or nothing was tried."""
    here = reach(kind, which)
    every = [
        strike(number)
        for first, strike in enumerate(FAULTS.values())
        for number in range(first % 3, here.requests, 3)
    ]
    ended = sum(here.survives(trouble) for trouble in every)
    assert ended > len(every) // 5
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
def test_a_server_that_hands_over_no_file_at_all_is_asked_no_further(
    reach: Callable[[Kind, str], Reach], kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every file ends in 500: after a few of them it does not try thousands; all else comes, then the files."""
    here = reach(kind, "first")
    monkeypatch.setattr(inquiry, "MOST_IN_A_ROW", 1)

    def failing(_number: int, request: httpx.Request) -> Act | None:
        one_file = re.search("/attachments/.", request.url.path) is not None
        return instead(500, b"", content_type="text/plain") if one_file else None

    with here.made.copy() as folder:
        here.run(folder, failing)
        assert here.case.failure is None
        here.made.run(folder)
        same(here.state(folder), here.expected)
