"""Tests that are run again in a process of their own, with one mistake planted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.stories.catching import CAUGHT, PLUGIN

ROOT = Path(__file__).parents[2]


def failing(plugin: str, variable: str, plant: str, *words: str, minutes: int = 15) -> str:
    """Run tests until the first fails; return what was said then, "" when all passed.

    A plant that crashes is not caught: neither one that cannot be planted, nor one that breaks instead of being wrong.

    Args:
        plugin: module that plants, loaded by pytest.
        variable: environment variable that tells it what to plant.
        plant: name of the mistake; nothing is planted without one.
        words: tests, and options of pytest.
        minutes: how long it may take.
    """
    plugins = ["-p", plugin, "-p", "tests.stories.catching", "-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-n", "0", *plugins, *words]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, variable: plant, PLUGIN: plugin, "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=60 * minutes,
    )
    assert done.returncode in {0, CAUGHT}, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout if done.returncode else ""


def failing_each(
    plugin: str, variable: str, plants: Mapping[str, Sequence[str]], minutes: int = 10
) -> dict[str, str]:
    """Do the same for several mistakes, in one process with a fork for each; return what was said, by mistake.

    What a test costs beside its own seconds is paid once. Where a process cannot fork, each mistake has its own.

    Args:
        plugin: as above.
        variable: as above.
        plants: tests, and options of pytest, by the mistake that is planted for them.
        minutes: how long all of them may take.
    """
    if not hasattr(os, "fork"):
        return {plant: failing(plugin, variable, plant, *words) for plant, words in plants.items()}
    done = subprocess.run(
        [sys.executable, "-m", "tests.stories.nursery", plugin, variable],
        cwd=ROOT,
        env={**os.environ, variable: "", PLUGIN: plugin, "PYTEST_ADDOPTS": ""},
        input=json.dumps({plant: list(words) for plant, words in plants.items()}),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=60 * minutes,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    ended: dict[str, tuple[int, str]] = json.loads(done.stdout)
    for plant, (code, said) in ended.items():
        assert code in {0, CAUGHT}, f"{plant}: {said[-2000:]}"
    return {plant: said if code else "" for plant, (code, said) in ended.items()}
