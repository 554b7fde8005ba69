"""How long to wait and when to ask again: decisions without a clock of their own, so that they are tested as tables.

Our own rather than stamina: that is no dependency of dikalo, and it knows neither ``Retry-After`` nor a deadline
that a pause must not cross.

How many questions are on the way at once is decided here, too. Threads hide waiting; where there is none to hide, they only wait for
each other: four cost nearly twice the CPU time of one that asks and reads (docs/decisions/0094-what-a-request-costs.md).
"""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final, TypeVar

from sync_scripts.errors import DikaloError
from sync_scripts.servers.http.errors import (
    AnswerCut,
    AskedToWait,
    JsonBroken,
    NoConnection,
    ServerDown,
    TimedOut,
)
from sync_scripts.servers.http.wire import CONNECTIONS

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


AGAIN = (AnswerCut, AskedToWait, JsonBroken, NoConnection, ServerDown, TimedOut)
"""What may pass by itself. Every other error is final."""

_HURRIED: ContextVar[bool] = ContextVar("hurried", default=False)
_LONG_S = 1e9  # "Retry-After" beyond this is as good as for ever


@contextmanager
def hurried() -> Iterator[None]:
    """Let what this thread asks meanwhile have one try, unless there is no connection or it is asked to wait."""
    before = _HURRIED.set(True)
    try:
        yield
    finally:
        _HURRIED.reset(before)


@dataclass(frozen=True, slots=True)
class Patience:
    """All waiting of a client, in seconds.

    ``total_s`` bounds a whole call: logins apart, all its tries, pauses and its body. ``stream_s`` bounds instead the
    body of a stream, counting only the time spent waiting for the server. After ``grace_s`` a body must have come at
    ``rate`` bytes a second or more on average. ``pause_s`` is the greatest first pause between two tries, doubled
    each time up to ``pause_max_s``.
    """

    connect_s: float = 15.0
    read_s: float = 60.0
    total_s: float = 300.0
    stream_s: float = 3600.0
    grace_s: float = 30.0
    rate: float = 100.0
    tries: int = 5
    pause_s: float = 1.0
    pause_max_s: float = 30.0


def pause(
    error: DikaloError,
    *,
    tried: int,
    left_s: float,
    repeatable: bool,
    at_once: Collection[int],
    patience: Patience,
    dice: Callable[[], float],
) -> float | None:
    """Return the seconds to wait before asking again; ``None`` = do not ask again.

    ``tried`` counts the tries made. A call that would act twice is asked again only when the server cannot have
    acted: no connection, or refused for now (429). ``at_once`` are statuses the caller wants to hear of at once.
    ``dice`` gives 0 to 1: full jitter, so that many laptops behind one failure do not come back together.
    """
    if not isinstance(error, AGAIN) or tried >= patience.tries:
        return None
    if _HURRIED.get() and not isinstance(error, AskedToWait | NoConnection):
        return None
    status = error.status if isinstance(error, AskedToWait | ServerDown) else 0
    if status in at_once or not (repeatable or status == 429 or isinstance(error, NoConnection)):
        return None
    wait_s = dice() * min(patience.pause_max_s, patience.pause_s * 2 ** (tried - 1))
    if isinstance(error, AskedToWait):
        wait_s += error.wait_s
    return wait_s if wait_s < left_s else None


def retry_after(value: str | None, *, date: str | None, now: datetime) -> float | None:
    """Return the seconds of a ``Retry-After`` header, in either of its forms; ``None`` = it says nothing readable.

    A date is compared with the server's own ``Date`` header when there is one, because the clock of a laptop in the
    field is often wrong; else with ``now`` (aware).

    >>> retry_after("120", date=None, now=datetime(2026, 11, 25, tzinfo=UTC))
    120.0
    """
    if value is None:
        return None
    if re.fullmatch(r"[0-9]{1,20}", value.strip()):
        return min(float(value), _LONG_S)
    until = _instant(value)
    if until is None:
        return None
    here = _instant(date) if date else None
    return min(max((until - (here or now)).total_seconds(), 0.0), _LONG_S)


def _instant(text: str) -> datetime | None:
    """Return an HTTP date as an aware instant, ``None`` when it is none."""
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, OverflowError, TypeError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
