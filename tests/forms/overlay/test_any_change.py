"""Whatever a trainer and a later base do: what is derived gives back what was edited, and every upgrade can be settled."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.forms.overlay.mutation import mutated
from tests.forms.overlay.small import form, plain
from xlsform.overlay import Decision, Overlay, apply, derive, file, rebase
from xlsform.overlay.rebasing import Key

SEEDS = st.integers(0, 2**32)
ROUNDS = 12
"""Most times that a decision can bring up another conflict: a group in a group in a group."""


def given_back(seed: int) -> None:
    """Derive, write, read and apply one edit."""
    edited = mutated(form(), seed)
    overlay = Overlay("trial", "2026112501", edited.version, derive(form(), edited))
    again = file.read(file.write(overlay).encode(), file="o")
    made = apply(form(), again)

    assert again == overlay
    assert (plain(made), list(made.survey)) == (plain(edited), list(edited.survey))


def settled(ours: int, theirs: int) -> None:
    """Bring one edit to one later base, and decide what is asked."""
    ops = derive(form(), mutated(form(), ours))
    later = mutated(form(), theirs)
    base = replace(later, settings={**later.settings, "version": "2027010101"})
    decisions: dict[Key, Decision] = {}
    random = Random(ours)
    done = rebase(form(), base, ops)
    for _ in range(ROUNDS):
        decisions |= {one.id: Decision(random.choice(one.ways), "text") for one in done.conflicts}
        done = rebase(form(), base, ops, decisions)
    assert done.conflicts == ()
    apply(base, Overlay("trial", base.version, "2027010102", done.ops))  # fits, and nests


def kept(ours: int) -> None:
    """Bring one edit to a base that only has a later version."""
    ops = derive(form(), mutated(form(), ours))
    done = rebase(form(), form(version="2027010101"), ops)

    assert (done.ops, done.conflicts, done.notices, done.fallen) == (ops, (), (), ())


@settings(deadline=None, max_examples=60)
@given(SEEDS)
def test_any_edit_is_given_back(seed: int) -> None:
    """Cell by cell and in the same order, through the file."""
    given_back(seed)


@settings(deadline=None, max_examples=60)
@given(SEEDS, SEEDS)
def test_any_upgrade_can_be_settled(ours: int, theirs: int) -> None:
    """Decisions end, and the result is a form."""
    settled(ours, theirs)


@settings(deadline=None, max_examples=60)
@given(SEEDS)
def test_any_edit_goes_through_an_upgrade_that_changes_nothing(seed: int) -> None:
    """Operation by operation."""
    kept(seed)


@pytest.mark.slow
@settings(deadline=None, max_examples=1500)
@given(SEEDS, SEEDS)
def test_many_edits_and_upgrades(ours: int, theirs: int) -> None:
    """The same, many times."""
    given_back(ours)
    kept(ours)
    settled(ours, theirs)
