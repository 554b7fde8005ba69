"""One question after the other where the server answers at once; side by side where it is waited for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from sync_scripts.servers.http.patience import Lanes

THINGS = list(range(40))


class Clock:
    """Stands still but for what an answer takes."""

    def __init__(self, takes: Callable[[int], float]) -> None:
        self.now = 0.0
        self.takes = takes
        self.threads: set[int] = set()
        self._lock = threading.Lock()

    def __call__(self) -> float:
        """Return the time."""
        return self.now

    def ask(self, thing: int) -> int:
        """Answer; time goes on."""
        with self._lock:
            self.threads.add(threading.get_ident())
            self.now += self.takes(thing)
        return -thing


@contextmanager
def counted(together: Callable[[int], int]) -> Iterator[tuple[Callable[[int], int], list[int]]]:
    """Give what answers 20 ms after so many were asked together, and how many waited with each answer."""
    gates = {count: threading.Barrier(count) for count in (1, 2, 4)}
    lock, now, most = threading.Lock(), 0, list[int]()

    def ask(thing: int) -> int:
        nonlocal now
        with lock:
            now += 1
            most.append(now)
        gates[together(thing)].wait(60)
        time.sleep(0.02)  # one that is too many would be asked now
        with lock:
            now -= 1
        return -thing

    yield ask, most


def test_a_server_that_answers_at_once_is_asked_by_one_thread() -> None:
    """No thread is begun, and nothing is asked before the one before it was answered and taken."""
    clock = Clock(lambda _thing: 0.002)
    lanes = Lanes(clock=clock)

    assert list(lanes.each(clock.ask, THINGS)) == [-one for one in THINGS]
    assert clock.threads == {threading.get_ident()}
    assert lanes.quick


def test_one_answer_that_is_late_is_no_slow_server() -> None:
    """A hiccup of eight milliseconds at the first one changes nothing; the same from every answer does."""
    hiccup, slow = Clock(lambda thing: 0.008 if thing == 0 else 0.0005), Clock(lambda _thing: 0.008)

    assert list(Lanes(clock=hiccup).each(hiccup.ask, THINGS)) == [-one for one in THINGS]
    assert hiccup.threads == {threading.get_ident()}
    assert list(Lanes(clock=slow).each(slow.ask, THINGS)) == [-one for one in THINGS]
    assert len(slow.threads) > 1


def test_what_is_waited_for_is_waited_for_side_by_side() -> None:
    """Four on the way at once, never five, in their order; those that follow begin side by side, the first one too."""
    lanes = Lanes()
    with counted(lambda thing: 4 if thing else 1) as (ask, most):
        assert list(lanes.each(ask, THINGS[:13])) == [-one for one in THINGS[:13]]
        assert (most[0], max(most)) == (1, 4)
    assert not lanes.quick
    with counted(lambda _thing: 2) as (ask, most):
        assert list(lanes.each(ask, THINGS[:2])) == [0, -1]
        assert max(most) == 2


def test_a_server_that_is_quick_again_is_asked_by_one_thread_again() -> None:
    """Where the line was bad for a while, the rest of a long pull costs no threads."""
    clock = Clock(lambda thing: 0.05 if thing == 0 else 0.0001)
    lanes = Lanes(clock=clock)
    list(lanes.each(clock.ask, THINGS))
    clock.threads.clear()
    list(lanes.each(clock.ask, THINGS[1:]))

    assert clock.threads == {threading.get_ident()}


@pytest.mark.parametrize("quick", [True, False])
def test_an_error_comes_in_its_place(quick: bool) -> None:
    """What was answered before it is yielded; nothing behind it is."""

    def ask(thing: int) -> int:
        if thing == 3:
            raise TimeoutError
        return thing

    came = list[int]()
    with pytest.raises(TimeoutError):
        came.extend(Lanes(quick).each(ask, THINGS))

    assert came == [0, 1, 2]


@pytest.mark.parametrize("quick", [True, False])
def test_nothing_asked_is_nothing_yielded(quick: bool) -> None:
    """An empty page asks nobody."""
    assert list(Lanes(quick).each(lambda _thing: 1 / 0, [])) == []
