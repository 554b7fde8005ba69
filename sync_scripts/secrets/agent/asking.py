"""What a command asks of the agent: the key, that it ends, that one begins. Never waits for long, never raises for it.

An agent that does not answer, answers nonsense or is of other keys is as good as none: the passphrase is asked.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec

from sync_scripts.errors import DikaloError
from sync_scripts.secrets.agent.place import AgentFolderUnsafe, Road, place, road
from sync_scripts.secrets.slots import Pinned

SLEEP_S: Final = 60.0
"""A longer pause between two looks at the clock is sleep, and ends the agent."""
_WAIT_S: Final = 3.0
_KEY_BYTES: Final = 32
_READY: Final = b"ready\n"
BEGIN_S: Final = 30.0
"""How long a process may take to begin, on the slowest laptop; then it is ended."""


AgentFailed: Final = DikaloError.declare(
    "DK-N21",
    "The process that would hold the key did not begin, so nothing is unlocked. Nothing was written. Commands ask for "
    "the passphrase as before; run dikalo doctor if it happens again.",
)


@dataclass(frozen=True, slots=True)
class Held:
    """What the agent holds.

    Attributes:
        key: D.
        workspace: id of the workspace that it opens.
        worker: whose passphrase opened it.
        slot: mark of the slots of that worker at that time; with another passphrase or without a slot it differs.
        pinned: what the slot says beside the key: for whom the workspace seals.
        left_s: seconds until the agent ends.
    """

    key: bytes = field(repr=False)
    workspace: str
    worker: str
    slot: str
    pinned: Pinned
    left_s: int = 0


def ask(workspace: str) -> Held | None:
    """Return what the agent of a workspace holds, None when there is none."""
    answer = _say(workspace, "key")
    if answer is None:
        return None
    head, _, key = answer.partition(b"\n")
    try:
        said = json.loads(head)
        pinned = msgspec.convert(said["pinned"], Pinned)
        workspace_, worker, slot = (str(said[name]) for name in ("workspace", "worker", "slot"))
        held = Held(key, workspace_, worker, slot, pinned, int(said["left_s"]))
    except (ValueError, KeyError, TypeError, msgspec.ValidationError):
        return None
    return held if len(key) == _KEY_BYTES and held.workspace == workspace else None


def lock(workspace: str) -> bool:
    """End the agent of a workspace; tell whether there was one. One that does not answer ends when its place is gone."""
    if _say(workspace, "lock") is not None:
        return True
    with suppress(OSError, AgentFolderUnsafe):
        place(workspace).unlink()
        return True
    return False


def start(held: Held, for_s: float, *, gap_s: float = SLEEP_S, by: Road | None = None) -> None:
    """Begin an agent that holds a key for some seconds; one that is there ends first.

    Raises:
        AgentFolderUnsafe: there is no folder that is ours alone.
        AgentFailed: it did not begin.
    """
    lock(held.workspace)
    where = place(held.workspace, make=True)
    with suppress(FileNotFoundError):
        where.unlink()
    line = {
        "place": str(where),
        "road": by or road(),
        "token": secrets.token_hex(32) if (by or road()) == "port" else "",
        "workspace": held.workspace,
        "worker": held.worker,
        "slot": held.slot,
        "pinned": msgspec.to_builtins(held.pinned),
        "for_s": for_s,
        "gap_s": gap_s,
    }
    _begin(json.dumps(line).encode() + b"\n", held.key)


def _begin(line: bytes, key: bytes) -> None:
    more: dict[str, Any] = (
        {"creationflags": 0x00000008 | 0x00000200} if os.name == "nt" else {"start_new_session": True}
    )  # on Windows: detached from the console, in a group of its own
    made = subprocess.Popen(
        [sys.executable, "-P", "-m", "sync_scripts.secrets.agent.process"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=Path(sys.executable).parent,
        **more,
    )
    if made.stdin is None or made.stdout is None:
        raise AgentFailed
    too_late = threading.Timer(BEGIN_S, made.kill)
    too_late.start()
    try:
        with suppress(OSError), made.stdin, made.stdout:
            made.stdin.write(line)
            made.stdin.write(key)
            made.stdin.flush()
            if made.stdout.readline(len(_READY)) == _READY:
                made.returncode = 0  # it lives on without us, and nobody waits for it
                return
    finally:
        too_late.cancel()
    made.kill()
    made.wait()
    raise AgentFailed


def _say(workspace: str, op: str) -> bytes | None:
    """Return the whole answer to a word; a place where nobody answers any more is tidied away."""
    try:
        where = place(workspace)
    except AgentFolderUnsafe:
        return None
    if not where.exists():
        return None
    try:
        with _reached(where) as (asked, token):
            asked.sendall(json.dumps({"op": op, "token": token}).encode() + b"\n")
            return _all(asked) or None
    except (ConnectionRefusedError, FileNotFoundError):
        with suppress(OSError):
            where.unlink()
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return None


@contextmanager
def _reached(where: Path) -> Iterator[tuple[socket.socket, str]]:
    """Give a connection to the agent at a place, and the token that it wants."""
    if where.is_file():  # a socket is none
        about = json.loads(where.read_text(encoding="utf-8"))
        with socket.create_connection(("127.0.0.1", int(about["port"])), timeout=_WAIT_S) as made:
            yield made, str(about["token"])
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as made:
        made.settimeout(_WAIT_S)
        made.connect(str(where))
        yield made, ""


def _all(asked: socket.socket) -> bytes:
    answer = b""
    while len(answer) < 4096 and (more := asked.recv(4096)):
        answer += more
    return answer
