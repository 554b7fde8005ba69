"""Private places for opened attachments: in memory where the system has such a place, gone when the opening ends.

Also when it does not end by itself: the window of the terminal is closed, somebody or the system ends the program.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import tempfile
import threading
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import FrameType
from typing import Final, TypeAlias

_Handler: TypeAlias = Callable[[int, FrameType | None], object] | int | None

_NAME: Final = 60
_ENDING: Final = 8
_RESERVED: Final = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)


def make_place(workspace: str) -> Path:
    """Return a new folder that only its owner may enter, named after this process."""
    return Path(tempfile.mkdtemp(prefix=f"{_prefix(workspace)}{os.getpid()}-", dir=_memory()))


def remove_place(place: Path) -> None:
    """Remove a place, whole: whoever presses Ctrl-C once more, or closes the window as well, does not cut it short."""
    with _signals(signal.SIG_IGN, "SIGINT", "SIGTERM", "SIGHUP"):
        shutil.rmtree(place, ignore_errors=True)


def ends_in_order() -> AbstractContextManager[None]:
    """Let a closed window of the terminal, or a word of the system to end, stop a block as Ctrl-C does: what it opened goes."""

    def end(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    return _signals(end, "SIGTERM", "SIGHUP")


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


def remove_left_behind(workspace: str) -> None:
    """Remove the places of openings that were killed."""
    for left in _left_behind(workspace):
        shutil.rmtree(left, ignore_errors=True)


def safe_name(name: str) -> str:
    """Return a file name that does no harm on any system: no path, no hidden characters, no reserved word.

    What a phone called a file may be anything; at most 60 characters of it are kept.
    """
    text = "".join(c for c in unicodedata.normalize("NFC", name) if unicodedata.category(c)[0] != "C")
    text = re.sub(r'[\\/:*?"<>|]', "_", text).strip(". ")
    stem, dot, ending = text.rpartition(".")
    if dot and len(ending) <= _ENDING:
        text = f"{stem[: _NAME - len(ending) - 1].rstrip('. ')}.{ending}"
    text = text[:_NAME].strip(". ")
    return f"_{text}" if not text or _RESERVED.match(text) else text


def _memory() -> str | None:
    """Return a file system that lives in memory, if there is one."""
    shared = Path("/dev/shm")  # noqa: S108 - its own folder in it is made 0700 under an unguessable name
    return str(shared) if shared.is_dir() and os.access(shared, os.W_OK) else None


def _prefix(workspace: str) -> str:
    return f"dikalo-opened-{workspace[:8]}-"


def _left_behind(workspace: str) -> Iterator[Path]:
    """Yield private places of processes that are gone."""
    for folder in {_memory() or tempfile.gettempdir()}:
        for path in Path(folder).glob(f"{_prefix(workspace)}*"):
            pid = path.name.removeprefix(_prefix(workspace)).partition("-")[0]
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
