"""Whether an error is one of a single address or of the server as a whole: the one waits, the other ends the pull.

A server may fail for good at one submission, one of thousands, and answer everything else: its database lost a page, a
proxy forbids a path, an id is too long for it. Such a submission must not keep the others away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from threading import Lock
from typing import Final

from sync_scripts.errors import NotAllowed, Unreachable
from sync_scripts.servers.http.errors import (
    AnswerCut,
    JsonBroken,
    NoRight,
    NotThere,
    PageForPeople,
    Redirected,
    Refused,
    ServerDown,
    ShapeUnknown,
    TimedOut,
    TooLarge,
)
from sync_scripts.servers.http.patience import hurried

__all__ = ["IN_A_ROW", "MOST_IN_A_ROW", "SLOW_IN_A_ROW", "Addresses"]

IN_A_ROW: Final = 20
"""Addresses that may fail one after the other, each with all its tries; those that follow have one try each."""
MOST_IN_A_ROW: Final = 200
"""Addresses that may fail one after the other before nothing more of their kind is asked for in this run."""
SLOW_IN_A_ROW: Final = 3
"""The same where each of them let us wait until the end: five minutes the first one, a minute each that follows."""
_ITS_WORD: Final = (NotThere, TooLarge)
"""What says something of the thing itself."""
_OF_ONE: Final = (
    AnswerCut,
    JsonBroken,
    NoRight,
    PageForPeople,
    Redirected,
    Refused,
    ServerDown,
    ShapeUnknown,
    TimedOut,
)
"""What may be said of one address; that there is no connection, no protection or no login is said of the server."""


@dataclass(slots=True)
class Addresses:
    """How addresses of one kind do in one run; threads may share it.

    A server that answers something else right then is not down, however many of them fail.

    Attributes:
        alive: asks the server for something else, and raises when it does not answer that either.
        bounded: whether there may be more of them than anybody would wait for.
        code: of the last failure, "" = none failed.
    """

    alive: Callable[[], object]
    bounded: bool = True
    code: str = ""
    _failed: int = 0
    _slow: int = 0
    _lock: Lock = field(default_factory=Lock)

    @property
    def enough(self) -> bool:
        """Tell whether so many failed in a row that the others wait for the next run."""
        return self._slow >= SLOW_IN_A_ROW or (self.bounded and self._failed >= MOST_IN_A_ROW)

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Let what is asked meanwhile have one try, where many failed before it."""
        with hurried() if self._slow or self._failed >= IN_A_ROW else nullcontext():
            yield

    def answered(self) -> None:
        """Note that an address handed over what it was asked for."""
        with self._lock:
            self._failed = self._slow = 0

    def aside(self, failure: NotAllowed | Unreachable) -> str:
        """Return the code of an error of one address, which failed after all its tries.

        Raises:
            NotAllowed, Unreachable: it is one of the server as a whole: what `alive` raises, else the error itself.
        """
        if isinstance(failure, _ITS_WORD):
            return failure.code
        if not isinstance(failure, _OF_ONE):
            raise failure
        self.alive()
        with self._lock:
            self._failed += 1
            self._slow += isinstance(failure, TimedOut)
            self.code = failure.code
        return failure.code
