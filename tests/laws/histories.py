"""Random histories of one alert or case for the laws, and the same history as the program reads it."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from hypothesis import strategies as st

from sync_scripts.register.arrivals import Known
from sync_scripts.register.policy import history
from sync_scripts.register.policy.history import Rating, Reason
from sync_scripts.register.policy.measure import Measure
from sync_scripts.register.policy.standing import Standing
from sync_scripts.store.canonical import instant
from tests.laws import model

__all__ = ["ADDING", "LEVELS", "REPLACING", "SAYS", "at", "history_of", "program", "units"]

LEVELS: Final = ("low", "medium", "high", "critical")
REASONS: Final = {"danger": 3, "suicide": 3, "brother": 3, "threat": 1, "arrest": 2, "loot": 1}
REPLACING: Final = model.Kind(frozenset({"danger", "suicide", "threat"}))
"""As urgency is read: a new visit says how things are today."""
ADDING: Final = model.Kind(frozenset())
"""As closeness is read: what was said adds up."""
SAYS = st.sets(st.sampled_from(sorted(REASONS)), max_size=3).map(
    lambda names: {name: REASONS[name] for name in sorted(names)}
)
_BEGIN: Final = datetime(2026, 3, 2, 8, tzinfo=UTC)


def history_of(chance: random.Random, most: int = 7) -> model.Unit:
    """Return what reached one case: versions of three forms, corrections of forms that are there, decisions."""
    made: list[model.Arrival] = []
    numbers, days, read = dict[str, int](), dict[str, int](), 0
    for _ in range(chance.randint(1, most)):
        kind = chance.choice("vvvvdc") if numbers else "v"
        if kind == "v":
            form = chance.choice("abc")
            numbers[form] = numbers.get(form, 0) + 1
            day = days.setdefault(form, chance.randint(0, 3))
            made.append(model.Version(form, numbers[form], day, _says(chance)))
        elif kind == "d":
            read = chance.randint(read, len(made))
            value = chance.choice((None, 0, 1, 2, 3))
            made.append(model.Decision(value, read, chance.random() < 0.6))
        else:
            form = chance.choice(sorted(numbers))
            made.append(model.Correction(form, frozenset(_says(chance)), _says(chance)))
    return model.Unit(made)


def _says(chance: random.Random) -> dict[str, int]:
    names = chance.sample(sorted(REASONS), chance.randint(0, 3))
    return {name: REASONS[name] for name in sorted(names)}


units = st.randoms(use_true_random=False).map(history_of)


def program(unit: model.Unit, kind: model.Kind) -> Standing:
    """Return the same history as the program reads it: an hour an arrival, statements rated by the model's reasons."""
    statements = [
        _statement(n, one, unit) for n, one in enumerate(unit.arrivals) if not isinstance(one, model.Decision)
    ]
    decisions = [
        history.Decision(
            Known(_at(one.read), one.read),
            LEVELS[one.value] if one.value is not None else None,
            one.works,
        )
        for one in unit.arrivals
        if isinstance(one, model.Decision)
    ]

    def rate(places: Mapping[str, int]) -> Rating:
        shown = model.last(unit)
        for _n, one in model.versions(unit):
            if places.get(one.form) == one.number:
                shown[one.form] = one
        return Rating(LEVELS[model.rated(shown, unit, kind)], ())

    measure = Measure(LEVELS, LEVELS[model.ALONE], kind.replaced, _above)
    return Standing(statements, decisions, measure, rate)


def _above(level: str, known: Mapping[str, int], said: Sequence[Reason]) -> bool:
    return any(one.id not in known and LEVELS.index(one.floor or "low") > LEVELS.index(level) for one in said)


def _statement(n: int, one: model.Version | model.Correction, unit: model.Unit) -> history.Statement:
    said = model.says(n, unit)
    reasons = tuple(Reason(name, 0, LEVELS[level]) for name, level in said.items())
    correction = isinstance(one, model.Correction)
    return history.Statement(
        form=one.form,
        place=99 if isinstance(one, model.Correction) else one.number,
        day=str(model.day_of(n, unit)),
        at=at(n + 1),
        arrival=n + 1,
        said=Rating(LEVELS[max(said.values(), default=0)], reasons),
        correction=correction,
        today=not correction,
    )


def at(arrival: int) -> datetime:
    """Return when something arrived."""
    return _BEGIN + timedelta(hours=arrival)


def _at(read: int) -> str:
    """Return as of when somebody decides who had read so many arrivals."""
    return instant(at(read) + timedelta(minutes=30))
