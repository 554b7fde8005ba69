"""Where the agent of a workspace is reached: in a folder that this user alone may enter. Holds no key.

On Linux and macOS a socket in the runtime folder; on Windows a port of this computer and a token, in a file of the
user's own folder. A folder that is not ours alone is refused: somebody else could have put it there.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from pathlib import Path
from typing import Final, Literal

from sync_scripts.errors import NotAllowed

Road = Literal["socket", "port"]

_OTHERS: Final = 0o077
_LONGEST: Final = 60
"""Bytes of a runtime folder below which a socket can still be named: systems take 104 in all, and the name takes 38."""


AgentFolderUnsafe: Final = NotAllowed.declare(
    "DK-N20",
    "The folder for running programs of this user belongs to somebody else or can be read by others, so the key was "
    "not kept. Nothing was done. Ask who looks after this computer; meanwhile commands ask for the passphrase.",
)


def road() -> Road:
    """Return how an agent is reached on this system."""
    return "port" if os.name == "nt" else "socket"


def place(workspace: str, *, make: bool = False) -> Path:
    """Return the socket, or the file with port and token, of the agent of a workspace.

    Args:
        workspace: id of the workspace; only its hash is seen in the name.
        make: make the folder when it is not there.

    Raises:
        AgentFolderUnsafe: the folder is not ours alone.
    """
    return folder(make=make) / f"{hashlib.sha256(workspace.encode()).hexdigest()[:24]}.agent"


def folder(*, make: bool = False) -> Path:
    """Return the folder of this user's agents; it need not be there unless it is made.

    Raises:
        AgentFolderUnsafe: it is there and not ours alone.
    """
    found = _folder()
    if make:
        found.mkdir(mode=0o700, parents=os.name == "nt", exist_ok=True)
    if os.name != "nt" and (make or found.is_symlink() or found.exists()):
        about = found.lstat()
        if not stat.S_ISDIR(about.st_mode) or about.st_uid != os.getuid() or about.st_mode & _OTHERS:
            raise AgentFolderUnsafe
    return found


def _folder() -> Path:
    if os.name == "nt":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "dikalo" / "run"
    given = os.environ.get("XDG_RUNTIME_DIR", "")
    if given.startswith("/") and len(os.fsencode(given)) <= _LONGEST and _is_ours(Path(given)):
        return Path(given) / "dikalo"
    return Path(tempfile.gettempdir()) / f"dikalo-{os.getuid()}"


def _is_ours(given: Path) -> bool:
    try:
        about = given.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(about.st_mode) and about.st_uid == os.getuid() and not about.st_mode & _OTHERS
