"""Every mistake that is planted makes its test fail, and without one the same tests pass."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from tests.stories.plants import PLANTS, VARIABLE

pytestmark = pytest.mark.once
ROOT = Path(__file__).parents[2]
ABROAD = {
    "a merge by rule": "tests/register/test_planted.py::test_a_merge_by_rule_is_found",
    "a consent passed by at a referral": "tests/register/test_planted.py::test_a_referral_past_the_consent_is_found",
    "base taken from now": "tests/followup/test_plants.py::test_the_planted_fault_is_caught",
    "MISSING_ROW as deletion": "tests/followup/test_plants.py::test_the_planted_fault_is_caught",
    "blank read as erase": "tests/followup/test_plants.py::test_the_planted_fault_is_caught",
    "event without transaction": "tests/followup/test_plants.py::test_the_planted_fault_is_caught",
    "task doubled on replay": "tests/followup/test_plants.py::test_the_planted_fault_is_caught",
}
"""Mistakes that are planted beside the tests which find them, and where."""


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


@pytest.mark.parametrize("mistake", ABROAD)
def test_the_other_mistakes_are_planted_where_it_is_said(mistake: str) -> None:
    """With those planted here, every mistake that case work must never make is planted somewhere."""
    place, _, name = ABROAD[mistake].partition("::")
    module = import_module(place.removesuffix(".py").replace("/", "."))

    assert callable(getattr(module, name))
    assert mistake in getattr(module, "PLANTS", {mistake})
    assert {
        "a_clock_later_than_the_law",
        "an_urgency_lowered_without_a_reason",
        "a_notice_with_a_case_code",
    } <= PLANTS.keys()


@pytest.mark.slow
@pytest.mark.parametrize("plant", sorted(PLANTS))
def test_every_planted_mistake_is_caught_by_its_test(plant: str) -> None:
    """The named test, and no luck of another one."""
    assert fails(plant, PLANTS[plant][1])


@pytest.mark.slow
def test_without_a_mistake_the_same_tests_pass() -> None:
    """Else nothing was shown."""
    assert not fails("", *sorted({test for _plant, test in PLANTS.values()}))
