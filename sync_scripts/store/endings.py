"""What somebody laid in the clear for a moment goes, however the program ends: closed window, word of the system, Ctrl-C."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from types import FrameType
from typing import TypeAlias

__all__ = ["ends_in_order", "undisturbed"]

_Handler: TypeAlias = Callable[[int, FrameType | None], object] | int | None


def ends_in_order() -> AbstractContextManager[None]:
    """Let a closed window of the terminal, or a word of the system to end, stop a block as Ctrl-C does: what it opened goes."""

    def end(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    return _signals(end, "SIGTERM", "SIGHUP")


def undisturbed() -> AbstractContextManager[None]:
    """Let a block end: whoever presses Ctrl-C once more, or closes the window as well, does not cut it short."""
    return _signals(signal.SIG_IGN, "SIGINT", "SIGTERM", "SIGHUP")


@contextmanager
def _signals(handler: _Handler, *names: str) -> Iterator[None]:
    """Let some signals be handled otherwise for a while: those that this system has and nobody ignores, where they are heard."""
    heard = threading.current_thread() is threading.main_thread()
    numbers = [getattr(signal, name) for name in names if heard and hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers}
    ours = {number: was for number, was in before.items() if was not in {None, signal.SIG_IGN}}
    for number in ours:
        signal.signal(number, handler)
    try:
        yield
    finally:
        for number, was in ours.items():
            signal.signal(number, was)
