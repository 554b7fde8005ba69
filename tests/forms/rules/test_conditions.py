"""Conditions are read just far enough: what proves something is taken, everything else proves nothing."""

from __future__ import annotations

import pytest

from xlsform.expressions.conditions import Limit, last_saved, limit, limits, references, requires


@pytest.mark.parametrize(
    ("text", "question", "values"),
    [
        ("${c} = 'yes'", "c", {"yes"}),
        ('"yes" = ${c}', "c", {"yes"}),
        ("selected('given unable', ${c})", "c", {"given", "unable"}),
        ("selected(${c}, 'a')", "c", {"a"}),
    ],
)
def test_comparisons_with_fixed_answers(text: str, question: str, values: set[str]) -> None:
    """The four spellings that forms use say which answers a question may have."""
    assert limit(text) == Limit(question, frozenset(values))


@pytest.mark.parametrize(
    "text", ["${a} > 3", "${a} = ${b}", "not(${a} = 'x')", "count-selected(${a}) > 0", ""]
)
def test_other_comparisons_prove_nothing(text: str) -> None:
    """What is not understood never counts as a proof."""
    assert limit(text) is None


@pytest.mark.parametrize(
    ("expression", "proved"),
    [
        ("${c} = 'yes'", True),
        ("((${c} = 'yes'))", True),
        ("${c} = 'yes' and ${x} > 3", True),
        ("${x} > 3 and (${c} = 'yes' or ${x} = 'a' and ${c} = 'yes')", True),
        ("${c} = 'yes' or ${x} > 3", False),
        ("${x} = ' and ' or ${c} = 'yes'", False),
        ("(${c} = 'yes') or (${x} > 3)", False),
        ("${border} = 'yes'", False),
        ("${c} = 'yes' and ${x} > (3", False),
        ("${x} =\"'a' and ${c} = 'yes'", False),
    ],
)
def test_an_or_needs_every_side(expression: str, proved: bool) -> None:
    """Of an "and" one side is enough, of an "or" none may be missing; words inside quotes and names cut nothing."""
    assert requires(expression, lambda part: limit(part) == Limit("c", frozenset({"yes"}))) is proved


def test_limits_that_exclude_each_other() -> None:
    """Two conditions exclude each other when one question cannot satisfy both."""
    (photo,) = limits("selected('photo object', ${kind})")
    (audio,) = limits("${kind} = 'audio'")
    (not_audio,) = limits("${kind} != 'audio'")
    other = limit("${else} = 'x'")

    assert photo.excludes(audio)
    assert audio.excludes(not_audio)
    assert not_audio.excludes(audio)
    assert not photo.excludes(not_audio)
    assert other is not None
    assert not photo.excludes(other)
    assert list(limits("${kind} = 'a' or ${kind} = 'b'")) == []
    assert len(list(limits("${kind} = 'a' and (${else} = 'b' and ${x} > 1)"))) == 2


def test_references_and_last_saved_are_told_apart() -> None:
    """The last saved submission is another person's."""
    text = "concat(${a}, ${ b }, ${last-saved#c})"
    assert (references(text), last_saved(text)) == (frozenset({"a", "b"}), frozenset({"c"}))
