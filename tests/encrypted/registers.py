"""More registers on SQLCipher in one test, all with the same match key, so that their tags can be compared."""

from __future__ import annotations

import shutil
from pathlib import Path

from sync_scripts.store import engine
from sync_scripts.store.database import Register
from sync_scripts.store.seal.sealed_items import Holder, Identity
from sync_scripts.store.seal.sealing import Recipients
from tests.store.databases import KEY, WORKSPACE, World


def register_in(folder: Path, template: Path, holders: dict[Holder, Identity]) -> World:
    """Return a copy of a register in a new folder."""
    folder.mkdir()
    path = folder / "register.db"
    shutil.copyfile(template, path)
    path.chmod(0o600)
    register = Register(
        engine=engine.sqlcipher(path, KEY),
        workspace_id=WORKSPACE,
        demo=False,
        folder=folder / "sealed",
        recipients=Recipients.of({holder: identity.public for holder, identity in holders.items()}),
        match_key=bytes(32),
    )
    return World(register, holders)
