"""Compare two alerts with what was sealed of them at hand: place in words, contact. In memory only; nothing is stored.

The values are handed in by the command that opened them, in a process of its own. Equal tags only proposed; here the numbers
themselves say whether the contact is the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec
from sqlalchemy import or_, select

from sync_scripts.register.decisions.found import alert_of
from sync_scripts.register.links.compare import Compared, Scale, plain
from sync_scripts.register.links.derive import known
from sync_scripts.register.links.rules import load
from sync_scripts.register.links.sight import Sight, may_see
from sync_scripts.register.submissions import chunks
from sync_scripts.store.database import Rows
from sync_scripts.store.schema import register as tables
from sync_scripts.store.tags import e164

__all__ = ["FIELDS", "Opened", "Pair", "Side", "alike", "pairs_of", "refined", "same_contact"]

FIELDS: Final = ("place_hint", "contact")
"""The sealed answers of an alert that are compared."""


class Opened(msgspec.Struct, frozen=True):
    """What was opened of one alert; empty where it was not answered."""

    place: str = ""
    contact: str = ""


class Side(msgspec.Struct, frozen=True):
    """One alert of a pair: code, number, and the version whose sealed part counts."""

    code: str
    number: int
    version: str


class Pair(msgspec.Struct, frozen=True):
    """Two alerts to be compared, and the points without the vault."""

    first: Side
    second: Side
    points: int
    level: str


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


def pairs_of(rows: Rows, sight: Sight, text: str) -> tuple[list[Pair], int]:
    """Return the links of an alert that somebody may be shown, the likeliest first, and how many are not.

    Raises:
        AlertUnknown, ConsentRefused: as they say.
    """
    link = tables.alert_link
    number = alert_of(rows, text)["filing_no"]
    query = select(link).where(or_(link.c.filing_no == number, link.c.other_no == number))
    found = [
        dict(row) for row in rows.execute(query.order_by(link.c.points.desc(), link.c.filing_no)).mappings()
    ]
    sides = _sides(rows, {one for row in found for one in (row["filing_no"], row["other_no"])})
    seen = [row for row in found if may_see(sight, sides[row["filing_no"]], sides[row["other_no"]])]
    made = [
        Pair(_side(sides[row["other_no"]]), _side(sides[row["filing_no"]]), row["points"], row["level"])
        for row in seen
    ]
    return made, len(found) - len(seen)


def _side(row: Mapping[str, Any]) -> Side:
    return Side(row["code"], row["filing_no"], row["instance_id"])


def _sides(rows: Rows, numbers: Iterable[int]) -> dict[int, Mapping[str, Any]]:
    alert, filing = tables.alert, tables.filing
    query = select(alert.c.filing_no, alert.c.code, alert.c.icons, alert.c.case_code, filing.c.instance_id)
    query = query.join(filing, filing.c.filing_no == alert.c.filing_no)
    return {
        row["filing_no"]: dict(row)
        for some in chunks(sorted(numbers))
        for row in rows.execute(query.where(alert.c.filing_no.in_(some))).mappings()
    }


def refined(rows: Rows, pairs: Iterable[Pair], opened: Mapping[int, Opened]) -> list[tuple[Pair, Compared]]:
    """Return each pair with what the rules say of it once the places in words count, too."""
    wanted = list(pairs)
    numbers = sorted({side.number for pair in wanted for side in (pair.first, pair.second)})
    told = {
        one.number: one.told
        for some in chunks(numbers)
        for one in known(rows, tables.alert.c.filing_no.in_(some))
    }
    scale, found = Scale(load()), []
    for pair in wanted:
        one, other = told[pair.first.number], told[pair.second.number]
        if one is None or other is None:
            continue
        places = [opened.get(side.number, Opened()).place for side in (pair.first, pair.second)]
        found.append((pair, scale.compare(one, other, alike(*places))))
    return found
