"""Whether a planted mistake was caught, or only crashed: a pytest plugin of the process in which it is planted.

A test that fails because the plant itself is broken shows nothing about the test. So the run ends with a number of its
own, and only when the first failure came from what was looked at: not from the lines of the plant, not from a call that
no longer fits what was planted, and not from a fault of its own that a command turned into DK-C01.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Final

import pytest

from sync_scripts.cli.frame import outcome
from sync_scripts.cli.frame.shell import Shell

CAUGHT: Final = 81
CRASHED: Final = 82
PLUGIN: Final = "PLANTED_BY"
"""Variable that names the module which plants."""
ROOT: Final = Path(__file__).parents[2]
PRODUCT: Final = (ROOT / "sync_scripts", ROOT / "xlsform")
_MISFIT: Final = (TypeError, AttributeError, NameError, ImportError)
_seen: list[str] = []


def crashed(error: BaseException, plugin: Path) -> bool:
    """Tell whether an error comes from a plant that is broken itself.

    Args:
        error: what a test ended with, or what the last edge of a command met.
        plugin: file of the module that plants.
    """
    for file in reversed(list(_files(error.__traceback__))):
        if file == plugin:
            return True
        if any(file.is_relative_to(root) for root in PRODUCT):
            return isinstance(error, _MISFIT)
        if file.is_relative_to(ROOT / "tests") or file.name.startswith("test_"):
            return False
    return False


def _files(trace: TracebackType | None) -> Iterator[Path]:
    while trace is not None:
        yield Path(trace.tb_frame.f_code.co_filename).resolve()
        trace = trace.tb_next


def _look(error: BaseException | None) -> None:
    plugin = sys.modules[os.environ[PLUGIN]].__file__
    if error is not None and plugin is not None and crashed(error, Path(plugin).resolve()):
        _seen.append(type(error).__name__)


def pytest_configure() -> None:
    """Look at what the last edge of a command meets, before it says DK-C01 instead."""
    real = outcome._tell_crash

    def noted(shell: Shell, fault: BaseException) -> int:
        _look(fault)
        return real(shell, fault)

    outcome._tell_crash = noted


def pytest_runtest_makereport(call: pytest.CallInfo[None]) -> None:
    """Look at what a test ended with."""
    _look(call.excinfo.value if call.excinfo else None)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """End with a number of our own where a test failed."""
    if exitstatus == pytest.ExitCode.TESTS_FAILED:
        session.exitstatus = CRASHED if _seen else CAUGHT
