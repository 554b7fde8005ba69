"""The everyday key where somebody left it for a while: in the agent, or by choice in the system's keyring.

A key is taken only while the worker whose passphrase opened it still has the very same slots: after a change of
passphrase, or when the worker's slot was removed, the passphrase is asked again and what was kept is dropped.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from sync_scripts.errors import DikaloError
from sync_scripts.secrets import agent
from sync_scripts.secrets.agent import Held
from sync_scripts.secrets.errors import NoSuchSlot
from sync_scripts.secrets.os_keyring import OsKeyring, StillInKeyring
from sync_scripts.secrets.slots import Pinned, Slot, Unwrapped

MARKER: Final = ".key-in-keyring"
"""File of a workspace that says: look into the keyring. It holds nothing."""
LOCKED: Final = ".locked"
"""File of a workspace whose time says when it was last locked, for whoever holds the key and keeps going."""
LAST_WORKER: Final = ".last-worker"
"""File of a workspace with the code of who opened it last, where several do."""
NAME: Final = "day"
"""Of the entry in the keyring."""


def find(root: Path, workspace: str, slots: Iterable[Slot]) -> Held | None:
    """Return the key that is kept and still fits the slots, None when there is none."""
    known = tuple(slots)
    held = agent.ask(workspace)
    if held is not None:
        if held.slot == mark_of(known, held.worker):
            return held
        agent.lock(workspace)
    if not (root / MARKER).exists() or last_locked(root) > (root / MARKER).stat().st_mtime_ns:
        return None
    held = from_keyring(workspace)
    return held if held is not None and held.slot == mark_of(known, held.worker) else None


def mark_of(slots: Iterable[Slot], worker: str | None = None) -> str:
    """Return what tells the everyday slots of a worker, or of all, and the key they open, from any later ones; "" when there are none.

    That a slot comes to know other holders is no reason to lock: its passphrase and its key are as they were.
    """
    mine = [
        slot.public + slot.sealed for slot in slots if slot.key == "day" and worker in {None, slot.worker}
    ]
    return hashlib.sha256("\n".join(mine).encode()).hexdigest() if mine else ""


def held_of(opened: Unwrapped, slots: Iterable[Slot]) -> Held:
    """Return an opened key as it is kept, with all that its slot says.

    Raises:
        NoSuchSlot: it is not of a slot.
    """
    if opened.pinned is None:
        raise NoSuchSlot(key=NAME)
    mark = mark_of(slots, opened.worker)
    return Held(opened.key, opened.workspace, opened.worker, mark, opened.pinned)


def into_keyring(root: Path, held: Held) -> None:
    """Keep a key in the keyring of the system, until it is taken out.

    Raises:
        KeyringNotInstalled, NoKeyring: it cannot be kept there.
    """
    said = {
        "key": base64.b64encode(held.key).decode(),
        "worker": held.worker,
        "slot": held.slot,
        "pinned": msgspec.to_builtins(held.pinned),
    }
    OsKeyring(held.workspace).keep(NAME, json.dumps(said))
    (root / MARKER).touch(mode=0o600)


def forget(root: Path, workspace: str) -> bool:
    """Take the key out of the agent and the keyring, and let whoever keeps going know; tell whether it was in one of them.

    Raises:
        StillInKeyring: it is still there; the agent has ended.
    """
    tell_locked(root)
    ended = agent.lock(workspace)
    was = in_keyring(root)
    if was:
        if not OsKeyring(workspace).forget(NAME):
            raise StillInKeyring(service=OsKeyring(workspace).service)
        (root / MARKER).unlink(missing_ok=True)
    return ended or was


def tell_locked(root: Path) -> None:
    """Let whoever holds the key and keeps going know that it opens nothing any more."""
    with suppress(OSError):
        (root / LOCKED).touch(mode=0o600)


def last_locked(root: Path) -> int:
    """Return when a workspace was last locked, in nanoseconds; 0 = never."""
    try:
        return (root / LOCKED).stat().st_mtime_ns
    except OSError:
        return 0


def last_worker(root: Path) -> str:
    """Return who opened a workspace last; their slot is tried first, and nothing else comes of it."""
    with suppress(OSError, UnicodeDecodeError), (root / LAST_WORKER).open(encoding="ascii") as stream:
        return stream.read(20)
    return ""


def note_worker(root: Path, code: str) -> None:
    """Note who opened a workspace; a folder that cannot be written is no reason to open nothing."""
    with suppress(OSError):
        (root / LAST_WORKER).write_text(code, encoding="ascii")


def in_keyring(root: Path) -> bool:
    """Tell whether the key is said to be in the keyring; no keyring is asked."""
    return (root / MARKER).exists()


def from_keyring(workspace: str) -> Held | None:
    """Return what the keyring holds, None where it holds no key or cannot be asked."""
    with suppress(DikaloError, ValueError, KeyError, TypeError, msgspec.ValidationError):
        said = json.loads(OsKeyring(workspace).find(NAME))
        pinned = msgspec.convert(said["pinned"], Pinned)
        key, worker, slot = base64.b64decode(said["key"]), str(said["worker"]), str(said["slot"])
        return Held(key, workspace, worker, slot, pinned)
    return None
