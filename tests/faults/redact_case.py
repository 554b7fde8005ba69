"""One of several people taken out under faults: copies and rows in one transaction, then files, then the keys of the originals."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, select

from sync_scripts.intake.completeness.verify import verify
from sync_scripts.intake.redacting import redact
from sync_scripts.register.care import rebuild
from sync_scripts.register.decisions.base import By, deciding
from sync_scripts.register.model.errors import AlreadyErased
from sync_scripts.register.purging.person import redaction
from sync_scripts.register.purging.redaction import Redaction, Texts
from sync_scripts.servers.plain_files import MARKER
from sync_scripts.store.database import Actor
from sync_scripts.store.schema import raw
from sync_scripts.store.schema import register as tables
from sync_scripts.store.seal import demo_keys, erasing
from sync_scripts.store.vault import Vault, by_identity, items_where
from sync_scripts.store.workspace import Workspace, open_unlocked
from tests.faults.pull_case import INBOX, NOW, XML, PullCase, date
from tests.intake.scene import VERSION, uid
from tests.purging.shared import CANARY, PHOTO, TALE, both_told

PERSON = Actor("coord-1", "key")
THEN = NOW + timedelta(days=1)
TEXTS = Texts(also=frozenset({"incident.narrative", "torture.circumstances", "evidence.file"}))


@dataclass
class RedactCase(PullCase):
    """An interview of two people and its edit; the first one is taken out, with three shared texts and a photo."""

    samples: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Say what must never be seen in clear text."""
        self.canaries = (CANARY.encode(), TALE.encode())

    def prepare(self, folder: Path) -> None:
        """Pull the interview."""
        self.found(folder)
        source = folder / "inbox"
        source.mkdir()
        (source / MARKER).write_text(json.dumps({"kind": "classroom", "id": INBOX, "v": 1}), encoding="utf-8")
        edit = both_told(22, version=VERSION, meta=f"<deprecatedID>{uid(21)}</deprecatedID>")
        for number, content in enumerate((both_told(21, version=VERSION), edit), 1):
            instance = source / "case" / f"c{number}"
            instance.mkdir(parents=True)
            (instance / XML).write_bytes(content)
            (instance / "p.jpg").write_bytes(PHOTO)
            date(instance, number)
        workspace = open_unlocked(self.unlock(folder))
        super().run(workspace, folder)
        workspace.close()
        for path in sorted(
            source.rglob("*"), reverse=True
        ):  # what a phone still holds is not looked through for canaries
            path.unlink() if path.is_file() else path.rmdir()
        (source / MARKER).write_text(json.dumps({"kind": "classroom", "id": INBOX, "v": 1}), encoding="utf-8")

    def run(self, workspace: Workspace, folder: Path) -> None:
        """Take her out unless it is done, remove the files, and let an opening of the vault strike the keys."""
        register, key = workspace.register, by_identity(demo_keys.IDENTITIES["V"].secret)
        try:
            with register.reading() as rows:
                plan = self._plan(By(rows, PERSON, THEN))
                scopes = sorted({one.scope for one in plan.copies})
                held = raw.sealed_item.c
                items = items_where(rows, held.scope.in_(scopes), held.kind == "raw")
            with Vault(register, key, PERSON, now=lambda: THEN) as vault:
                raws = {
                    (one.item.scope, one.item.version): one.data
                    for one in vault.open_items("she asked", items)
                }
            with deciding(register, PERSON, THEN) as by:
                redact(by, register, self._plan(by), raws, reason="she asked")
        except AlreadyErased:
            pass
        erasing.finish(register)
        with Vault(register, key, PERSON, now=lambda: THEN):
            pass

    def _plan(self, by: By) -> Redaction:
        code = by.rows.execute(select(tables.case.c.case_code)).scalar_one()
        return redaction(by, code, "V1", TEXTS, reason="she asked")

    def amiss(self, workspace: Workspace, folder: Path, *, complete: bool) -> Iterator[str]:
        """Say what is not whole; and of her, after a whole run, what still opens or waits."""
        register = workspace.register
        found = verify(register, [])
        yield from (f"verify: {check.name} {check.wrong}" for check in found.checks if check.wrong)
        if rebuild.check(register, THEN).differing:
            yield "rebuild differs"
        with register.reading() as rows:
            done = rows.execute(
                select(func.count()).where(raw.submission.c.redacted_at.is_not(None))
            ).scalar_one()
            waits = rows.execute(select(func.count()).select_from(raw.erasure_pending)).scalar_one()
            items = items_where(rows)
        if done not in {0, 2}:
            yield f"{done} of 2 versions are redacted"
        if complete and waits:
            yield f"{waits} keys wait after an opening"
        if complete and [*register.folder.glob("*/*.age")]:
            yield "files of what was taken out are left"
        if done:
            with Vault(
                register, by_identity(demo_keys.IDENTITIES["R"].secret), PERSON, now=lambda: THEN
            ) as vault:
                opened = b"".join(one.data for one in vault.open_items("test", items))
            if any(canary in opened for canary in self.canaries):
                yield "she was taken out, and something of hers opens"

    def state(self, workspace: Workspace) -> Mapping[str, object]:
        """Return the register as it is built, and what is kept of each version."""
        with workspace.register.reading() as rows:
            built = {str(table.name): rebuild.digest(rows, table) for table in tables.TABLES}
            kept = select(
                raw.submission.c.instance_id, raw.submission.c.open_part, raw.submission.c.redacted_at
            )
            return {
                **built,
                "versions": [tuple(row) for row in rows.execute(kept.order_by(raw.submission.c.arrival))],
                "erased": [*rows.execute(select(raw.erased.c.id).order_by(raw.erased.c.id)).scalars()],
            }
