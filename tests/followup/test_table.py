"""The decision table as a whole: every line is in both guides and has tests that bear its number."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
DOCS = HERE.parents[1] / "docs"
CELLS = [str(number) for number in range(1, 18)]
ROWS = [f"R{number}" for number in range(1, 11)]
FILES = [f"F{number}" for number in range(1, 8)]


def lines_of(name: str) -> set[str]:
    """Return the lines that a test bears in its name: ``test_line_4_5_…``, ``test_r7_r8_…``."""
    numbered = re.match(r"test_line_((?:\d+_)+)", name)
    if numbered:
        return set(numbered.group(1).strip("_").split("_"))
    lettered = re.match(r"test_((?:[rf]\d+_)+)", name)
    return set(lettered.group(1).strip("_").upper().split("_")) if lettered else set()


def borne_by(*files: str) -> set[str]:
    """Return the lines that the tests of some files bear."""
    found: set[str] = set()
    for path in (one for file in files for one in HERE.glob(file)):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = (one.name for one in tree.body if isinstance(one, ast.FunctionDef))
        found |= {line for name in names for line in lines_of(name)}
    return found


def test_every_line_has_a_test_of_its_own() -> None:
    """Of the pure table, where it decides; and of a file that comes back to a register, for all of them."""
    assert set(CELLS) | set(ROWS) <= borne_by("test_deciding.py")
    through = borne_by("test_line*.py", "test_incoming.py")
    assert sorted({*CELLS, *ROWS, *FILES} - through) == []


def test_no_test_bears_the_number_of_a_line_that_is_not() -> None:
    """A number mistyped in a name would look like a line that is tested."""
    assert borne_by("test_*.py") == {*CELLS, *ROWS, *FILES}


@pytest.mark.parametrize("page", ["classeur-de-suivi.md", "en/followup-workbook.md"])
def test_both_guides_tell_every_line(page: str) -> None:
    """The first cell of a row of the tables: ``8 to 11, 13``, ``R1, R2``."""
    cells = re.findall(
        r"^\| ((?:[RF]?\d+)(?:[^|]*)) \|", (DOCS / page).read_text(encoding="utf-8"), re.MULTILINE
    )
    told: set[str] = set()
    for cell in cells:
        for first, last in re.findall(r"([RF]?\d+)(?: (?:à|to) (\d+))?", cell):
            told |= {str(one) for one in range(int(first), int(last) + 1)} if last else {first}
    assert sorted({*CELLS, *ROWS, *FILES} - told) == []
