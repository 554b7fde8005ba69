"""The policy of what protects, said once more and as plainly as can be: what stands, and what is news. Slow; for tests alone.

Written from the rules and not from the program: it asks of each statement whether anything known said the same, over and over.
Levels are 0 to 3. What a version says are reasons, each with how bad it is by itself; a level is that of the worst reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

__all__ = ["Correction", "Decision", "Kind", "Unit", "Version", "news", "stands"]

ALONE = 1
"""The worst level that one person may set aside."""


@dataclass(frozen=True)
class Version:
    """A version of a form: which form, which of its versions, on which day the form was filled in, and what it says."""

    form: str
    number: int
    day: int
    says: Mapping[str, int]


@dataclass(frozen=True)
class Correction:
    """A person's word over all versions of a form."""

    form: str
    without: frozenset[str] = frozenset()
    adds: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Decision:
    """A decision that had read the first ``read`` arrivals. ``value`` None: the rules count; ``works``: work goes on."""

    value: int | None
    read: int
    works: bool = True


Arrival = Version | Correction | Decision


@dataclass(frozen=True)
class Kind:
    """A measure: which reasons only the forms of the last day say."""

    replaced: frozenset[str]


@dataclass(frozen=True)
class Unit:
    """An alert or a case: what arrived, in order."""

    arrivals: Sequence[Arrival]


def corrected(version: Version, unit: Unit, first: int | None = None) -> dict[str, int]:
    """Return what a version says under all corrections, or under those among the first arrivals alone."""
    said = dict(version.says)
    for one in unit.arrivals[:first]:
        if isinstance(one, Correction) and one.form == version.form:
            said = {name: level for name, level in said.items() if name not in one.without} | dict(one.adds)
    return said


def versions(unit: Unit) -> list[tuple[int, Version]]:
    """Return the versions, each with its place among the arrivals."""
    return [(n, one) for n, one in enumerate(unit.arrivals) if isinstance(one, Version)]


def last(unit: Unit) -> dict[str, Version]:
    """Return the last version of each form."""
    found: dict[str, Version] = {}
    for _n, one in sorted(versions(unit), key=lambda item: item[1].number):
        found[one.form] = one
    return found


def rated(shown: Mapping[str, Version], unit: Unit, kind: Kind) -> int:
    """Return how bad a unit is when each form says what one of its versions says."""
    latest = max((one.day for one in shown.values()), default=0)
    levels = [
        level
        for one in shown.values()
        for name, level in corrected(one, unit).items()
        if one.day == latest or name not in kind.replaced
    ]
    return max(levels, default=0)


def decision(unit: Unit) -> tuple[int, Decision] | None:
    """Return the last decision and its place."""
    made = [(n, one) for n, one in enumerate(unit.arrivals) if isinstance(one, Decision)]
    return made[-1] if made else None


def says(n: int, unit: Unit) -> dict[str, int]:
    """Return what an arrival says: a version what it said when it came and still says, a correction the same of its form."""
    one = unit.arrivals[n]
    if isinstance(one, Version):
        by_now = corrected(one, unit)
        return {name: level for name, level in one.says.items() if name in by_now}
    if isinstance(one, Correction):
        form = max((v for k, v in versions(unit) if v.form == one.form and k < n), key=lambda v: v.number)
        by_now = corrected(form, unit)
        return {name: level for name, level in corrected(form, unit, n + 1).items() if name in by_now}
    return {}


def day_of(n: int, unit: Unit) -> int:
    """Return the day of an arrival's form."""
    one = unit.arrivals[n]
    return next(v.day for _k, v in versions(unit) if v.form == one.form)  # type: ignore[union-attr]


def silent(name: str, after: int, before: int, unit: Unit) -> bool:
    """Tell whether a form of a day between two others does not say a reason."""
    return any(after < one.day < before and name not in says(n, unit) for n, one in versions(unit))


def known(n: int, name: str, unit: Unit, kind: Kind, among: Sequence[int]) -> bool:
    """Tell whether some arrivals said a reason before another one, and no form since that it is over."""
    day = day_of(n, unit)
    return any(
        name in says(k, unit) and not (name in kind.replaced and silent(name, day_of(k, unit), day, unit))
        for k in among
    )


def news(unit: Unit, kind: Kind) -> set[int]:
    """Return the places of the arrivals on which somebody must decide."""
    found: set[int] = set()
    said = [n for n, one in enumerate(unit.arrivals) if not isinstance(one, Decision)]
    made = decision(unit)
    if made is None:
        read, value, works = 0, None, True
    else:
        read, value, works = made[1].read, made[1].value, made[1].works
    for n in said:
        if n < read or (made is None and n == said[0]):
            continue
        first = isinstance(unit.arrivals[n], Version) and unit.arrivals[n].number == 1  # type: ignore[union-attr]
        among = sorted(found) if first and not works else [k for k in said if k < n]
        mine = says(n, unit)
        fresh = {name: level for name, level in mine.items() if not known(n, name, unit, kind, among)}
        worst = max(mine.values(), default=0)
        grave = worst > ALONE and any(level > ALONE for level in fresh.values())
        above = works and value is not None and any(level > value for level in fresh.values())
        if grave or above:
            found.add(n)
    return found


def stands(unit: Unit, kind: Kind) -> int:
    """Return the level that counts."""
    made = decision(unit)
    value = made[1].value if made is not None else None
    if value is None:
        return max(worst(unit, kind, versions(unit), versions(unit)))
    if not news(unit, kind):
        return value
    assert made is not None
    unread = [(n, one) for n, one in versions(unit) if n >= made[1].read]
    read = [(n, one) for n, one in versions(unit) if n < made[1].read]
    kept = [item for item in read if item[1] == last(Unit([one for _n, one in read]))[item[1].form]]
    return max(value, *worst(unit, kind, [*unread, *kept], unread))


def worst(
    unit: Unit, kind: Kind, placed: Sequence[tuple[int, Version]], edited: Sequence[tuple[int, Version]]
) -> list[int]:
    """Return the levels of the unit now, with each version in its place, and of what edits newly say."""
    now = last(unit)
    found = [rated(now, unit, kind)]
    found += [rated(now | {one.form: one}, unit, kind) for _n, one in placed]
    for n, one in edited:
        before = {
            name
            for k, other in versions(unit)
            if other.form == one.form and other.number < one.number
            for name in says(k, unit)
        }
        if one.number > 1:
            found += [level for name, level in says(n, unit).items() if name not in before]
    return found
