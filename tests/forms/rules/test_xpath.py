"""Expressions are taken apart as phones take them, and any text at all is understood or refused."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyxform.utils import default_is_dynamic

from tests.forms.rules.faults import Planted
from xlsform.convert import convert
from xlsform.engine import validate
from xlsform.engine.jvm import JavaMissing
from xlsform.expressions.formulas import is_dynamic
from xlsform.expressions.functions import FUNCTIONS
from xlsform.expressions.xpath import (
    Binary,
    Call,
    Filtered,
    Literal,
    Node,
    Ref,
    Self,
    Word,
    parse,
    tokens,
    walk,
)
from xlsform.expressions.xpath import (
    Path as Way,
)

A, B = Ref("a"), Ref("b")
ONE, TWO = Literal("1", number=True), Literal("2", number=True)


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("${a} = 'x'", Binary("=", A, Literal("x"))),
        ("${ last-saved#a }", Ref("a", last=True)),
        ("1 + 2 * ${a}", Binary("+", ONE, Binary("*", TWO, A))),
        ("${a} - 1 - 2", Binary("-", Binary("-", A, ONE), TWO)),
        ("${a}-1", Binary("-", A, ONE)),
        ("-1", Literal("-1", number=True)),
        ("--1", ONE),
        ("${a} or ${b} and 1", Binary("or", A, Binary("and", B, ONE))),
        ("(${a} or ${b}) and 1", Binary("and", Binary("or", A, B), ONE)),
        ("not(selected(., 'x'))", Call("not", (Call("selected", (Self(), Literal("x"))),))),
        ("today()", Call("today", ())),
        ("count-selected(.) < 1", Binary("<", Call("count-selected", (Self(),)), ONE)),
        ("oui", Word("oui")),
        ("${a} div 2", Binary("div", A, TWO)),
        ("div div div", Binary("div", Word("div"), Word("div"))),
        ("* * *", Binary("*", Way(None, ()), Way(None, ()))),
        ("${a}[x = 1]", Filtered(A, (Binary("=", Word("x"), ONE),))),
        ("../x", Way(Way(None, ()), (Word("x"),))),
        ("/data/x", Way(None, (Word("data"), Word("x")))),
        ("instance('l')/root", Way(Call("instance", (Literal("l"),)), (Word("root"),))),
        ("${a} | ${b}", Binary("|", A, B)),
        ("'it''s'", None),
        ('"it\'s"', Literal("it's")),
        ("jr:choice-name(${a}, '${a}')", Call("jr:choice-name", (A, Literal("${a}")))),
    ],
)
def test_the_tree_of_an_expression(text: str, node: Node | None) -> None:
    """Operators bind as in XPath 1.0; a word is an operator only where one can stand."""
    assert parse(text).node == node
    assert (parse(text).fault is None) is (node is not None)


@pytest.mark.parametrize(
    ("text", "at", "start"),
    [
        ("", "", 0),
        ("(1", "", 2),
        ("1)", ")", 1),
        ("${a} et ${b}", "et", 5),
        ("if(1; 2)", ";", 4),
        ("${a} == 1", "==", 5),
        ("1,5", ",", 1),
        ("${a", "$", 0),
        ("'x", "'", 0),
        ("${a} =", "", 6),
        ("${a} 'x'", "'x'", 5),
        ("selected(${a} 'x')", "'x'", 14),
        ("« x »", "«", 0),
    ],
)
def test_where_an_expression_stops_to_be_one(text: str, at: str, start: int) -> None:
    """The first piece that does not fit, and its place."""
    fault = parse(text).fault
    assert fault is not None
    assert (fault.at, fault.start) == (at, start)


@given(st.text(alphabet="${}ab 1.,'\"()[]/|+-*=<>!:@«#\n", max_size=60))
def test_any_text_is_understood_or_refused(text: str) -> None:
    """Pieces cover the text without its blanks, in order; the tree is there or the fault is."""
    pieces = tokens(text)
    made = parse(text)

    assert "".join("".join(piece.text.split()) for piece in pieces) == "".join(text.split())
    assert [piece.start for piece in pieces] == sorted(piece.start for piece in pieces)
    assert (made.node is None) is (made.fault is not None)
    assert all(isinstance(above, tuple) for _, above in walk(made.node))


def test_what_encloses_a_part_is_told() -> None:
    """Outermost first."""
    whole = parse("count(${a}[x = 1])").node
    above = {repr(node): len(outer) for node, outer in walk(whole)}
    assert above[repr(Word("x"))] == 3
    assert above[repr(A)] == 2


@pytest.mark.java
def test_the_engine_has_no_function_that_people_expect() -> None:
    """Two of XPath 1.0 are missing in it, so our table has them not either."""
    assert _unknown("floor", "ceiling", "count-selected") == {"floor", "ceiling"}


@pytest.mark.java
@pytest.mark.slow
def test_the_engine_knows_our_functions() -> None:
    """All but two, which are no functions of a calculation and have their place elsewhere."""
    assert _unknown(*FUNCTIONS) == {"search", "current"}


_COUNTS_ELSEWHERE = frozenset(
    {
        *(
            "area",
            "enclosed-area",
            "geofence",
            "intersects",
            "randomize",
        ),  # stop at what they are given first
        *(
            "current",
            "instance",
            "jr:choice-name",
            "jr:itext",
            "pulldata",
            "search",
        ),  # are no functions of a calculation
        *("indexed-repeat", "weighted-checklist"),  # take pairs
    }
)


@pytest.mark.java
@pytest.mark.slow
def test_the_engine_takes_as_many_arguments_as_our_table_says() -> None:
    """None to four of them: one row of the table swapped with another is seen here."""
    counts = range(5)
    try:
        taken = {
            name: [count for count in counts if not _is_miscounted(name, count)]
            for name in FUNCTIONS.keys() - _COUNTS_ELSEWHERE
        }
    except JavaMissing:
        pytest.skip("no Java runtime")

    assert taken == {name: [count for count in counts if FUNCTIONS[name].takes(count)] for name in taken}


def _is_miscounted(name: str, count: int) -> bool:
    given = ", ".join(["'1'"] * count)
    table = f"type | name | label | calculation\ntext | a | A |\ncalculate | b | | {name}({given})"
    said = validate(convert(Planted("", table).workbook(mended=False)).xform)
    return any(re.search(r"cannot handle function|rguments|arity", one) for one in said)


def _unknown(*names: str) -> set[str]:
    try:
        return {name for name in names if _is_unknown(name)}
    except JavaMissing:
        pytest.skip("no Java runtime")


def _is_unknown(name: str) -> bool:
    """Call it with none to three arguments; one number of them must do."""
    return all(_is_refused(name, given) for given in ("", "1.5", "'a', 'b'", "'a', 'b', 'c'"))


def _is_refused(name: str, given: str) -> bool:
    table = f"type | name | label | calculation\ntext | a | A |\ncalculate | b | | {name}({given})"
    said = validate(convert(Planted("", table).workbook(mended=False)).xform)
    return any(one.endswith(f"cannot handle function '{name}'") for one in said)


@pytest.mark.parametrize(
    "text",
    [
        *("SD Standard Q COVID-19 Ag Test (x)", "a b-c", "a - b", "yes", "2026-11-25", "-1", "1.5", "+237"),
        *(
            "a/b",
            "a*",
            "n(a)",
            "(x)",
            "it's",
            "x[1]",
            "a|b",
            "12 + 3",
            "${a}",
            "uuid()",
            "1 div 2",
            "a and b",
            "",
        ),
    ],
)
@pytest.mark.parametrize("kind", ["text", "date", "select_one"])
def test_a_default_is_computed_when_the_converter_says_so(text: str, kind: str) -> None:
    """The same answer as pyxform gives, so that a plain answer is looked up in its list and nothing else is."""
    assert is_dynamic(text, kind) is default_is_dynamic(text, kind)
