"""A circle is found exactly where ODK Collect's engine finds one, without asking it."""

from __future__ import annotations

import pytest

from tests.forms.rules.faults import Planted
from xlsform.convert import convert
from xlsform.engine import validate
from xlsform.engine.jvm import JavaMissing
from xlsform.rules import check
from xlsform.workbooks import workbook

HEAD = "type | name | label | relevant | calculation | required | readonly | repeat_count | constraint\n"
CIRCLES = {
    "a question shown by its own answer": "text | a | A | ${a} = '' | | | | |",
    "a question required by its own answer": "text | a | A | | | ${a} = '' | | |",
    "a question closed by its own answer": "text | a | A | | | | ${a} = '' | |",
    "two that require each other": "text | a | A | | | ${b} = '' | | |\ntext | b | B | | | ${a} = '' | | |",
    "two that show each other": "text | a | A | ${b} = '' | | | | |\ntext | b | B | ${a} = '' | | | | |",
    "a sum of itself": "calculate | a | | | coalesce(${a}, 1) | | | |\ntext | z | Z | | | | | |",
    "a sum that shows what it is made of": "text | b | B | ${a} = '' | | | | |\ncalculate | a | | | ${b} | | | |",
    "a group shown by what it holds": "begin_group | g | G | ${a} = '' | | | | |\ntext | a | A | | | | | |\nend_group | | | | | | | |",
    "a group shown by a sum of what it holds": "begin_group | g | G | ${c} = 1 | | | | |\ntext | a | A | | | | | |\n"
    "end_group | | | | | | | |\ncalculate | c | | | if(${a} = '', 1, 0) | | | |",
}
SOUND = {
    "an answer limited by itself": "integer | a | A | | | | | | ${a} > 3",
    "a sum of the rows around it": "begin_repeat | r | R | | | | | |\ninteger | n | N | | | | | |\n"
    "calculate | t | | | sum(${n}) | | | |\nend_repeat | | | | | | | |",
    "a count of the rows around it": "begin_repeat | r | R | | | | | |\ncalculate | t | | | count(${r}) | | | |\n"
    "text | z | Z | | | | | |\nend_repeat | | | | | | | |",
    "a chain": "text | a | A | | | | | |\ntext | b | B | ${a} = '' | | | | |\ntext | c | C | ${b} = '' and ${a} = '' | | | | |",
}  # fmt: skip


@pytest.mark.parametrize("name", [*CIRCLES, *SOUND])
def test_a_circle_is_found_without_java(name: str) -> None:
    """Said once, and only where there is one."""
    made = workbook.read(_workbook(name), file="f.xlsx").form
    codes = [finding.code for finding in check(made) if str(finding.level) == "error"]
    assert codes == (["REF-CYCLE"] if name in CIRCLES else [])


@pytest.mark.java
@pytest.mark.parametrize("name", [*CIRCLES, *SOUND])
def test_the_engine_finds_the_same_circles(name: str) -> None:
    """What we call a circle stops the form on phones, and nothing else in these tables does."""
    try:
        said = validate(convert(_workbook(name)).xform)
    except JavaMissing:
        pytest.skip("no Java runtime")
    assert ["Cycle detected" in one for one in said] == ([True] if name in CIRCLES else [])


def _workbook(name: str) -> bytes:
    return Planted("", HEAD + (CIRCLES | SOUND)[name]).workbook(mended=False)
