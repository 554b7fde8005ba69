"""Each law of the policy is seen red: with a fault planted in the program it says another thing than the plain model."""

from __future__ import annotations

import inspect
import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import msgspec
import pytest

from sync_scripts.register.case import form_versions
from sync_scripts.register.consents import confidentiality as kept_closely
from sync_scripts.register.history.arrivals import Known
from sync_scripts.register.policy import standing as reading
from sync_scripts.register.policy.measure import Decision, Measure, Rating, Statement
from sync_scripts.register.policy.standing import Standing
from tests.examples import tried
from tests.laws import model
from tests.laws.histories import (
    ADDING,
    CLASSES,
    LEVELS,
    REPLACING,
    closeness,
    history_of,
    modelled,
    of_closeness,
    said,
)

Plant = Callable[[pytest.MonkeyPatch], None]
_MANY: Final = 600
_MOST: Final = 6_000
"""Histories after which a fault that nothing showed is taken as unseen."""


def disagreeing(most: int) -> Iterator[model.Unit]:
    """Yield the histories of which the program says another level, other news, another class or another question of it than the model."""
    chance = random.Random(7)
    for number in range(most):
        unit, kind = history_of(chance), (REPLACING, ADDING)[number % 2]
        closely = of_closeness(unit)
        found = closeness(closely)
        kept = CLASSES.index(found.level), found.waits and CLASSES.index(found.waits.asked)
        modelled_kept = model.kept(closely) or model.DEFAULT, model.less_asked(closely)
        if said(unit, kind) != modelled(unit, kind) or kept != modelled_kept:
            yield unit


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


def _cover_by_time(patch: pytest.MonkeyPatch) -> None:
    """Whoever fills in a workbook has seen what people decided until it comes back."""
    patch.setattr(Known, "decided_since", lambda self, at: at > self.at)


def _never_lower_again(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Standing, "decided", property(lambda self: _highest_ever(self.decisions)))


def _highest_ever(decisions: Sequence[Decision]) -> str | None:
    return max(
        (one.level for one in decisions if one.level is not None), key=(LEVELS + CLASSES).index, default=None
    )


