"""How a pull works: what its caller may choose, which places of a page are read, and how many at once. Reads no source."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile

from sync_scripts.clock import Clock, machine
from sync_scripts.intake.encryption.ciphertext import Keyring
from sync_scripts.intake.places.awaited_files import turned
from sync_scripts.intake.places.table import Seen
from sync_scripts.intake.receive.file_choice import FILE_LIMIT
from sync_scripts.register.model.codes import DrawCode, draw
from sync_scripts.servers.base import Found, Sighting, Unread


@dataclass(frozen=True, slots=True)
class Way:
    """How a pull works; the defaults are those of the product.

    Attributes:
        draw: gives codes to new alerts and cases.
        clock: gives the present moment.
        progress: is called with how many more submissions were looked at.
        files: is called with how many more files came.
        file_limit: bytes of one file.
        dry_run: decide and count, and write nothing.
        only: tags of the places to be read, whatever they look like, and no others; None = what may be new.
        keys: opens what came encrypted; None = the everyday keys of the register.
        take_clear: take what came in the clear although phones encrypt its form: a person knows where it is from.
        beside: another pull may go on: leave alone what lies in files and is not stored yet, for it may be what that one brings.
        together: store a page in one transaction, however long it is: all of it or nothing.
        between: is done once the answers of every source are here, before any files are asked for.
        turn: is done between two pages of answers, where nothing is half done: another source can be let go first.
        aside: the same before everything is compared, which can take long and must not be left in the middle.
    """

    draw: DrawCode = draw
    clock: Clock = machine
    progress: Callable[[int], None] = lambda _more: None
    files: Callable[[int], None] = lambda _more: None
    file_limit: int = FILE_LIMIT
    dry_run: bool = False
    only: frozenset[str] | None = None
    keys: Keyring | None = None
    take_clear: bool = False
    beside: bool = False
    together: bool = False
    between: Callable[[], None] = lambda: None
    turn: Callable[[], None] = lambda: None
    aside: Callable[[], None] = lambda: None


Looked = tuple[str, Sighting, Seen | None]
"""A place: its tag, and how it looked before."""
BATCH = 200
"""Submissions of one transaction: as many as a KoboToolbox lists at once. A hundred more cost seven megabytes of memory."""
BATCH_BYTES = 8_000_000
"""Bytes of one transaction; a single submission may be larger."""


MOST_WRAPPED = 16
"""Submissions of one transaction where they come encrypted: each of them brings its files along."""


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


def new_first(every: Sequence[Looked], now: datetime) -> list[Looked]:
    """Return places with those behind that are looked at again for their files alone, each time from another one on.

    Files that never come keep nothing away that stands behind them.
    """
    ahead, late = list[Looked](), list[Looked]()
    for one in every:
        (late if one[2] is not None and one[2].awaits_files else ahead).append(one)
    return ahead + turned(late, now)


def portion(fresh: Sequence[Looked], size: int) -> int:
    """Return how many of these places, at most ``size``, are read and stored together: as many as fit into memory."""
    held = 0
    for number, one in enumerate(fresh[:size], 1):
        held += max(one[1].size, 0)
        if held >= BATCH_BYTES:
            return number
    return min(size, len(fresh))


def in_one_piece(came: Sequence[Found | Unread]) -> Sequence[Found | Unread]:
    """Return what is stored of a portion that was cut: what came before the first that did not, for that one may come yet.

    Where that is nothing, all of it: an address that never answers must not keep the others away.
    """
    whole = list(takewhile(lambda one: isinstance(one, Found), came))
    return whole or came


def next_size(size: int, *, wrapped: bool) -> int:
    """Return how many places are read together after so many: a line that is cut soon must have brought something.

    Args:
        size: of the last portion.
        wrapped: it held what came encrypted, and so with its files.

    >>> next_size(1, wrapped=True), next_size(16, wrapped=True), next_size(4, wrapped=False), next_size(256, wrapped=False)
    (2, 16, 16, 200)
    """
    return min(size * 2, MOST_WRAPPED) if wrapped else min(size * 4, BATCH)
