"""What a server shows and did not hand over: remembered, and asked for again at every pull until it comes or is gone.

The cursor may pass a version only when it is stored, put aside, or remembered here; so it is remembered in the very
transaction that moves the cursor. A comparison of marks would find a present version that is not here, but never one
that an edit left behind.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select

from sync_scripts.intake.places.table import NOT_ASKED, OWED, REFUSED, Named, Seen, answer
from sync_scripts.intake.run import Run
from sync_scripts.register.model.codes import chunks
from sync_scripts.servers.abilities import NamesSome
from sync_scripts.servers.base import Sighting, Status
from sync_scripts.servers.inquiry import borne
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Rows
from sync_scripts.store.schema.raw import place
from sync_scripts.store.statements import OWES


@dataclass(slots=True)
class Owed:
    """What the server of a run owes; it may know which ids it cannot be asked for.

    Attributes:
        before: what earlier pulls left, in the order in which it is asked for: what was not asked for longest comes first.
        now: what this one could not get, or left as it was.
        in_turn: what earlier pulls left is still to be asked for, in its order.
        unasked: how many of them were neither shown in this pull nor could be asked for, once it is settled.
    """

    run: Run
    before: tuple[Named, ...] = ()
    now: set[Named] = field(default_factory=set)
    in_turn: bool = False
    unasked: int = 0
    _left: dict[Named, dict[str, tuple[int, str]]] = field(default_factory=dict)
    """Of what earlier pulls left: tags of the places, how often each was asked for, and since when it is owed."""
    _new: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Rows that are not written yet, by tag."""
    _places: set[str] = field(default_factory=set)
    _shown: set[Named] = field(default_factory=set)

    def recall(self, rows: Rows) -> None:
        """Read what earlier pulls left."""
        self._left = {}
        for row in rows.execute(_in_turn(self.run.name)):
            self._left.setdefault((row.form, row.root_id), {})[row.tag] = (row.tries, row.first_at)
        self.before = tuple(self._left)

    def note(self, one: Sighting, tag: str, before: Seen | None = None, *, asked: bool = True) -> None:
        """Remember a version that was not handed over; a row that names no root is known by what it says it is.

        What came of its place before stays written there; so does since when it is put aside, or waits.
        """
        self._places.add(one.place)
        name = one.root_id or one.version
        if not name:  # one that says neither cannot be asked for; every comparison counts it
            return
        named, now = (one.place.partition("\t")[0], name), instant(self.run.clock())
        self.now.add(named)
        tries, since = self._left.get(named, {}).get(tag, (0, now))
        when = {"tries": tries + asked, "first_at": since, "last_at": now if asked else None}
        if before and before.unread:
            when = {"last_at": now} if asked else {}
        self._new[tag] = when | {
            "server": self.run.name,
            "tag": tag,
            "state": before.state if before else OWED,
            "reason": REFUSED if asked else NOT_ASKED,
            "form": named[0],
            "root_id": name,
            "size": before.size if before else 0,
            "moved_ns": before.moved_ns if before else 0,
        }

    def shown(self, statuses: Iterable[Status]) -> None:
        """Remember what a page said of those left, now that everything that it shows was asked for; nothing of the many others."""
        if self._left:
            self._shown |= self._left.keys() & {(one.form, one.root_id) for one in statuses}

    def of(self, form: str) -> list[str]:
        """Return the roots that earlier pulls left of a form."""
        return [root for named, root in self.before if named == form]

    def gone(self, form: str, roots: Iterable[str]) -> None:
        """Remember that a whole comparison of a form did not show these: nothing can come of them any more."""
        self._shown |= self._left.keys() & {(form, root) for root in roots}

    def unshown(self) -> list[Named]:
        """Return what earlier pulls left and nothing was heard of in this one."""
        return [one for one in self.before if one not in self._shown and one not in self.now]

    def refused(self, one: Sighting) -> bool:
        """Tell whether a version was asked for in this pull and not handed over, or will be in its turn: once is enough."""
        return one.place in self._places or (self.in_turn and self._has_turn(one))

    def _has_turn(self, one: Sighting) -> bool:
        named = one.place.partition("\t")[0], one.root_id or one.version
        return named in self._left and self._askable(named)

    def _askable(self, named: Named) -> bool:
        source = self.run.source
        return borne(named[1]) and (not isinstance(source, NamesSome) or source.nameable(*named))

    @property
    def unwritten(self) -> bool:
        """Tell whether something is to be written down."""
        return bool(self._new)

    def keep(self, rows: Rows) -> None:
        """Write down, in the caller's transaction, what this pull could not get until now."""
        for names in {tuple(row) for row in self._new.values()}:
            rows.upsert(place, [row for row in self._new.values() if tuple(row) == names])
        self._new.clear()

    def settle(self, out_of_reach: Collection[str], undecided: Collection[Named] = ()) -> None:
        """Forget what came or is gone, now that everything was asked for.

        Not of forms that could not be asked, nor what a comparison left ``undecided``; nor what nobody could ask for by its id,
        unless a page showed what became of it, or a whole comparison that it is gone.
        """
        left = [one for one in self.before if one not in self.now]
        unasked = {one for one in left if one not in self._shown and not self._askable(one)}
        self.unasked = len(unasked)
        self.now |= {one for one in left if one[0] in out_of_reach or one in unasked or one in undecided}
        over = [tag for one in left if one not in self.now for tag in self._left[one]]
        if self.run.dry_run or not (over or self._new):
            return
        with self.run.register.writing() as rows:
            for some in chunks(over):
                answer(rows, self.run.name, some)
            self.keep(rows)
            self.recall(rows)


def _own(server: str) -> ColumnElement[bool]:
    return and_(place.c.server == server, OWES)


def _in_turn(server: str) -> Any:
    """Ask for what a server owes: what was never asked for, then what was not for longest; what always fails keeps nothing away."""
    table = place.c
    asked = select(table.form, table.root_id, table.tag, table.tries, table.first_at).where(_own(server))
    return asked.order_by(
        func.coalesce(table.last_at, ""), table.tries, table.first_at, table.form, table.tag
    )


def owed(rows: Rows, server: str) -> Iterator[Named]:
    """Yield form and root of what a server showed and did not hand over."""
    yield from dict.fromkeys((row.form, row.root_id) for row in rows.execute(_in_turn(server)))


def count(rows: Rows) -> int:
    """Return how many submissions servers showed and did not hand over, over all servers."""
    table = place.c
    every = select(table.server, table.form, table.root_id).where(OWES)
    return int(rows.execute(select(func.count()).select_from(every.distinct().subquery())).scalar_one())
