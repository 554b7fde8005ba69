"""Every mistake that is planted makes its test fail, and without one the same tests pass."""

from __future__ import annotations

from importlib import import_module

import pytest

from tests.stories.planting import failing, failing_each
from tests.stories.plants import PLANTS, VARIABLE

pytestmark = pytest.mark.once
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
    return failing("tests.stories.plants", VARIABLE, plant, "-m", "not slow", *tests) != ""


QUICK = sorted(plant for plant, (_, test) in PLANTS.items() if not test.startswith("tests/stories/"))
"""Found by one small test each; the others take the whole story, or two processes on one register."""


def test_each_quick_one_is_caught_in_every_run() -> None:
    """By the named test, and no luck of another one; with nothing planted it passes, as the run of it in its own room shows."""
    asked = {plant: ["-m", "not slow", PLANTS[plant][1]] for plant in QUICK}
    said = failing_each("tests.stories.plants", VARIABLE, asked)

    assert said.keys() == set(QUICK)
    assert [plant for plant, words in said.items() if not words] == []


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
@pytest.mark.parametrize("plant", sorted(PLANTS.keys() - set(QUICK)))
def test_every_other_mistake_is_caught_by_its_test(plant: str) -> None:
    """By the story as a whole, or by two coordinators at once."""
    assert fails(plant, PLANTS[plant][1])


@pytest.mark.slow
def test_without_a_mistake_the_same_tests_pass() -> None:
    """Else nothing was shown. All of them in one run, so that it takes as long as the story and both coordinators together."""
    tests = sorted({test for _plant, test in PLANTS.values()})
    assert not failing("tests.stories.plants", VARIABLE, "", "-m", "not slow", *tests, minutes=60)
