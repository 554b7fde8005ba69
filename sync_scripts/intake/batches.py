"""Which places of a page are read, and how many at once. Pure but for Python's own search for cycles."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from sync_scripts.intake.awaited import turned
from sync_scripts.intake.plan import AWAITS_FILES, ERASED, REPEAT, STORED, Seen
from sync_scripts.servers.base import Sighting

__all__ = ["BATCH", "BATCH_BYTES", "may_be_new", "new_first", "places", "undisturbed"]

Looked = tuple[str, Sighting, Seen | None]
"""A place: its tag, and how it looked before."""

BATCH = 500
"""Submissions of one transaction."""
BATCH_BYTES = 8_000_000
"""Bytes of one transaction; a single submission may be larger."""


@contextmanager
def undisturbed() -> Iterator[None]:
    """Keep the search for reference cycles out of a page: answers form none, and looking for them costs a tenth."""
    searched = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if searched:
            gc.enable()
            gc.collect(1)


def may_be_new(one: Sighting, before: Seen | None) -> bool:
    """Tell whether a place must be read: never seen, moved, or its files are not all there.

    A version that was stored before a later one took its place at the server has the bytes it had.
    """
    if before is None or before.outcome.endswith(AWAITS_FILES):
        return True
    if one.superseded and before.outcome in {STORED, REPEAT, ERASED}:
        return False
    return before.stamp != (one.size, one.moved_ns)


def places(
    fresh: Sequence[tuple[str, Sighting, Seen | None]],
) -> Iterator[list[tuple[str, Sighting, Seen | None]]]:
    """Yield the places in batches that fit into memory."""
    batch: list[tuple[str, Sighting, Seen | None]] = []
    size = 0
    for one in fresh:
        batch.append(one)
        size += max(one[1].size, 0)
        if len(batch) == BATCH or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def new_first(every: Sequence[Looked], now: datetime) -> list[Looked]:
    """Return places with those behind that are looked at again for their files alone, each time from another one on.

    Files that never come keep nothing away that stands behind them.
    """
    ahead, late = list[Looked](), list[Looked]()
    for one in every:
        (late if one[2] is not None and one[2].outcome.endswith(AWAITS_FILES) else ahead).append(one)
    return ahead + turned(late, now)
