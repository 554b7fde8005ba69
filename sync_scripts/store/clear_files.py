"""What lies in the clear for a moment: where openings lay it, how it goes however the program ends, what killed ones left. Opens nothing."""

from __future__ import annotations

import os
import signal
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Final, TypeAlias

_Handler: TypeAlias = Callable[[int, FrameType | None], object] | int | None


_ENDS: Final = ("SIGTERM", "SIGHUP")
_AGAIN_S: Final = 0.2


@contextmanager
def ends_in_order() -> Iterator[None]:
    """Let a closed window of the terminal, or a word of the system to end, stop a block as Ctrl-C does: what it opened goes."""
    heard = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        heard.set()
        raise KeyboardInterrupt

    with _said_again(heard), _signals(end, *_ENDS):
        yield


def ended_once(error: type[BaseException]) -> AbstractContextManager[None]:
    """Let the first such word raise an error in a block; a second is not heard, so that what the first ends can end in order.

    A closed window often says it twice: the system does, and so does the shell that ran in it.
    """
    heard: list[int] = []

    def end(number: int, _frame: FrameType | None) -> None:
        heard.append(number)
        if len(heard) == 1:
            raise error

    return _signals(end, *_ENDS)


@dataclass(slots=True)
class Leaving:
    """Whether such a word came; it cuts short what waits for a person, and nothing else.

    Attributes:
        heard: it came: nobody answers any more.
    """

    heard: bool = False
    _waiting: bool = False

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Let it stop a block as Ctrl-C does; one that came before stops it at once."""
        self._waiting = True
        try:
            if self.heard:
                raise KeyboardInterrupt
            yield
        finally:
            self._waiting = False

    def hear(self) -> None:
        """Hear it; of several, as a closed window often says it, only the first stops anything."""
        self.heard = True
        if self._waiting:
            self._waiting = False
            raise KeyboardInterrupt


@contextmanager
def leaving() -> Iterator[Leaving]:
    """Let such a word end the questions of a block, and let what the block does with the answers come to its end."""
    made, heard = Leaving(), threading.Event()

    def hear(_number: int, _frame: FrameType | None) -> None:
        heard.set()
        made.hear()

    with _said_again(heard), _signals(hear, *_ENDS):
        yield made


@contextmanager
def _said_again(heard: threading.Event) -> Iterator[None]:
    """Repeat such a word until it is heard: one that comes just before a question is waited for would be heard at the next key.

    Python hears it between two steps of its own; what waits in the system meanwhile is disturbed only by a signal that comes then.
    """
    main = threading.main_thread().ident
    if threading.get_ident() != main or not hasattr(signal, "pthread_kill"):
        yield
        return
    numbers = {getattr(signal, name) for name in _ENDS}
    listens, speaks = socket.socketpair()
    speaks.setblocking(False)

    def repeat() -> None:
        while said := listens.recv(1):
            while said[0] in numbers and not heard.wait(_AGAIN_S):
                signal.pthread_kill(main, said[0])

    thread = threading.Thread(target=repeat, name="dikalo-ending", daemon=True)
    before = signal.set_wakeup_fd(speaks.fileno(), warn_on_full_buffer=False)
    thread.start()
    try:
        yield
    finally:
        heard.set()
        signal.set_wakeup_fd(before)
        speaks.close()
        thread.join()
        listens.close()


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


def memory() -> str | None:
    """Return a file system that lives in memory, if there is one."""
    shared = Path("/dev/shm")  # noqa: S108 - its own folder in it is made 0700 under an unguessable name
    return str(shared) if shared.is_dir() and os.access(shared, os.W_OK) else None


def prefix(workspace: str) -> str:
    """Return how the names of the places of a workspace begin; the number of the process that opened follows."""
    return f"dikalo-opened-{workspace[:8]}-"


def left_behind(workspace: str) -> Iterator[Path]:
    """Yield private places of processes that are gone."""
    for folder in {memory() or tempfile.gettempdir()}:
        for path in Path(folder).glob(f"{prefix(workspace)}*"):
            pid = path.name.removeprefix(prefix(workspace)).partition("-")[0]
            if not (pid.isdigit() and _alive(int(pid))):
                yield path


def _alive(pid: int) -> bool:
    if os.name == "nt":
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
