"""The page of the day and the lists load what they read with, and nothing that decides, pulls, writes or sends."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = (
    "alembic",
    "apprise",
    "holidays",
    "httpx",
    "lxml",
    "openpyxl",
    "psycopg",
    "sqlalchemy.dialects.postgresql",
    "pyxform",
    "rapidfuzz",
    "sync_scripts.followup",
    "sync_scripts.intake",
    "sync_scripts.register.build",
    "sync_scripts.register.decisions",
    "sync_scripts.register.lifecycle",
    "sync_scripts.register.submissions",
    "sync_scripts.servers.base",
    "sync_scripts.store.vault",
)
"""Each takes tens of milliseconds to load, of which nobody who asks for a list has any use."""


def loaded(*modules: str) -> set[str]:
    """Return which heavy modules a process holds that has imported some others."""
    said = subprocess.run(
        [sys.executable, "-c", f"import sys, {', '.join(modules)}; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    return set(said.stdout.split()) & set(HEAVY)


@pytest.mark.parametrize("read_by", ["today", "finding"])
def test_a_list_loads_nothing_heavy(read_by: str) -> None:
    """The commands and what they read the register with, beside the store that opens it."""
    commands = ("sync_scripts.cli.today", "sync_scripts.cli.alerts", "sync_scripts.cli.cases")
    assert loaded(*commands, "sync_scripts.store.workspace", f"sync_scripts.register.{read_by}") == set()


def test_what_decides_would_be_seen() -> None:
    """The same look at a module that does decide finds what it brings along."""
    assert loaded("sync_scripts.register.decisions") >= {
        "sync_scripts.register.build",
        "sync_scripts.register.decisions",
    }
