"""Work of a round in a process of its own, seen from the one that started it: its signs of life, and one that hangs is given up."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

import msgspec

from sync_scripts.daily.child import ALIVE, ANSWERS, GO_ON, TURN, Job, Told
from sync_scripts.store.lock import to_hand_on
from sync_scripts.store.workspace import Unlocked

GRACE_S: Final = 20.0
"""How long it may take to end the page at hand when it is told to stop."""
EVERY_S: Final = 60.0
"""How often something else is done while it goes on."""
_LOOK_S: Final = 1.0
"""How soon an interruption is seen while nothing comes: where a wait cannot be interrupted, it must be short."""


@dataclass(slots=True)
class Working:
    """A process that works for a round, and ends with it; the caller holds the lock of the workspace, and the process does, too.

    Left in whatever way, the process is told to stop, and ends what it has at hand.

    Attributes:
        keys: of the workspace.
    """

    keys: Unlocked
    _made: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _reader: threading.Thread | None = field(default=None, init=False)
    _answers: threading.Event = field(default_factory=threading.Event, init=False)
    """It says that others have their turn, or nothing any more."""
    _more: bool = field(default=False, init=False)
    """There are answers to come."""
    _over: threading.Event = field(default_factory=threading.Event, init=False)
    """It says nothing any more."""
    _said: list[bytes] = field(default_factory=list, init=False)
    _heard_s: float = field(default=0.0, init=False)
    """When it gave its last sign of life, or was let go on."""
    _hangs: bool = field(default=False, init=False)

    def __enter__(self) -> Self:
        """Start nothing yet."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Let the process stop, if it is not at its end."""
        self._end()

    @property
    def over(self) -> bool:
        """Tell whether the process says nothing any more."""
        return self._over.is_set()

    @property
    def silent_s(self) -> float | None:
        """Return how long it may give no sign of life; None where what it waits for has deadlines of its own."""
        return None

    def _begin(self, job: Job, meanwhile: Callable[[], None]) -> None:
        """Start the process and wait for its first turn."""
        made = self._started()
        self._say(made, msgspec.json.encode(job) + b"\n" + self.keys.day_key)
        self._wait(meanwhile)

    def _told(self) -> Told:
        """Return what the process said at its end; where that was none, how it ended."""
        code = self._end()
        try:
            return msgspec.json.decode(b"".join(self._said), type=Told)
        except msgspec.DecodeError:
            return Told(crash=f"exit {code}")

    def _go_on(self, made: subprocess.Popen[bytes], meanwhile: Callable[[], None]) -> None:
        self._answers.clear()
        self._say(made, GO_ON)
        if not self._over.is_set():
            self._wait(meanwhile)

    def _wait(self, meanwhile: Callable[[], None]) -> None:
        """Wait until others have their turn, and do the other thing each minute; end one that gives no sign of life."""
        since = time.monotonic()
        while not self._answers.is_set():
            self._answers.wait(min(_LOOK_S, EVERY_S))
            now = time.monotonic()
            if self.silent_s is not None and now - self._heard_s >= self.silent_s:
                self._give_up()
            elif not self._answers.is_set() and now - since >= EVERY_S:
                meanwhile()
                since = time.monotonic()

    def _give_up(self) -> None:
        """End a process that hangs in a read, and wait for nothing of it: one in a dead driver may not even end."""
        self._hangs = True
        self._more = False
        if self._made is not None:
            self._made.kill()
        self._over.set()
        self._answers.set()

    def _started(self) -> subprocess.Popen[bytes]:
        more: dict[str, Any] = (
            {"creationflags": 0x00000200} if os.name == "nt" else {"start_new_session": True}
        )
        made = self._made = subprocess.Popen(
            [sys.executable, "-P", "-m", "sync_scripts.daily.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=Path(sys.executable).parent,
            pass_fds=to_hand_on(self.keys.root),
            **more,
        )
        self._reader = threading.Thread(target=self._read, args=[made], daemon=True)
        self._reader.start()
        return made

    def _read(self, made: subprocess.Popen[bytes]) -> None:
        """Hear what the process says, until it ends."""
        for line in made.stdout or ():
            self._heard_s = time.monotonic()
            if line == ALIVE:
                continue
            if line in {ANSWERS, TURN}:
                self._more = line == TURN
                self._answers.set()
            else:
                self._said.append(line)
        self._more = False
        self._over.set()
        self._answers.set()

    def _say(self, made: subprocess.Popen[bytes], words: bytes) -> None:
        self._heard_s = time.monotonic()
        with suppress(OSError, ValueError):  # it is gone: its end says why
            if made.stdin is not None:
                made.stdin.write(words)
                made.stdin.flush()

    def _end(self) -> int | None:
        """Let the process stop, and return its exit code; None of one that cannot be ended, and ends with what it hangs in."""
        made = self._made
        if made is None:
            return 0
        if made.stdin is not None:
            with suppress(OSError):
                made.stdin.close()
        try:
            made.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            made.kill()  # a page is stored whole or not at all
            with suppress(subprocess.TimeoutExpired):
                made.wait(GRACE_S)
        if self._reader is not None:
            self._reader.join(GRACE_S)
        if made.stdout is not None and made.returncode is not None:
            made.stdout.close()
        return made.returncode
