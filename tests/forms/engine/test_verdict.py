"""What the engine says becomes a finding with a code of ours, at the row it names."""

from __future__ import annotations

import pytest

from tests.forms.engine.conftest import xform
from xlsform.engine.filling import code_of, verdict
from xlsform.findings.catalogue import CATALOGUE
from xlsform.model import Form, Place, Row

pytestmark = [pytest.mark.java, pytest.mark.usefixtures("java")]

TABLE = """
| survey |              |      |       |             |
|        | type         | name | label | calculation |
|        | integer      | a    | A     |             |
|        | begin_repeat | r    | R     |             |
|        | integer      | b    | B     |             |
|        | end_repeat   |      |       |             |
|        | calculate    | c    |       | {expression} |
"""  # fmt: skip


@pytest.mark.parametrize(
    ("expression", "code"),
    [
        ("${a} + 1", ""),
        ("${c} + 1", "JR-CYCLE"),
        ("si(${a}, 1, 2)", "JR-FUNCTION"),
        ("if(${a} = 1, 2", "JR-BRACKETS"),
        ("${a} et 1", "JR-SYNTAX"),
        ("${b} + 1", "JR-REPEAT-REF"),
        ("${a} == 1", "JR-SYNTAX"),
        ("date('25/11/2026')", "JR-TYPE"),
        ("$a + 1", "JR-TYPE"),
    ],
)
def test_each_verdict_has_its_code(expression: str, code: str) -> None:
    """The person reads our words; the engine's text stays in the data."""
    names = ("a", "r", "b", "", "c")
    types = ("integer", "begin_repeat", "integer", "end_repeat", "calculate")
    survey = [
        Row(kind, name, place=Place("f.xlsx", None, "survey", n))
        for n, (kind, name) in enumerate(zip(types, names, strict=True), 2)
    ]
    found = verdict(
        Form(languages={}, settings={}, survey=tuple(survey)),
        xform(TABLE.replace("{expression}", expression)),
    )

    assert [(finding.path, finding.cell) for finding in found] == [("c", "survey!B6")][: bool(code)]
    assert [finding.code for finding in found] == [code][: bool(code)]


def test_every_code_of_the_engine_is_in_the_catalogue() -> None:
    """An unknown text still has a code."""
    assert code_of("something new") in CATALOGUE
