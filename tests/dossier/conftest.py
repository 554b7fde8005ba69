"""A real workspace with one case: V1 agreed to a court, V2 was spoken of and never asked; both with sealed answers."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sync_scripts import cli
from sync_scripts.cli.frame import apart
from sync_scripts.config import Settings
from sync_scripts.store.seal import handover_sealing
from sync_scripts.store.workspace import open_workspace
from tests.dossier.sealed import OPENS, seal_case
from tests.passphrases import DAY, VAULT
from tests.register.field import CASE, START, Field, act, changed, victim
from tests.store import same_process
from tests.store.commands import found

Run = Callable[..., tuple[int, Any, str]]

TWO: dict[str, Any] = changed(
    CASE,
    {
        "consent": {"c_justice": "yes", "c_photo_audio": "yes", "c_un": "identified"},
        "victims": [victim(1), victim(2, consent_covers="no")],
        "acts": [act(1), act(2, "V2"), act(3, "V1 V2")],
    },
)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the workspace once."""
    root = tmp_path_factory.mktemp("dossier") / "w"
    settings = Settings(id="c" * 32)
    found(root, day=DAY, vault=VAULT, worker="CO-01", organisation=False, settings=settings, now=START)
    workspace = open_workspace(root, secret=lambda _prompt: DAY)
    field = Field(workspace.register)
    field.send("case", "c1", TWO)
    seal_case(workspace.register, field.now)
    workspace.close()
    return root


@pytest.fixture
def root(template: Path, tmp_path: Path) -> Path:
    """Give a copy of it."""
    shutil.copytree(template, tmp_path / "w")
    return tmp_path / "w"


@pytest.fixture
def run(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Run:
    """Run one command in it, with every passphrase at hand; returns exit code, document and talk."""
    told = same_process.passphrase_files(tmp_path, KEY=DAY, VAULT=VAULT, DOSSIER=OPENS)
    for name, path in told.items():
        monkeypatch.setenv(name, path)
    monkeypatch.setattr(apart, "start", same_process.start)
    monkeypatch.setattr(handover_sealing, "LOG_WORK", 4)

    def go(*words: str) -> tuple[int, Any, str]:
        capfd.readouterr()
        code = cli.main(["-C", str(root), "--lang", "en", *words])
        out, err = capfd.readouterr()
        return code, json.loads(out) if "--json" in words and out else out, err

    return go
