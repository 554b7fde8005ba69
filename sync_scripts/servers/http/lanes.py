"""How many questions are on the way to a server at once: one where it answers at once, else as many as may be.

Threads hide waiting. Where there is none to hide, they only wait for each other: four threads cost nearly twice the CPU time of
one that asks and reads (docs/decisions/0094-what-a-request-costs.md). So each run of questions finds out which of both it is.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, TypeVar

from sync_scripts.servers.http.wire import CONNECTIONS

__all__ = ["Lanes"]

_T = TypeVar("_T")
_U = TypeVar("_U")
_QUICK_S: Final = 0.003
"""An answer that takes no longer is not worth a thread: asking and reading alone take a tenth of it."""
_SPARE_S: Final = 0.006
"""Answers may be late by this much in all before they are waited for side by side: one hiccup is no slow server."""


@dataclass(slots=True)
class Lanes:
    """Asks one server for many things. Threads may share it.

    Attributes:
        quick: whether the server was last seen to answer at once.
        clock: seconds (tests).
    """

    quick: bool = True
    clock: Callable[[], float] = time.monotonic

    def each(self, ask: Callable[[_T], _U], things: Iterable[_T]) -> Iterator[_U]:
        """Yield what ``ask`` returns for each thing, in their order; what it raises comes in its place and ends them."""
        left = deque(things)
        spare_s = _SPARE_S
        while left and self.quick:
            began = self.clock()
            found = ask(left.popleft())
            spare_s += _QUICK_S - (self.clock() - began)
            self.quick = spare_s > 0
            yield found
        if left:
            began, many = self.clock(), len(left)
            with ThreadPoolExecutor(CONNECTIONS) as pool:
                yield from pool.map(ask, left)
            self.quick = self.clock() - began < many * _QUICK_S / CONNECTIONS
