"""A workspace with sealed things and a stick, for the tests of backups."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sync_scripts.backup.making import Made, make
from sync_scripts.backup.place import Place
from sync_scripts.backup.planning import prepared
from sync_scripts.store.workspace import Workspace, open_workspace
from tests.store.commands import DAY, fill, found
from tests.store.databases import NOW


@dataclass
class Desk:
    """An open workspace with two alerts and a photo, and a stick that is empty at first."""

    workspace: Workspace
    stick: Path

    def place(self) -> Place:
        """Return the place on the stick."""
        return prepared(self.workspace, self.stick)

    def backup(self, *, days: float = 0) -> Made:
        """Make a backup some days after the workspace was filled."""
        return make(self.workspace, self.place(), after(days))


def after(days: float) -> datetime:
    """Return an instant some days after everything was stored."""
    return NOW + timedelta(days=days)


@contextmanager
def desk(folder: Path) -> Iterator[Desk]:
    """Give a filled workspace in ``folder / "w"``."""
    workspace = open_workspace(found(folder / "w"), secret=lambda _question: DAY)
    try:
        fill(workspace)
        yield Desk(workspace, folder / "stick")
    finally:
        workspace.close()
