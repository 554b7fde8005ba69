"""Which records of a case are one person, as people decided. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from sync_scripts.register.history.ops import SAME
from sync_scripts.store.history.events import Event

__all__ = ["records_of_one", "records_since"]


def records_of_one(events: Iterable[Event], code: str, here: Collection[str] = ()) -> list[frozenset[str]]:
    """Return the records of a case that were decided to be one person, by uid, also through a third one.

    Of two that were in two cases when it was decided, both may be in this one by now: ``here`` are the uids in it.

    That two are not one is believed of a proved person only, once they were said to be one: it lets something leave.
    """
    pairs: set[frozenset[str]] = set()
    known = frozenset(here)
    for event in events:
        if event.op != SAME:
            continue
        pair = frozenset({event.payload["uid"], event.payload["other_uid"]})
        if event.payload["other_case"] != code and not pair <= known:
            continue
        if event.payload["decision"] == "same":
            pairs.add(pair)
        elif event.actor.proof == "key":
            pairs.discard(pair)
    groups: dict[str, frozenset[str]] = {}
    for pair in pairs:
        joined = pair.union(*(groups.get(uid, ()) for uid in pair))
        groups |= dict.fromkeys(joined, joined)
    return sorted(set(groups.values()), key=sorted)


def records_since(same: Sequence[Event], code: str, uid: str, here: Collection[str]) -> dict[str, str]:
    """Return the other records of a person in a case, each with the instant since which it is decided that it is her.

    Args:
        same: the decisions on two records, in order.
        code: of the case.
        uid: of one of her records.
        here: uids in the case.
    """
    since: dict[str, str] = {}
    for number, event in enumerate(same, 1):
        groups = records_of_one(same[:number], code, here)
        group = next((one for one in groups if uid in one), frozenset[str]())
        since = {one: since.get(one, event.at) for one in group if one != uid}
    return since
