"""What is news: what an arrival says that nobody had read who decided, and nothing before it had said. Pure.

Repetition is no news. Where nobody works any more, a new form is news whatever was known. What came first to a unit is what it
was opened for, and no news.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from sync_scripts.register.policy.history import Decision, Statement, reading_order
from sync_scripts.register.policy.measure import Measure

__all__ = ["News", "news"]


class News(msgspec.Struct, frozen=True):
    """Something that a person has to decide on.

    Attributes:
        said: what was said.
        level: how urgent it is to decide: as it says, and where a level was decided as what that had read, too, for it counts no more.
        since: from when its time counts: when it was heard, but not before the decision that had not read it.
        works: whether somebody worked on the unit when it came.
        against: the level that was decided then; None where nobody had.
        ended_at: the decision that had read it, as text; None while it waits.
    """

    said: Statement
    level: str
    since: datetime
    works: bool
    against: str | None = None
    ended_at: str | None = None


def news(statements: Iterable[Statement], decisions: Sequence[Decision], measure: Measure) -> list[News]:
    """Return all news of a unit, those included that somebody has decided on, in the order in which it was read.

    Args:
        statements: all that its forms and corrections say.
        decisions: in order.
        measure: what is worse, and what is grave.
    """
    every = reading_order(statements)
    return list(_Reader(every, decisions, measure).read())


class _Reader:
    """Reads statements one after the other; what was read before is known."""

    def __init__(
        self, statements: Sequence[Statement], decisions: Sequence[Decision], measure: Measure
    ) -> None:
        self.statements, self.decisions, self.measure = statements, decisions, measure
        self.known = _Heard(statements, measure)
        self.waiting = _Heard(statements, measure)
        self.ground: Decision | None = None
        self.looked: Decision | None = None

    def read(self) -> Iterable[News]:
        for one in self.statements:
            self._stand_on(*self._ground_of(one))
            if not one.seen and not (self.known.empty and self.ground is None) and self._is_news(one):
                yield self._made(one)
                self.waiting.add(one)
            self.known.add(one)

    def _ground_of(self, one: Statement) -> tuple[Decision | None, Decision | None]:
        """Return the last decision before the first that had read a statement, and the last of these by which somebody looked."""
        before = looked = None
        for decision in self.decisions:
            if decision.had_read(one):
                break
            if one.new_in(decision.known):
                before = decision
                looked = looked if decision.raised else decision
        return before, looked

    def _stand_on(self, ground: Decision | None, looked: Decision | None) -> None:
        self.ground = ground
        if looked is not self.looked:
            self.looked, self.waiting = looked, _Heard(self.statements, self.measure)

    def _is_news(self, one: Statement) -> bool:
        left = self.ground is not None and not self.ground.works
        if one.left_only and not left:
            return False
        heard = self.waiting if left and one.first else self.known
        known = heard.known_to(one)
        if self.measure.is_new_danger(one.said, known, (self.waiting if left else self.known).reached):
            return True
        if left or self.ground is None or self.ground.level is None:
            return False
        return self.measure.above(self.ground.level, known, one.said.reasons)

    def _made(self, one: Statement) -> News:
        ends = (decision.known.at for decision in self.decisions if decision.had_read(one))
        ground = self.ground
        said = [one.said]
        if ground is not None and ground.works and ground.level is not None:
            read = (other.said for other in reversed(self.statements) if not other.new_in(ground.known))
            said += [rating for rating in [next(read, None)] if rating is not None]
        return News(
            one,
            self.measure.worst(said).level,
            ground.known.from_then(one.at) if ground is not None else one.at,
            ground is None or ground.works,
            ground.level if ground is not None else None,
            next(ends, None),
        )


class _Heard:
    """What was heard so far: the points of each reason, and of those that a later form replaces, on which days."""

    def __init__(self, statements: Iterable[Statement], measure: Measure) -> None:
        self.measure = measure
        self.empty = True
        self.reached: str | None = None
        self._points: dict[str, int] = {}
        self._days: dict[str, list[tuple[str, int]]] = {}
        self._silent = _silent_days(statements, measure)

    def add(self, one: Statement) -> None:
        """Hear a statement; what counts only where nobody works is not what a unit was opened for."""
        self.empty = self.empty and one.left_only
        rank = self.measure.rank
        if self.reached is None or rank(one.said.level) > rank(self.reached):
            self.reached = one.said.level
        for reason in one.said.reasons:
            self._points[reason.id] = max(reason.points, self._points.get(reason.id, reason.points))
            if reason.id in self.measure.replaced:
                insort(self._days.setdefault(reason.id, []), (one.day, reason.points))

    def known_to(self, one: Statement) -> dict[str, int]:
        """Return what is known to whoever reads a statement: no reason that a form since then did not say, where forms replace."""
        return {name: points for name in self._points if (points := self._point(name, one.day)) is not None}

    def _point(self, name: str, day: str) -> int | None:
        if name in self.measure.replaced:
            return self._since_silence(name, day)
        return self._points[name]

    def _since_silence(self, name: str, day: str) -> int | None:
        """Return the most points of a reason since the last day before one on which a form did not say it."""
        silent = self._silent.get(name, [])
        place = bisect_left(silent, day)
        last = silent[place - 1] if place else ""
        return max((points for said, points in self._days.get(name, ()) if said >= last), default=None)


def _silent_days(statements: Iterable[Statement], measure: Measure) -> dict[str, list[str]]:
    """Return on which days forms told how things were and did not say a reason, in order."""
    found: dict[str, set[str]] = {name: set() for name in measure.replaced}
    for one in statements:
        said = {reason.id for reason in one.said.reasons}
        for name, days in found.items():
            if one.today and name not in said:
                days.add(one.day)
    return {name: sorted(days) for name, days in found.items()}
