"""Tests that are run again in a process of their own, with one mistake planted."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.stories.catching import CAUGHT, PLUGIN

__all__ = ["failing"]

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
    command = [sys.executable, "-m", "pytest", "-q", "-x", *plugins, *words]
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
