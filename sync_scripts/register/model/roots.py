"""The identity of a submission in the register, and how many of them are asked for at once. Loads nothing heavy: every list needs it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

__all__ = ["Root", "chunks", "root_of"]

Root = tuple[str, str]
"""(form stamp, root id): the identity of a submission in the register."""

_CHUNK: Final = 500


def root_of(unit: str) -> Root:
    """Return the submission that a unit or subject is named after."""
    stamp, _, root_id = unit.partition(":")[2].partition("/")
    return stamp, root_id


def chunks(items: Iterable[Any], size: int = _CHUNK) -> Iterator[list[Any]]:
    """Yield the items in lists of a bounded length."""
    batch: list[Any] = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
