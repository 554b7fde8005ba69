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
    "keyring",
    "lxml",
    "openpyxl",
    "psycopg",
    "sqlalchemy.dialects.postgresql",
    "pyxform",
    "rapidfuzz",
    "sync_scripts.daily",
    "sync_scripts.deploy",
    "sync_scripts.dossier",
    "sync_scripts.followup",
    "sync_scripts.intake",
    "sync_scripts.notify",
    "sync_scripts.phones",
    "sync_scripts.publish",
    "sync_scripts.register.building.build",
    "sync_scripts.register.decisions.base",
    "sync_scripts.register.lifecycle.errors",
    "sync_scripts.register.lifecycle.guards",
    "sync_scripts.register.lifecycle.replay",
    "sync_scripts.register.forms.submissions",
    "sync_scripts.servers.http",
    "sync_scripts.store.vault",
    "xlsform.convert",
    "xlsform.workbooks.workbook",
)
"""Each takes tens of milliseconds to load, of which nobody who asks for a list has any use."""
MOST_OF_OURS = 124
"""Modules of ours that one list may load, a dozen of them the empty beginnings of folders. Each is read, checked and run: a third of a millisecond, and a millisecond with dataclasses."""


def loaded(*modules: str) -> set[str]:
    """Return the modules that a process holds which has imported some."""
    said = subprocess.run(
        [sys.executable, "-c", f"import sys, {', '.join(modules)}; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    return set(said.stdout.split())


@pytest.mark.parametrize("read_by", ["today", "searches"])
def test_a_list_loads_nothing_heavy(read_by: str) -> None:
    """The commands and what they read the register with, beside the store that opens it; and no crowd of small ones."""
    commands = (
        "sync_scripts.cli.work.today",
        "sync_scripts.cli.work.lists",
        "sync_scripts.cli.work.lists",
    )
    found = loaded(*commands, "sync_scripts.store.workspace", f"sync_scripts.register.queries.{read_by}")
    assert found & set(HEAVY) == set()
    assert sum(name.split(".")[0] in {"sync_scripts", "xlsform"} for name in found) <= MOST_OF_OURS


@pytest.mark.parametrize(("words", "ends"), [("", True), ("['--version']", False)])
def test_a_process_that_ends_looks_for_no_dead_rings(words: str, *, ends: bool) -> None:
    """Python would go through all that was loaded, twice, when a process ends; a process that goes on needs it looked through."""
    code = (
        f"import gc, sys; from sync_scripts.cli import main; main({words}); print(gc.get_freeze_count() > 0)"
    )
    said = subprocess.run(
        [sys.executable, "-c", code, "--version"], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert said.stdout.splitlines()[-1] == str(ends)


def test_what_decides_would_be_seen() -> None:
    """The same look at a module that does decide finds what it brings along."""
    found = loaded("tests.every_decision", "sync_scripts.cli.tree")
    assert found & set(HEAVY) >= {
        "sync_scripts.register.building.build",
        "sync_scripts.register.decisions.base",
    }


def test_a_pull_loads_no_workbook() -> None:
    """It runs on small laptops, and what it looks for in a form it keeps in the register."""
    pulls = (
        "sync_scripts.cli.inflow.pull",
        "sync_scripts.intake.pull",
        "sync_scripts.register.care.form_learning",
    )
    found = loaded(*pulls, "sync_scripts.servers.central", "sync_scripts.servers.kobo")
    assert (
        found
        & {
            "apprise",
            "openpyxl",
            "PIL",
            "pyxform",
            "psycopg",
            "sync_scripts.followup",
            "xlsform.workbooks.workbook",
        }
        == set()
    )


def test_a_check_of_a_form_loads_no_library_of_workbooks() -> None:
    """It runs at each save of a workbook: a plain one is read without openpyxl, and only what may be refused is converted."""
    found = loaded("sync_scripts.cli.forms.checking", "xlsform.findings.inspection")
    assert found & {"jpype", "openpyxl", "pyxform"} == set()
