"""Random histories of one alert or case for the laws, and the same history as the program reads it."""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
from hypothesis import strategies as st

from sync_scripts.register.case import form_versions
from sync_scripts.register.case.form_versions import Entered
from sync_scripts.register.consents.confidentiality import Asked, Closeness, in_force
from sync_scripts.register.history.arrivals import Known
from sync_scripts.register.policy.measure import Decision, Measure, Rating, Reason, Statement
from sync_scripts.register.policy.standing import Standing
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import PROGRAM
from sync_scripts.store.events import ARRIVAL, SHOWN, Event
from tests.laws import model

LEVELS: Final = ("low", "medium", "high", "critical")
CLASSES: Final = ("", "C2", "C3", "C4")
REASONS: Final = {"danger": 3, "suicide": 3, "brother": 3, "threat": 1, "arrest": 2, "loot": 1}
POINTS: Final = {"crowd": (-1, -2), "night": (-1,)}
"""What makes something worse together with others, by its points."""
AHEAD: Final = {"hearing": 2, "care": 2, "service": 3}
"""What asks for somebody only where nobody works any more; no form says such a thing of how urgent something is."""
REPLACING: Final = model.Kind(frozenset({"danger", "suicide", "threat", "crowd"}))
"""As urgency is read: a new visit says how things are today."""
ADDING: Final = model.Kind(frozenset())
"""As limits are read: what was said adds up."""
SAYS = st.sets(st.sampled_from(sorted(REASONS)), max_size=3).map(
    lambda names: {name: REASONS[name] for name in sorted(names)}
)
_LIMITS: Final = "l"
"""The form that asks for somebody only where nobody works any more."""
_SORTS: Final = ("vvvvvddcmr", "vvvvdrr", "vvvdrtt", "vvvvcmd", "vcccd", "v")
"""What comes how often."""
_BEGIN: Final = datetime(2026, 3, 2, 8, tzinfo=UTC)


def history_of(chance: random.Random, most: int = 9) -> model.Unit:
    """Return what reached one case: versions of three forms and of one of limits, corrections and moves of forms, decisions.

    In some of them few things are said over and over, and much is raised, or told to somebody, that nobody looked at.
    """
    made: list[model.Arrival] = []
    numbers, days, read = dict[str, int](), dict[str, int](), 0
    kinds = chance.choice(_SORTS)
    every = sorted(REASONS | POINTS)
    names = chance.choice((every, [*POINTS, "threat"], chance.sample(every, 2), chance.sample(every, 4)))
    forms = chance.choice(("a", "ab", "abc")) + chance.choice(("", _LIMITS))
    for _ in range(chance.randint(1, most)):
        kind = chance.choice(kinds) if numbers else "v"
        last = model.decision(model.Unit(made))
        if kind == "v":
            form = chance.choice(forms)
            numbers[form] = numbers.get(form, 0) + 1
            day = days.setdefault(form, chance.randint(0, 3))
            said = _says(chance, AHEAD if form == _LIMITS else names)
            seen, late = chance.random() < 0.1, chance.choice((0, 0, 3))
            made.append(model.Version(form, numbers[form], day, said, form == _LIMITS, seen, late))
        elif kind == "d":
            read = chance.randint(read if chance.random() < 0.8 else 0, len(made))
            value, works = chance.choice((None, 0, 1, 2, 3)), chance.random() < 0.6
            made.append(model.Decision(value, read, works))
            if not works and chance.random() < 0.5:  # who leaves it decides on no level
                made[-1] = model.Decision(last[1].value if last is not None else None, read, works, told=True)
        elif kind == "r":
            was = last[1] if last is not None else model.Decision(None, 0)
            more = chance.randint(was.value or 0, 3)
            made.append(replace(was, value=more, read=chance.randint(0, len(made)), raised=True, told=False))
        elif kind == "t":
            if last is not None and not last[1].works:
                read = chance.randint(read, len(made))
                made.append(replace(last[1], read=read, raised=False, told=True))
        elif kind == "c":
            form = chance.choice(sorted(numbers))
            some = AHEAD if form == _LIMITS else names
            made.append(chance.choice((_word, _taken_away, _given_back))(chance, form, some, made))
        else:
            made.append(model.Move(chance.choice(sorted(numbers))))
    return model.Unit(made)


def _word(
    chance: random.Random, form: str, some: Collection[str], _made: Sequence[model.Arrival]
) -> model.Correction:
    """Return a correction of anything."""
    return model.Correction(form, frozenset(_says(chance, some)), _says(chance, some))


def _taken_away(
    _chance: random.Random, form: str, _some: Collection[str], made: Sequence[model.Arrival]
) -> model.Correction:
    """Return one by which a form says nothing any more of what it ever said."""
    return model.Correction(form, frozenset(_ever(form, made)))


def _given_back(
    _chance: random.Random, form: str, _some: Collection[str], made: Sequence[model.Arrival]
) -> model.Correction:
    """Return one by which a form says again all that it ever said."""
    return model.Correction(form, adds=_ever(form, made))


def _ever(form: str, made: Sequence[model.Arrival]) -> dict[str, int]:
    versions = (one for one in made if isinstance(one, model.Version) and one.form == form)
    return {name: bad for one in versions for name, bad in one.says.items()}


def _says(chance: random.Random, some: Collection[str]) -> dict[str, int]:
    names = chance.sample(sorted(some), min(chance.choice((0, 1, 1, 2, 3)), len(some)))
    return {name: _bad(chance, name) for name in sorted(names)}


def _bad(chance: random.Random, name: str) -> int:
    return chance.choice(POINTS[name]) if name in POINTS else (AHEAD | REASONS)[name]


