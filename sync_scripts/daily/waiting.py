"""Between two rounds: how long, for which source, whether the computer slept, and the decision that it may go on after a sleep.

Pure, but for `Waiter` and `stay_open`, which keeps that decision with its reason for ever.
"""

from __future__ import annotations

import ctypes
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sync_scripts.errors import UsageProblem
from sync_scripts.secrets.agent.process import clocks
from sync_scripts.store import events
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.events import NewEvent

ASLEEP: Final = timedelta(minutes=15)
"""After a longer sleep of the computer the key is forgotten: somebody else may have woken it."""
LONGEST: Final = timedelta(minutes=30)
"""The longest pause for a source that does not answer. Two hours of network a day must not be slept through."""
_SLICE_S: Final = 2.0
_OF_LINUX: Final = ("CLOCK_BOOTTIME", "CLOCK_MONOTONIC")


def asleep_s() -> float:
    """Return for how many seconds the computer slept since it was started; always 0 where the system does not say.

    It is the difference of two clocks of the system, one that goes on meanwhile and one that stands still.
    """
    if sys.platform == "win32":
        unbiased = ctypes.c_ulonglong()  # in 100 ns; the other clock is in ms
        kernel = ctypes.windll.kernel32
        kernel.GetTickCount64.restype = ctypes.c_ulonglong
        if not kernel.QueryUnbiasedInterruptTime(ctypes.byref(unbiased)):
            return 0.0
        return float(kernel.GetTickCount64()) / 1e3 - unbiased.value / 1e7
    on, still = ("CLOCK_MONOTONIC", "CLOCK_UPTIME_RAW") if sys.platform == "darwin" else _OF_LINUX
    if not (hasattr(time, on) and hasattr(time, still)):
        return 0.0
    return time.clock_gettime(getattr(time, on)) - time.clock_gettime(getattr(time, still))


@dataclass(slots=True)
class Backoff:
    """Which sources are left out for now, because they did not answer: twice as long each time, up to half an hour.

    Attributes:
        every: pause between two rounds.
        failed: how often each source failed in a row, and when it may be asked again.
    """

    every: timedelta
    failed: dict[str, tuple[int, datetime]] = field(default_factory=dict)

    def without(self, now: datetime) -> frozenset[str]:
        """Return the sources to leave out of a round at this moment; a clock set back leaves nothing out for long."""
        return frozenset(name for name, (_n, until) in self.failed.items() if now < until <= now + LONGEST)

    def heard(self, unreachable: Mapping[str, bool], now: datetime) -> None:
        """Learn how a round went: for each source that was asked, whether it could not be reached.

        The first failure costs nothing: the source is asked again in the next round.
        """
        for name, lost in unreachable.items():
            if not lost:
                self.failed.pop(name, None)
                continue
            times = self.failed.get(name, (0, now))[0] + 1
            pause = min(self.every * 2 ** (times - 1), LONGEST)
            # a little less, so that the round that comes at that moment is not the one just before it
            self.failed[name] = (times, now + pause - timedelta(seconds=10))


@dataclass(slots=True)
class Waiter:
    """Waits, and notices a sleep of the computer, by the clock on the wall and by those that count sleep.

    Attributes:
        now: (wall clock, clock that counts sleep) in seconds.
        sleep: sleeps some seconds; what interrupts it is raised.
        asleep: for how many seconds the computer slept since it was started.
        slept_s: for how long it slept when that was last noticed.
    """

    now: Callable[[], tuple[float, float]] = clocks
    sleep: Callable[[float], None] = time.sleep
    asleep: Callable[[], float] = asleep_s
    slept_s: float = 0.0
    _known_s: float = field(init=False)

    def __post_init__(self) -> None:
        """Count from now on."""
        self._known_s = self.asleep()

    def awake(self) -> None:
        """Count from now on: whoever is at the computer has just typed the passphrase."""
        self._known_s = self.asleep()

    def slept(self) -> bool:
        """Tell whether the computer slept for longer than `ASLEEP` since somebody last asked, whatever was done then."""
        before, self._known_s = self._known_s, self.asleep()
        return self._long(self._known_s - before)

    def wait(self, seconds: float, meanwhile: Iterable[tuple[float, Callable[[], None]]] = ()) -> bool:
        """Wait; return whether the computer slept for longer than `ASLEEP` meanwhile, which ends the waiting.

        What is done meanwhile may take long without a sleep, so the clocks do not count there; a sleep that falls into
        it is noticed where the system counts sleep apart.

        Args:
            seconds: how long, at most.
            meanwhile: (every so many seconds, what to do then).
        """
        began = looked = self.now()
        due = [(every, began[1] + every, do) for every, do in meanwhile]
        while True:
            here = self.now()
            if self.slept() or self._long(max(here[one] - looked[one] for one in (0, 1))):
                return True
            left = seconds - (here[1] - began[1])
            if left <= 0:
                return False
            for place, (every, at, do) in enumerate(due):
                if here[1] >= at:
                    due[place] = (every, here[1] + every, do)
                    do()
            looked = self.now() if due else here
            self.sleep(min(_SLICE_S, max(left, 0.0)))

    def _long(self, seconds: float) -> bool:
        if seconds <= ASLEEP.total_seconds():
            return False
        self.slept_s = seconds
        return True


STAY_OPEN: Final = "watch.stay_open"
_FEWEST_WORDS: Final = 2


StayReasonMissing: Final = UsageProblem.declare(
    "DK-N31",
    "--stay-open needs a reason of a few words: whoever wakes this computer then finds the register open, and the reason "
    "is kept. Nothing was begun.",
)


def stay_open(register: Register, actor: Actor, reason: str, now: datetime) -> None:
    """Write the decision down.

    Raises:
        StayReasonMissing: the reason says nothing.
    """
    if len(reason.split()) < _FEWEST_WORDS:
        raise StayReasonMissing
    subject = f"workspace:{register.workspace_id}"
    with register.writing() as rows:
        events.append(rows, [NewEvent(STAY_OPEN, subject, actor, {"reason": reason.strip()})], now)
