"""Things that may be one, in groups: alerts of one event, or records of one person. Pure; the same whoever came first.

Each group has a head, the first of those that no group holds yet, and all that is proposed beside it. So whatever is proposed
beside anything stands in a group, and a thousand reports of one event are one group, not half a million pairs. Of a group
the likeliest are named and the rest is counted. Sets are bits of whole numbers, as in `sieve`.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Final, Generic, TypeVar

from sync_scripts.register.history.link_decisions import Ties
from sync_scripts.register.history.visibility import Kind, Sight, shows
from sync_scripts.register.links.sieve import Bits, Kinds

__all__ = ["BEST", "Crowd", "Parts", "mark_of", "marked_until"]

BEST: Final = 20
"""How many of a group are named before the rest is only counted."""
_DIGITS: Final = 8

T = TypeVar("T")
Parts = Sequence[tuple[T, Bits]]
"""Those of which the rules say the same, and what: the likeliest first."""
Offered = Callable[[int, Bits], Parts[T]]
"""What the rules propose beside the thing at a place, among some others."""


class Crowd(Generic[T]):
    """Things in a fixed order, what was decided on them, and who is shown what."""

    def __init__(
        self,
        keys: Sequence[str],
        offered: Offered[T],
        *,
        ties: Ties,
        apart: Sequence[Iterable[Hashable]],
        kinds: Sequence[Kind] = (),
        sight: Sight | None = None,
    ) -> None:
        """Sort the things into sets.

        Args:
            keys: what each is called in a decision.
            offered: what the rules propose.
            ties: what was decided.
            apart: labels of each; two with a label in common are no question.
            kinds: of what kind each is for whoever looks; left out where everything is seen.
            sight: who looks.
        """
        self._offered, self._ties = offered, ties
        self._all = (1 << len(keys)) - 1
        self._names = [ties.of(key) for key in keys]
        self._apart, self._labels, self._one = apart, Kinds(), Kinds()
        self._kinds, self._seen = kinds, _seen(kinds, sight)
        for place, name in enumerate(self._names):
            self._labels.add(1 << place, apart[place])
            self._one.add(1 << place, [name])

    def _asked(self, place: int) -> Bits:
        """Return those of which nobody has decided yet whether they are one with something."""
        name = self._names[place]
        settled = self._one.any_of([name, *self._ties.apart(name)])
        return self._all & ~settled & ~self._labels.any_of(self._apart[place])

    def _shown(self, place: int) -> Bits:
        return self._seen[self._kinds[place]] if self._kinds else self._all

    def beside(self, place: int) -> Parts[T]:
        """Return what is proposed beside something, not decided, and may be shown."""
        among = self._asked(place) & self._shown(place)
        return self._offered(place, among) if among else ()

    def groups(self) -> Iterator[tuple[int, Parts[T]]]:
        """Yield each group: the place of its head, and what is proposed beside it. What was decided to be one stands in it as one."""
        held = 0
        for place, name in enumerate(self._names):
            mine = self._one.any_of([name])
            if not held & mine and (parts := self.beside(place)):
                held |= mine
                for _said, bits in parts:
                    held |= bits
                yield place, parts

    def best(self, parts: Parts[T], most: int | None = BEST) -> Iterator[tuple[T, int]]:
        """Yield the likeliest, at most so many; what was decided to be one is named once."""
        return islice(self._named(parts), most)

    def _named(self, parts: Parts[T]) -> Iterator[tuple[T, int]]:
        done = 0
        for said, bits in parts:
            while left := bits & ~done:
                place = (left & -left).bit_length() - 1
                done |= self._one.any_of([self._names[place]])
                yield said, place

    def hidden_beside(self, place: int, among: Bits | None = None) -> int:
        """Return how many are proposed beside something and may not be shown."""
        out = self._asked(place) & ~self._shown(place) & (self._all if among is None else among)
        return size(self._offered(place, out)) if out else 0

    def hidden(self) -> int:
        """Return how many pairs may not be shown: one of the two is always guarded."""
        count, left = 0, self._all
        for place, kind in enumerate(self._kinds):
            if kind.guarded:
                count += self.hidden_beside(place, left)
                left &= ~(1 << place)
        return count


def size(parts: Parts[T]) -> int:
    """Return how many there are in all parts together."""
    return sum(bits.bit_count() for _said, bits in parts)


def _seen(kinds: Sequence[Kind], sight: Sight | None) -> Mapping[Kind, Bits]:
    """Return for each kind of thing those that may be shown beside it."""
    found: dict[Kind, Bits] = defaultdict(int)
    for place, kind in enumerate(kinds):
        found[kind] |= 1 << place
    if sight is None:
        return {}
    return {one: sum(bits for other, bits in found.items() if shows(sight, one, other)) for one in found}


def mark_of(head: str, members: Iterable[tuple[int, str]]) -> str:
    """Return the mark of a group as it was shown: up to which arrival, and a digest of all that it held.

    Args:
        head: key of its head.
        members: number of arrival and key of each.
    """
    found = sorted(members)
    text = "\n".join([head, *(key for _number, key in found)])
    digest = hashlib.sha256(text.encode()).hexdigest()[:_DIGITS].upper()
    return f"G{max((number for number, _key in found), default=0)}-{digest}"


def marked_until(mark: str) -> int | None:
    """Return up to which arrival a group was shown, None if a text is no mark."""
    number, dash, digest = mark.strip().upper().partition("-")
    good = dash and number[:1] == "G" and number[1:].isdecimal() and len(digest) == _DIGITS
    return int(number[1:]) if good else None