units = st.randoms(use_true_random=False).map(history_of)


def program(unit: model.Unit, kind: model.Kind) -> Standing:
    """Return the same history as the program reads it: an hour an arrival, statements rated by the model's reasons."""
    decisions = [
        Decision(
            Known(instant(at(n + 1)), one.read, shown=_at(one.read)),
            LEVELS[one.value] if one.value is not None else None,
            one.works,
            one.raised,
            one.told,
        )
        for n, one in enumerate(unit.arrivals)
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


def news(unit: model.Unit, kind: model.Kind) -> dict[int, model.News]:
    """Return on what somebody must decide or had to, as the program says."""
    places = {(one.form, one.place): n for n, one in _statements(unit).items()}
    return {
        places[one.said.form, one.said.place]: model.News(
            LEVELS.index(one.level),
            (one.since - _BEGIN) / timedelta(hours=1),
            one.works,
            LEVELS.index(one.against) if one.against is not None else None,
            one.ended_at is not None,
        )
        for one in program(unit, kind).news
    }


def waits(unit: model.Unit, kind: model.Kind) -> set[int]:
    """Return on which arrivals somebody must decide, as the program says."""
    return {n for n, one in news(unit, kind).items() if not one.ended}


def falls(unit: model.Unit, kind: model.Kind) -> list[tuple[float, int]]:
    """Return from when edits asked for less than the version before them, and what that had asked for, as the program says."""
    found = program(unit, kind).falls()
    return sorted(((at - _BEGIN) / timedelta(hours=1), LEVELS.index(one.level)) for at, one in found)


def said(unit: model.Unit, kind: model.Kind) -> dict[str, object]:
    """Return all that the program says of a history."""
    read = program(unit, kind)
    return {
        "level": LEVELS.index(read.level),
        "by forms": LEVELS.index(read.by_forms.level),
        "news": news(unit, kind),
        "falls": falls(unit, kind),
    }


def modelled(unit: model.Unit, kind: model.Kind) -> dict[str, object]:
    """Return the same as the model says it."""
    return {
        "level": model.stands(unit, kind),
        "by forms": model.by_forms(unit, kind),
        "news": model.news(unit, kind),
        "falls": model.falls(unit, kind),
    }


def closeness(unit: model.Unit) -> Closeness:
    """Return how closely a case of the same history is kept, as the program says."""
    some = [
        Asked(
            msgspec.structs.replace(one, said=Rating(CLASSES[model.asked(n, unit)], ()), until=()),
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
            instant(at(n + 1)),
            "case.confidentiality",
            "case:X",
            {**_value(one), ARRIVAL: one.read, SHOWN: _at(one.read)},
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
        match one:
            case model.Decision():
                made.append(replace(one, value=one.value or 1, works=True, raised=False, told=False))
            case model.Version():
                made.append(replace(one, left=False, seen=False, late=0, says=_levels(one.says)))
            case model.Correction():
                made.append(replace(one, adds=_levels(one.adds)))
            case model.Move():
                made.append(one)
    return model.Unit(made)


def _levels(says: Mapping[str, int]) -> dict[str, int]:
    return {name: level for name, level in says.items() if level > 0}


def _value(one: model.Decision) -> dict[str, object]:
    return {"confidentiality": CLASSES[one.value or 0]}


def _above(level: str, known: Mapping[str, int], said: Sequence[Reason]) -> bool:
    """Tell as the rules do: a floor that is not known counts by itself, more points than are known with all others."""
    above = LEVELS.index(level)
    if any(one.floor and one.id not in known and LEVELS.index(one.floor) > above for one in said):
        return True
    enough, by_points = model.BY_POINTS
    grown = any(one.points > max(0, known.get(one.id, 0)) for one in said)
    return grown and by_points > above and sum(one.points for one in said) >= enough


def _statements(unit: model.Unit) -> dict[int, Statement]:
    """Return what the program makes of all that was said, by its place among the arrivals."""
    return {
        n: _statement(n, one, unit)
        for n, one in enumerate(unit.arrivals)
        if isinstance(one, model.Version | model.Correction)
    }


def _statement(n: int, one: model.Said, unit: model.Unit) -> Statement:
    form = model.of_form(n, unit)
    correction = isinstance(one, model.Correction)
    place = 100 + n if isinstance(one, model.Correction) else one.number
    made = Statement(
        form=one.form,
        place=place + 1 if form.left else place,
        day=str(form.day),
        at=at(n + 1 - one.late if isinstance(one, model.Version) else n + 1),
        arrival=n if correction else n + 1,
        said=_rating(model.says(n, unit)),
        correction=correction,
        today=not (correction or form.left),
        seen=model.seen(n, unit),
        left_only=form.left,
        until=tuple(
            (instant(at(k + 1)), _rating(model.stood(n, unit, model.Decision(None, k))))
            for k, other in enumerate(unit.arrivals)
            if k > n and isinstance(other, model.Correction) and other.form == one.form
        ),
    )
    moved = model.heard(n, unit)
    return form_versions.heard(
        made, Entered(Known(instant(at(moved + 1)), moved), by_hand=True) if moved > n else None
    )


def _rating(said: Mapping[str, int]) -> Rating:
    reasons = (
        Reason(name, max(0, -value), LEVELS[value] if value >= 0 else None) for name, value in said.items()
    )
    return Rating(LEVELS[model.bad(said)], tuple(reasons))


def at(arrival: int) -> datetime:
    """Return when something arrived."""
    return _BEGIN + timedelta(hours=arrival)


def _at(arrivals: int) -> str:
    """Return an instant by which so many had arrived."""
    return instant(at(arrivals) + timedelta(minutes=30))
