"""Backup and restore under faults: what was there before stays whole, the next run ends it, and nothing lies in the clear."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from sync_scripts.backup import finding, making, planning
from sync_scripts.backup import place as places
from sync_scripts.backup.restoring import Wish, restore
from sync_scripts.config import FILE
from sync_scripts.intake.completeness.soundness import checks, faults
from sync_scripts.store import copying
from sync_scripts.store.database import Rows
from sync_scripts.store.schema.raw import sealed_item, submission
from sync_scripts.store.seal import demo_keys
from sync_scripts.store.seal.sealed_files import is_sound
from sync_scripts.store.vault import by_identity
from sync_scripts.store.workspace import Workspace, open_unlocked, open_workspace
from tests.faults.store_case import NOW, StoreCase


@dataclass
class BackupCase(StoreCase):
    """A second backup beside a first one, which goes: it is older than 35 days. Its files are all new."""

    items: int = 4
    page: int = 2

    def prepare(self, folder: Path) -> None:
        """Store half of it, make a backup, store the rest, and make another one."""
        super().prepare(folder)
        whole, self.items = self.items, 2
        workspace = open_unlocked(self.unlock(folder))
        try:
            super().run(workspace, folder)
            self._backup(workspace, folder, days=-140)
            self.items = whole
            super().run(workspace, folder)
            self._backup(workspace, folder, days=-60)
        finally:
            workspace.close()
            self.items = whole
        for path in (folder / "stick").glob("*/*.age"):
            path.unlink()  # all sealed files are new then

    def _backup(self, workspace: Workspace, folder: Path, *, days: int) -> None:
        making.make(workspace, planning.prepared(workspace, folder / "stick"), NOW + timedelta(days=days))

    def run(self, workspace: Workspace, folder: Path) -> None:
        """Make a backup."""
        self._backup(workspace, folder, days=-59)

    def amiss(self, workspace: Workspace, folder: Path, *, complete: bool) -> Iterable[str]:
        """Say what is wrong at the place: what has a head is whole at any moment, after a run with all its files."""
        stick = folder / "stick"
        yield from _in_clear(stick, self.canaries)
        place = places.reached(stick)
        every = finding.opened(place, by_identity(demo_keys.IDENTITIES["R"].secret))
        for one in every:
            key = bytes.fromhex(one.head.key)
            with (
                copying.looked_at(place.copy(one.name), key, one.head.workspace, stick) as copy,
                copy.reading() as rows,
            ):
                yield from faults(rows)
                if copying.counts(rows) != one.head.counts:
                    yield f"copy {one.head.number}: other rows than its head says"
                names = rows.execute(
                    select(sealed_item.c.file).where(sealed_item.c.file.is_not(None))
                ).scalars()
                if complete:
                    yield from (
                        f"copy {one.head.number}: {name[:8]}" for name in names if not is_sound(stick, name)
                    )
        if complete:
            yield from (
                f"left over: {path.name}" for path in stick.iterdir() if path.name.startswith("part-")
            )
            copies = {path.stem for path in stick.glob("*.bin")}
            if copies != {one.name for one in every}:
                yield "a copy without a head, or a head without one"

    def state(self, workspace: Workspace) -> Mapping[str, object]:
        """Return what is stored; a run that was cut after its head leaves one more copy than one that was not."""
        return super().state(workspace)


@dataclass
class RestoreCase(BackupCase):
    """A workspace made again beside the one that is there."""

    def prepare(self, folder: Path) -> None:
        """Make the backup."""
        super().prepare(folder)
        workspace = open_unlocked(self.unlock(folder))
        try:
            super().run(workspace, folder)
        finally:
            workspace.close()

    def run(self, workspace: Workspace, folder: Path) -> None:
        """Restore with the paper, unless a run before had ended."""
        if (folder / "new" / FILE).exists():
            return
        key, place = by_identity(demo_keys.IDENTITIES["R"].secret), places.reached(folder / "stick")
        wish = Wish("demo-2", "", None, None, lambda *_any: None, lambda: NOW)
        restore(folder / "new", place, finding.opened(place, key), key, wish)

    def amiss(self, workspace: Workspace, folder: Path, *, complete: bool) -> Iterable[str]:
        """Say what is wrong: a workspace that is there is whole, and the backup is as it was."""
        yield from super().amiss(workspace, folder, complete=complete)
        new = folder / "new"
        yield from _in_clear(new, self.canaries)
        if not (new / FILE).exists():
            if complete:
                yield "nothing was restored"
            return
        with workspace.register.reading() as rows:
            here = _state(rows, workspace)
        again = open_workspace(new, secret=lambda _question: "")
        try:
            with again.register.reading() as rows:
                there = _state(rows, again)
        finally:
            again.close()
        if here != there:
            yield "other versions than were backed up, or not as sound"
        if complete:
            yield from (path.name for path in new.iterdir() if path.name.startswith((".new-", "part-")))


def _state(rows: Rows, workspace: Workspace) -> object:
    """Return the versions of a register, and what is wrong with it."""
    versions = set(map(tuple, rows.execute(select(submission.c.root_id, submission.c.open_part))))
    return versions, {check.name for check in checks(rows, workspace.register) if check.wrong}


def _in_clear(folder: Path, canaries: tuple[bytes, ...]) -> Iterator[str]:
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        if path.is_file() and any(canary in path.read_bytes() for canary in canaries):
            yield f"clear text: {path.name}"
