"""The laws of refusal, held against random histories of one case; the program against its plain model, and faults that are seen."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from sync_scripts.register.consents import history, refusals, talks
from sync_scripts.register.consents.history import History
from sync_scripts.register.history.arrivals import Known
from sync_scripts.register.policy.measure import Statement
from sync_scripts.register.rules.ruleset import load
from tests.examples import examples, tried
from tests.laws import consent_model as model
from tests.laws.consent_model import ASKED, Arrival, Recorded, Version
from tests.laws.consents import case, given, histories, history_of, standing_at

many = settings(max_examples=examples(400), deadline=None)
Plant = Callable[[pytest.MonkeyPatch], None]


def modelled(arrivals: Sequence[Arrival]) -> set[tuple[str, str]]:
    """Return on what something may rest, as the model says."""
    return {
        (form, purpose)
        for form in model.forms(arrivals)
        for purpose in ASKED
        if model.given(form, purpose, arrivals)
    }


@many
@drawn(histories)
def test_the_program_says_what_the_model_says(arrivals: list[Arrival]) -> None:
    """Same arrivals in, same answers out."""
    assert given(arrivals) == modelled(arrivals)


@many
@drawn(histories)
def test_going_along_says_what_reading_everything_anew_says(arrivals: list[Arrival]) -> None:
    """At each instant: what is kept on the way leaves nothing out."""
    steps = History(case(arrivals), load()).steps
    stand: dict[str, Any] = {}
    for n, step in enumerate(steps):
        stand |= {uid: (one.consents, one.gone) for uid, one in step.people.items() if one}
        assert stand == standing_at(arrivals, n)


@many
@drawn(histories, st.sets(st.sampled_from(ASKED)))
def test_an_edit_gives_nothing(arrivals: list[Arrival], refuses: set[str]) -> None:
    """A phone proves nobody: what was refused in a talk stays so."""
    for form in model.forms(arrivals):
        if model.silent(form, len(arrivals), arrivals):
            continue  # nothing was said in it yet, as far as the order tells in which its versions came
        edited = [*arrivals, Version(form, 99, frozenset(refuses))]
        assert given(edited) <= given(arrivals)


@many
@drawn(histories)
def test_repetition_changes_nothing(arrivals: list[Arrival]) -> None:
    """The same version again is no word of anybody's.

    Where versions came in another order than the phone made them, the person may be asked once more: nothing tells their order.
    """
    for form in model.forms(arrivals):
        last = model.shown(form, arrivals)
        assert last is not None
        again = given([*arrivals, replace(last, number=99)])
        numbers = [one.number for _n, one in model.versions(form, arrivals)]
        assert again == given(arrivals) if numbers == sorted(numbers) else again <= given(arrivals)


@many
@drawn(histories, st.sampled_from(ASKED))
def test_a_record_that_had_read_everything_gives(arrivals: list[Arrival], purpose: str) -> None:
    """A person who agrees again is asked and written down."""
    for form in model.forms(arrivals):
        asked = [*arrivals, Recorded(form, purpose, agrees=True, read=len(arrivals))]
        assert (form, purpose) in given(asked)


@many
@drawn(histories, st.randoms(use_true_random=False))
def test_between_decisions_the_order_of_pages_does_not_matter(
    arrivals: list[Arrival], chance: random.Random
) -> None:
    """Of what comes after the last decision: talks that were held, in any order."""
    start = next((n for n in range(len(arrivals), 0, -1) if not isinstance(arrivals[n - 1], Version)), 0)
    rest = [one for one in arrivals[start:] if isinstance(one, Version) and not one.whole]
    new = [one for one in rest if one.form not in model.forms(arrivals[:start])]
    first = [*arrivals[:start], *new]
    chance.shuffle(new)
    assert given([*arrivals[:start], *new]) == given(first)


# --- planted faults -----------------------------------------------------------------------------------------------


def disagreements(most: int = 400) -> int:
    """Return of how many histories the program says something else than the model, or than when all is read anew."""
    chance, found = random.Random(11), 0
    for _ in range(most):
        arrivals = history_of(chance)
        stand: dict[str, Any] = {}
        for step in History(case(arrivals), load()).steps:
            stand |= {uid: (one.consents, one.gone) for uid, one in step.people.items() if one}
        along = stand != standing_at(arrivals, len(arrivals))
        found += along or given(arrivals) != modelled(arrivals)
    return found


def _edits_take_back(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(talks, "kept", lambda _said: ())


def _records_cover_everything(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Statement, "new_in", lambda _self, _known: False)


def _records_cover_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Statement, "new_in", lambda _self, _known: True)


def _covered_by_time_alone(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Known, "missed", lambda self, received, _arrival: received > self.at)


def _late_versions_unheard(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(refusals, "_passed_over", lambda *_given: iter(()))


def _records_apart(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(talks, "records_of_one", lambda *_given: [])


def _others_not_read_again(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(history._Fold, "_groups", lambda _self, _names: set())


def _the_whole_of_work_alone(patch: pytest.MonkeyPatch) -> None:
    was = refusals.kept
    patch.setattr(talks, "kept", lambda said: [one for one in was(said) if one.uid != refusals.EVERYBODY])


def _decisions_forgotten_on_the_way(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(history, "concerned", lambda _event, _told: ())


PLANTS: Final[dict[str, Plant]] = {
    "an edit takes a refusal back": _edits_take_back,
    "a consent covers what nobody had read": _records_cover_everything,
    "a consent never lasts": _records_cover_nothing,
    "what a server had and nobody had read counts as read": _covered_by_time_alone,
    "a refusal that comes after its edit is not heard": _late_versions_unheard,
    "records of one person are kept apart": _records_apart,
    "other records of a person are not read again": _others_not_read_again,
    "a refusal of the interview leaves the rest given": _the_whole_of_work_alone,
    "a decision is forgotten on the way": _decisions_forgotten_on_the_way,
}


def test_without_a_fault_both_agree() -> None:
    """The program is held against the model by these very histories."""
    assert disagreements(tried(400)) == 0


@pytest.mark.parametrize("fault", PLANTS)
def test_a_planted_fault_is_seen(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Turn each law off, one at a time."""
    PLANTS[fault](monkeypatch)
    assert disagreements() > 0


def test_a_case_costs_what_its_forms_cost() -> None:
    """Counted in interviews read, and not in seconds: eight times the forms, edited once each, are eight times the work."""

    def read(count: int) -> int:
        made = [
            Version(f"f{n:03}", k, frozenset({"justice"} if k > 1 else ()))
            for n in range(count)
            for k in (1, 2)
        ]
        return sum(len(step.people) for step in History(case(made), load()).steps)

    assert read(80) == 8 * read(10)
