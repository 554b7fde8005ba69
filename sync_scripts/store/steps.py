"""A place where tests can stand between two deeds: kill, cut the power, fill the disk. Does nothing in real life."""

from __future__ import annotations

from collections.abc import Callable

_watcher: Callable[[str], None] | None = None


def step(name: str) -> None:
    """Say that the deed ``name`` comes next; called before every write that matters."""
    if _watcher is not None:
        _watcher(name)


def watch(watcher: Callable[[str], None] | None) -> None:
    """Let ``watcher`` hear every step; None ends it. For tests only."""
    global _watcher  # noqa: PLW0603 - one process, one watcher: that is the point of the seam
    _watcher = watcher
