"""How much a transaction does: as much as half a second takes, on whatever machine, so that whoever decides waits two at most."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sync_scripts.register.building.portions import AIM_S, FIRST, MOST, next_size

SPEEDS = st.floats(0.0001, 0.9)
"""Seconds that one submission takes: a quick machine, or one that fifty others use."""


@given(st.lists(SPEEDS, min_size=1, max_size=30))
def test_it_follows_the_machine_and_never_lies_idle(speeds: list[float]) -> None:
    """Whatever the speed was before, a second transaction behind a slow one fits; none is empty or exceeds the most."""
    size = FIRST
    for each in speeds:
        size = next_size(size, size, size * each, MOST)
        assert 1 <= size <= MOST
        assert size == 1 or size * each <= AIM_S


@given(SPEEDS)
def test_it_comes_to_what_half_a_second_takes(each: float) -> None:
    """A machine of one speed does, after a few, about as much as it can, and stays there."""
    size = FIRST
    for _time in range(10):
        size = next_size(size, size, size * each, MOST)

    assert size >= min(MOST, max(1, int(AIM_S / each) - 1))


@given(st.integers(1, MOST), st.floats(0.0, AIM_S))
def test_the_end_of_what_there_is_says_nothing_of_the_machine(size: int, took_s: float) -> None:
    """A page that drips makes no transaction smaller, however often it comes."""
    assert next_size(size, size - 1, took_s, MOST) == size
