"""A register with alerts and cases in it, and a way to run commands over it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sync_scripts import cli
from sync_scripts.config import NotifySettings, ServerSettings, Settings
from sync_scripts.store.database import Register
from tests.bench.make import DAY, lay
from tests.bench.make import workspace as make
from tests.daily.rounds import Go
from tests.register.beginnings import played_once
from tests.register.field import ALERT, CASE, Field, changed
from tests.register.running import Opened, Ran, over
from tests.store.commands import pipe


@pytest.fixture
@played_once
def field_(sqlite_register: Register) -> Field:
    """Give a threat, an alert in danger, one without consent asked, a case, and a case of C4."""
    made = Field(sqlite_register)
    made.send("alert", "r1", ALERT)
    made.send("alert", "r2", changed(ALERT, {"danger": {"danger_now": "yes"}, "where": {"region": "CM010"}}))
    made.send("alert", "r3", changed(ALERT, {"gate": {"consent_alert": "not_asked"}}))
    made.send("case", "c1", CASE)
    made.send("case", "c2", changed(CASE, {"consent": {"confidentiality": "C4"}}))
    return made


@pytest.fixture
def run(
    field_: Field, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Ran:
    """Give a function that runs a command line and returns its exit code, standard output and talk."""
    (tmp_path / "dikalo.toml").write_text('id = "0"\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    kobo = ServerSettings(name="kobo", kind="kobo", url="https://kf.example.org")
    settings = Settings(id="0" * 32, server=(kobo,), notify=(NotifySettings(name="night"),))
    return over(Opened(field_.register, settings=settings), monkeypatch, capsys)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Give a workspace that has pulled nothing yet, and a folder with six submissions."""
    lay(tmp_path / "source", 6, "mixed")
    make(tmp_path / "w", tmp_path / "source")
    return tmp_path / "w"


@pytest.fixture
def go(root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Go:
    """Give a function that runs one command there; returns exit code, document or text, and talk."""

    def run(*words: str) -> tuple[int, Any, str]:
        monkeypatch.setenv("DIKALO_KEY_FD", str(pipe(DAY)))
        capsys.readouterr()
        code = cli.main(["-C", str(root), *words])
        monkeypatch.delenv("DIKALO_KEY_FD")
        out, err = capsys.readouterr()
        return code, json.loads(out) if "--json" in words else out, err

    return run
