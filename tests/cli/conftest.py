"""A command line with one command of the test's own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sync_scripts import cli
from sync_scripts.cli.frame.commands import Group
from sync_scripts.cli.frame.options import DryRun
from sync_scripts.cli.frame.shell import Shell, command

Deed = Callable[[Shell], None]
Run = Callable[..., int]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run the whole command line with a command ``pull`` that does what the test says, in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def go(deed: Deed, *words: str) -> int:
        @command("pull")
        def pull(shell: Shell, *, dry_run: DryRun) -> None:
            deed(shell)

        monkeypatch.setattr(Group, "get_command", lambda _self, _ctx, name: pull if name == "pull" else None)
        return cli.main(words)

    return go
