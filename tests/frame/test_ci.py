"""What CI relies on: a test that needs a program is run there, never skipped in silence."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

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
