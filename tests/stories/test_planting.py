"""A plant that is broken, or does not reach what it should, is not taken for one that is caught."""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

from tests.stories.planting import failing, failing_each
from tests.stories.swapping import swap

pytestmark = pytest.mark.once

PLUGIN = """
import os
from dataclasses import replace
from sync_scripts.intake.completeness import proof
from sync_scripts.intake.encryption import encrypted

plant = os.environ.get("PLANTED_HERE", "")
assert plant != "not planted", "something is called otherwise by now"
if plant == "wrong":
    proof.became = lambda outcome: "aside"
if plant == "breaks":
    proof.became = lambda outcome: replace(outcome, name="a str is no dataclass")
if plant == "misfit":
    proof.became = lambda: "here"
if plant == "misfit in a command":
    encrypted.load_private_key = lambda: None
"""
TESTS = """
from sync_scripts import cli
from sync_scripts.intake.completeness import proof

def test_the_sum():
    assert proof.Proof("a").plus(1, 0, 0, 0, ["stored"]).here == 1

def test_that_a_test_may_be_what_breaks():
    assert len(None if proof.became("stored") == "aside" else "x")

def test_a_command(capsys):
    cli.main(["decrypt", ".", "--key", __file__])
    assert "DK-I67" in capsys.readouterr().err
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file of tests, beside a module that plants."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (tmp_path / "a_plant.py").write_text(PLUGIN, encoding="utf-8")
    file = tmp_path / "test_it.py"
    file.write_text(TESTS, encoding="utf-8")
    return file


def plant(file: Path, name: str, *words: str) -> str:
    """Run the tests with a mistake planted; return what was said of its catch."""
    return failing("a_plant", "PLANTED_HERE", name, str(file), *words, minutes=2)


def test_without_a_mistake_nothing_fails(run: Path) -> None:
    """And nothing is caught."""
    assert plant(run, "") == ""


def test_what_is_wrong_is_caught(run: Path) -> None:
    """By what a test asserts, or by what it can make nothing of."""
    assert "assert 0 == 1" in plant(run, "wrong", "-k", "the_sum")
    assert "TypeError" in plant(run, "wrong", "-k", "may_be_what_breaks")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("breaks", "should be called on dataclass instances"),
        ("misfit", "takes 0 positional arguments"),
        ("misfit in a command", "dikalo met a fault of its own"),
        ("not planted", "something is called otherwise by now"),
    ],
)
def test_a_plant_that_breaks_is_not_caught(run: Path, name: str, said: str) -> None:
    """Neither in its own lines, nor where it is called, nor behind DK-C01, nor before anything runs."""
    tests = "a_command" if "command" in name else "the_sum"
    with pytest.raises(AssertionError, match=said):
        plant(run, name, "-k", tests)


def test_several_are_planted_apart_from_each_other(run: Path) -> None:
    """In one process, and none sees another's mistake, nor the one after it."""
    sums = [str(run), "-k", "the_sum"]
    said = failing_each("a_plant", "PLANTED_HERE", {"wrong": sums, "": sums}, minutes=2)

    assert "assert 0 == 1" in said["wrong"]
    assert said[""] == ""


@pytest.mark.parametrize(
    ("name", "said"), [("breaks", "dataclass instances"), ("not planted", "otherwise by now")]
)
def test_of_several_none_that_breaks_is_caught(run: Path, name: str, said: str) -> None:
    """As one alone."""
    with pytest.raises(AssertionError, match=said):
        failing_each("a_plant", "PLANTED_HERE", {name: [str(run), "-k", "the_sum"]}, minutes=2)


@dataclass(frozen=True, slots=True)
class Declared:
    """A deed as a command or a cell of a workbook finds it."""

    deed: Callable[[], str]


def modules() -> tuple[ModuleType, ModuleType]:
    """Return a module with a function, and one that imported it."""
    home, door = ModuleType("home"), ModuleType("door")
    exec("def deed(): return 'right'", vars(home))  # noqa: S102 - a module of our own
    vars(door)["deed"] = home.deed
    return home, door


def test_what_is_swapped_at_home_is_met_at_every_door() -> None:
    """By who imported it, by a declaration and by a table; swapped where it was only imported, by nobody else.

    Also where all of these were put out of sight of Python's search for garbage, as what is collected for a run is.
    """
    home, door = modules()
    declared, table = Declared(home.deed), {"deed": home.deed}
    swap(door, deed=lambda: "wrong there")
    assert [door.deed(), home.deed(), declared.deed()] == ["wrong there", "right", "right"]

    vars(door)["deed"] = home.deed
    gc.freeze()
    swap(home, deed=lambda: "wrong")
    assert {home.deed(), door.deed(), declared.deed(), table["deed"]()} == {"wrong"}


def test_a_plant_that_would_not_reach_a_door_is_refused() -> None:
    """One that holds the function in a way that nobody can change."""
    home, _door = modules()
    doors = (home.deed,)
    with pytest.raises(AssertionError, match="bound where no plant reaches it"):
        swap(home, deed=lambda: "wrong")
    assert doors[0]() == "right"
