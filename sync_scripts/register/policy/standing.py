"""What stands of a measure - by the forms alone, by a decision, or by both where there is news - and what is news. Pure.

Nobody decided: the worst of what the forms say now, and of what each version said in its place; what an edit newly says counts
also beside the forms that came later. Decided, and no news: the decision. Decided, and news: the worst of the decision, of what
the forms say now, and in its place of each version that the decision had not read and of the last one that it had.
Repetition is no news. Where nobody works any more, a new form is news whatever was known. What came first to a unit is what it
was opened for, and no news.
"""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from itertools import product

import msgspec

from sync_scripts.register.history.arrivals import Known
from sync_scripts.register.policy.measure import Decision, Measure, Rating, Statement, reading_order


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
    if len(every) < 2 and not decisions:  # what a unit was opened for
        return []
    return list(_Reader(every, decisions, measure).read())


class _Reader:
    """Reads statements one after the other; what was read before is known."""

    def __init__(
        self, statements: Sequence[Statement], decisions: Sequence[Decision], measure: Measure
    ) -> None:
        self.statements, self.decisions, self.measure = statements, decisions, measure
        self.ground: Decision | None = None
        self.looked: Decision | None = None
        self._hear_anew(())

    def read(self) -> Iterable[News]:
        for place, one in enumerate(self.statements):
            self._stand_on(*self._ground_of(one), self.statements[:place])
            if not one.seen and not (self.known.empty and self.ground is None) and self._is_news(one):
                yield self._made(one)
                self.waiting.add(one)
            self.known.add(one)

    def _ground_of(self, one: Statement) -> tuple[Decision | None, Decision | None]:
        """Return the last decision before the one that ended a statement that had not read it, and the last of these by which somebody looked."""
        unread = [by for by in self.decisions[: self._end_of(one)] if one.new_in(by.known)]
        looked = (by for by in reversed(unread) if not by.raised)
        return unread[-1] if unread else None, next(looked, None)

    def _end_of(self, one: Statement) -> int:
        """Return the place of the first decision that had read a statement and after which none by which somebody looked had not."""
        end = len(self.decisions)
        for place, by in reversed(list(enumerate(self.decisions))):
            if by.had_read(one):
                end = place
            elif not by.raised:
                break
        return end

    def _stand_on(
        self, ground: Decision | None, looked: Decision | None, before: Iterable[Statement]
    ) -> None:
        self.ground = ground
        if looked is not self.looked:
            self.looked = looked
            self._hear_anew(before)

    def _hear_anew(self, before: Iterable[Statement]) -> None:
        """Hear what was read before as it stood for whoever looked last, and wait for what they had not read."""
        silent = _silent_days(self.statements, self.measure, self.looked)
        self.known, self.waiting = _Heard(silent, self.measure), _Heard(silent, self.measure)
        for one in before:
            self.known.add(_as_read(one, self.looked))

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
        worst = max(self.measure.rank(level) for level in (self.ground.level, self.known.reached) if level)
        rises = self.measure.rank(one.said.level) > worst
        return rises or self.measure.above(self.ground.level, known, one.said.reasons)

    def _made(self, one: Statement) -> News:
        ground, end = self.ground, self._end_of(one)
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
            self.decisions[end].known.at if end < len(self.decisions) else None,
        )


def _as_read(one: Statement, looked: Decision | None) -> Statement:
    """Return a statement as it stood for whoever looked, if they had read it."""
    return one.as_read(looked.known) if one.until and looked is not None and looked.had_read(one) else one


class _Heard:
    """What was heard so far: the points of each reason, and of those that a later form replaces, on which days."""

    def __init__(self, silent: Mapping[str, list[tuple[str, bool]]], measure: Measure) -> None:
        self.measure = measure
        self.empty = True
        self.reached: str | None = None
        self._points: dict[str, int] = {}
        self._days: dict[str, list[tuple[str, int]]] = {}
        self._silent = silent

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
        """Return the most points of a reason since the last day before one on which a form did not say it.

        A form of the same day that whoever looked had read tells, too: for them the reason was over.
        """
        silent = self._silent.get(name, [])
        place = bisect_left(silent, (day, True))
        last = silent[place - 1][0] if place else ""
        return max((points for said, points in self._days.get(name, ()) if said >= last), default=None)


def _silent_days(
    statements: Iterable[Statement], measure: Measure, looked: Decision | None
) -> dict[str, list[tuple[str, bool]]]:
    """Return on which days forms told how things were and did not say a reason, in order, each with whether it was new to who looked."""
    found: dict[str, set[tuple[str, bool]]] = {name: set() for name in measure.replaced}
    for one in (one for one in statements if one.today):
        unread, said = looked is None or not looked.had_read(one), _as_read(one, looked).said
        for name in measure.replaced.difference(reason.id for reason in said.reasons):
            found[name].add((one.day, unread))
    return {name: sorted(days) for name, days in found.items()}


Places = Mapping[str, int]
"""Of some forms the version that counts, by key of the form; of all others the last one."""


