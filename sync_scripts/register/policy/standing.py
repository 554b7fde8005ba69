"""What stands of a measure: by the forms alone, by a decision, or by both where there is news. Pure.

Nobody decided: the worst of what the forms say now, and of what each version said in its place; what an edit newly says counts
also beside the forms that came later. Decided, and no news: the decision. Decided, and news: the worst of the decision, of what
the forms say now, and in its place of each version that the decision had not read and of the last one that it had.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property

from sync_scripts.register.history.arrivals import Known
from sync_scripts.register.policy.history import Decision, Rating, Statement
from sync_scripts.register.policy.measure import Measure
from sync_scripts.register.policy.news import News, news

__all__ = ["Standing"]

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
        """Return the level that is decided, at least that of what somebody was only told of; None where the rules count."""
        level = self.decisions[-1].level if self.decisions else None
        if level is None:
            return None
        looked = [one for one in self.decisions if not one.told]
        told = [one for one in self.decisions if one.told]
        heard = (
            one.said
            for one in self.statements
            if any(by.had_read(one) for by in told) and not any(by.had_read(one) for by in looked)
        )
        return self.measure.worst([Rating(level, ()), *heard]).level

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
        known = self._read if self.decided is not None else None
        versions = [one for one in self._versions() if known is None or one.new_in(known)]
        return self._worst(versions, versions)

    @cached_property
    def level(self) -> str:
        """Return the level that counts."""
        if self.decided is None:
            return self.measure.worst([self.by_forms, *self._elsewhere()]).level
        if not self.waiting:
            return self.decided
        known = self._read
        unread = [one for one in self._versions() if one.new_in(known)]
        read = {one.form: one for one in self._versions() if not one.new_in(known)}
        worst = self._worst([*unread, *read.values()], unread)
        return self.measure.worst([Rating(self.decided, ()), worst, *self._elsewhere()]).level

    def _elsewhere(self) -> list[Rating]:
        """Return what waits for somebody only because nobody works any more: no state of the unit says it."""
        return [one.said.said for one in self.waiting if one.said.left_only]

    def falls(self) -> Iterator[tuple[datetime, Rating]]:
        """Yield when a later version took the place of one that asked for more than the forms do now, and how that was rated.

        Once both were heard: a version that is heard late asked for nothing before.
        """
        versions = self._versions()
        for nth, one in enumerate(versions):
            following = next((other for other in versions[nth + 1 :] if other.form == one.form), None)
            if following is not None:
                rating = self._rate({one.form: one.place})
                if self.measure.rank(rating.level) > self.measure.rank(self.now.level):
                    yield max(one.at, following.at), rating

    def _versions(self) -> list[Statement]:
        """Return the versions of which states are made, those of one form in the order in which the phone made them."""
        some = (one for one in self.statements if not (one.correction or one.left_only))
        return sorted(some, key=lambda one: one.place)

    def _worst(self, versions: Iterable[Statement], edited: Sequence[Statement]) -> Rating:
        """Return the worst of what the forms say now, of what some versions said in their place, and of the worst of each at once.

        Of edits that newly say something, what they say counts also beside the forms that came later.
        """
        last = {one.form: one.place for one in self._versions()}
        found, placed = [self.now], defaultdict[str, list[tuple[int, int]]](list)
        for one in versions:
            if one.place != last[one.form]:
                rating = self._rate({one.form: one.place})
                found.append(rating)
                placed[one.form].append((self.measure.rank(rating.level), one.place))
        if len(placed) > 1:
            found.append(self._rate({form: max(some)[1] for form, some in placed.items()}))
        found.extend(self._newly_said(edited))
        return self.measure.worst(found)

    def _newly_said(self, edited: Sequence[Statement]) -> Iterator[Rating]:
        """Yield the level that each of some edits asks for by what no earlier version of its form said."""
        wanted = {(one.form, one.place) for one in edited if one.place > 1}
        said: dict[str, dict[str, int]] = defaultdict(dict)
        for one in self._versions() if wanted else ():
            known = said[one.form]
            if (one.form, one.place) in wanted and (
                level := self.measure.asked_for(known, one.said)
            ) is not None:
                yield Rating(level, one.said.reasons)
            for reason in one.said.reasons:
                known[reason.id] = max(reason.points, known.get(reason.id, reason.points))
