"""A demonstration opens by itself and never becomes a real workspace."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from sync_scripts.config import Settings
from sync_scripts.secrets.errors import (
    WrongPassphrase,
)
from sync_scripts.secrets.slots import Kdf
from sync_scripts.store.errors import (
    DemoAndRealMixed,
)
from sync_scripts.store.founding import Created, create_demo, new_id
from sync_scripts.store.schema.raw import setting
from sync_scripts.store.seal import demo_keys
from sync_scripts.store.vault import by_passphrase
from sync_scripts.store.workspace import (
    open_workspace,
)
from tests.store.databases import NOW

LEAST = Kdf(m_kib=19 * 1024, t=1)
Make = Callable[..., Created]


def never(_prompt: str) -> str:
    """Fail when somebody is asked."""
    pytest.fail("asked for a passphrase")


def demo(folder: Path) -> Path:
    """Make a demonstration."""
    create_demo(folder, settings=Settings(id=new_id()), worker="demo-1", now=NOW)
    return folder


def test_a_demonstration_opens_by_itself(tmp_path: Path) -> None:
    """Nobody is asked, and it says what it is."""
    workspace = open_workspace(demo(tmp_path / "d"), secret=never)

    assert workspace.demo
    assert workspace.register.demo
    workspace.require_proof(NOW + timedelta(days=400))
    assert (
        by_passphrase(tmp_path / "d", lambda: pytest.fail("asked")).public == demo_keys.IDENTITIES["V"].public
    )
    workspace.close()


def test_a_demonstration_never_becomes_real(tmp_path: Path) -> None:
    """Not by its slot, not by its register."""
    root = demo(tmp_path / "d")
    keys = (root / "keys.json").read_bytes()
    (root / "keys.json").write_bytes(keys.replace(b'"demo": true', b'"demo": false'))
    with pytest.raises(WrongPassphrase):
        open_workspace(root, secret=lambda _prompt: demo_keys.DAY_PASSPHRASE)
    (root / "keys.json").write_bytes(keys)
    workspace = open_workspace(root, secret=never)
    with workspace.register.writing() as rows:
        rows.upsert(setting, [{"name": "demo", "value": "no"}])
    workspace.close()
    with pytest.raises(DemoAndRealMixed):
        open_workspace(root, secret=never)
