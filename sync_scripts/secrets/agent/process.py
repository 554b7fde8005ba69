"""The process that holds the everyday key: ``python -m sync_scripts.secrets.agent.process``. Standard library only.

It is started by ``dikalo unlock``, which writes one line of JSON and then the 32 bytes of the key to its standard
input. It gives the key to processes of the same user that ask for it, and ends when its time is over, when it is told
to, when the computer slept (then it forgets the key first), and when nobody can reach it any more, since nobody could
tell it to end. It writes no file but the place where it is reached.
"""

from __future__ import annotations

import ctypes
import hmac
import json
import os
import select
import signal
import socket
import struct
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

KEY_BYTES: Final = 32
TICK_S: Final = 1.0
PATIENCE_S: Final = 2.0
"""How long a process may take to say what it wants, before the next is heard."""
LARGEST_ASK: Final = 4096

_PR_SET_DUMPABLE: Final = 4


@dataclass(frozen=True, slots=True)
class Life:
    """For how long the key is held.

    Attributes:
        for_s: seconds from the start; by any clock of the computer.
        gap_s: seconds that may pass between two looks at the clock; more is sleep.
    """

    for_s: float
    gap_s: float

    def over(self, began: tuple[float, float], looked: tuple[float, float], now: tuple[float, float]) -> bool:
        """Tell whether the key must go; each moment is (wall clock, clock that counts sleep), in seconds."""
        return any(
            now[one] - began[one] >= self.for_s or now[one] - looked[one] > self.gap_s for one in (0, 1)
        )

    def left(self, began: tuple[float, float], now: tuple[float, float]) -> float:
        """Return how many seconds are left."""
        return max(0.0, self.for_s - max(now[one] - began[one] for one in (0, 1)))


def clocks() -> tuple[float, float]:
    """Return the wall clock and, where there is one, the clock that goes on while the computer sleeps."""
    asleep = getattr(time, "CLOCK_BOOTTIME", None)
    wall = time.time()  # noqa: TID251 - this program is the standard library alone
    return wall, time.monotonic() if asleep is None else time.clock_gettime(asleep)


def main() -> None:
    """Take the key, say ``ready``, and serve until its time is over."""
    line, key = _take()
    began = clocks()
    harden(key)
    listener = _listen(line)
    place = Path(line["place"])
    ours = _mark(place)
    stop: list[bool] = []
    for name in ("SIGTERM", "SIGINT", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda _number, _frame: stop.append(True))
    _ready()
    try:
        serve(
            listener,
            line,
            key,
            Life(float(line["for_s"]), float(line["gap_s"])),
            began=began,
            stopped=lambda: bool(stop) or _mark(place) != ours,
        )
    finally:
        key[:] = bytes(len(key))
        listener.close()
        if _mark(place) == ours:  # it may be another agent's by now
            with suppress(OSError):
                place.unlink()


def _mark(place: Path) -> tuple[int, int] | None:
    """Return what tells the place of one agent from that of another, None when there is none."""
    try:
        about = place.lstat()
    except OSError:
        return None
    return about.st_dev, about.st_ino


def _take() -> tuple[dict[str, Any], bytearray]:
    """Read without a buffer, which would keep a copy of the key."""
    key = bytearray(KEY_BYTES)
    with open(0, "rb", buffering=0, closefd=False) as stream:
        line: dict[str, Any] = json.loads(stream.readline(LARGEST_ASK))
        view = memoryview(key)
        while view:
            got = stream.readinto(view)
            if not got:
                raise SystemExit(1)
            view = view[got:]
    return line, key


def _ready() -> None:
    """Say that it listens, and let go of the terminal."""
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)


def harden(key: bytearray) -> None:
    """Keep the key out of core files, other processes of this user and, where the system allows it, the swap file."""
    with suppress(Exception):  # whatever a system lacks, the key is still held for its time only
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(Exception):
        place = (ctypes.c_char * len(key)).from_buffer(key)
        if sys.platform == "win32":
            ctypes.windll.kernel32.VirtualLock(ctypes.byref(place), ctypes.c_size_t(len(key)))
        else:
            libc = ctypes.CDLL(None)
            libc.mlock(ctypes.byref(place), ctypes.c_size_t(len(key)))
            if sys.platform == "linux":
                libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def _listen(line: dict[str, Any]) -> socket.socket:
    """Listen where only this user can ask."""
    place = Path(line["place"])
    with suppress(FileNotFoundError):
        place.unlink()
    if line["road"] == "socket":
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        before = os.umask(0o177)
        try:
            listener.bind(str(place))
        finally:
            os.umask(before)
    else:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.bind(("127.0.0.1", 0))
        about = {"port": listener.getsockname()[1], "token": line["token"]}
        opened = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(opened, "w", encoding="utf-8") as stream:
            json.dump(about, stream)
    listener.listen(4)
    return listener


def serve(
    listener: socket.socket,
    line: dict[str, Any],
    key: bytearray,
    life: Life,
    *,
    began: tuple[float, float],
    stopped: Callable[[], bool],
    now: Callable[[], tuple[float, float]] = clocks,
) -> None:
    """Answer whoever asks, until the time is over or somebody says lock."""
    looked = began
    while not stopped():
        came, _, _ = select.select([listener], [], [], TICK_S)
        moment = now()
        if life.over(began, looked, moment):
            return
        looked = moment
        if came and _answered(listener, line, key, life.left(began, moment)):
            return


def _answered(listener: socket.socket, line: dict[str, Any], key: bytearray, left: float) -> bool:
    """Answer one process; tell whether it said lock."""
    try:
        asking, _address = listener.accept()
    except OSError:
        return False
    with asking, suppress(OSError, ValueError, KeyError, TypeError, RecursionError):
        if not same_user(asking):
            return False
        asked = json.loads(_line_of(asking))
        asking.settimeout(PATIENCE_S)
        if not hmac.compare_digest(str(asked["token"]).encode(), str(line["token"]).encode()):
            return False
        if asked["op"] == "lock":
            key[:] = bytes(len(key))
            asking.sendall(b"{}\n")
            return True
        about = {name: line[name] for name in ("workspace", "worker", "slot", "pinned")} | {
            "left_s": int(left)
        }
        asking.sendall(json.dumps(about).encode() + b"\n")
        if asked["op"] == "key":
            asking.sendall(key)
    return False


def _line_of(asking: socket.socket) -> bytes:
    said, until = b"", time.monotonic() + PATIENCE_S
    while not said.endswith(b"\n") and len(said) < LARGEST_ASK:
        asking.settimeout(max(until - time.monotonic(), 0.001))
        more = asking.recv(LARGEST_ASK)
        if not more:
            break
        said += more
    return said


def same_user(asking: socket.socket) -> bool:
    """Tell whether a process belongs to this user, where the system says so; elsewhere folder and token do."""
    option = getattr(socket, "SO_PEERCRED", None)
    if option is None or asking.family != getattr(socket, "AF_UNIX", None):
        return True
    _pid, user, _group = struct.unpack(
        "3i", asking.getsockopt(socket.SOL_SOCKET, option, struct.calcsize("3i"))
    )
    return bool(user == os.getuid())


if __name__ == "__main__":
    main()
