"""Whether an error is one of a single address or of the server as a whole: the one waits, the other ends the pull.

A server may fail for good at one submission, one of thousands, and answer everything else: its database lost a page, a
proxy forbids a path, an id is too long for it. Such a submission must not keep the others away.
"""

from __future__ import annotations

from collections.abc import Callable
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

__all__ = ["IN_A_ROW", "SLOW_IN_A_ROW", "Addresses"]

IN_A_ROW: Final = 20
"""Addresses that may fail one after the other, while the server as a whole answers, before it counts as out of order."""
SLOW_IN_A_ROW: Final = 3
"""The same where each of them let us wait until the end: five minutes."""
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
    """How the addresses of one page do; threads may share it.

    Attributes:
        alive: asks the server for something else, and raises when it does not answer that either.
    """

    alive: Callable[[], object]
    _failed: int = 0
    _lock: Lock = field(default_factory=Lock)

    def answered(self) -> None:
        """Note that an address handed over what it was asked for."""
        with self._lock:
            self._failed = 0

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
            most = SLOW_IN_A_ROW if isinstance(failure, TimedOut) else IN_A_ROW
            if self._failed > most:
                raise failure
        return failure.code