def _repetition_is_news(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(reading._Heard, "known_to", lambda _self, _one: {})


def _repetition_is_none_where_nobody_works(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Statement, "first", property(lambda _self: False))


def _moved_form_is_seen(patch: pytest.MonkeyPatch) -> None:
    was = reading._Reader._is_news
    patch.setattr(reading._Reader, "_is_news", lambda self, one: one.place > 1 and was(self, one))


def _what_is_over_stays_known(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(reading._Heard, "_since_silence", lambda self, name, _day: self._points.get(name))


def _read_as_it_is_now(patch: pytest.MonkeyPatch) -> None:
    """Whoever decided had seen what was corrected since."""
    patch.setattr(Statement, "as_read", lambda self, _known: self)


def _over_on_a_later_day_alone(patch: pytest.MonkeyPatch) -> None:
    was = reading._silent_days

    def silent_days(*given: Any) -> dict[str, list[tuple[str, bool]]]:
        return {name: [(day, True) for day, _unread in days] for name, days in was(*given).items()}

    patch.setattr(reading, "_silent_days", silent_days)


def _grave_by_one(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Measure, "is_new_danger", lambda *_said: False)


def _edits_beside_later_forms(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Standing, "_newly_said", lambda _self, _edited: iter(()))


def _left_only_opens(patch: pytest.MonkeyPatch) -> None:
    was = reading._Heard.add

    def add(self: reading._Heard, one: Statement) -> None:
        was(self, one)
        self.empty = False

    patch.setattr(reading._Heard, "add", add)


def _left_only_everywhere(patch: pytest.MonkeyPatch) -> None:
    was = reading._Reader._is_news
    patch.setattr(
        reading._Reader,
        "_is_news",
        lambda self, one: was(self, msgspec.structs.replace(one, left_only=False)),
    )


def _left_only_raises_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Standing, "_elsewhere", lambda _self: [])


def _raised_is_looked_at(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Decision, "had_read", lambda self, one: not one.new_in(self.known))


def _last_stands(patch: pytest.MonkeyPatch) -> None:
    """The last decision stands, whatever it had seen."""
    patch.setattr(Decision, "had_seen", lambda _self, _other: True)


def _told_is_decided(patch: pytest.MonkeyPatch) -> None:
    """Who leaves a case, or was told of danger in one that was left, decided on its level."""
    patch.setattr(
        Standing, "decided", property(lambda self: self.decisions[-1].level if self.decisions else None)
    )


def _raised_is_decided(patch: pytest.MonkeyPatch) -> None:
    """Who only raised a level looked at what had come before: what says the same again is told again."""
    was = reading._Reader._ground_of

    def ground_of(self: reading._Reader, one: Statement) -> tuple[Decision | None, Decision | None]:
        before, _looked = was(self, one)
        return before, before

    patch.setattr(reading._Reader, "_ground_of", ground_of)


def _last_cover_alone(patch: pytest.MonkeyPatch) -> None:
    """What any decision had read is ended, also where a later one had read less."""
    patch.setattr(
        reading._Reader,
        "_end_of",
        lambda self, one: next(
            (n for n, by in enumerate(self.decisions) if by.had_read(one)), len(self.decisions)
        ),
    )


def _moved_form_was_read(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(form_versions, "heard", lambda one, _entered: one)


def _asked_anew_is_known(patch: pytest.MonkeyPatch) -> None:
    was = kept_closely._together

    def together(asked: Sequence[kept_closely.Asked]) -> Iterator[Statement]:
        for one in was(asked):
            once = tuple(
                msgspec.structs.replace(reason, id=reason.floor or "") for reason in one.said.reasons
            )
            yield msgspec.structs.replace(one, said=Rating(one.said.level, once))

    patch.setattr(kept_closely, "_together", together)


def _nobody_is_asked_for_less(patch: pytest.MonkeyPatch) -> None:
    """Only where the way from version to version tells since when less is asked for."""
    source = inspect.getsource(kept_closely._less)
    faulty = source.replace("since or first", "since")
    assert faulty != source
    made: dict[str, Any] = dict(vars(kept_closely))
    exec(f"from __future__ import annotations\n{faulty}", made)  # noqa: S102 - the fault is one word of it
    patch.setattr(kept_closely, "_less", made["_less"])


PLANTS: Final[dict[str, Plant]] = {
    "a worse version is ignored": _ignore_worse_versions,
    "the cover is ignored": _ignore_cover,
    "the cover is too wide": _cover_too_wide,
    "what was not shown counts as seen": _cover_unread,
    "what a person laid over a form since it was shown counts as seen": _cover_by_time,
    "a level is never lowered again": _never_lower_again,
    "repetition is taken for news": _repetition_is_news,
    "a new form where nobody works is taken for repetition": _repetition_is_none_where_nobody_works,
    "a form that is new in a unit is taken as seen": _moved_form_is_seen,
    "what was over and is back is taken as known": _what_is_over_stays_known,
    "what was corrected since is taken as it had been so for whoever decided": _read_as_it_is_now,
    "what a form of the same day no longer said when somebody decided is taken as known": _over_on_a_later_day_alone,
    "grave reasons are set aside by one person": _grave_by_one,
    "what an edit tells late is replaced": _edits_beside_later_forms,
    "what counts where nobody works is what a unit was opened for": _left_only_opens,
    "what counts where nobody works counts everywhere": _left_only_everywhere,
    "what counts where nobody works raises no level": _left_only_raises_nothing,
    "who only raised a level looked at what waits": _raised_is_looked_at,
    "a decision lowers one that it had not seen": _last_stands,
    "a case that is left has the level that was decided before": _told_is_decided,
    "a level that is only raised is taken for a decision": _raised_is_decided,
    "a decision that had read less ends what one before it had read": _last_cover_alone,
    "what a form that is moved had said was read": _moved_form_was_read,
    "a class that is asked for anew is taken as known": _asked_anew_is_known,
    "whoever asks for less asks nobody where what is in force was read before": _nobody_is_asked_for_less,
}


def test_without_a_fault_both_agree() -> None:
    """The program is held against the model by these very histories."""
    assert list(disagreeing(tried(_MANY))) == []


@pytest.mark.parametrize("fault", PLANTS)
def test_a_planted_fault_is_seen(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Turn each law off, one at a time."""
    PLANTS[fault](monkeypatch)
    assert next(disagreeing(_MOST), None) is not None


@pytest.mark.slow
def test_both_agree_at_length() -> None:
    """Twenty thousand histories."""
    assert list(disagreeing(20_000)) == []
