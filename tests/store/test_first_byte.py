"""The line of the chain stands before the first byte is seen, also when the reader stops the output at once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sync_scripts.store import custody
from sync_scripts.store.seal import demo_keys
from sync_scripts.store.workspace import open_workspace
from tests.store.commands import ALERT, DAY, STORY, VAULT, pipe

pytestmark = pytest.mark.skipif(os.name == "nt", reason="descriptors cannot be handed over there")

WAYS = {
    "passphrase": ((), VAULT, "V"),
    "paper": (("--key", "paper", "--as", "coord-1"), demo_keys.IDENTITIES["R"].secret, "R"),
}


def openings(root: Path) -> list[dict[str, Any]]:
    """Return what the chain says of openings, as another process sees it now."""
    workspace = open_workspace(root, secret=lambda _prompt: DAY)
    with workspace.register.reading() as rows:
        custody.check(rows)
        lines = [line.entry for line in custody.read(rows)]
    workspace.close()
    return [line for line in lines if line["action"] == "OPENED"]


def started(root: Path, way: str, stdout: int) -> subprocess.Popen[bytes]:
    """Start an opening in a process of its own."""
    words, secret, _holder = WAYS[way]
    descriptor = pipe(secret)
    command = [sys.executable, "-m", "sync_scripts", "-C", str(root), "vault", "open", ALERT, *words]
    process = subprocess.Popen(
        [*command, "--reason", "a reader that stops"],
        stdout=stdout,
        stderr=subprocess.DEVNULL,
        pass_fds=[descriptor],
        env={**os.environ, "DIKALO_VAULT_FD": str(descriptor)},
    )
    os.close(descriptor)
    return process


@pytest.mark.parametrize("way", WAYS)
def test_when_the_first_byte_is_there_the_line_stands(real: Path, way: str) -> None:
    """Read one byte and look: who, why, with which key, and what will be opened."""
    read, write = os.pipe()
    process = started(real, way, write)
    os.close(write)
    first = os.read(read, 1)
    lines = openings(real)
    rest = b""
    while more := os.read(read, 1 << 16):
        rest += more
    os.close(read)

    assert first
    assert len(lines) == 1
    assert lines[0]["details"]["reason"] == "a reader that stops"
    assert lines[0]["details"]["holder"] == WAYS[way][2]
    assert lines[0]["details"]["items"]
    assert process.wait(30) == 0
    assert STORY in (first + rest).decode()


def test_a_reader_that_stops_at_once_has_its_line(real: Path) -> None:
    """Nothing could be shown, for nobody listened: the chain says that it was opened all the same."""
    read, write = os.pipe()
    os.close(read)
    process = started(real, "passphrase", write)
    os.close(write)
    process.wait(30)

    assert len(openings(real)) == 1
