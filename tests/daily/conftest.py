"""A register with alerts and cases in it, and a way to run commands over it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from sync_scripts import cli
from sync_scripts.cli.frame import outcome
from sync_scripts.cli.frame.shell import Shell
from sync_scripts.config import NotifySettings, ServerSettings, Settings
from sync_scripts.store.database import Actor, Register
from tests.bench.make import DAY, lay
from tests.bench.make import workspace as make
from tests.daily.rounds import Go
from tests.register.beginnings import played_once
from tests.register.field import ALERT, CASE, COORDINATOR, Field, changed
from tests.store.commands import pipe

Run = Callable[..., tuple[int, str, str]]


@dataclass
class Opened:
    """What a command needs of an open workspace."""

    register: Register
    worker: str = COORDINATOR.code
    demo: bool = False
    settings: Settings = field(
        default_factory=lambda: Settings(
            id="0" * 32,
            server=(ServerSettings(name="kobo", kind="kobo", url="https://kf.example.org"),),
            notify=(NotifySettings(name="night"),),
        )
    )

    def actor(self, as_code: str | None = None) -> Actor:
        """Return the coordinator, or another code that is only claimed."""
        return COORDINATOR if as_code is None else Actor(as_code, "claimed")


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
) -> Run:
    """Give a function that runs a command line and returns its exit code, standard output and talk."""
    (tmp_path / "dikalo.toml").write_text('id = "0"\n', encoding="utf-8")

    @contextmanager
    def workspace(
        _shell: Shell, *, write: bool = False, command: str = "", own_hand: bool = False, how: str = "alone"
    ) -> Iterator[Opened]:
        yield Opened(field_.register)

    monkeypatch.setattr(Shell, "workspace", workspace)
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = outcome.run(words, "en")
        out, err = capsys.readouterr()
        return code, out, err

    return run


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
