"""The laws of the one policy, held against random histories; and the program against the plain model of it."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from sync_scripts.register.policy.measure import Rating, Reason, Statement
from tests.examples import examples
from tests.laws import model
from tests.laws.histories import (
    ADDING,
    CLASSES,
    LEVELS,
    REPLACING,
    SAYS,
    at,
    closeness,
    modelled,
    of_closeness,
    program,
    said,
    units,
    waits,
)

KINDS = st.sampled_from([REPLACING, ADDING])
many = settings(max_examples=examples(400), deadline=None)


def stands(unit: model.Unit, kind: model.Kind) -> int:
    """Return what the program says stands."""
    return LEVELS.index(program(unit, kind).level)


def kept(unit: model.Unit) -> int:
    """Return how closely the program says that a case of the same history is kept."""
    return CLASSES.index(closeness(of_closeness(unit)).level)


@many
@given(units, KINDS)
def test_the_program_says_what_the_model_says(unit: model.Unit, kind: model.Kind) -> None:
    """Same arrivals in, same answers out."""
    assert said(unit, kind) == modelled(unit, kind)


READ_AGAIN = model.Unit(
    [
        model.Version("a", 1, 0, {"arrest": 2, "brother": 3}),
        model.Decision(1, 1),
        model.Version("a", 2, 0, {}),
        model.Version("a", 3, 0, {"arrest": 2}),
    ]
)
"""What the decision had lowered counts again beside the news; the form asks for less."""
CORRECTED = model.Unit(
    [
        model.Version("a", 1, 0, {}),
        model.Correction("a", frozenset(), {"loot": 1}),
        model.Version("a", 2, 0, {"arrest": 2}),
        model.Version("a", 3, 0, {}),
    ]
)
"""An edit asks for less than the one before it, and what it asks for is what a person corrected."""


@many
@given(units)
@example(READ_AGAIN)
@example(CORRECTED)
def test_it_says_of_confidentiality_what_the_model_says(unit: model.Unit) -> None:
    """Who asks for less than is in force asks a person, unless a person decided so."""
    unit = of_closeness(unit)
    found = closeness(unit)
    assert CLASSES.index(found.level) == (model.kept(unit) or model.DEFAULT)
    assert (found.waits and CLASSES.index(found.waits.asked)) == model.less_asked(unit)


@many
@given(units, SAYS, KINDS)
def test_an_edit_never_lowers(unit: model.Unit, says: dict[str, int], kind: model.Kind) -> None:
    """A phone proves nobody."""
    for last in model.last(unit).values():
        edited = model.Unit([*unit.arrivals, replace(last, says=says, number=last.number + 1)])
        assert stands(edited, kind) >= stands(unit, kind)
        assert kept(edited) >= kept(unit) or not model.kept(of_closeness(unit)), "the first answer sets it"


@many
@given(units, KINDS)
def test_repetition_changes_nothing(unit: model.Unit, kind: model.Kind) -> None:
    """The same version again: no other level, no news, so no second task and no second message."""
    for last in model.last(unit).values():
        again = model.Unit([*unit.arrivals, replace(last, number=last.number + 1)])
        assert stands(again, kind) == stands(unit, kind)
        assert waits(again, kind) == waits(unit, kind)
        assert kept(again) == kept(unit)


@many
@given(units, st.integers(0, 3), KINDS)
def test_a_decision_that_covers_everything_stands_alone(
    unit: model.Unit, value: int, kind: model.Kind
) -> None:
    """It falls by that, and nothing waits any more."""
    decided = model.Unit([*unit.arrivals, model.Decision(value, len(unit.arrivals))])
    assert stands(decided, kind) == value
    assert waits(decided, kind) == set()
    assert kept(decided) == (value or 1)


@many
@given(units, st.randoms(use_true_random=False), KINDS)
def test_a_level_that_is_only_raised_was_looked_at_by_nobody(
    unit: model.Unit, chance: random.Random, kind: model.Kind
) -> None:
    """Raised to what is decided already, whatever the register held by then, it changes nothing of what comes or came.

    Whoever decides later without having read so far has not read that it was raised, and lowers it no more than any decision.
    """
    made = {n: one for n, one in enumerate(unit.arrivals) if isinstance(one, model.Decision)}
    decided = [n for n, one in made.items() if not one.told]
    assume(decided)
    start = chance.choice(decided)
    at = chance.randint(start + 1, next((n for n in made if n > start), len(unit.arrivals)))
    raised = replace(made[start], read=chance.randint(made[start].read, at), raised=True, told=False)
    more = model.Unit([*unit.arrivals[:at], raised, *(_shifted(one, at) for one in unit.arrivals[at:])])
    assert {n - (n > at) for n in waits(more, kind)} == waits(unit, kind)
    if any(isinstance(one, model.Decision) and start < one.read < at for one in unit.arrivals[at:]):
        assert stands(more, kind) >= stands(unit, kind)
    else:
        assert stands(more, kind) == stands(unit, kind)


def _shifted(one: model.Arrival, at: int) -> model.Arrival:
    """Return an arrival as it is when another one is put in before it, which is read by whoever had read all before that."""
    if isinstance(one, model.Decision):
        return replace(one, read=one.read + (one.read >= at))
    return one


@many
@given(units, st.integers(0, 3), KINDS)
def test_a_decision_lowers_none_that_it_had_not_seen(unit: model.Unit, value: int, kind: model.Kind) -> None:
    """As that of a workbook that went out before somebody decided at the desk; nor does it end what waits, or hide it from the rules."""
    made = [n for n, one in enumerate(unit.arrivals) if isinstance(one, model.Decision)]
    assume(made)
    before = model.Unit([*unit.arrivals, model.Decision(value, len(unit.arrivals))])
    after = model.Unit([*before.arrivals, model.Decision(0, len(unit.arrivals))])
    assert stands(before, kind) == value
    assert stands(after, kind) >= value


@pytest.mark.parametrize("later", [{"arrest": 3}, {"arrest": 2, "brother": 3}, {"threat": 2}])
@pytest.mark.parametrize(
    "decided", [[], [model.Decision(1, 1)], [model.Decision(None, 1)]], ids=["nobody", "low", "rules"]
)
def test_who_leaves_a_case_lowers_nothing(decided: list[model.Decision], later: dict[str, int]) -> None:
    """By a hand-over, a closure, a withdrawal: the work ends, and what waits; the level stays.

    Plain cases, and no law: among several decisions that did not see each other, and beside what whoever brought a form had read, a level
    can still fall with the news beside which it counted.
    """
    kind = model.Kind(replaced=frozenset())
    came: list[model.Arrival] = [
        model.Version("a", 1, 0, {"crowd": 1}),
        *decided,
        model.Version("a", 2, 0, {"crowd": 1, **later}),
    ]
    value = decided[0].value if decided else None
    left = model.Unit([*came, model.Decision(value, len(came), works=False, told=True)])

    assert waits(model.Unit(came), kind)
    assert stands(left, kind) == stands(model.Unit(came), kind)
    assert waits(left, kind) == set()


@many
@given(units, st.integers(0, 3), st.data(), KINDS)
def test_what_was_not_shown_is_not_covered(
    unit: model.Unit, value: int, data: st.DataObject, kind: model.Kind
) -> None:
    """A decision that had read less leaves at least as much news as one that had read more."""
    read = data.draw(st.integers(0, len(unit.arrivals)))
    assume(not any(isinstance(one, model.Decision) for one in unit.arrivals))
    some = model.Unit([*unit.arrivals, model.Decision(value, read)])
    fresh = {
        n
        for n in model.said_in(some)
        if model.heard(n, some) >= max(read, 1)
        and not (model.of_form(n, some).left or model.seen(n, some))
        and any(
            level > max(value, model.ALONE)
            and not any(
                name in model.says(k, some)
                for k in model.said_in(some)
                if model.heard(k, some) <= model.heard(n, some) and k != n
            )
            for name, level in model.says(n, some).items()
        )
    }
    assert fresh <= waits(some, kind)


@many
@given(units, st.randoms(use_true_random=False), KINDS)
def test_between_decisions_the_order_of_pages_does_not_matter(
    unit: model.Unit, chance: random.Random, kind: model.Kind
) -> None:
    """What stands depends on the set of what arrived."""
    made = [n for n, one in enumerate(unit.arrivals) if isinstance(one, model.Decision)]
    start = made[-1] + 1 if made else 0
    rest = list(unit.arrivals[start:])
    # what whoever tied an alert to the unit had seen is read with the tie, whatever page it came on
    assume(all(isinstance(one, model.Version) and not one.seen for one in rest))
    chance.shuffle(rest)
    other = model.Unit([*unit.arrivals[:start], *rest])
    assert stands(other, kind) == stands(unit, kind)


@pytest.mark.parametrize(
    ("words", "arrivals", "level", "asks"),
    [
        (
            "an edit does not lower",
            [model.Version("a", 1, 0, {"danger": 3}), model.Version("a", 2, 0, {"threat": 1})],
            3,
            0,
        ),
        (
            "a new visit does",
            [model.Version("a", 1, 0, {"danger": 3}), model.Version("b", 1, 9, {"threat": 1})],
            1,
            0,
        ),
        (
            "a correction does",
            [
                model.Version("a", 1, 0, {"danger": 3}),
                model.Correction("a", frozenset({"danger"}), {"threat": 1}),
            ],
            1,
            0,
        ),
        (
            "a decision does",
            [model.Version("a", 1, 0, {"danger": 3}), model.Decision(1, 1)],
            1,
            0,
        ),
        (
            "another danger of the same level is news, also when an edit takes it back unread",
            [
                model.Version("a", 1, 0, {"danger": 3}),
                model.Decision(1, 1),
                model.Version("a", 2, 0, {"danger": 3, "brother": 3}),
                model.Version("a", 3, 0, {"danger": 3}),
            ],
            3,
            1,
        ),
        (
            "what was stored and not shown is not covered",
            [
                model.Version("a", 1, 0, {"threat": 1}),
                model.Version("a", 2, 0, {"danger": 3}),
                model.Decision(1, 1),
            ],
            3,
            1,
        ),
        (
            "danger that an edit of an earlier interview tells late counts beside the later one",
            [
                model.Version("a", 1, 0, {"threat": 1}),
                model.Version("b", 1, 5, {"threat": 1}),
                model.Version("a", 2, 0, {"suicide": 3}),
            ],
            3,
            1,
        ),
        (
            "a known danger said again where work goes on",
            [
                model.Version("a", 1, 0, {"danger": 3}),
                model.Decision(1, 1),
                model.Version("b", 1, 9, {"danger": 3}),
            ],
            1,
            0,
        ),
        (
            "and where nobody works any more",
            [
                model.Version("a", 1, 0, {"danger": 3}),
                model.Decision(1, 1, works=False),
                model.Version("b", 1, 9, {"danger": 3}),
            ],
            3,
            1,
        ),
        (
            "two forms of one day: neither replaces the other",
            [model.Version("b", 1, 5, {"threat": 1}), model.Version("a", 1, 5, {"danger": 3})],
            3,
            1,
        ),
        (
            "a danger that was over and is back",
            [
                model.Version("a", 1, 0, {"danger": 3}),
                model.Version("b", 1, 5, {"threat": 1}),
                model.Decision(0, 2),
                model.Version("c", 1, 9, {"danger": 3}),
            ],
            3,
            1,
        ),
        (
            "a correction tells of danger after the decision",
            [
                model.Version("a", 1, 0, {"threat": 1}),
                model.Decision(1, 1),
                model.Correction("a", adds={"danger": 3}),
            ],
            3,
            1,
        ),
        (
            "danger that was corrected away when somebody decided, and is corrected back",
            [
                model.Version("a", 1, 0, {"danger": 3}),
                model.Correction("a", frozenset({"danger"})),
                model.Decision(0, 2),
                model.Correction("a", adds={"danger": 3}),
            ],
            3,
            1,
        ),
        (
            "also where a form of before had said it, which was over by then",
            [
                model.Version("b", 1, 0, {"danger": 3}),
                model.Version("a", 1, 5, {"danger": 3}),
                model.Correction("a", frozenset({"danger"})),
                model.Decision(0, 3),
                model.Correction("a", adds={"danger": 3}),
            ],
            3,
            1,
        ),
        (
            "but not where whoever decided had seen it, and it was corrected away and back since",
            [
                model.Version("a", 1, 0, {"danger": 3}),
                model.Decision(0, 1),
                model.Correction("a", frozenset({"danger"})),
                model.Correction("a", adds={"danger": 3}),
            ],
            0,
            0,
        ),
        (
            "nor twice, with nobody deciding in between",
            [
                model.Version("a", 1, 0, {}),
                model.Decision(0, 1),
                model.Correction("a", adds={"danger": 3}),
                model.Correction("a", frozenset({"danger"})),
                model.Correction("a", adds={"danger": 3}),
            ],
            3,
            1,
        ),
        (
            "a decision that had read less than the one before it covers no more than it had read",
            [
                model.Version("a", 1, 0, {"threat": 1}),
                model.Version("a", 2, 0, {"danger": 3}),
                model.Decision(1, 2),
                model.Decision(0, 1),
            ],
            3,
            1,
        ),
        (
            "of decisions that no other saw the worst stands",
            [model.Version("a", 1, 0, {"threat": 1}), model.Decision(3, 1), model.Decision(1, 1)],
            3,
            0,
        ),
        (
            "and one that had seen both lowers it",
            [model.Version("a", 1, 0, {}), model.Decision(3, 1), model.Decision(1, 1), model.Decision(0, 3)],
            0,
            0,
        ),
        (
            "who only raised a level had read nothing, whatever the register held by then",
            [
                model.Version("a", 1, 0, {"threat": 1}),
                model.Decision(0, 1, works=False),
                model.Version("b", 1, 5, {"danger": 3}),
                model.Decision(2, 3, works=False, raised=True),
                model.Version("c", 1, 9, {"danger": 3}),
            ],
            3,
            1,
        ),
        (
            "two edits that each lower a part lower nothing together",
            [
                model.Version("a", 1, 0, {"danger": 3}),
                model.Version("b", 1, 0, {"brother": 3}),
                model.Version("a", 2, 0, {}),
                model.Version("b", 2, 0, {}),
            ],
            3,
            1,
        ),
    ],
)
def test_in_words(words: str, arrivals: list[model.Arrival], level: int, asks: int) -> None:
    """Each law once, as a person would tell it."""
    unit = model.Unit(arrivals)
    assert (stands(unit, REPLACING), len(waits(unit, REPLACING))) == (level, asks), words


def test_what_counts_only_where_nobody_works_takes_the_place_of_nothing() -> None:
    """What a case was opened for is no news, although a limit that came after it was left is read before it."""
    left = program(
        model.Unit([model.Version("a", 1, 0, {"danger": 3}), model.Decision(None, 1, works=False)]), REPLACING
    )
    rating = Rating("high", (Reason("limit", 0, "high"),))
    limit = Statement("limit", 1, "9", at(3), 0, rating, left_only=True)

    assert left.with_([]) is left
    assert [one.said.form for one in left.with_([limit]).news] == ["limit"]
