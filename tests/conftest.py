"""What holds for every test: a clean environment, English sentences, and no silent skip where CI installs everything."""

from __future__ import annotations

import gc
import gettext
import os
import signal
import sys
import warnings
import zlib
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import settings

import sync_scripts.clock
from tests import clock
from tests.examples import ALL
from tests.spread import TURN, put_off

gc.set_threshold(
    100_000, 50, 50
)  # what was imported is large and stays: looking through it often took a tenth of all time
# Where Python may keep no compiled code, each worker compiles all anew, and so does each of the programs that the tests
# start: that takes three times as long as the start itself.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

settings.register_profile("dikalo", deadline=None)  # how fast a machine is decides no test
settings.load_profile("dikalo")

# One clock for this process and those started from it; before any module takes the machine's, and any fixture of a whole module runs.
sync_scripts.clock.machine = clock.now
os.environ["PYTHONPATH"] = str(Path(__file__).parent / "same_clock")

# Before any command module is imported: their help texts are translated on import.
os.environ["DIKALO_LANG"] = "en"
os.environ["COLUMNS"] = "80"

# A job started in the background ignores Ctrl-C, and so would every command that a test starts and interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# A run that was started to outlive its window ignores that it is closed. Here nothing ends by it either, but what a test
# starts hears it: a program inherits what is ignored, and never a function.
if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, lambda *_: None)

# Where a test of the form engine has started Java, JPype lets it collect after Python did; in a forked process, which
# has none of Java's threads, that waits for ever. A child collects for itself, and nothing of its parent.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=gc.callbacks.clear)
    os.register_at_fork(after_in_child=gc.freeze)

# The registers of the tests, on both databases: here, so that a whole run starts one PostgreSQL. And one Java, and one profile of LibreOffice.
pytest_plugins = [
    "tests.store.databases",
    "tests.decisions.soundness",
    "tests.forms.engine.java",
    "tests.office",
]

collect_ignore = ["same_clock"]  # imported, it moves the clock
OUTSIDE = frozenset({"java", "browser", "office", "strace"})
ALL_TOOLS = bool(os.environ.get("DIKALO_ALL_TOOLS"))  # read here: the fixture below hides it from the tests
ONCE = OUTSIDE | {"once"}
ONCE_ROOMS = frozenset({"bench", "daily", "faults", "samples", "setup", "stories"})
"""Folders of tests that start whole programs, servers and crashes: minutes, and nothing that a version decides."""
SHARES = 48
AGAIN = os.environ.get("DIKALO_AGAIN", "")
OTHER_DAY = os.environ.get("DIKALO_OTHER_DAY", "")


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Run tests of single files in this process; all others in one process more than there are cores: some always wait."""
    asked = config.option.file_or_dir
    if asked and all(".py" in one for one in asked):
        return 0
    return (os.cpu_count() or 1) + 1


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On a further Python (``DIKALO_AGAIN=0`` to ``47``), run a forty-eighth of the files, of what may depend on its version.

    On another day (``DIKALO_OTHER_DAY``, ``.ci/on_a_day``) it is a forty-eighth of all files. The rest passed on the first
    Python, today. Which one, CI takes from the commit, so that each has its turn; all of them are run by ``nox -s tests``.
    """
    _spread(items)
    if not (AGAIN or OTHER_DAY):
        return
    not_here = _runs_once if AGAIN else _in_browser
    left = {item for item in items if not _in_share(item.path) or not_here(item)}
    config.hook.pytest_deselected(items=[*left])
    items[:] = [item for item in items if item not in left]


def _spread(items: Sequence[pytest.Item]) -> None:
    """Make slow what is not in its turn; with all examples, whole tables are."""
    tables: dict[str, dict[str, pytest.Item]] = {}
    for item in items:
        if item.get_closest_marker("spread"):
            tables.setdefault(item.nodeid.partition("[")[0], {})[item.nodeid] = item
    for rows in tables.values():
        (of,) = next(mark.args for item in rows.values() for mark in item.iter_markers("spread"))
        for name in rows if ALL else put_off(rows, of, TURN):
            rows[name].add_marker(pytest.mark.slow)


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Read no file of tests that is not in the share: to read them all takes longer than to run it."""
    return None if collection_path.is_dir() or _in_share(collection_path) else True


def _in_share(file: Path) -> bool:
    """Tell whether a file is in the share of this run: all are, on the first Python, today."""
    if not (AGAIN or OTHER_DAY):
        return True
    name = file.relative_to(Path(__file__).parents[1]).as_posix()
    return zlib.crc32(name.encode()) % SHARES == int(AGAIN or OTHER_DAY) % SHARES


def _runs_once(item: pytest.Item) -> bool:
    return item.path.parent.name in ONCE_ROOMS or bool(ONCE & {mark.name for mark in item.iter_markers()})


def _in_browser(item: pytest.Item) -> bool:
    """Tell whether it prints with Chromium, which does not start when its clock is moved."""
    return item.get_closest_marker("browser") is not None


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let no setting of this machine, and no language chosen by another test, reach a test."""
    for name in [name for name in os.environ if name.startswith("DIKALO_") and name != "DIKALO_LANG"]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("LANGUAGE", "en")
    before = gettext.textdomain()
    yield
    gettext.textdomain(before)


FORGET = 200
"""So many tests of one process lie between two clearings of its memory."""
_ended = 0


def pytest_collection_finish() -> None:
    """Take what was imported and collected out of Python's search for garbage: it stays to the end.

    Java makes Python search all its memory each time that it searches its own, which is every few questions of a form:
    with 14,000 tests in memory a form that is filled in two seconds took forty.
    """
    gc.collect()
    gc.freeze()


@pytest.hookimpl(trylast=True)
def pytest_runtest_logfinish() -> None:
    """Do the same now and then with what the tests left behind; what one of them left open is not the fault of the next."""
    global _ended  # noqa: PLW0603 - one count for one process
    _ended += 1
    if _ended % FORGET == 0:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            pytest_collection_finish()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where everything is installed (``DIKALO_ALL_TOOLS=1``), count a skipped test that needs another program as failed."""
    report = yield
    needed = OUTSIDE & {mark.name for mark in item.iter_markers()}
    if report.skipped and needed and ALL_TOOLS and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = (
            f"skipped although {', '.join(sorted(needed))} must be installed here: {report.longrepr}"
        )
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """A module that skips itself would hide its marked tests: there it fails too."""
    report = yield
    if report.skipped and ALL_TOOLS:
        report.outcome = "failed"
    return report
