"""How one thing that protects is read: which level is worse, what is grave, and which statements a later form replaces. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import pairwise

import msgspec

from sync_scripts.register.policy.history import Rating, Reason

__all__ = ["Measure"]


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
    replaced: Collection[str]
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
