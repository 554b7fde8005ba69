"""The system asks a program to end while it does something, as a test plays it: the handler that is there is called."""

from __future__ import annotations

import signal


class NotHeard(RuntimeError):
    """Nobody listens: the process would be gone at once, and leave what it has laid down."""


def told_to_end() -> None:
    """Do what SIGTERM would do here.

    Raises:
        NotHeard: the process would be gone.
    """
    handler = signal.getsignal(signal.SIGTERM)
    if not callable(handler):
        raise NotHeard
    handler(signal.SIGTERM, None)
