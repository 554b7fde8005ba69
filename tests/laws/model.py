"""The policy of what protects, said once more and as plainly as can be: what stands, and what is news. Slow; for tests alone.

Written from the rules and not from the program: it asks of each statement whether anything known said the same, over and over.
Levels are 0 to 3. What a version says are reasons, each with how bad it is by itself; a level is that of the worst reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

__all__ = ["Correction", "Decision", "Kind", "Move", "Unit", "Version", "asked", "kept", "news", "stands"]

ALONE = 1
"""The worst level that one person may set aside."""


@dataclass(frozen=True)
class Version:
    """A version of a form: which form, which of its versions, on which day the form was filled in, and what it says.

    ``left``: it asks for somebody only where nobody works any more, as a limit does.
    """

    form: str
    number: int
    day: int
    says: Mapping[str, int]
    left: bool = False


@dataclass(frozen=True)
class Correction:
    """A person's word over all versions of a form."""

    form: str
    without: frozenset[str] = frozenset()
    adds: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Move:
    """A person brings a form from another case: all that it said before is heard only now."""

    form: str


@dataclass(frozen=True)
class Decision:
    """A decision that had read the first ``read`` arrivals. ``value`` None: the rules count; ``works``: work goes on.

    ``raised``: with what is tied to the unit its level is only raised; whoever did that looked at nothing.
    """

    value: int | None
    read: int
    works: bool = True
    raised: bool = False


Said = Version | Correction
Arrival = Said | Move | Decision


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


def said_in(unit: Unit) -> list[int]:
    """Return the places of all that was said, in the order in which it was heard; of what came with a move corrections last."""
    some = [n for n, one in enumerate(unit.arrivals) if isinstance(one, Version | Correction)]
    return sorted(some, key=lambda n: (heard(n, unit), isinstance(unit.arrivals[n], Correction), n))


def heard(n: int, unit: Unit) -> int:
    """Return with which arrival something was heard in the unit: its own, or the last move of its form after it."""
    one = unit.arrivals[n]
    moves = [k for k, other in enumerate(unit.arrivals) if isinstance(other, Move) and other.form == one.form]  # type: ignore[union-attr]
    return max([n, *moves])


def versions(unit: Unit) -> list[tuple[int, Version]]:
    """Return the versions of which states are made, each with its place among the arrivals."""
    return [(n, one) for n, one in enumerate(unit.arrivals) if isinstance(one, Version) and not one.left]


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


def looked(unit: Unit) -> int:
    """Return how many arrivals the last had read who looked."""
    made = [one.read for one in unit.arrivals if isinstance(one, Decision) and not one.raised]
    return made[-1] if made else 0


def ground(n: int, unit: Unit) -> Decision | None:
    """Return what was decided when something was heard: by the last decision that had not read it yet."""
    made = [one for one in unit.arrivals if isinstance(one, Decision) and one.read <= heard(n, unit)]
    return made[-1] if made else None


def says(n: int, unit: Unit) -> dict[str, int]:
    """Return what an arrival says: a version what it said when it came and still says, a correction the same of its form."""
    one = unit.arrivals[n]
    if isinstance(one, Version):
        by_now = corrected(one, unit)
        return {name: level for name, level in one.says.items() if name in by_now}
    if isinstance(one, Correction):
        some = [v for v in unit.arrivals[:n] if isinstance(v, Version) and v.form == one.form]
        form = max(some, key=lambda v: v.number)
        by_now = corrected(form, unit)
        return {name: level for name, level in corrected(form, unit, n + 1).items() if name in by_now}
    return {}


def of_form(n: int, unit: Unit) -> Version:
    """Return a version of the form of which an arrival is."""
    form = unit.arrivals[n].form  # type: ignore[union-attr]
    return next(one for one in unit.arrivals if isinstance(one, Version) and one.form == form)


def silent(name: str, after: int, before: int, unit: Unit) -> bool:
    """Tell whether a form of a day between two others does not say a reason."""
    return any(after < one.day < before and name not in says(n, unit) for n, one in versions(unit))


