"""Whoever opens what is sealed at a terminal is told what takes its seconds; a program, and who wants quiet, is not."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from sync_scripts.cli.frame import apart
from sync_scripts.cli.frame.options import ByKey
from sync_scripts.cli.frame.shell import Shell
from sync_scripts.cli.inflow import repair
from sync_scripts.cli.opening import opening, vault

STARTS, OPENS = "Another process starts", "Opening with it"


@pytest.fixture(autouse=True)
def _nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no process start and no key be derived: what is said is looked at alone."""
    monkeypatch.setattr(apart, "start", lambda *_words: None)
    monkeypatch.setattr(apart, "wait", lambda _child: 0)
    monkeypatch.setattr(apart, "heard", lambda _child: (b'{"key": "00", "marks": []}', 0))
    for opener in (repair, vault):
        monkeypatch.setattr(opener, "by_passphrase", lambda _root, ask: ask())
    monkeypatch.setattr(Shell, "secret", lambda *_said, **_more: "a passphrase")


def opens(root: Path, *, quiet: bool) -> None:
    """Do the three things that open: show one record, look for names, take a key."""
    shell = Shell(root=root, quiet=quiet)
    opening.in_child(shell, "open", "AL-1")
    opening.known_names(shell, ByKey(), "the export")
    vault.vault_key(shell, "vault")


@pytest.mark.parametrize(("terminal", "quiet"), [(True, False), (True, True), (False, False)])
def test_what_is_under_way_is_said_at_a_terminal_alone(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    terminal: bool,
    quiet: bool,
) -> None:
    """Two to four seconds with nothing on the screen look like a program that hangs; a script reads no such lines."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)

    opens(tmp_path, quiet=quiet)

    out, err = capsys.readouterr()
    said = terminal and not quiet
    assert out == ""
    assert (err.count(STARTS), err.count(OPENS)) == ((2, 1) if said else (0, 0))
