"""Erasing under faults: half of what is stored goes, rows first, then files, then the keys out of their pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select

from sync_scripts.store.database import Actor
from sync_scripts.store.schema.raw import erased, erasure_pending, sealed_item, submission
from sync_scripts.store.seal import demo_keys, erasing
from sync_scripts.store.vault import Vault, by_identity
from sync_scripts.store.workspace import Workspace, open_unlocked
from tests.faults.store_case import NOW, StoreCase

PERSON = Actor("coord-1", "key")


@dataclass
class EraseCase(StoreCase):
    """Six items, two a transaction; those of an odd number, which have a sealed file, are erased."""

    items: int = 6
    page: int = 2

    def prepare(self, folder: Path) -> None:
        """Make the workspace and store everything."""
        super().prepare(folder)
        workspace = open_unlocked(self.unlock(folder))
        try:
            super().run(workspace, folder)
        finally:
            workspace.close()

    def run(self, workspace: Workspace, folder: Path) -> None:
        """Erase, remove the files, and let one opening of the vault strike the keys."""
        register = workspace.register
        with register.writing() as rows:
            done = select(erased.c.id)
            found = rows.execute(
                select(submission.c.root_id, submission.c.scope)
                .where(submission.c.root_id.not_in(done))
                .order_by(submission.c.arrival)
            ).all()
            for row in found:
                if int(row.root_id.partition(":")[2]) % 2:
                    erasing.erase(rows, [row.scope], [row.root_id], actor=PERSON, now=NOW, details={})
                    which = submission.c.root_id == row.root_id
                    rows.execute(submission.update().where(which).values(status="erased", open_part=None))
        erasing.finish(register)
        with Vault(register, by_identity(demo_keys.IDENTITIES["V"].secret), PERSON, now=lambda: NOW):
            pass

    def amiss(self, workspace: Workspace, folder: Path, *, complete: bool) -> Iterable[str]:
        """Say what of the erased is still there: rows never, files and keys not after a whole run."""
        register = workspace.register
        with register.reading() as rows:
            gone = select(erased.c.scope)
            held = select(func.count()).where(sealed_item.c.scope.in_(gone))
            if rows.execute(held).scalar_one():
                yield "erased, and sealed rows are left"
            waits = rows.execute(select(func.count()).select_from(erasure_pending)).scalar_one()
        if complete and waits:
            yield f"{waits} keys wait after an opening"
        if complete and [*register.folder.glob("*/*.age")]:
            yield "files of what was erased are left"

    def state(self, workspace: Workspace) -> Mapping[str, object]:
        """Return what is left, and what was erased."""
        with workspace.register.reading() as rows:
            left = select(submission.c.root_id, submission.c.status).order_by(submission.c.arrival)
            listed = select(erased.c.id).order_by(erased.c.id)
            return {
                "versions": [tuple(row) for row in rows.execute(left)],
                "erased": [*rows.execute(listed).scalars()],
                "items": rows.execute(select(func.count()).select_from(sealed_item)).scalar_one(),
            }
