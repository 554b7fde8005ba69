"""Moments of a run at which a fault may strike, named so that every run has them.

Counting all steps is not enough: the sealed files of a run have random names, and when two of them fall on the same
shelf (``sealed/ab``) the second one makes no folder, which is two steps fewer for everything behind it. So a moment is
named by the last step before it that every run takes, and by how many of the others came since.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

BY_CHANCE: Final = frozenset({"folder.make", "folder.sync", "file.write"})
"""Steps of which a run may take more or fewer: shelves that are there already, a write more when a sealed file has a
few bytes more (age fills up its head at random)."""


@dataclass(frozen=True, order=True)
class Point:
    """The moment just before one step.

    Attributes:
        landmark: number of the last step that every run takes, from 0; -1 = before the first.
        more: how many other steps behind it; 0 = the landmark itself.
    """

    landmark: int
    more: int = 0


class Counter:
    """Hears the steps of a run and says which point each of them is."""

    def __init__(self) -> None:
        self._at = Point(-1)

    def next(self, name: str) -> Point:
        """Return the point of this step."""
        chance = name in BY_CHANCE
        self._at = Point(self._at.landmark, self._at.more + 1) if chance else Point(self._at.landmark + 1)
        return self._at


def points(names: Iterable[str]) -> list[Point]:
    """Return the point of every step of a run, in their order."""
    counter = Counter()
    return [counter.next(name) for name in names]


def at(point: Point, strike: Callable[[], None]) -> Callable[[str], None]:
    """Return a watcher that strikes just before the step at this point."""
    counter = Counter()

    def watch(name: str) -> None:
        if counter.next(name) == point:
            strike()

    return watch
