"""Things that may be one, in groups: alerts of one event, or records of one person. Pure; the same whoever came first.

Each group has a head, the first of those that no group holds yet, and all that is proposed beside it. So whatever is proposed
beside anything stands in a group, and a thousand reports of one event are one group, not half a million pairs. Of a group
the likeliest are named and the rest is counted.

Alerts are bits of whole numbers, one number for all with a certain icon, one for those of a certain arrondissement. A rule parts
all of them in one step; what is found is exactly what `compare.Scale.compare` offers, pair by pair.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, islice
from operator import or_
from typing import Final, Generic, TypeAlias, TypeVar

from sync_scripts.register.history.logbook import Ties
from sync_scripts.register.history.visibility import Kind, Sight, shows
from sync_scripts.register.links.compare import Compared, Reason, Scale, Told

BEST: Final = 20
"""How many of a group are named before the rest is only counted."""
_DIGITS: Final = 8

T = TypeVar("T")
Bits: TypeAlias = int
"""A set of alerts of the block: bit n stands for the alert at place n."""
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


_Part: TypeAlias = tuple[Bits, Reason | None]
"""Some alerts, and the reason that a rule gives for all of them; None = the rule says nothing of them."""

_UNKNOWN: Final = "unknown"


class Kinds:
    """Which alerts share a value, for one property."""

    def __init__(self) -> None:
        self._by_value: dict[Hashable, Bits] = defaultdict(int)

    def add(self, bit: Bits, values: Iterable[Hashable]) -> None:
        """Put an alert under each of its values."""
        for value in values:
            self._by_value[value] |= bit

    def any_of(self, values: Iterable[Hashable]) -> Bits:
        """Return the alerts that have one of some values at least."""
        found = 0
        for value in values:
            found |= self._by_value.get(value, 0)
        return found


class _Order:
    """Which alerts lie at or before a day, or a moment."""

    def __init__(self, at: Iterable[tuple[float, Bits]]) -> None:
        by_value: dict[float, Bits] = defaultdict(int)
        for value, bit in at:
            by_value[value] |= bit
        self._values = sorted(by_value)
        self._until: list[Bits] = [0, *accumulate((by_value[value] for value in self._values), or_)]

    def until(self, value: float) -> Bits:
        """Return the alerts that are not after a day or moment."""
        return self._until[bisect_right(self._values, value)]

    def before(self, value: float) -> Bits:
        """Return the alerts that are before a day or moment."""
        return self._until[bisect_left(self._values, value)]


class Sieve:
    """The alerts of one department, as sets.

    Only alerts whose window of days is known belong here. Their places are those of the sequence that is given.
    """

    def __init__(self, scale: Scale, block: Sequence[Told]) -> None:
        """Sort the alerts into sets, once for all that are looked for."""
        self._scale, self._block = scale, block
        self._all = (1 << len(block)) - 1
        self._ids, self._replaced, self._icons, self._families = Kinds(), Kinds(), Kinds(), Kinds()
        self._near, self._tags, self._victims, self._counts = Kinds(), Kinds(), Kinds(), Kinds()
        self._no_victims = 0
        sent: dict[str, list[tuple[float, Bits]]] = defaultdict(list)
        for place, told in enumerate(block):
            bit = 1 << place
            self._add(bit, told)
            if told.submitter:
                sent[told.submitter].append((told.received, bit))
        self._first = _Order(
            (told.first, 1 << place) for place, told in enumerate(block) if told.first is not None
        )
        self._last = _Order(
            (told.last, 1 << place) for place, told in enumerate(block) if told.last is not None
        )
        self._sent = {phone: _Order(some) for phone, some in sent.items()}

    def _add(self, bit: Bits, told: Told) -> None:
        self._ids.add(bit, [told.instance_id])
        self._replaced.add(bit, [told.deprecated_id])
        self._icons.add(bit, told.icons)
        self._families.add(bit, self._scale.families(told.icons))
        self._near.add(bit, [told.arrondissement])
        self._tags.add(bit, [told.contact_tag])
        self._victims.add(bit, told.victims)
        self._counts.add(bit, [told.victim_count])
        if not told.victims:
            self._no_victims |= bit

    def offered(self, told: Told, among: Bits) -> list[tuple[Compared, Bits]]:
        """Return what the rules offer beside an alert, the likeliest first: what they say, and all of which they say it.

        Args:
            told: the alert, of the department of the block.
            among: the alerts to be looked at, as bits.
        """
        if told.first is None or told.last is None:
            return []
        same = among & self._same(told)
        found = [(self._scale.compare(told, self._block[place]), 1 << place) for place in places(same)]
        if rest := among & ~same & self._all:
            sifted = self._sifted(told, rest)
            found += [(self._scale.verdict(points, reasons), bits) for bits, points, reasons in sifted]
        return sorted(found, key=lambda part: -part[0].points)

    def _same(self, told: Told) -> Bits:
        """Return other versions of the same submission, which no points are given to."""
        found = self._ids.any_of([told.instance_id]) | self._replaced.any_of([told.instance_id])
        return found if told.deprecated_id is None else found | self._ids.any_of([told.deprecated_id])

    def _sifted(self, told: Told, rest: Bits) -> list[tuple[Bits, int, tuple[Reason, ...]]]:
        """Let one rule after the other part what is left, and drop what can no longer be offered."""
        rules = [
            [(left, reason) for bits, reason in parts if (left := bits & rest)] for parts in self._rules(told)
        ]
        most = [max((reason.points if reason else 0 for _, reason in parts), default=0) for parts in rules]
        kept: list[tuple[Bits, int, tuple[Reason, ...]]] = [(rest, 0, ())]
        for at, parts in enumerate(rules):
            least = self._scale.rules.threshold.possible - sum(most[at + 1 :])
            kept = [
                (both, sum_, (*reasons, reason) if reason else reasons)
                for bits, points, reasons in kept
                for part, reason in parts
                if (sum_ := points + reason.points if reason else points) >= least and (both := bits & part)
            ]
        return kept

    # --- the rules, in the order of their reasons ------------------------------------------------------------------

    def _rules(self, told: Told) -> Iterator[list[_Part]]:
        scale = self._scale
        yield list(self._dates(told))
        near = self._near.any_of([told.arrondissement]) if told.arrondissement is not None else 0
        yield [(near, scale.near), (~near, scale.department)]
        icon = self._icons.any_of(told.icons)
        family = self._families.any_of(scale.families(told.icons)) & ~icon
        yield [(icon, scale.icon), (family, scale.family), (~icon & ~family, scale.other_kind)]
        tag = self._tags.any_of([told.contact_tag]) if told.contact_tag is not None else 0
        yield [(tag, scale.tag), (~tag, None)]
        yield self._whom(told)
        count = self._counts.any_of([told.victim_count])
        yield [(count, scale.count), (~count, None)]
        phone = self._phone(told)
        yield [(phone, scale.phone), (~phone, None)]

    def _dates(self, told: Told) -> Iterator[_Part]:
        """Part by the days between the windows; what lies farther away is in no part."""
        nearer = 0
        if told.first is None or told.last is None:
            return
        for days, reason in enumerate(self._scale.gap):
            within = self._first.until(told.last + days) & ~self._last.before(told.first - days)
            yield within & ~nearer, reason
            nearer = within

    def _whom(self, told: Told) -> list[_Part]:
        shared = self._victims.any_of(told.victims - {_UNKNOWN})
        open_ = self._no_victims | self._victims.any_of([_UNKNOWN]) & ~shared
        if not told.victims or _UNKNOWN in told.victims:
            open_ = ~shared
        return [(shared, self._scale.victims), (open_, None), (~shared & ~open_, self._scale.other_victims)]

    def _phone(self, told: Told) -> Bits:
        """Return what the same phone sent less than so many minutes before or after."""
        sent = self._sent.get(told.submitter or "")
        if sent is None:
            return 0
        within = self._scale.rules.submitter.minutes * 60
        return sent.before(told.received + within) & ~sent.until(told.received - within)


def places(bits: Bits) -> list[int]:
    """Return which bits are set, the lowest first.

    >>> places(0b1010)
    [1, 3]
    """
    found = []
    while bits:
        low = bits & -bits
        found.append(low.bit_length() - 1)
        bits ^= low
    return found