def known(n: int, name: str, unit: Unit, kind: Kind, among: Sequence[int]) -> bool:
    """Tell whether some arrivals said a reason before another one, and no form since that it is over."""
    day = of_form(n, unit).day
    return any(
        name in says(k, unit)
        and not (name in kind.replaced and silent(name, of_form(k, unit).day, day, unit))
        for k in among
    )


def news(unit: Unit, kind: Kind) -> set[int]:
    """Return the places of the arrivals on which somebody must decide."""
    found: list[int] = []
    said, read = said_in(unit), looked(unit)
    opened = next((n for n in said if not of_form(n, unit).left), None)
    for place, n in enumerate(said):
        one, left, made = unit.arrivals[n], of_form(n, unit).left, ground(n, unit)
        value, works = (None, True) if made is None else (made.value, made.works)
        if heard(n, unit) < read or (made is None and n == opened) or (left and works):
            continue
        first = isinstance(one, Version) and one.number == 1 and not left
        among = found if first and not works else said[:place]
        mine = says(n, unit)
        fresh = {name: level for name, level in mine.items() if not known(n, name, unit, kind, among)}
        worst = max(mine.values(), default=0)
        grave = worst > ALONE and any(level > ALONE for level in fresh.values())
        above = works and value is not None and any(level > value for level in fresh.values())
        if grave or above:
            found.append(n)
    return set(found)


def stands(unit: Unit, kind: Kind) -> int:
    """Return the level that counts."""
    made, waits = decision(unit), news(unit, kind)
    value = made[1].value if made is not None else None
    elsewhere = [max(says(n, unit).values()) for n in waits if of_form(n, unit).left]
    if value is None:
        return max([*worst(unit, kind, versions(unit), versions(unit)), *elsewhere])
    if not waits:
        return value
    unread = [(n, one) for n, one in versions(unit) if heard(n, unit) >= looked(unit)]
    read = [(n, one) for n, one in versions(unit) if heard(n, unit) < looked(unit)]
    of_read = last(Unit([one for _n, one in read]))
    kept_ = [item for item in read if item[1] == of_read[item[1].form]]
    return max(value, *worst(unit, kind, [*unread, *kept_], unread), *elsewhere)


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


# --- confidentiality: what all forms together ask for -------------------------------------------------------------------


def asked(n: int, unit: Unit) -> int:
    """Return what a version or a correction asks for by itself."""
    return max(says(n, unit).values(), default=0)


def together(unit: Unit) -> list[tuple[int, int]]:
    """Return, in the order in which it was heard, with which arrival all forms together asked for what."""
    found, shown = list[tuple[int, int]](), dict[str, int]()
    for n in said_in(unit):
        shown[unit.arrivals[n].form] = asked(n, unit)  # type: ignore[union-attr]
        found.append((n, max(shown.values())))
    return found


def asked_anew(unit: Unit, read: int, value: int) -> bool:
    """Tell whether forms came to ask for more than was decided, after it, and not since before it without a break."""
    course = together(unit)
    for place, (n, total) in enumerate(course):
        for level in range(value + 1, total + 1):
            begun = place
            while begun and course[begun - 1][1] >= level:
                begun -= 1
            if heard(n, unit) >= read and heard(course[begun][0], unit) >= read:
                return True
    return False


def kept(unit: Unit) -> int:
    """Return how closely a case is kept."""
    now = {form: max(corrected(one, unit).values(), default=0) for form, one in last(unit).items()}
    made = decision(unit)
    by_now = {n: max(corrected(one, unit).values(), default=0) for n, one in versions(unit)}
    if made is None or made[1].value is None:
        return max([*now.values(), *by_now.values()], default=0)
    if not asked_anew(unit, made[1].read, made[1].value):
        return made[1].value
    unread = [n for n, _one in versions(unit) if heard(n, unit) >= made[1].read]
    read = [(n, one) for n, one in versions(unit) if heard(n, unit) < made[1].read]
    of_read = last(Unit([one for _n, one in read]))
    last_read = [n for n, one in read if one == of_read[one.form]]
    return max([made[1].value, *now.values(), *(by_now[n] for n in (*unread, *last_read))])