class Standing:
    """What stands of one measure in one unit, and what waits for somebody to decide on it."""

    def __init__(
        self,
        statements: Sequence[Statement],
        decisions: Sequence[Decision],
        measure: Measure,
        rate: Callable[[Places], Rating],
    ) -> None:
        """Take what a unit is made of.

        Args:
            statements: what its forms and corrections say.
            decisions: on this measure, in order.
            measure: how it is read.
            rate: reads the unit with some versions in the place of the last ones of their forms, as they are corrected by now.
        """
        self.statements: Sequence[Statement] = statements
        self.decisions: Sequence[Decision] = decisions
        self.measure: Measure = measure
        self._rate = rate

    def with_(self, more: Iterable[Statement]) -> Standing:
        """Return the same with further statements; without any, itself, with all that was worked out by now."""
        further = list(more)
        if not further:
            return self
        return Standing([*self.statements, *further], self.decisions, self.measure, self._rate)

    @cached_property
    def decided(self) -> str | None:
        """Return the level that is decided, at least that of what somebody was only told of; None where the rules count.

        Of decisions that no later one had seen, as of a workbook that went out before them, the worst.
        """
        looked = [one for one in self.decisions if not one.told]
        stand = [
            one.level for n, one in enumerate(looked) if not any(by.had_seen(one) for by in looked[n + 1 :])
        ]
        levels = [Rating(level, ()) for level in stand if level is not None]
        if not levels:
            return None
        levels += [self._worst(self._versions, self._versions)] if None in stand else []
        told = (one.said for one in self.news if one.ended_at is not None)
        heard = (one.said for one in told if not any(by.had_read(one) for by in looked))
        return self.measure.worst([*levels, *heard]).level

    @property
    def _read(self) -> Known:
        """Return what was read by the last who looked."""
        return next((one.known for one in reversed(self.decisions) if not one.raised), Known("", 0))

    @cached_property
    def news(self) -> list[News]:
        """Return all news, those included that somebody has decided on."""
        return news(self.statements, self.decisions, self.measure)

    @property
    def waiting(self) -> list[News]:
        """Return the news on which nobody has decided."""
        return [one for one in self.news if one.ended_at is None]

    @cached_property
    def now(self) -> Rating:
        """Return what the forms say now."""
        return self._rate({})

    @cached_property
    def by_forms(self) -> Rating:
        """Return what the forms ask for: no edit that nobody has decided on lowers it; a later form does where it replaces, and a correction."""
        if not self.statements:
            return self.now
        known = self._read if self.decided is not None else None
        versions = [one for one in self._versions if known is None or one.new_in(known)]
        return self._worst(versions, versions)

    @cached_property
    def level(self) -> str:
        """Return the level that counts."""
        if not self.statements and not self.decisions:
            return self.now.level
        if self.decided is None:
            return self.measure.worst([self.by_forms, *self._elsewhere()]).level
        if not self.waiting:
            return self.decided
        known = self._read
        unread = [one for one in self._versions if one.new_in(known)]
        read = {one.form: one for one in self._versions if not one.new_in(known)}
        worst = self._worst([*unread, *read.values()], unread)
        return self.measure.worst([Rating(self.decided, ()), worst, *self._elsewhere()]).level

    def _elsewhere(self) -> list[Rating]:
        """Return what waits for somebody only because nobody works any more: no state of the unit says it."""
        return [one.said.said for one in self.waiting if one.said.left_only]

    def falls(self) -> Iterator[tuple[datetime, Rating]]:
        """Yield when a later version took the place of one that asked for more than the forms do now, and how that was rated.

        Once both were heard: a version that is heard late asked for nothing before.
        """
        versions = self._versions
        for nth, one in enumerate(versions):
            following = next((other for other in versions[nth + 1 :] if other.form == one.form), None)
            if following is not None:
                rating = self._rate({one.form: one.place})
                if self.measure.rank(rating.level) > self.measure.rank(self.now.level):
                    yield max(one.at, following.at), rating

    @cached_property
    def _versions(self) -> Sequence[Statement]:
        """Return the versions of which states are made, those of one form in the order in which the phone made them."""
        some = (one for one in self.statements if not (one.correction or one.left_only))
        return sorted(some, key=lambda one: one.place)

    def _worst(self, versions: Iterable[Statement], edited: Sequence[Statement]) -> Rating:
        """Return the worst of what the forms say now, and with some versions in their place, one of each form at once.

        Of edits that newly say something, what they say counts also beside the forms that came later.
        """
        last = {one.form: one.place for one in self._versions}
        found, placed = [self.now], defaultdict[str, list[tuple[int, int]]](list)
        for one in versions:
            if one.place != last[one.form]:
                rating = self._rate({one.form: one.place})
                found.append(rating)
                placed[one.form].append((self.measure.rank(rating.level), one.place))
        if len(placed) > 1:
            found.extend(map(self._rate, _at_once(placed)))
        found.extend(self._newly_said(edited))
        return self.measure.worst(found)

    def _newly_said(self, edited: Sequence[Statement]) -> Iterator[Rating]:
        """Yield the level that each of some edits asks for by what no earlier version of its form said."""
        wanted = {(one.form, one.place) for one in edited if one.place > 1}
        said: dict[str, dict[str, int]] = defaultdict(dict)
        for one in self._versions if wanted else ():
            known = said[one.form]
            if (one.form, one.place) in wanted and (
                level := self.measure.asked_for(known, one.said)
            ) is not None:
                yield Rating(level, one.said.reasons)
            for reason in one.said.reasons:
                known[reason.id] = max(reason.points, known.get(reason.id, reason.points))


MOST_AT_ONCE = 256
"""Ways to put versions of several forms in their places; where there are more, only the worst of each form is."""


def _at_once(placed: Mapping[str, Sequence[tuple[int, int]]]) -> Iterator[Places]:
    """Yield versions of several forms at once: danger of which each of two edits took a part away counts as it was told."""
    if math.prod(len(some) + 1 for some in placed.values()) > MOST_AT_ONCE:
        yield {form: max(some)[1] for form, some in placed.items()}
        return
    ways = ([None, *(place for _rank, place in some)] for some in placed.values())
    for way in product(*ways):
        places = {form: place for form, place in zip(placed, way, strict=True) if place is not None}
        if len(places) > 1:
            yield places
