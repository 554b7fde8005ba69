"""Each law of the policy is seen red: with a fault planted in the program it says another thing than the plain model."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Final

import pytest

from sync_scripts.register.policy import news as reading
from sync_scripts.register.policy.history import Decision, Statement
from sync_scripts.register.policy.measure import Measure
from sync_scripts.register.policy.standing import Standing
from tests.laws import model
from tests.laws.histories import ADDING, LEVELS, REPLACING, history_of, program

Plant = Callable[[pytest.MonkeyPatch], None]
_MANY: Final = 600


def disagreements(most: int = _MANY) -> int:
    """Return of how many histories the program says another level, or other news, than the model."""
    chance, found = random.Random(7), 0
    for number in range(most):
        unit, kind = history_of(chance), (REPLACING, ADDING)[number % 2]
        said = program(unit, kind)
        waits = {one.said.arrival - 1 for one in said.waiting}
        found += (LEVELS.index(said.level), waits) != (model.stands(unit, kind), model.news(unit, kind))
    return found


def _ignore_worse_versions(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Standing, "_worst", lambda self, _versions, _edited: self.now)


def _ignore_cover(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Statement, "new_in", lambda _self, _known: True)


def _cover_too_wide(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Statement, "new_in", lambda _self, _known: False)


def _cover_unread(patch: pytest.MonkeyPatch) -> None:
    """A decision covers one arrival more than it had read."""
    was = Statement.new_in
    patch.setattr(
        Statement, "new_in", lambda self, known: was(self, known) and self.arrival - 1 != known.arrival
    )


def _never_lower_again(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Standing, "decided", property(lambda self: _highest_ever(self.decisions)))


def _highest_ever(decisions: Sequence[Decision]) -> str | None:
    return max((one.level for one in decisions if one.level is not None), key=LEVELS.index, default=None)


def _repetition_is_news(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(reading._Heard, "known_to", lambda _self, _one: {})


def _repetition_is_none_where_nobody_works(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Statement, "first", property(lambda _self: False))


def _moved_form_is_seen(patch: pytest.MonkeyPatch) -> None:
    was = reading._Reader._is_news
    patch.setattr(reading._Reader, "_is_news", lambda self, one: one.place > 1 and was(self, one))


def _what_is_over_stays_known(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(reading._Heard, "_since_silence", lambda self, name, _day: self._points.get(name))


def _grave_by_one(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Measure, "is_new_danger", lambda *_said: False)


def _edits_beside_later_forms(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Standing, "_newly_said", lambda _self, _edited: iter(()))


PLANTS: Final[dict[str, Plant]] = {
    "a worse version is ignored": _ignore_worse_versions,
    "the cover is ignored": _ignore_cover,
    "the cover is too wide": _cover_too_wide,
    "what was not shown counts as seen": _cover_unread,
    "a level is never lowered again": _never_lower_again,
    "repetition is taken for news": _repetition_is_news,
    "a new form where nobody works is taken for repetition": _repetition_is_none_where_nobody_works,
    "a form that is new in a unit is taken as seen": _moved_form_is_seen,
    "what was over and is back is taken as known": _what_is_over_stays_known,
    "grave reasons are set aside by one person": _grave_by_one,
    "what an edit tells late is replaced": _edits_beside_later_forms,
}


def test_without_a_fault_both_agree() -> None:
    """The program is held against the model by these very histories."""
    assert disagreements() == 0


@pytest.mark.parametrize("fault", PLANTS)
def test_a_planted_fault_is_seen(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Turn each law off, one at a time."""
    PLANTS[fault](monkeypatch)
    assert disagreements() > 0


@pytest.mark.slow
def test_both_agree_at_length() -> None:
    """Twenty thousand histories."""
    assert disagreements(20_000) == 0
