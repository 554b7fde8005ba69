"""What the fault tests share: a short pull prepared once, and a table of what struck, as the last lines of a run."""

from __future__ import annotations

import pytest

from tests.faults.far_workspace import lines, root, run  # noqa: F401 - fixtures
from tests.faults.harness import Bench, Tell, bench
from tests.faults.pull_case import PullCase
from tests.faults.reach import reach  # noqa: F401 - fixture

_LINES: list[tuple[str, str]] = []


@pytest.fixture(scope="session")
def short_pull(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """Prepare a pull of a few samples; nothing is changed in it, every fault has a copy."""
    return bench(PullCase(), tmp_path_factory.mktemp("pull"))


@pytest.fixture
def tell() -> Tell:
    """Give what puts a line into the table."""
    return lambda fault, outcome: _LINES.append((fault, outcome))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table, when a large suite ran."""
    if not _LINES:
        return
    terminalreporter.section("faults")
    for fault, outcome in sorted(_LINES):
        terminalreporter.line(f"{fault:45} {outcome}")
