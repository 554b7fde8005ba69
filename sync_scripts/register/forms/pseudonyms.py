"""Numbers inside a case: V1 for a victim, A1 for an act, P1, S1, E1. Pure; uids decide, numbers only name.

A row keeps the number that its form gave it when that is free in the case, else it gets the next free one. Whoever
appeared first, in whatever version of whatever form, has the first say; a number once given is never given to
another, also when its row is deleted in a later version.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from sync_scripts.register.forms.records import Record
from sync_scripts.register.forms.submissions import Filed, by_entity
from sync_scripts.register.model.roots import Root

__all__ = ["LETTERS", "Key", "Numbers", "numbers", "pieces"]

LETTERS: Final = {"person": "V", "act": "A", "perpetrator": "P", "source": "S", "evidence": "E"}

Key = tuple[Root, str]
"""(submission, key of the record)."""

Numbers = dict[str, dict[Key, str]]
"""Entity -> key -> pseudonym."""

_Batch = tuple[datetime, Root, Mapping[str, Sequence[Record]]]


def numbers(filed: Sequence[Filed], made: Iterable[tuple[Filed, Record]]) -> Numbers:
    """Return the pseudonyms of everything numbered in a case.

    Args:
        filed: the submissions of the case.
        made: people that the register itself makes of a submission (a case of services only).
    """
    batches: list[_Batch] = [
        (received, one.root, one.records if reading is one.reading else by_entity(reading))
        for one in filed
        for received, reading in one.history
    ]
    batches += [(one.received[0], one.root, {record.entity: [record]}) for one, record in made]
    if len(batches) > 1:
        batches.sort(key=lambda batch: batch[:2])
    return {entity: _of_entity(entity, letter, batches) for entity, letter in LETTERS.items()}


def pieces(records: Sequence[Record], root: Root) -> Sequence[Record]:
    """Return the pieces of evidence among records: what the form of the desk says beside them, the case, is none."""
    return [one for one in records if one.key != root[1]]


def _of_entity(entity: str, letter: str, batches: list[_Batch]) -> dict[Key, str]:
    given: dict[Key, int] = {}
    taken: set[int] = set()
    for _, root, by in batches:
        if entity not in by:
            continue
        waiting = []
        found = pieces(by[entity], root) if entity == "evidence" else by[entity]
        for record in [one for one in found if (root, one.key) not in given]:
            own = _own(record)
            if own is None or own in taken:
                waiting.append(record)
            else:
                given[root, record.key] = own
                taken.add(own)
        for record in waiting:
            given[root, record.key] = _next(taken)
    return {key: f"{letter}{number}" for key, number in given.items()}


def _own(record: Record) -> int | None:
    """Return the number that the form gave, None for none that can be used."""
    text = record.fields.get("number")
    return (
        int(text) if isinstance(text, str) and text.isdecimal() and 0 < len(text) < 5 and int(text) else None
    )


def _next(taken: set[int]) -> int:
    number = 1
    while number in taken:
        number += 1
    taken.add(number)
    return number
