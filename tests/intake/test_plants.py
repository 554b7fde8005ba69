"""Every planted fault is caught: the tests of servers and pulls can fail, and do."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.intake.plants import PLANTS, VARIABLE
from tests.stories.planting import failing

pytestmark = pytest.mark.once

ROOT = Path(__file__).parents[2]
FAST = ("tests/servers/test_central.py", "tests/servers/test_kobo.py")
FULL = (
    *FAST,
    "tests/intake/test_servers.py",
    "tests/intake/test_forms_apart.py",
    "tests/intake/test_impostors.py",
    "tests/intake/test_machine.py",
    "tests/intake/test_one_address.py",
    "tests/intake/test_hidden_forms.py",
    "tests/encrypted/test_clear.py",
    "tests/encrypted/test_deleted_waiting.py",
)


def _caught(plant: str, files: tuple[str, ...]) -> str:
    """Run tests with a fault planted; return what they said, "" when they all passed."""
    return failing("tests.intake.plants", VARIABLE, plant, *files, minutes=10)


@pytest.mark.parametrize("plant", ["the_first_page_is_all", "the_watermark_is_the_newest_of_the_page"])
def test_two_faults_of_others_are_caught_at_once(plant: str) -> None:
    """The two that lose most, in the everyday run."""
    assert _caught(plant, FAST)


@pytest.mark.slow
@pytest.mark.parametrize("plant", sorted(PLANTS))
def test_every_planted_fault_is_caught(plant: str) -> None:
    """Each of them, by the tests of servers or the stories."""
    assert _caught(plant, FULL)


@pytest.mark.slow
def test_without_a_fault_the_same_tests_pass() -> None:
    """Else nothing was shown."""
    assert not _caught("", FULL)
