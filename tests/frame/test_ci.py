"""What CI relies on: a test that needs a program is run there, never skipped in silence."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.store import databases

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[2]
SKIPPING = """
import pytest

@pytest.mark.java
def test_engine():
    pytest.skip("no Java here")

def test_other():
    pytest.skip("not on this system")
"""
ABSENT = 'import pytest\npytest.importorskip("nosuch")\n'


def run(folder: Path, *, all_tools: bool) -> subprocess.CompletedProcess[str]:
    """Run pytest over a folder that holds our conftest."""
    shutil.copy(ROOT / "tests" / "conftest.py", folder)
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "DIKALO"))}
    if all_tools:
        environ["DIKALO_ALL_TOOLS"] = "1"
    asked = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "markers=java", "."]
    return subprocess.run(
        asked, cwd=folder, env=environ, capture_output=True, text=True, encoding="utf-8", check=False
    )


@pytest.mark.parametrize(("source", "outcome"), [(SKIPPING, "1 failed, 1 skipped"), (ABSENT, "1 error")])
def test_a_skip_counts_as_failed_where_every_tool_is_installed(
    tmp_path: Path, source: str, outcome: str
) -> None:
    """A test of Java that skips itself in CI stops the change; a newcomer's machine only says so."""
    (tmp_path / "test_planted.py").write_text(source, encoding="utf-8")

    assert outcome in run(tmp_path, all_tools=True).stdout
    assert run(tmp_path, all_tools=False).returncode in {0, 5}


@pytest.mark.parametrize(
    ("asked", "alone"), [([], False), (["tests"], False), (["tests/frame/test_ci.py::test_it"], True)]
)
def test_a_run_is_parallel_by_itself_and_single_files_are_not(
    pytestconfig: pytest.Config, asked: list[str], alone: bool
) -> None:
    """Nobody has to know an option for a run in minutes; one test starts at once."""
    words = pytestconfig.getini("addopts")
    told = SimpleNamespace(option=SimpleNamespace(file_or_dir=asked))
    count = pytestconfig.hook.pytest_xdist_auto_num_workers(config=told)

    assert [words[words.index(name) + 1] for name in ("-n", "--dist", "--durations")] == [
        *("auto", "worksteal", "10")
    ]
    assert (count == 0) is alone


def test_of_a_table_of_cases_one_row_runs_on_postgresql() -> None:
    """All rows run on SQLCipher, and all on both where the database is the matter."""

    def item(folder: str, row: str, database: str) -> Any:
        name = f"tests/{folder}/test_x.py::test_it[{database}-{row}]"
        return SimpleNamespace(
            nodeid=name, path=Path(name), callspec=SimpleNamespace(params={"world": database})
        )

    said: list[Any] = []

    def deselected(*, items: list[Any]) -> None:
        said.extend(items)

    config: Any = SimpleNamespace(hook=SimpleNamespace(pytest_deselected=deselected))
    every = [
        item(folder, row, database)
        for folder in ("register", "store")
        for row in "ba"
        for database in ("sqlite", "postgresql")
    ]
    items = [*every]
    databases.pytest_collection_modifyitems(config, items)

    assert said == [item("register", "b", "postgresql")]
    assert [one for one in every if one not in items] == said
