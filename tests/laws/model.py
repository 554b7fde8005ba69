"""The policy of what protects, said once more and as plainly as can be: what stands, and what is news. Slow; for tests alone.

Written from the rules and not from the program: it asks of each statement whether anything known said the same, over and over.
Levels are 0 to 3. What a version says are reasons, each with how bad it is by itself, or below nought with how many points it adds
to others; a level is that of the worst reason, or of all points.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

ALONE = 1
"""The worst level that one person may set aside."""
BY_POINTS = (2, 2)
"""So many points make a level."""
DEFAULT = 2
"""How closely a case is kept while nobody asks for anything."""


@dataclass(frozen=True)
class Version:
    """A version of a form: which form, which of its versions, on which day the form was filled in, and what it says.

    ``left``: it asks for somebody only where nobody works any more, as a limit does. ``seen``: whoever brought it had read it.
    ``late``: so many arrivals before it was read a server had it.
    """

    form: str
    number: int
    day: int
    says: Mapping[str, int]
    left: bool = False
    seen: bool = False
    late: int = 0


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
    """A decision that had read the first ``read`` arrivals, whenever it was taken. ``value`` None: the rules count; ``works``: work goes on.

    ``raised``: with what is tied to the unit its level is only raised; whoever did that looked at nothing. ``told``: somebody was
    told of what waits, as whoever leaves a case, and decided on no level: that lowers nothing which it asked for.
    """

    value: int | None
    read: int
    works: bool = True
    raised: bool = False
    told: bool = False


Said = Version | Correction
Arrival = Said | Move | Decision


@dataclass(frozen=True)
class Kind:
    """A measure: which reasons only the forms of the last day say."""

    replaced: frozenset[str]


@dataclass(frozen=True)
class News:
    """On what somebody must decide: how urgently, from when (in arrivals), where what was decided, and whether somebody did."""

    level: int
    since: float
    works: bool
    against: int | None
    ended: bool


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


def bad(says: Mapping[str, int]) -> int:
    """Return the level of what is said together."""
    return asking(says, says)


def asking(says: Mapping[str, int], fresh: Collection[str]) -> int:
    """Return the level that what is said asks for by some of its reasons: by a point among all points."""
    asks = [says[name] for name in fresh]
    points = -sum(one for one in says.values() if one < 0)
    by_points = points >= BY_POINTS[0] and any(one < 0 for one in asks)
    return max([0, *asks, *([BY_POINTS[1]] if by_points else [])])


def rated(shown: Mapping[str, Version], unit: Unit, kind: Kind) -> int:
    """Return how bad a unit is when each form says what one of its versions says."""
    latest = max((one.day for one in shown.values()), default=0)
    said: dict[str, int] = {}
    for one in shown.values():
        for name, value in corrected(one, unit).items():
            if one.day == latest or name not in kind.replaced:
                said[name] = max(value, said.get(name, value), key=abs)
    return bad(said)


def decision(unit: Unit) -> tuple[int, Decision] | None:
    """Return the last decision and its place."""
    made = [(n, one) for n, one in enumerate(unit.arrivals) if isinstance(one, Decision)]
    return made[-1] if made else None


def unseen(unit: Unit) -> list[Decision]:
    """Return the decisions that no later one had seen; not those of who was only told of something."""
    made = [(n, one) for n, one in enumerate(unit.arrivals) if isinstance(one, Decision) and not one.told]
    return [
        one for n, one in made if not any(later.read > n and not later.raised for k, later in made if k > n)
    ]


def decided(unit: Unit, kind: Kind) -> int | None:
    """Return the worst level that is decided, at least that of the news of which somebody was only told; None where the rules count."""
    stand = unseen(unit)
    levels = [one.value for one in stand if one.value is not None]
    if not levels:
        return None
    if len(levels) < len(stand):
        levels += worst(unit, kind, versions(unit), versions(unit))
    some = [one for one in unit.arrivals if isinstance(one, Decision) and not one.raised]
    read = max((one.read for one in some if not one.told), default=0)
    told = [n for n, one in news(unit, kind).items() if one.ended and heard(n, unit) >= read]
    return max([*levels, *(bad(says(n, unit)) for n in told)])


def looked(unit: Unit) -> int:
    """Return how many arrivals the last had read who looked."""
    made = [one.read for one in unit.arrivals if isinstance(one, Decision) and not one.raised]
    return made[-1] if made else 0


def end(n: int, unit: Unit) -> int | None:
    """Return the place of the decision that ended what an arrival says: who looked had read it, then and ever after."""
    found = None
    for place, one in enumerate(unit.arrivals):
        if isinstance(one, Decision) and not one.raised:
            had_read = heard(n, unit) < one.read
            found = (place if found is None else found) if had_read else None
    return found


def before(n: int, unit: Unit, *, who_looked: bool = False) -> Decision | None:
    """Return the last decision, or the last of somebody who looked, that had not read what an arrival says, until its end."""
    made = [
        one
        for one in unit.arrivals[: end(n, unit)]
        if isinstance(one, Decision) and one.read <= heard(n, unit)
    ]
    some = [one for one in made if not (who_looked and one.raised)]
    return some[-1] if some else None


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


def stood(n: int, unit: Unit, by: Decision | None) -> dict[str, int]:
    """Return what an arrival says, as far as it said so to whoever decided, if they had read it: as it was corrected by then."""
    if by is None or not had_read(n, unit, by):
        return says(n, unit)
    then = says(n, Unit(unit.arrivals[: by.read]))
    return {name: max(value, then[name]) for name, value in says(n, unit).items() if name in then}


def had_read(n: int, unit: Unit, by: Decision) -> bool:
    """Tell whether whoever decided had read what an arrival says."""
    return heard(n, unit) < by.read


def of_form(n: int, unit: Unit) -> Version:
    """Return a version of the form of which an arrival is."""
    form = unit.arrivals[n].form  # type: ignore[union-attr]
    return next(one for one in unit.arrivals if isinstance(one, Version) and one.form == form)


def seen(n: int, unit: Unit) -> bool:
    """Tell whether an arrival is a version that whoever brought it had read."""
    one = unit.arrivals[n]
    return isinstance(one, Version) and one.seen


def silent(name: str, after: int, before: int, unit: Unit, by: Decision | None) -> bool:
    """Tell whether a form of a day between two others does not say a reason; one that whoever decided had read also of the day of the later."""
    return any(
        after < one.day < before + (by is not None and had_read(n, unit, by))
        and name not in stood(n, unit, by)
        for n, one in versions(unit)
    )


def fresh(n: int, unit: Unit, kind: Kind, among: Sequence[int], by: Decision | None = None) -> set[str]:
    """Return what an arrival says that none of some others said, or with fewer points, since a form last said that it is over.

    Those that whoever decided had read say what they said to them.
    """
    day, found = of_form(n, unit).day, set[str]()
    for name, value in says(n, unit).items():
        known = [
            stood(k, unit, by)[name]
            for k in among
            if name in stood(k, unit, by)
            and not (name in kind.replaced and silent(name, of_form(k, unit).day, day, unit, by))
        ]
        if not known or value < min(0, *known):
            found.add(name)
    return found


def news(unit: Unit, kind: Kind) -> dict[int, News]:
    """Return on what somebody must decide or had to, by the places of the arrivals that say it."""
    found: dict[int, News] = {}
    said = said_in(unit)
    opened = next((n for n in said if not of_form(n, unit).left), None)
    for place, n in enumerate(said):
        one, left, made = unit.arrivals[n], of_form(n, unit).left, before(n, unit)
        value, works = (None, True) if made is None else (made.value, made.works)
        if (made is None and n == opened) or (left and works) or seen(n, unit):
            continue
        first = isinstance(one, Version) and one.number == 1 and not left
        looked_at = before(n, unit, who_looked=True)
        waits = [k for k in found if before(k, unit, who_looked=True) is looked_at]
        new = fresh(n, unit, kind, waits if first and not works else said[:place], looked_at)
        mine = says(n, unit)
        before_it = said[:place] if works else waits
        reached = max((bad(stood(k, unit, looked_at)) for k in before_it), default=-1)
        by_itself = new if bad(mine) > reached else {name for name in new if mine[name] > 0}
        grave = bad(mine) > ALONE and asking(mine, by_itself) > ALONE
        if grave or (
            works and value is not None and (asking(mine, new) > value or bad(mine) > max(value, reached))
        ):
            found[n] = News(
                urgent(n, unit, made), since(n, unit, made), works, value, end(n, unit) is not None
            )
    return found


def urgent(n: int, unit: Unit, made: Decision | None) -> int:
    """Return how urgent it is to decide: as it says, and as what the decision had read last, for that counts no more."""
    mine = bad(says(n, unit))
    if made is None or made.value is None or not made.works:
        return mine
    read = [k for k in said_in(unit) if heard(k, unit) < made.read]
    return max(mine, bad(says(read[-1], unit))) if read else mine


def since(n: int, unit: Unit, made: Decision | None) -> float:
    """Return from when its time counts: when it was heard, not before the decision that had not read it."""
    at = came(n, unit)
    return at if made is None else max(at, next(k for k, one in enumerate(unit.arrivals) if one is made) + 1)


def came(n: int, unit: Unit) -> float:
    """Return when something came: to a server, or with the move that brought it."""
    one, moved = unit.arrivals[n], heard(n, unit)
    return moved + 1 if moved > n or not isinstance(one, Version) else n + 1 - one.late


def waiting(unit: Unit, kind: Kind) -> set[int]:
    """Return the places of the arrivals on which nobody has decided."""
    return {n for n, one in news(unit, kind).items() if not one.ended}


def stands(unit: Unit, kind: Kind) -> int:
    """Return the level that counts."""
    value, waits = decided(unit, kind), waiting(unit, kind)
    elsewhere = [bad(says(n, unit)) for n in waits if of_form(n, unit).left]
    if value is None:
        return max(by_forms(unit, kind), *elsewhere, 0)
    if not waits:
        return value
    unread = [(n, one) for n, one in versions(unit) if heard(n, unit) >= looked(unit)]
    read = [(n, one) for n, one in versions(unit) if heard(n, unit) < looked(unit)]
    of_read = last(Unit([one for _n, one in read]))
    kept_ = [item for item in read if item[1] == of_read[item[1].form]]
    return max(value, *worst(unit, kind, [*unread, *kept_], unread), *elsewhere)


def by_forms(unit: Unit, kind: Kind) -> int:
    """Return what the forms ask for: once something is decided, by what whoever looked last had not read."""
    read = looked(unit) if decided(unit, kind) is not None else 0
    some = [(n, one) for n, one in versions(unit) if heard(n, unit) >= read]
    return max(worst(unit, kind, some, some))


def falls(unit: Unit, kind: Kind) -> list[tuple[float, int]]:
    """Return from when an edit asks for less than the version before it, where that asked for more than the forms now."""
    found, now = list[tuple[float, int]](), last(unit)
    for n, one in versions(unit):
        edit = next((k for k, v in versions(unit) if (v.form, v.number) == (one.form, one.number + 1)), None)
        level = rated(now | {one.form: one}, unit, kind)
        if edit is not None and level > rated(now, unit, kind):
            found.append((max(came(n, unit), came(edit, unit)), level))
    return sorted(found)


def worst(
    unit: Unit, kind: Kind, placed: Sequence[tuple[int, Version]], edited: Sequence[tuple[int, Version]]
) -> list[int]:
    """Return the levels of the unit with these versions, or the last ones, of its forms in all ways, and of what edits newly say."""
    ways: dict[str, list[Version]] = {form: [one] for form, one in last(unit).items()}
    for _n, one in placed:
        ways[one.form].append(one)
    found = [rated(dict(zip(ways, way, strict=True)), unit, kind) for way in product(*ways.values())]
    for n, one in edited:
        if one.number > 1:
            earlier = [k for k, v in versions(unit) if v.form == one.form and v.number < one.number]
            found.append(asking(says(n, unit), fresh(n, unit, Kind(frozenset()), earlier)))
    return found


# --- confidentiality: what all forms together ask for -------------------------------------------------------------------


def asked(n: int, unit: Unit) -> int:
    """Return what a version or a correction asks for by itself."""
    return max(says(n, unit).values(), default=0)


def together(unit: Unit) -> list[tuple[int, int, int]]:
    """Return, in the order in which it was heard, with which arrival all forms together asked for what, and for what after it.

    A version that is heard late takes the place of none.
    """
    found, shown, latest = list[tuple[int, int, int]](), dict[str, int](), dict[str, int]()
    for n in said_in(unit):
        one = unit.arrivals[n]
        total = max([asked(n, unit), *(level for form, level in shown.items() if form != one.form)])  # type: ignore[union-attr]
        if isinstance(one, Correction) or one.number > latest.get(one.form, 0):  # type: ignore[union-attr]
            shown[one.form] = asked(n, unit)  # type: ignore[union-attr]
        if isinstance(one, Version):
            latest[one.form] = max(one.number, latest.get(one.form, 0))
        found.append((n, total, max(shown.values())))
    return found


def asked_anew(unit: Unit, read: int, value: int) -> bool:
    """Tell whether forms came to ask for more than was decided, after it, and not since before it without a break."""
    course = together(unit)
    for place, (n, total, _after) in enumerate(course):
        for level in range(value + 1, total + 1):
            begun = place
            while begun and course[begun - 1][2] >= level:
                begun -= 1
            if heard(n, unit) >= read and heard(course[begun][0], unit) >= read:
                return True
    return False


def less_asked(unit: Unit) -> int | None:
    """Return what is asked for by whoever asks for less than is in force; None where nobody does, or a person decided what is."""
    now = max((max(corrected(one, unit).values(), default=0) for one in last(unit).values()), default=0)
    asked, level = now or DEFAULT, kept(unit) or DEFAULT
    return (
        None if asked >= level or level == max((one.value or 0 for one in unseen(unit)), default=0) else asked
    )


def kept(unit: Unit) -> int:
    """Return how closely a case is kept."""
    now = {form: max(corrected(one, unit).values(), default=0) for form, one in last(unit).items()}
    made = decision(unit)
    by_now = {n: max(corrected(one, unit).values(), default=0) for n, one in versions(unit)}
    if made is None or made[1].value is None:
        return max([*now.values(), *by_now.values()], default=0)
    value = max(one.value or 0 for one in unseen(unit))
    if not asked_anew(unit, made[1].read, made[1].value):
        return value
    unread = [n for n, _one in versions(unit) if heard(n, unit) >= made[1].read]
    read = [(n, one) for n, one in versions(unit) if heard(n, unit) < made[1].read]
    of_read = last(Unit([one for _n, one in read]))
    last_read = [n for n, one in read if one == of_read[one.form]]
    return max([value, *now.values(), *(by_now[n] for n in (*unread, *last_read))])
