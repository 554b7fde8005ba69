"""Compare two alerts with what was sealed of them at hand: place in words, contact. In memory only; nothing is stored.

The values are handed in by the command that opened them, in a process of its own. Equal tags only proposed; here the numbers
themselves say whether the contact is the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from sync_scripts.register.history.visibility import Sight
from sync_scripts.register.links.alerts import Known
from sync_scripts.register.links.compare import Compared, Scale, plain
from sync_scripts.register.links.views import Beside, said_of
from sync_scripts.register.rules.link_rules import load
from sync_scripts.store.database import Rows
from sync_scripts.store.seal.tags import e164

FIELDS: Final = ("place_hint", "contact")
"""The sealed answers of an alert that are compared."""


class Opened(msgspec.Struct, frozen=True):
    """What was opened of one alert; empty where it was not answered."""

    place: str = ""
    contact: str = ""


class Pair(msgspec.Struct, frozen=True):
    """Two alerts to be compared, the one that arrived first before the other, and what the rules say without the vault."""

    first: Known
    second: Known
    compared: Compared


def alike(one: str, other: str) -> float | None:
    """Return how much two places in words are alike, 0 to 1; None when one of them is empty.

    >>> alike("Mbatu, Alakuma", "") is None
    True
    """
    from rapidfuzz.fuzz import token_sort_ratio

    a, b = plain(one), plain(other)
    return float(token_sort_ratio(a, b)) / 100 if a and b else None


def same_contact(one: str, other: str) -> bool | None:
    """Tell whether two contacts are one number; None when one of them is no number."""
    a, b = e164(one), e164(other)
    return None if a is None or b is None else a == b


class Pairs(msgspec.Struct, frozen=True):
    """The pairs of an alert that are compared, how many more there are, and how many somebody may not be shown."""

    pairs: list[Pair]
    more: int
    hidden: int


def pairs_of(rows: Rows, sight: Sight, text: str) -> Pairs:
    """Return the links of an alert as its groups name them: of each the likeliest, so that no more than these are opened.

    Raises:
        AlertUnknown, ConsentRefused: as they say.
    """
    groups, hidden = said_of(rows, sight, text)
    return Pairs(
        [_pair(group.head, one) for group in groups for one in group.members],
        sum(group.more for group in groups),
        hidden,
    )


def _pair(head: Known, beside: Beside) -> Pair:
    first, second = sorted((head, beside.alert), key=lambda one: one.number)
    return Pair(first, second, beside.compared)


def refined(pairs: Iterable[Pair], opened: Mapping[int, Opened]) -> list[tuple[Pair, Compared]]:
    """Return each pair with what the rules say of it once the places in words count, too."""
    scale, found = Scale(load()), []
    for pair in pairs:
        one, other = pair.first, pair.second
        if one.told is None or other.told is None:
            continue
        places = [opened.get(side.number, Opened()).place for side in (one, other)]
        found.append((pair, scale.compare(one.told, other.told, alike(*places))))
    return found
