"""One transaction of building: how much it does, and how what cannot be built in it keeps no other one back.

It does about as much as half a second takes on this machine, today, since whoever decides waits so long: a slow or busy computer does
less at a time, a quick one more. What fails is found by halving, and undone alone. Only for a fault of the program about what is being
built: where the database, the disk or the memory fails, or somebody stops the command, that goes on to whoever called, and nothing is
set apart for it. Reads no clock but the one of its own process, and only how long something took.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from sync_scripts.errors import Attention, Declined, When, Worded
from sync_scripts.register.forms.loading import FormVersionLost
from sync_scripts.store.database import Rows
from sync_scripts.store.errors import DatabaseFailed

AIM_S: Final = 0.5
"""Seconds that a transaction may take."""
FIRST: Final = 50
"""How much the first one does, before anything was measured."""
MOST: Final = 200
"""What none exceeds unless it says so: all of it is in memory together. As many submissions as a KoboToolbox lists at once."""


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


# --- what cannot be built --------------------------------------------------------------------------------------------

NotBuilt: Final = Declined.declare(
    "DK-U01",
    "dikalo met a fault of its own when it worked out what follows from this ({fault}). Nothing was changed, and everything else goes "
    "on. Keep the decision on paper, install the newest dikalo, run dikalo rebuild, then decide again. Send the words in brackets to "
    "those who look after dikalo; they hold no answer and no name.",
    also=(When("case", bool, "It is about the case {case}."),),
    case="",
)
NotCompared: Final = Attention.declare(
    "DK-U02",
    "{count} alerts or cases cannot be built, for a fault of the program ({fault}), and could not be compared; nothing was changed. "
    "Different: {tables}. Install the newest dikalo, run dikalo rebuild, and send the words in brackets to those who look after dikalo: "
    "they hold no answer and no name.",
)
_OF_A_VALUE: Final = frozenset(
    {
        "DataError",
        "IntegrityError",
        "InterfaceError",
        "OverflowError",
        "ProgrammingError",
        "StatementError",
        "UnicodeEncodeError",
    }
)
"""Classes of errors of SQLite and its driver about a value or a row that may not stand there."""
_OF_A_ROW: Final = ("22", "23")
"""How the states of PostgreSQL begin that say the same."""


def each_alone(
    rows: Rows, units: Sequence[str], build: Callable[[Sequence[str]], object]
) -> dict[str, Exception]:
    """Build units together; return those that cannot be built, each with its fault. Of them nothing is kept.

    Where all of them together cannot be built, each half is built by itself, down to single ones.
    """
    if not units:
        return {}
    try:
        with rows.savepoint():
            build(units)
    except Exception as fault:
        if not of_the_unit(fault):
            raise
        if len(units) == 1:
            return {units[0]: fault}
    else:
        return {}
    half = len(units) // 2
    return each_alone(rows, units[:half], build) | each_alone(rows, units[half:], build)


def of_the_unit(fault: Exception) -> bool:
    """Tell whether an error is one of the program about what it builds, and not of the machine below it.

    >>> of_the_unit(KeyError()), of_the_unit(OSError()), of_the_unit(MemoryError())
    (True, False, False)
    """
    if isinstance(fault, DatabaseFailed):
        return fault.kind in _OF_A_VALUE or str(fault.state).startswith(_OF_A_ROW)
    if isinstance(fault, Worded):
        return isinstance(fault, FormVersionLost)
    return not isinstance(fault, OSError | MemoryError)


def named(fault: BaseException) -> str:
    """Return a fault by its class, or its code, and the innermost place of ours that it went through: never by its words."""
    place, trace = "", fault.__traceback__
    while trace is not None:
        path = PurePath(trace.tb_frame.f_code.co_filename)
        if "sync_scripts" in path.parts:
            below = path.parts[path.parts.index("sync_scripts") + 1 :]
            place = f" {'/'.join(below)}:{trace.tb_lineno}"
        trace = trace.tb_next
    return (fault.code if isinstance(fault, Worded) else type(fault).__name__) + place


@contextmanager
def collector_paused() -> Iterator[None]:
    """Let nobody look for cycles among the thousands of rows of a page: there are none, and looking takes a fifth."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
