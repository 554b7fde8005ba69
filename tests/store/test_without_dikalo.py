"""The day when nothing of this program runs any more: the documented way from a workspace's files to one sealed text.

What the page does with the programs ``age`` and ``sqlcipher`` is done here with the libraries that they are made of;
the printed script runs as the page says, in a process of its own that never sees dikalo.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyrage
import pytest
import sqlcipher3

from sync_scripts.store.seal import demo_keys
from tests.store.commands import STORY

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "en" / "security.md").read_text(encoding="utf-8")


def paper(holder: str) -> Any:
    """Return the identity on a holder's paper, as ``age -i`` reads it."""
    return pyrage.x25519.Identity.from_str(demo_keys.IDENTITIES[holder].secret)  # type: ignore[index] # R or O


def sqlcipher(file: Path, key: bytes) -> Any:
    """Open the register as ``sqlcipher register.db`` and its PRAGMA do."""
    connection = sqlcipher3.connect(str(file))
    connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
    return connection


def documented() -> str:
    """Return the command line of the script as the page prints it."""
    found = re.search(r"`python (open_item\.py [^`>]+?) > opened`", PAGE)
    assert found is not None
    return found[1]


def isolated(*words: str, at: Path) -> subprocess.CompletedProcess[bytes]:
    """Run Python in a folder of its own, without this project on its path, and say what it imported."""
    libraries = str(Path(pytest.__file__).parents[1])
    code = (
        "import runpy, sys; sys.path[:] = [p for p in sys.path if not p.endswith('main')]"
        f" + [{libraries!r}]; sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    return subprocess.run(
        [sys.executable, "-I", "-S", "-X", "importtime", "-c", code, *words],
        cwd=at,
        capture_output=True,
        check=False,
        env={"PATH": os.environ["PATH"]},
    )


@pytest.mark.parametrize("holder", ["R", "O"])
def test_the_page_leads_from_the_files_to_one_narrative(real: Path, tmp_path: Path, holder: str) -> None:
    """``day.age`` gives the everyday key, the register the row and its page, the page the item's key."""
    away = tmp_path / "memory"
    away.mkdir()
    (away / "register.db").write_bytes((real / "register.db").read_bytes())
    everyday = pyrage.decrypt((real / "day.age").read_bytes(), [paper(holder)])
    register = sqlcipher(away / "register.db", everyday)
    row = register.execute(
        "SELECT item, scope, kind, row, version, key_page, blob FROM sealed_item WHERE row = 'alert:uuid:1'"
        " AND kind = 'row'"
    ).fetchone()
    (page,) = register.execute("SELECT blob FROM key_page WHERE id = ?", (row[5],)).fetchone()
    register.close()
    (away / "item.bin").write_bytes(row[6])
    (away / "page.json").write_bytes(pyrage.decrypt(page, [paper(holder)]))
    (away / "open_item.py").write_bytes((DOCS / "open_item.py").read_bytes())

    script, *places = documented().split()
    assert places == ["page.json", "item.bin", "ITEM", "SCOPE", "KIND", "ROW", "VERSION"]
    done = isolated(script, "page.json", "item.bin", *map(str, row[:5]), at=away)

    assert done.returncode == 0, done.stderr[-500:]
    assert STORY in done.stdout.decode()
    imported = done.stderr.decode(errors="replace")
    assert "cryptography" in imported
    assert not re.search(r"\b(sync_scripts|xlsform|msgspec|sqlalchemy)\b", imported)
    refused = isolated(script, "page.json", "item.bin", *map(str, row[:4]), "uuid:other", at=away)
    assert (refused.returncode, refused.stdout) == (1, b"")


def test_the_key_of_the_everyday_register_is_what_the_page_says(real: Path) -> None:
    """32 bytes, printed as 64 digits; nobody else's paper opens it."""
    everyday = pyrage.decrypt((real / "day.age").read_bytes(), [paper("R")])
    assert len(everyday) == 32
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt((real / "day.age").read_bytes(), [pyrage.x25519.Identity.generate()])


def test_the_printed_script_needs_only_cryptography() -> None:
    """It must run in ten years on a machine that never saw dikalo."""
    source = (DOCS / "open_item.py").read_text(encoding="utf-8")
    imported = {
        line.split()[1].partition(".")[0]
        for line in source.splitlines()
        if line.startswith(("import ", "from "))
    }
    assert imported <= {"base64", "json", "sys", "pathlib", "cryptography"}
