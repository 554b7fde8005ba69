"""What the reading of conditions calls impossible, no answers bring about: held against every answer to a small form."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from itertools import product
from operator import ge, gt, le, lt

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.forms.rules.tables import form
from xlsform.expressions.xpath import Binary, Call, Literal, Node, Ref, parse
from xlsform.model import resolve
from xlsform.reasoning.atoms import Here
from xlsform.reasoning.facts import Facts
from xlsform.reasoning.known import KnownRows
from xlsform.reasoning.reading import Reading

CHOICES = "list_name | name | label\nk | a | A\nk | b | B\nk | 7 | C"
FORM = resolve(
    form(
        "type | name | calculation | relevant\n"
        "integer | n\ninteger | o | | ${k} != 'a'\nselect_one k | k\nselect_multiple k | m\n"
        "calculate | c | if(${n} > 2, 'a', 'b') | ${k} = 'b'",
        choices=CHOICES,
    )
)
FACTS = Facts(FORM)
Answers = Mapping[str, str]


def answers() -> Iterator[Answers]:
    """Yield every way to answer, as phones keep it: what is not shown has no answer."""
    for n, o, k, m in product(["", "1", "2", "3"], ["", "1", "3"], ["", "a", "b", "7"], ["", "a", "a b 7"]):
        calculated = ("a" if n and int(n) > 2 else "b") if k == "b" else ""
        yield {"n": n, "o": "" if k == "a" else o, "k": k, "m": m, "c": calculated}


ALL = list(answers())
_NUMBERS = st.sampled_from(["0", "1", "2", "3", "7"])
_ORDERS = st.sampled_from(["=", "!=", "<", ">", "<=", ">="])
_LEAVES = st.one_of(
    st.builds("${{{}}} {} {}".format, st.sampled_from("nok"), _ORDERS, _NUMBERS),
    st.builds("${{{}}} {} ''".format, st.sampled_from("nokmc"), st.sampled_from(["=", "!="])),
    st.builds(
        "${{{}}} {} '{}'".format, st.sampled_from("kc"), st.sampled_from(["=", "!="]), st.sampled_from("ab")
    ),
    st.builds("selected(${{m}}, '{}')".format, st.sampled_from("ab7")),
    st.builds("selected('a b', ${{{}}})".format, st.just("k")),
    st.builds("count-selected(${{m}}) {} {}".format, _ORDERS, _NUMBERS),
    st.builds("${{n}} {} ${{o}} + {}".format, _ORDERS, _NUMBERS),
    st.builds("${{n}} * 2 - ${{o}} {} {}".format, _ORDERS, _NUMBERS),
)
CONDITIONS = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(
        st.builds("({} and {})".format, inner, inner),
        st.builds("({} or {})".format, inner, inner),
        st.builds("not({})".format, inner),
        st.builds("if({}, {}, {})".format, inner, inner, inner),
    ),
    max_leaves=7,
)


Value = bool | float | str


def value(node: Node, given_answers: Answers) -> Value:
    """Return what an expression gives, as phones compute it: by a way of its own, without any set of what is possible."""
    match node:
        case Literal(text, is_number):
            return float(text) if is_number else text
        case Ref(name):
            return given_answers[name]
        case Binary(operator, left, right):
            return _BINARY[operator](value(left, given_answers), value(right, given_answers))
        case Call(name, arguments):
            return _CALLS[name](*(value(one, given_answers) for one in arguments))
    raise AssertionError(node)


_CALLS: Mapping[str, Callable[..., Value]] = {
    "not": lambda one: not one,
    "if": lambda condition, yes, no: yes if condition else no,
    "selected": lambda several, one: f" {one} " in f" {several} ",
    "count-selected": lambda several: float(len(several.split())),
}


def _number(one: object) -> float:
    try:
        return float(str(one))
    except ValueError:
        return math.nan


def _ordered(compare: Callable[[float, float], bool]) -> Callable[[object, object], bool]:
    return lambda one, other: compare(_number(one), _number(other))


def _same(one: object, other: object) -> bool:
    return _number(one) == _number(other) if float in {type(one), type(other)} else one == other


_BINARY: Mapping[str, Callable[[Value, Value], Value]] = {
    "and": lambda one, other: bool(one) and bool(other),
    "or": lambda one, other: bool(one) or bool(other),
    "=": _same,
    "!=": lambda one, other: not _same(one, other),
    **{sign: _ordered(by) for sign, by in (("<", lt), (">", gt), ("<=", le), (">=", ge))},
    "+": lambda one, other: _number(one) + _number(other),
    "-": lambda one, other: _number(one) - _number(other),
    "*": lambda one, other: _number(one) * _number(other),
}


@settings(max_examples=50, deadline=None)
@given(CONDITIONS)
def test_what_is_impossible_is_never_so(condition: str) -> None:
    """With the rest of the form, worked out anew or known beforehand, and without it; true and false alike."""
    node = parse(condition).node
    assert node is not None
    seen = {bool(value(node, one)) for one in ALL}
    for reading in (Reading(FACTS), Reading(FACTS, ()), Reading(FACTS, known=KnownRows(FACTS))):
        for wanted in (True, False):
            if reading.again().assume({}, node, Here(), holds=wanted) is None:
                assert wanted not in seen
