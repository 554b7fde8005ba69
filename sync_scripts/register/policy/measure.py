"""One thing that protects and what is said of it: statements of forms, decisions with what each covers, and how they are read. Pure.

A measure says which level is worse, what is grave, and which statements a later form replaces.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import pairwise

import msgspec

from sync_scripts.register.history.arrivals import Known
from sync_scripts.store.canonical import instant


class Reason(msgspec.Struct, frozen=True):
    """One rule that applied, with the points it added and the level under which it lets nothing fall."""

    id: str
    points: int
    floor: str | None


class Rating(msgspec.Struct, frozen=True):
    """How a measure reads one state: a level, and the reasons for it."""

    level: str
    reasons: tuple[Reason, ...]


class Statement(msgspec.Struct, frozen=True):
    """What one version of a form, or one correction of it, says of a measure.

    Attributes:
        form: key of the form.
        place: which version of its form it is, as the phone made them, from 1; a correction lies behind the last.
        day: local day of the first version of its form, as ISO text: no edit moves a form past another one.
        at: when it was heard: received by a server, or decided.
        arrival: the register's order; 0 where only its time tells.
        said: how the measure reads the unit with what it says: as it was collected, and no worse than as it is corrected by now.
        correction: it is a person's word, which lies over the versions.
        by_hand: a person moved its form into the unit, where it is heard from then on.
        today: it says how things are on its day, so that a reason which it does not say is over.
        seen: whoever brought its form into the unit had read it.
        left_only: it asks for somebody only where nobody works any more.
        until: what it said until each correction that was laid over its form since, by the instant of that, in order.
    """

    form: str
    place: int
    day: str
    at: datetime
    arrival: int
    said: Rating
    correction: bool = False
    by_hand: bool = False
    today: bool = False
    seen: bool = False
    left_only: bool = False
    until: tuple[tuple[str, Rating], ...] = ()

    @property
    def first(self) -> bool:
        """Tell whether it is the first version of its form; a correction never is."""
        return self.place == 1 and not self.correction

    def new_in(self, known: Known) -> bool:
        """Tell whether a decision that knew so much had not read it; of what came by no version its own time tells."""
        at = instant(self.at)
        by_person = self.correction or self.by_hand
        return known.decided_since(at) if by_person else known.missed(at, self.arrival)

    def as_read(self, known: Known) -> Statement:
        """Return it as it stood for a decision that had read it: without what was corrected since."""
        said = next((said for at, said in self.until if known.decided_since(at)), self.said)
        return self if said is self.said else msgspec.structs.replace(self, said=said)


class Decision(msgspec.Struct, frozen=True):
    """A decision that covers what was built and shown by then.

    Attributes:
        known: what it had read.
        level: what is decided from then on; None where the rules count.
        works: whether somebody works on the unit from then on.
        raised: the level is only raised, with what was tied to the unit: nobody looked at what waits.
        told: somebody was only told of what waited: that lowers nothing which it asked for.
    """

    known: Known
    level: str | None = None
    works: bool = True
    raised: bool = False
    told: bool = False

    def had_seen(self, other: Decision) -> bool:
        """Tell whether whoever decided had seen another decision."""
        return not self.raised and not self.known.decided_since(other.known.at)

    def had_read(self, one: Statement) -> bool:
        """Tell whether whoever decided had read a statement."""
        return not self.raised and not one.new_in(self.known)


def reading_order(statements: Iterable[Statement]) -> list[Statement]:
    """Return statements in the order in which the register read them."""
    return sorted(statements, key=reading_key)


def reading_key(one: Statement) -> tuple[int, bool, datetime, str, int]:
    """Return what statements are put into that order by; what was laid over a form, or brought into the unit, behind what came with it."""
    return one.arrival, one.correction or one.by_hand or one.seen, one.at, one.form, one.place


class Measure(msgspec.Struct, frozen=True):
    """One declaration of a measure that protects.

    Attributes:
        levels: from the mildest to the worst.
        alone: the worst level that one person may set aside; what asks for more is grave.
        replaced: ids of the reasons that tell how things are today: a form of a later day replaces them. All others add up.
        above: ``(level, known, said)`` tells whether reasons hold anything that is not known and asks for more than a level.
    """

    levels: tuple[str, ...]
    alone: str
    replaced: frozenset[str]
    above: Callable[[str, Mapping[str, int], Sequence[Reason]], bool]

    def rank(self, level: str) -> int:
        """Return the order of a level; higher is worse."""
        return self.levels.index(level)

    @property
    def least_grave(self) -> str:
        """Return the mildest level that one person may not set aside."""
        return self.levels[self.rank(self.alone) + 1]

    def worst(self, ratings: Collection[Rating]) -> Rating:
        """Return the worst of some ratings, the first of several."""
        return max(ratings, key=lambda one: self.rank(one.level))

    def is_grave(self, said: Rating) -> bool:
        """Tell whether one person may not set a level aside."""
        return self.rank(said.level) > self.rank(self.alone)

    def asked_for(self, known: Mapping[str, int], said: Rating) -> str | None:
        """Return the worst level that the reasons ask for which are not known; None when they ask for none above the mildest."""
        steps = reversed(list(pairwise(self.levels)))
        return next((worse for level, worse in steps if self.above(level, known, said.reasons)), None)

    def is_new_danger(self, said: Rating, known: Mapping[str, int], reached: str | None) -> bool:
        """Tell whether a rating is grave, and so for a reason that is not known.

        Where that level was reached before, only a reason that by itself asks for such a level: more points alone are no other
        danger to whoever works on it. None where nobody does.

        Args:
            said: the rating.
            known: the points of each reason that is known.
            reached: the worst level that was known; None of nothing.
        """
        if not self.is_grave(said):
            return False
        rises = reached is None or self.rank(said.level) > self.rank(reached)
        return self.above(
            self.alone, known, said.reasons if rises else tuple(one for one in said.reasons if one.floor)
        )
