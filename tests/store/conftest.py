"""Workspaces on the disk, real and of demonstration, and a way to run commands in them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from sync_scripts import cli
from sync_scripts.config import ServerSettings, Settings
from sync_scripts.store.founding import NewKeys, create_demo, create_workspace
from sync_scripts.store.seal import demo_keys
from sync_scripts.store.workspace import open_workspace
from tests.store.commands import DAY, VAULT, Run, fill, pipe
from tests.store.databases import NOW


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Run one command in the workspace of the test; returns exit code, document and talk."""

    def go(
        *words: str, day: str | None = None, vault: str | None = None, new: str | None = None
    ) -> tuple[int, Any, str]:
        handed = {"DIKALO_KEY_FD": day, "DIKALO_VAULT_FD": vault, "DIKALO_NEW_KEY_FD": new}
        for name, text in handed.items():
            if text is not None:
                monkeypatch.setenv(name, str(pipe(text)))
        capsys.readouterr()
        code = cli.main(["-C", str(tmp_path / "w"), *words])
        for name in handed:
            monkeypatch.delenv(name, raising=False)
        out, err = capsys.readouterr()
        return code, json.loads(out) if "--json" in words else out, err

    return go


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a real workspace and a demonstration, each with one alert opened as a case."""
    folder = tmp_path_factory.mktemp("workspaces")
    source = (ServerSettings(name="stick", kind="folder", path="../stick"),)
    keys = NewKeys(
        day=DAY,
        vault=VAULT,
        recovery=demo_keys.IDENTITIES["R"].public,
        organisation=demo_keys.IDENTITIES["O"].public,
        work=demo_keys.WORK,
    )
    settings = Settings(id="e" * 32, server=source)
    create_workspace(folder / "real", settings=settings, worker="coord-1", keys=keys, now=NOW, proved=("V",))
    create_demo(folder / "demo", settings=Settings(id="d" * 32), worker="demo-1", now=NOW)
    for name in ("real", "demo"):
        workspace = open_workspace(folder / name, secret=lambda _prompt: DAY)
        fill(workspace)
        workspace.close()
    return folder


@pytest.fixture
def real(templates: Path, tmp_path: Path) -> Path:
    """Give a real workspace."""
    shutil.copytree(templates / "real", tmp_path / "w")
    return tmp_path / "w"


@pytest.fixture
def demo(templates: Path, tmp_path: Path) -> Path:
    """Give a demonstration."""
    shutil.copytree(templates / "demo", tmp_path / "w")
    return tmp_path / "w"
