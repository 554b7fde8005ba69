"""``dikalo followup …`` called as a person calls it, on a workspace of its own; what is printed comes back as a document."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sync_scripts import cli
from sync_scripts.config import Settings
from sync_scripts.store.workspace import Workspace, open_workspace
from tests.store.commands import DAY, VAULT
from tests.store.commands import found as make

__all__ = ["DAY", "VAULT", "Run", "caller", "found", "opened"]

Run = Callable[..., tuple[int, Any]]
"""Takes the words after ``followup``; returns the exit code and the document, or with ``text=True`` what was printed."""


def found(root: Path, worker: str) -> Workspace:
    """Make a real workspace, and open it."""
    return opened(make(root, worker=worker, settings=Settings(id="f" * 32)))


def opened(root: Path) -> Workspace:
    """Open the workspace with the everyday passphrase."""
    return open_workspace(root, secret=lambda _prompt: DAY)


def caller(root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Return what runs ``followup …``; ``workbook`` and ``vault`` are what comes on the other descriptors.

    The vault is opened by another process, which reads its passphrase from the descriptor that it inherits.
    """

    def go(*words: str, text: bool = False, lang: str = "en", **more: str | None) -> tuple[int, Any]:
        keys = {
            "DIKALO_KEY_FD": DAY,
            "DIKALO_WORKBOOK_FD": more.get("workbook"),
            "DIKALO_VAULT_FD": more.get("vault"),
        }
        for name, said in keys.items():
            if said is not None:
                read, write = os.pipe()
                os.write(write, said.encode() + b"\n")
                os.close(write)
                os.set_inheritable(read, True)  # what a shell hands over is so, too
                monkeypatch.setenv(name, str(read))
        capsys.readouterr()
        json_ = () if text else ("--json",)
        code = cli.main(["--lang", lang, "-C", str(root), "followup", *words, *json_])
        for name in ("DIKALO_WORKBOOK_FD", "DIKALO_VAULT_FD"):
            monkeypatch.delenv(name, raising=False)
        out, told = capsys.readouterr()
        return code, f"{out}{told if more.get('errors') else ''}" if text else json.loads(out)

    return go
