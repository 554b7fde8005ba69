"""Many mistakes in one process: what tests need is imported once, then each is planted in a fork of its own.

Nearly all the time of a small test in a process of its own goes by before it begins. Here one process collects every test
that is named, once and with nothing planted, and forgets the modules of tests again. Each fork plants its mistake, imports the
tests anew and runs them, as a process of its own would.

Run by ``tests.stories.planting``: ``python -m tests.stories.nursery PLUGIN VARIABLE``, with what is planted as JSON on its input.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

_OPTIONS = (
    "-q",
    "-x",
    "-n",
    "0",
    "-p",
    "tests.stories.catching",
    "-p",
    "no:cacheprovider",
    "-p",
    "no:randomly",
)
_AGAIN = ("-W", "ignore::pytest.PytestAssertRewriteWarning")
"""What pytest collected once it warns of when it collects it again."""


def main(plugin: str, variable: str, plants: dict[str, list[str]]) -> dict[str, tuple[int, str]]:
    """Return the number with which each run ended, and what it said.

    Args:
        plugin: module that plants, loaded by pytest.
        variable: environment variable that tells it what to plant.
        plants: tests, and options of pytest, by the mistake that is planted for them.
    """
    every = sorted({word for words in plants.values() for word in words if ".py" in word})
    with _said_to(Path(os.devnull)):
        pytest.main([*_OPTIONS, "-p", plugin, "--collect-only", *every])
    for name in [name for name in sys.modules if name == plugin or name.partition(".")[0] == "tests"]:
        del sys.modules[name]
    with tempfile.TemporaryDirectory() as folder:
        return {
            plant: _forked(Path(folder, str(number)), plugin, variable, plant, words)
            for number, (plant, words) in enumerate(plants.items())
        }


def _forked(told: Path, plugin: str, variable: str, plant: str, words: Sequence[str]) -> tuple[int, str]:
    child = os.fork()
    if not child:
        code: int = pytest.ExitCode.INTERNAL_ERROR
        try:
            with _said_to(told):
                os.environ[variable] = plant
                try:
                    code = pytest.main([*_OPTIONS, *_AGAIN, "-p", plugin, *words])
                except BaseException:  # noqa: BLE001 - the fork must end here, and say why
                    traceback.print_exc()
        finally:
            os._exit(code)
    _child, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), told.read_text("utf-8", "replace")


@contextlib.contextmanager
def _said_to(file: Path) -> Iterator[None]:
    """Let everything that this process says go into a file."""
    sys.stdout.flush()
    sys.stderr.flush()
    before = [os.dup(1), os.dup(2)]
    target = os.open(file, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        os.dup2(target, 1)
        os.dup2(target, 2)
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        for number, old in enumerate(before, 1):
            os.dup2(old, number)
            os.close(old)
        os.close(target)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(sys.argv[1], sys.argv[2], json.load(sys.stdin))))
