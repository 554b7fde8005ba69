"""Every mistake that is planted makes its test fail, and without one the same tests pass."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.stories.plants import PLANTS, VARIABLE

pytestmark = pytest.mark.once
ROOT = Path(__file__).parents[2]


def fails(plant: str, *tests: str) -> bool:
    """Tell whether tests fail with a mistake planted."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-m", "not slow", "-p", "tests.stories.plants"]
    done = subprocess.run(
        [*command, "-p", "no:cacheprovider", *tests],
        cwd=ROOT,
        env={**os.environ, VARIABLE: plant, "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=900,
    )
    assert done.returncode in {0, 1}, done.stdout[-2000:] + done.stderr[-2000:]
    return done.returncode == 1


@pytest.mark.parametrize("plant", ["an_urgency_lowered_without_a_reason"])
def test_one_planted_mistake_is_caught_in_every_run(plant: str) -> None:
    """The quickest of them, so that the way of planting is known to work."""
    assert fails(plant, PLANTS[plant][1])


@pytest.mark.slow
@pytest.mark.parametrize("plant", sorted(PLANTS))
def test_every_planted_mistake_is_caught_by_its_test(plant: str) -> None:
    """The named test, and no luck of another one."""
    assert fails(plant, PLANTS[plant][1])


@pytest.mark.slow
def test_without_a_mistake_the_same_tests_pass() -> None:
    """Else nothing was shown."""
    assert not fails("", *sorted({test for _plant, test in PLANTS.values()}))
