"""What people decided on pairs of alerts: one row a pair, from its events alone; and what these decisions say together.

Rows name alerts by their submissions and follow from nothing but the events, so no build of an alert touches them. Nothing
that a rule proposes is kept: it is worked out when somebody looks.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import or_, select, tuple_

from sync_scripts.register.model.roots import Root, chunks
from sync_scripts.store.database import Rows
from sync_scripts.store.history import events as store_events
from sync_scripts.store.schema import register as tables

__all__ = [
    "DECIDE",
    "LINK",
    "PENDING",
    "SAME",
    "Decided",
    "Pair",
    "Ties",
    "about",
    "decisions",
    "key_of",
    "pair_of",
    "subject_of",
    "write_decisions",
]

DECIDE: Final = "link.decide"
"""What the event of a decision on a pair is called."""
LINK: Final = "alert_link:"
"""How the subject of such an event begins."""
PENDING: Final = "pending"
SAME: Final = "same_event"

Pair = tuple[str, str]
"""The keys of two alerts, the smaller root id first."""


class Decided(msgspec.Struct, frozen=True):
    """What was decided last on a pair; ``at`` as text, ``proof`` of whoever did."""

    decision: str = PENDING
    by: str | None = None
    at: str | None = None
    reason: str | None = None
    proof: str | None = None


def key_of(root: Root) -> str:
    """Return what an alert is called in a pair: form stamp and root id."""
    return "/".join(root)


def pair_of(one: Root, other: Root) -> Pair:
    """Return two alerts in the order in which a decision names them."""
    first, second = sorted((one, other), key=lambda root: (root[1], root[0]))
    return key_of(first), key_of(second)


def subject_of(pair: Pair) -> str:
    """Return the subject under which the events of a pair stand."""
    return LINK + "|".join(pair)


def write_decisions(rows: Rows, subjects: Sequence[str] | None = None) -> bool:
    """Put what the events say in the place of the rows: of some pairs, by their subjects, or of all; tell whether any was another one."""
    link = tables.alert_link
    last: dict[Pair, Decided] = {}
    for event in store_events.read(rows, subjects=subjects, ops=[DECIDE]):
        said = event.payload
        one, other = (key_of(root) for root in said["alerts"])
        actor = event.actor
        last[one, other] = Decided(
            said["decision"], actor.code, event.at, said.get("reason") or None, actor.proof
        )
    pair_of_a_row = tuple_(link.c.alert_a, link.c.alert_b)
    asked = [select(link)]
    if subjects is not None:
        asked = [select(link).where(pair_of_a_row.in_(some)) for some in chunks(sorted(last))]
    stood = set[tuple[Any, ...]]().union(*map(rows.tuples, asked))
    return bool(rows.replace(link, stood, [_row(pair, now) for pair, now in last.items()]))


def _row(pair: Pair, now: Decided) -> dict[str, object]:
    return {
        "alert_a": pair[0],
        "alert_b": pair[1],
        "decision": now.decision,
        "decided_by": now.by,
        "decided_at": now.at,
        "decision_reason": now.reason,
        "proof": now.proof,
    }


def decisions(rows: Rows, of: Sequence[str] | None = None) -> dict[Pair, Decided]:
    """Return what was decided last on each pair; only pairs with one of some alerts, by their keys, if these are given."""
    link = tables.alert_link.c
    asked = select(
        link.alert_a,
        link.alert_b,
        link.decision,
        link.decided_by,
        link.decided_at,
        link.decision_reason,
        link.proof,
    )
    if of is not None:
        asked = asked.where(or_(link.alert_a.in_(of), link.alert_b.in_(of)))
    found: Sequence[Sequence[Any]] = rows.execute(asked).all()
    return {(row[0], row[1]): Decided(*row[2:]) for row in found}


def about(rows: Rows, keys: Sequence[str]) -> list[str]:
    """Return the subjects of all decisions on pairs with one of some alerts."""
    return sorted(subject_of(pair) for pair in decisions(rows, keys))


class Ties:
    """What decisions say together: whatever is one with the same is one, and what is not one with it is not one with any of them.

    So a decision on each of a group beside one of them settles the group: nobody is asked about all of its pairs.
    """

    def __init__(self, decided: Mapping[Pair, str], same: str = SAME) -> None:
        """Work out what is one.

        Args:
            decided: pair -> decision; names of any things, ordered in a pair as they like.
            same: the decision that says that two are one.
        """
        self._over: dict[str, str] = {}
        for (one, other), decision in sorted(decided.items()):
            if decision == same:
                first, second = sorted((self.of(one), self.of(other)))
                if first != second:
                    self._over[second] = first
        self._apart: dict[str, set[str]] = defaultdict(set)
        for (one, other), decision in decided.items():
            if decision not in {same, PENDING}:
                self._apart[self.of(one)].add(self.of(other))
                self._apart[self.of(other)].add(self.of(one))

    def of(self, key: str) -> str:
        """Return the name under which something stands with all that it is one with."""
        while (over := self._over.get(key)) is not None:
            if (further := self._over.get(over)) is not None:
                self._over[key] = further
            key = over
        return key

    def apart(self, name: str) -> Iterable[str]:
        """Return the names of what was decided not to be one with all that stands under a name."""
        return self._apart.get(name, ())
