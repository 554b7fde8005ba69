"""Things read at once and handed over in order: a failure takes nothing away that came whole, and shows no gap."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Barrier

import pytest

from sync_scripts.servers.http.errors import NoConnection
from sync_scripts.servers.in_order import in_order


@dataclass(frozen=True)
class One:
    """Something of a submission."""

    place: str
    root_id: str | None = None


def came(every: list[One], *broken: str) -> tuple[list[str], bool]:
    """Read four at once, of which some fail; return what was handed over, and whether the failure was."""
    together = Barrier(4)

    def read(one: One) -> str:
        together.wait(10)
        if one.place in broken:
            raise NoConnection(server="x.example")
        return one.place

    found: list[str] = []
    try:
        found.extend(in_order(read, every, 4))
    except NoConnection:
        return found, True
    return found, False


def test_they_come_in_their_order() -> None:
    """Whichever was read first."""
    assert came([One(name) for name in "abcd"]) == (["a", "b", "c", "d"], False)


def test_what_came_whole_behind_a_failure_comes_before_it() -> None:
    """It was on the way already."""
    assert came([One(name) for name in "abcd"], "b") == (["a", "c", "d"], True)


def test_no_version_comes_without_the_one_before_it() -> None:
    """It would look as if the server had left one out."""
    every = [One("a1", "a"), One("b1", "b"), One("a2", "a"), One("c1", "c")]
    assert came(every, "a1") == (["b1", "c1"], True)


def test_a_fault_of_our_own_is_not_hidden() -> None:
    """Only what a server did is waited for."""

    def read(one: One) -> str:
        raise ZeroDivisionError(one.place)

    with pytest.raises(ZeroDivisionError):
        list(in_order(read, [One("a"), One("b")], 4))
