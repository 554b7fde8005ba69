"""Commands run over a register that is open already, as the program runs them: without folder, settings or passphrase."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field

import pytest

from sync_scripts.cli.frame import outcome
from sync_scripts.cli.frame.shell import Shell
from sync_scripts.config import Settings
from sync_scripts.store.database import Actor, Register
from tests.register.field import COORDINATOR

Ran = Callable[..., tuple[int, str, str]]
"""Runs a command line; returns its exit code, its standard output and its talk."""
Run = Callable[..., tuple[int, str]]
"""The same without the talk."""


@dataclass
class Opened:
    """What a command needs of an open workspace; ``who`` signed in."""

    register: Register
    who: Actor = COORDINATOR
    demo: bool = False
    settings: Settings = field(default_factory=lambda: Settings(id="0" * 32))

    @property
    def worker(self) -> str:
        """Return the code of whoever signed in."""
        return self.who.code

    def actor(self, as_code: str | None = None) -> Actor:
        """Return whoever signed in, or another code that is only claimed."""
        return self.who if as_code is None else Actor(as_code, "claimed")


def over(opened: Opened, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ran:
    """Return a function that runs command lines over an open workspace; who signed in may be changed meanwhile."""

    @contextmanager
    def workspace(_shell: Shell, **_how: object) -> Iterator[Opened]:
        yield opened

    monkeypatch.setattr(Shell, "workspace", workspace)
    monkeypatch.setattr(Shell, "turn", lambda _shell, _command: nullcontext())  # there is no folder to lock

    def run(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = outcome.run(words, "en")
        return code, *capsys.readouterr()

    return run


def runner(register: Register, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Return a function that runs command lines over a register as the coordinator."""
    ran = over(Opened(register), monkeypatch, capsys)

    def run(*words: str) -> tuple[int, str]:
        return ran(*words)[:2]

    return run
