"""What a server shows and did not hand over: remembered, and asked for again at every pull until it comes or is gone.

The cursor may pass a version only when it is stored, put aside, or remembered here; so it is remembered in the very
transaction that moves the cursor. A comparison of marks would find a present version that is not here, but never one
that an edit left behind.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, and_, delete, select

from sync_scripts.clock import Clock
from sync_scripts.servers.base import NamesSome, Sighting, Status
from sync_scripts.servers.batches import borne
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
        source: what is asked; it may know which ids it cannot ask for.
        before: what earlier pulls left, in the order in which it is asked for.
        now: what this one could not get, and whether it asked for it.
        in_turn: what earlier pulls left is still to be asked for, in its order.
        unasked: how many of them were neither shown in this pull nor could be asked for, once it is settled.
    """

    register: Register
    server: str
    clock: Clock
    dry_run: bool
    source: object = None
    before: tuple[Named, ...] = ()
    now: dict[Named, bool] = field(default_factory=dict)
    in_turn: bool = False
    unasked: int = 0
    _left: frozenset[Named] = frozenset()
    _places: set[str] = field(default_factory=set)
    _shown: set[Named] = field(default_factory=set)

    def recall(self, rows: Rows) -> None:
        """Read what earlier pulls left."""
        self.before = tuple(owed(rows, self.server))
        self._left = frozenset(self.before)

    def note(self, one: Sighting, *, asked: bool = True) -> None:
        """Remember a version that was not handed over; a row that names no root is known by what it says it is."""
        self._places.add(one.place)
        name = one.root_id or one.version
        if name:  # one that says neither cannot be asked for; every comparison counts it
            self.now[one.place.partition("\t")[0], name] = asked

    def shown(self, statuses: Iterable[Status]) -> None:
        """Remember what a page said of those left, now that everything that it shows was asked for; nothing of the many others."""
        if self._left:
            self._shown |= self._left & {(one.form, one.root_id) for one in statuses}

    def of(self, form: str) -> list[str]:
        """Return the roots that earlier pulls left of a form."""
        return [root for named, root in self.before if named == form]

    def gone(self, form: str, roots: Iterable[str]) -> None:
        """Remember that a whole comparison of a form did not show these: nothing can come of them any more."""
        self._shown |= self._left & {(form, root) for root in roots}

    def refused(self, one: Sighting) -> bool:
        """Tell whether a version was asked for in this pull and not handed over, or will be in its turn: once is enough."""
        return one.place in self._places or (self.in_turn and self._has_turn(one))

    def _has_turn(self, one: Sighting) -> bool:
        named = one.place.partition("\t")[0], one.root_id or one.version
        return named in self._left and self._askable(named)

    def _askable(self, named: Named) -> bool:
        source = self.source
        return borne(named[1]) and (not isinstance(source, NamesSome) or source.nameable(*named))

    def keep(self, rows: Rows) -> None:
        """Write down, in the caller's transaction, what earlier pulls left and what this one could not get until now."""
        self._write(rows, {**dict.fromkeys(self.before, False), **self.now})

    def settle(self, out_of_reach: Collection[str], undecided: Collection[Named] = ()) -> None:
        """Forget what came or is gone, now that everything was asked for.

        Not of forms that could not be asked, nor what a comparison left ``undecided``; nor what nobody could ask for by its id,
        unless a page showed what became of it, or a whole comparison that it is gone.
        """
        left = [one for one in self.before if one not in self.now]
        unasked = [one for one in left if one not in self._shown and not self._askable(one)]
        self.unasked = len(unasked)
        self.now |= {
            one: False for one in left if one[0] in out_of_reach or one in unasked or one in undecided
        }
        if not self.dry_run and _in_turn(self.now) != list(self.before):
            with self.register.writing() as rows:
                self._write(rows, self.now)
        self.before = tuple(_in_turn(self.now))

    def _write(self, rows: Rows, every: Mapping[Named, bool]) -> None:
        if not every:
            rows.execute(delete(watermark).where(_own(self.server)))
            return
        value = msgspec.json.encode(_in_turn(every)).decode()
        mark = {"server": self.server, "form": OWED, "value": value, "at": instant(self.clock())}
        rows.upsert(watermark, [mark])


def _in_turn(every: Mapping[Named, bool]) -> list[Named]:
    """Return what was not asked for before what was: what always fails keeps nothing away that stands behind it."""
    return sorted(every, key=every.__getitem__)  # each in the order in which its turn came


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
