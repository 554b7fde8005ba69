"""What CI relies on: a test that needs a program is run there, never skipped in silence."""

from __future__ import annotations

import itertools
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
    ("asked", "alone"), [([], False), (["tests"], False), (["tests/cli/test_ci.py::test_it"], True)]
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


def item(folder: str, row: str, database: str, module: Path | None = None) -> Any:
    """Return what pytest knows of a row of a table of cases on one database."""
    name = f"tests/{folder}/test_x.py::test_it[{database}-{row}]"
    called = SimpleNamespace(params={"world": database})
    return SimpleNamespace(nodeid=name, path=module or Path(name), callspec=called)


def test_of_a_table_of_cases_one_row_runs_on_postgresql() -> None:
    """All rows run on SQLCipher, and all on both where the database is the matter; that one follows its like."""
    said: list[Any] = []

    def deselected(*, items: list[Any]) -> None:
        said.extend(items)

    config: Any = SimpleNamespace(hook=SimpleNamespace(pytest_deselected=deselected))
    every = [
        item(folder, row, database)
        for folder in ("register", "store")
        for database in ("postgresql", "sqlite")
        for row in "ba"
    ]
    items = [*every]
    databases.pytest_collection_modifyitems(config, items)

    assert [one.nodeid for one in said] == ["tests/register/test_x.py::test_it[postgresql-b]"]
    assert [one for one in every if one not in items] == said
    assert [one.nodeid.partition("[")[2] for one in items] == [
        *("sqlite-b]", "sqlite-a]", "postgresql-a]"),
        *("postgresql-b]", "postgresql-a]", "sqlite-b]", "sqlite-a]"),
    ]


@pytest.mark.parametrize(
    ("folder", "words", "running"),
    [("register", "", "abd"), ("store", "", "abcd"), ("register", "register.dialect", "abcd")],
)
def test_postgresql_is_asked_each_statement_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str, words: str, running: str
) -> None:
    """By a test whose like on SQLCipher asked it, in whichever process; also where that one did not run, and always where databases are the matter."""
    module = tmp_path / folder / "test_x.py"
    module.parent.mkdir()
    module.write_text(words)
    asked = {"a": {"SELECT 1"}, "b": {"SELECT 1", "SELECT 2"}, "c": {"SELECT 2"}}
    monkeypatch.setattr(
        databases, "_asked", {item(folder, row, "sqlite").nodeid: said for row, said in asked.items()}
    )
    processes = itertools.cycle(databases.AskedTwice(tmp_path / "asked") for _ in range(2))

    assert [
        row
        for row, told in zip("abcd", processes, strict=False)
        if databases.asks_anew(item(folder, row, "postgresql", module), told)
    ] == [*running]
