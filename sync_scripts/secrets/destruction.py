"""What opens a workspace on this computer, destroyed at once: slots of passphrases, the key kept for a while, entries of the keyring.

Needs no passphrase, waits for no lock and touches nothing that is sealed: what holders of the vault's keys open, they still open.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from sync_scripts.errors import DikaloError, NotAllowed
from sync_scripts.secrets import agent, kept_key, slots
from sync_scripts.secrets.agent import Held
from sync_scripts.secrets.errors import KeysDamaged
from sync_scripts.secrets.os_keyring import KeyringNotInstalled, NoKeyring, OsKeyring

_PATTERNS: Final = (f"{slots.FILE}*", "part-*", f".new-*/{slots.FILE}*", kept_key.LAST_WORKER)
"""Slots, copies of them that a person or an editor made, drafts that a cut left, and the code of who opened last."""
_BLOCK: Final = 4096
_MOST: Final = 1024 * 1024
"""So many bytes of a file are overwritten at most: a file of slots is far smaller, and a large draft must not take time."""

SlotsStay: Final = NotAllowed.declare(
    "DK-N67",
    "These files could not be destroyed, and passphrases still open what they hold: {files}. Everything else was destroyed. Close the "
    "programs that have them open and run dikalo panic again, or destroy the disk.",
)


@dataclass(frozen=True, slots=True)
class Token:
    """What became of one token of a server; ``why`` says why it was not ended."""

    server: str
    why: DikaloError | None = None


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What became of the keyring.

    Attributes:
        marked: the everyday key was said to be in it.
        entries: so many entries of the keyring were removed.
        ring: nothing is in the keyring any more; it could not be asked, and nothing says that something is there; or something is.
    """

    marked: bool
    entries: int
    ring: Literal["empty", "unasked", "stuck"]


def count(root: Path) -> int:
    """Return how many passphrases open something here; 0 also where the file cannot be read."""
    return len(_slots(root))


def workspace_of(root: Path) -> str:
    """Return the id of the workspace as the slots say it, whatever became of the settings; "" where nothing says it."""
    return next((slot.workspace for slot in _slots(root)), "")


def _slots(root: Path) -> tuple[slots.Slot, ...]:
    with suppress(OSError, KeysDamaged):
        return slots.parse((root / slots.FILE).read_bytes())
    return ()


def destroy_slots(root: Path) -> tuple[str, ...]:
    """Overwrite and remove what passphrases open; return the names of files that are still there as they were."""
    left = tuple(path.name for path in sorted(_files(root)) if not _destroyed(path))
    kept_key.tell_locked(root)
    _sync(root)
    return left


def taken(workspace: str, root: Path) -> Held | None:
    """Return the everyday key that was left for a while, and end the agent: its last use is to end what else it gives access to."""
    if not workspace:
        return None
    held = agent.ask(workspace)
    agent.lock(workspace)
    return held or (kept_key.from_keyring(workspace) if kept_key.in_keyring(root) else None)


def forget(root: Path, workspace: str, names: Iterable[str]) -> Forgotten:
    """Empty the keyring of the key and of some logins, by their names."""
    marked = kept_key.in_keyring(root)
    gone: list[str] = []
    try:
        stuck = [name for name in (kept_key.NAME, *names) if not _taken_out(OsKeyring(workspace), name, gone)]
    except KeyringNotInstalled:
        return Forgotten(marked, 0, "stuck" if marked else "empty")
    except NoKeyring:
        return Forgotten(marked, len(gone), "stuck" if marked or gone else "unasked")
    if not stuck:
        (root / kept_key.MARKER).unlink(missing_ok=True)
    return Forgotten(marked, len(gone), "stuck" if stuck else "empty")


def _taken_out(ring: OsKeyring, name: str, gone: list[str]) -> bool:
    """Overwrite an entry and remove it; tell whether it is not there."""
    if not ring.holds(name):
        return True
    ring.keep(name, secrets.token_hex(64))  # a keyring may keep what was removed
    gone.append(name)
    return ring.forget(name)


def _files(root: Path) -> Iterator[Path]:
    for pattern in _PATTERNS:
        yield from (path for path in root.glob(pattern) if path.is_file() or path.is_symlink())


def _destroyed(path: Path) -> bool:
    """Overwrite a file and remove it; tell whether one of both was done: either way it opens nothing here."""
    done = False
    with suppress(OSError):
        path.chmod(0o600)
    with suppress(OSError), path.open("r+b", buffering=0) as file:
        size = min(max(os.fstat(file.fileno()).st_size, _BLOCK), _MOST)
        file.write(os.urandom(size))
        os.fsync(file.fileno())
        file.truncate(0)
        os.fsync(file.fileno())
        done = True
    with suppress(OSError):
        path.unlink()
        done = True
    return done


def _sync(root: Path) -> None:
    if os.name == "nt":
        return
    with suppress(OSError):
        opened = os.open(root, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
