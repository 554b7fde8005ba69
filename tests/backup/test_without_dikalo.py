"""The day when nothing of this program runs any more: a backup opens with ``age`` and ``sqlcipher``, as the page prints it."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from sync_scripts.store.seal import demo_keys
from sync_scripts.store.seal.sealed_items import Holder
from tests.backup.places import Desk

DOCS = Path(__file__).resolve().parents[2] / "docs"

pytestmark = pytest.mark.skipif(
    not (shutil.which("age") and shutil.which("sqlcipher")), reason="needs the programs age and sqlcipher"
)


WORDS = {"sauvegardes.md": ("NOM", "papier.txt"), "en/backups.md": ("NAME", "paper.txt")}


@pytest.mark.parametrize(("page", "holder"), [("sauvegardes.md", "R"), ("en/backups.md", "O")])
def test_the_printed_commands_open_the_newest_backup(at_desk: Desk, page: str, holder: Holder) -> None:
    """Each line runs in the folder of the backup and ends well; the last one counts what was stored."""
    name, paper = WORDS[page]
    at_desk.backup()
    made = at_desk.backup(days=1)
    (at_desk.stick / paper).write_text(demo_keys.IDENTITIES[holder].secret + "\n", encoding="ascii")
    (block,) = re.findall(r"```sh\n(.*?)```", (DOCS / page).read_text("utf-8"), re.DOTALL)
    told = key = ""
    for line in block.splitlines():
        command = line.replace(name, made.copy.name).replace("KEY", key)
        done = subprocess.run(
            ["/bin/sh", "-c", command], cwd=at_desk.stick, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        told = done.stdout.strip()
        key = key or (told.split()[-1] if told else "")

    assert told.splitlines()[-1] == "2"
