"""How much one transaction does: about as much as half a second takes on this machine, today, since whoever decides waits so long.

A slow or busy computer does less at a time, a quick one more. Reads no clock but the one of its own process, and only how long
something took.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

__all__ = ["AIM_S", "FIRST", "MOST", "Pace", "next_size"]

AIM_S: Final = 0.5
"""Seconds that a transaction may take."""
FIRST: Final = 50
"""How much the first one does, before anything was measured."""
MOST: Final = 200
"""What none exceeds: all of it is in memory together. As many submissions as a KoboToolbox lists at once."""


def next_size(size: int, done: int, took_s: float, most: int) -> int:
    """Return how much the next transaction does, after one that did ``done`` of at most ``size`` in so many seconds.

    >>> next_size(50, 50, 0.1, 200), next_size(200, 200, 0.1, 200), next_size(200, 200, 2.0, 200), next_size(1, 1, 9.0, 200)
    (100, 200, 50, 1)
    >>> next_size(100, 3, 0.1, 200), next_size(100, 100, 0.4, 200)
    (100, 125)
    """
    if took_s > AIM_S:
        return max(1, int(done * AIM_S / took_s))
    if done < size:
        return size  # there was no more: it says nothing of how much half a second holds
    return min(2 * size, most, int(size * AIM_S / max(took_s, AIM_S / most)))


@dataclass(slots=True)
class Pace:
    """What transactions of one kind take, one behind the other.

    Attributes:
        most: none does more.
        size: how much the next one does.
    """

    most: int = MOST
    size: int = FIRST

    def __post_init__(self) -> None:
        """Begin with no more than ever is done."""
        self.size = min(self.size, self.most)

    @contextmanager
    def measured(self) -> Iterator[list[int]]:
        """Measure one transaction; what is given is told how much it did."""
        done, since = list[int](), time.monotonic()
        yield done
        self.size = next_size(self.size, sum(done), time.monotonic() - since, self.most)
