"""Where openings lay what they opened, and what is still there of those that were killed. Opens and removes nothing."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

__all__ = ["left_behind", "memory", "prefix"]


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
