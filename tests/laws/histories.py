"""Random histories of one alert or case for the laws, and the same history as the program reads it."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
from hypothesis import strategies as st

from sync_scripts.register.case import form_versions
from sync_scripts.register.case.form_versions import Entered
from sync_scripts.register.consents.confidentiality import Asked, Closeness, in_force
from sync_scripts.register.history.arrivals import ARRIVAL, Known
from sync_scripts.register.policy.measure import Decision, Measure, Rating, Reason, Statement
from sync_scripts.register.policy.standing import Standing
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import PROGRAM
from sync_scripts.store.events import Event
from tests.laws import model

__all__ = [
    "ADDING",
    "CLASSES",
    "LEVELS",
    "REPLACING",
    "SAYS",
    "at",
    "closeness",
    "history_of",
    "of_closeness",
    "program",
    "units",
    "waits",
]

LEVELS: Final = ("low", "medium", "high", "critical")
CLASSES: Final = ("", "C2", "C3", "C4")
REASONS: Final = {"danger": 3, "suicide": 3, "brother": 3, "threat": 1, "arrest": 2, "loot": 1}
AHEAD: Final = {"hearing": 2, "care": 2, "service": 3}
"""What asks for somebody only where nobody works any more; no form says such a thing of how urgent something is."""
REPLACING: Final = model.Kind(frozenset({"danger", "suicide", "threat"}))
"""As urgency is read: a new visit says how things are today."""
ADDING: Final = model.Kind(frozenset())
"""As limits are read: what was said adds up."""
SAYS = st.sets(st.sampled_from(sorted(REASONS)), max_size=3).map(
    lambda names: {name: REASONS[name] for name in sorted(names)}
)
_LIMITS: Final = "l"
"""The form that asks for somebody only where nobody works any more."""
_BEGIN: Final = datetime(2026, 3, 2, 8, tzinfo=UTC)


def history_of(chance: random.Random, most: int = 7) -> model.Unit:
    """Return what reached one case: versions of three forms and of one of limits, corrections and moves of forms, decisions."""
    made: list[model.Arrival] = []
    numbers, days, read = dict[str, int](), dict[str, int](), 0
    for _ in range(chance.randint(1, most)):
        kind = chance.choice("vvvvvddcmr") if numbers else "v"
        if kind == "v":
            form = chance.choice("abc" + _LIMITS)
            numbers[form] = numbers.get(form, 0) + 1
            day = days.setdefault(form, chance.randint(0, 3))
            left = form == _LIMITS
            made.append(model.Version(form, numbers[form], day, _says(chance, left=left), left=left))
        elif kind == "d":
            read = chance.randint(read, len(made))
            value = chance.choice((None, 0, 1, 2, 3))
            made.append(model.Decision(value, read, chance.random() < 0.6))
        elif kind == "r":
            if (last := model.decision(model.Unit(made))) is not None and last[1].value is not None:
                read = chance.randint(read, len(made))
                made.append(replace(last[1], value=chance.randint(last[1].value, 3), read=read, raised=True))
        elif kind == "c":
            form = chance.choice(sorted(numbers))
            left = form == _LIMITS
            gone = frozenset(_says(chance, left=left))
            made.append(model.Correction(form, gone, _says(chance, left=left)))
        else:
            made.append(model.Move(chance.choice(sorted(numbers))))
    return model.Unit(made)


def _says(chance: random.Random, *, left: bool) -> dict[str, int]:
    some = AHEAD if left else REASONS
    names = chance.sample(sorted(some), chance.randint(0, 3))
    return {name: some[name] for name in sorted(names)}


units = st.randoms(use_true_random=False).map(history_of)


def program(unit: model.Unit, kind: model.Kind) -> Standing:
    """Return the same history as the program reads it: an hour an arrival, statements rated by the model's reasons."""
    decisions = [
        Decision(
            Known(_at(one.read), one.read),
            LEVELS[one.value] if one.value is not None else None,
            one.works,
            one.raised,
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
    return Standing(list(_statements(unit).values()), decisions, measure, rate)


def waits(unit: model.Unit, kind: model.Kind) -> set[int]:
    """Return on which arrivals somebody must decide, as the program says."""
    found = {(one.said.form, one.said.place) for one in program(unit, kind).waiting}
    return {n for n, one in _statements(unit).items() if (one.form, one.place) in found}


def closeness(unit: model.Unit) -> Closeness:
    """Return how closely a case of the same history is kept, as the program says."""
    some = [
        Asked(
            msgspec.structs.replace(one, said=Rating(CLASSES[model.asked(n, unit)], ())),
            CLASSES[max(model.corrected(version, unit).values(), default=0)]
            if isinstance(version := unit.arrivals[n], model.Version)
            else "",
        )
        for n, one in _statements(unit).items()
    ]
    said = [
        Event(
            "w",
            n,
            _at(one.read),
            "case.confidentiality",
            "case:X",
            {**_value(one), ARRIVAL: one.read},
            PROGRAM,
            "",
        )
        for n, one in enumerate(unit.arrivals)
        if isinstance(one, model.Decision)
    ]
    return in_force(some, said)


def of_closeness(unit: model.Unit) -> model.Unit:
    """Return a history as one of confidentiality: each decision names a class, and nothing counts only where nobody works."""
    made: list[model.Arrival] = []
    for one in unit.arrivals:
        if isinstance(one, model.Decision):
            made.append(replace(one, value=one.value or 1, works=True, raised=False))
        else:
            made.append(replace(one, left=False) if isinstance(one, model.Version) else one)
    return model.Unit(made)


def _value(one: model.Decision) -> dict[str, object]:
    return {"confidentiality": CLASSES[one.value or 0]}


def _above(level: str, known: Mapping[str, int], said: Sequence[Reason]) -> bool:
    return any(one.id not in known and LEVELS.index(one.floor or "low") > LEVELS.index(level) for one in said)


def _statements(unit: model.Unit) -> dict[int, Statement]:
    """Return what the program makes of all that was said, by its place among the arrivals."""
    return {
        n: _statement(n, one, unit)
        for n, one in enumerate(unit.arrivals)
        if isinstance(one, model.Version | model.Correction)
    }


def _statement(n: int, one: model.Said, unit: model.Unit) -> Statement:
    said, form = model.says(n, unit), model.of_form(n, unit)
    reasons = tuple(Reason(name, 0, LEVELS[level]) for name, level in said.items())
    correction = isinstance(one, model.Correction)
    place = 100 + n if isinstance(one, model.Correction) else one.number
    made = Statement(
        form=one.form,
        place=place + 1 if form.left else place,
        day=str(form.day),
        at=at(n + 1),
        arrival=n + 1,
        said=Rating(LEVELS[max(said.values(), default=0)], reasons),
        correction=correction,
        today=not (correction or form.left),
        left_only=form.left,
    )
    moved = model.heard(n, unit)
    return form_versions.heard(
        made, Entered(Known(instant(at(moved + 1)), moved + 1), by_hand=True) if moved > n else None
    )


def at(arrival: int) -> datetime:
    """Return when something arrived."""
    return _BEGIN + timedelta(hours=arrival)


def _at(read: int) -> str:
    """Return as of when somebody decides who had read so many arrivals."""
    return instant(at(read) + timedelta(minutes=30))
