"""What a server shows and did not hand over: remembered, and asked for again at every pull until it comes or is gone.

The cursor may pass a version only when it is stored, put aside, or remembered here; so it is remembered in the very
transaction that moves the cursor. A comparison of marks would find a present version that is not here, but never one
that an edit left behind.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, and_, delete, select

from sync_scripts.intake.record import Clock
from sync_scripts.servers.base import Sighting
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Register, Rows
from sync_scripts.store.schema.raw import watermark

__all__ = ["OWED", "Owed", "count", "owed"]

OWED: Final = "*owed"
"""Form of the watermark that remembers them, by form and root, as JSON."""

Named = tuple[str, str]
"""Form and root of a submission."""


@dataclass(slots=True)
class Owed:
    """What one server owes, while it is pulled.

    Attributes:
        register: where it is remembered.
        server: name of the server.
        clock: gives the present moment.
        dry_run: write nothing.
        before: what earlier pulls left.
        now: what this one could not get.
    """

    register: Register
    server: str
    clock: Clock
    dry_run: bool
    before: frozenset[Named] = frozenset()
    now: set[Named] = field(default_factory=set)
    _places: set[str] = field(default_factory=set)

    def recall(self, rows: Rows) -> None:
        """Read what earlier pulls left."""
        self.before = frozenset(owed(rows, self.server))

    def note(self, one: Sighting) -> None:
        """Remember a version that was not handed over; a row that names no root is known by what it says it is."""
        self._places.add(one.place)
        name = one.root_id or one.version
        if name:  # one that says neither cannot be asked for; every comparison counts it
            self.now.add((one.place.partition("\t")[0], name))

    def refused(self, one: Sighting) -> bool:
        """Tell whether a version was asked for in this pull and not handed over: once is enough, each costs all its tries."""
        return one.place in self._places

    def keep(self, rows: Rows) -> None:
        """Write down, in the caller's transaction, what earlier pulls left and what this one could not get until now."""
        self._write(rows, self.before | self.now)

    def settle(self, out_of_reach: Collection[str]) -> None:
        """Forget what came or is gone, now that everything was asked for; not of forms that could not be asked."""
        self.now |= {one for one in self.before if one[0] in out_of_reach}
        if not self.dry_run and self.now != self.before:
            with self.register.writing() as rows:
                self._write(rows, self.now)

    def _write(self, rows: Rows, every: Collection[Named]) -> None:
        if not every:
            rows.execute(delete(watermark).where(_own(self.server)))
            return
        value = msgspec.json.encode(sorted(every)).decode()
        mark = {"server": self.server, "form": OWED, "value": value, "at": instant(self.clock())}
        rows.upsert(watermark, [mark])


def owed(rows: Rows, server: str) -> Iterator[Named]:
    """Yield form and root of what a server showed and did not hand over."""
    value = rows.execute(select(watermark.c.value).where(_own(server))).scalar()
    yield from msgspec.json.decode(value, type=list[Named]) if value else ()


def count(rows: Rows) -> int:
    """Return how many submissions servers showed and did not hand over, over all servers."""
    found = rows.execute(select(watermark.c.value).where(watermark.c.form == OWED)).scalars()
    return sum(len(msgspec.json.decode(value, type=list[Named])) for value in found)


def _own(server: str) -> ColumnElement[bool]:
    return and_(watermark.c.server == server, watermark.c.form == OWED)
