"""What tests of the round share: a workspace opened, its settings changed, a document of a round taken apart."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from sync_scripts import config
from sync_scripts.store.workspace import Workspace, open_workspace
from tests.bench.make import DAY

NOW = datetime(2026, 11, 25, 11, 0, tzinfo=UTC)
Go = Callable[..., tuple[int, Any, str]]


def opened(root: Path) -> Workspace:
    """Open the workspace."""
    return open_workspace(root, secret=lambda _q: DAY)


def change(root: Path, **more: Any) -> None:
    """Write other settings."""
    config.write(root, msgspec.structs.replace(config.load(root), **more))


def parts(document: Any) -> dict[str, Any]:
    """Return the parts of a round by name."""
    return {one["name"]: one for one in document["parts"]}


def likeness(root: Path) -> dict[str, str]:
    """Return what lies in a folder, apart from who held the lock last and the log of a reader."""
    return {
        str(one.relative_to(root)): hashlib.sha256(one.read_bytes()).hexdigest()
        for one in sorted(root.rglob("*"))
        if one.is_file() and not one.name.startswith((".lock", "register.db-"))
    }
