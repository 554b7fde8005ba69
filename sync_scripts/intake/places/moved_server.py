"""Which servers and projects stood behind a name: each has a cursor and deletions of its own.

Numbers and stamps of one server say nothing about another, and what one of them held need not be at the next. The same server may
also be reached by two addresses: by what it shows of the submissions that came last, row by row and stamp by stamp, it is
recognised. So is a copy that was restored from a backup, which lacks what came since: what stands behind an address says that
something is gone only of what it showed itself. Remembers keyed tags of host and project alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, and_, delete, select

from sync_scripts.intake.places import reported_deletions, table
from sync_scripts.intake.places.standing import Held
from sync_scripts.intake.receive.split import Tagger
from sync_scripts.intake.run import Run
from sync_scripts.register.history import arrivals
from sync_scripts.servers.base import Page, Server
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Rows
from sync_scripts.store.schema.raw import submission, watermark

ORIGIN: Final = "*origin"
"""Form of the watermark that remembers them, as JSON."""
MOST: Final = 8
"""Origins remembered under one name: a laptop on the road may find its server under a new address every day."""
_CURSOR: Final = ""
"""Form of the watermark of the cursor of the present one."""
_LENGTH: Final = 16
_SAMPLE: Final = 20
"""Submissions that a server is asked for by a new address, to be recognised."""
_OTHERWISE: Final = 10
"""At most one in so many of them may be another one by now, or gone: people go on working."""


class Place(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is remembered of one address.

    Attributes:
        cursor: where its pull stood when another one took its place last, "" = nowhere.
        every: all that is held up to this arrival came by it.
        forms: for each form that was compared there to a conclusion, the last arrival that was held then.
    """

    cursor: str = ""
    every: int = 0
    forms: dict[str, int] = {}


class Stood(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is remembered of a name.

    Attributes:
        tag: of the origin that was pulled last.
        address: tag of the one by which it was reached; the same, where that is the one by which it was first.
        since: the last arrival that was held when that origin took the place of another one; 0 = it is the only one there ever was.
        reached: the same of that address.
        places: by tag of the address, the one that was pulled longest ago first.
        names: by tag of a further address at which an origin was recognised, its own; the last one found last.
    """

    tag: str
    address: str
    since: int = 0
    reached: int = 0
    places: dict[str, Place] = {}
    names: dict[str, str] = {}

    @property
    def place(self) -> Place:
        """Return what is remembered of the address pulled last."""
        return self.places.get(self.address, Place())

    def followed(self, own: str, address: str, newest: int, cursor: str) -> Stood:
        """Return it with another address, and the origin that is reached by it, in the present one's place.

        ``newest`` is the last arrival held, ``cursor`` where the one before it stands.
        """
        left = msgspec.structs.replace(self.place, cursor=cursor)
        if not self.reached:
            left = msgspec.structs.replace(left, every=newest)
        there = self.places.get(address, Place())
        others = [(one, place) for one, place in self.places.items() if one not in {address, self.address}]
        places = dict([*others, (self.address, left)][1 - MOST :]) | {address: there}
        further = [(one, name) for one, name in self.names.items() if one != address]
        names = further if address == own else [*further, (address, own)][-MOST:]
        since = self.since if own == self.tag else newest
        return Stood(own, address, since, newest, places, dict(names))

    def compared(self, forms: Collection[str], newest: int) -> Stood:
        """Return it with these forms compared to a conclusion, at the address that was pulled last."""
        place = msgspec.structs.replace(self.place, forms=self.place.forms | dict.fromkeys(forms, newest))
        return msgspec.structs.replace(self, places={**self.places, self.address: place})


def _address(tags: Tagger, server: Server) -> str:
    """Return the tag of a server's host and project."""
    return tags.place(server.name, server.origin, "")[:_LENGTH]


def identity(rows: Rows, tags: Tagger, server: Server) -> str:
    """Return what tells the places of a source from those of others of its name, whatever address it is reached by."""
    if not server.abilities.edits_by_root:
        return server.origin
    address, found = _address(tags, server), stood(rows, server.name)
    return address if found is None else found.names.get(address, address)


def _recognised(run: Run) -> str:
    """Return the same, after a question to a server whose address is new: whether it is the one that was pulled last.

    Raises:
        NotAllowed, Unreachable: it does not answer.
    """
    server, tags = run.server, run.tags
    with run.register.reading() as rows:
        found, own = stood(rows, server.name), identity(rows, tags, server)
        if found is None or own != _address(tags, server) or own in {found.tag, *found.places}:
            return own
        last = _last(rows, server.name, found.since)
    again = server.again([(form, root_id) for form, root_id, _version, _at in last])
    there = {
        (one.place.partition("\t")[0], one.root_id or one.version, one.version, instant(one.received_at)): one
        for page in again
        for one in page.sightings
        if one.received_at is not None
    }
    places = [tags.place(server.name, found.tag, there[one].place) for one in last if one in there]
    with run.register.reading() as rows:
        same = len(table.seen(rows, server.name, places))
    return found.tag if same and len(last) - same <= len(last) // _OTHERWISE else own


def origin(run: Run, *, asking: bool) -> Origin:
    """Return the origin of the server of a run; ``asking`` = one with a new address is asked who it is.

    Raises:
        NotAllowed, Unreachable: it does not answer.
    """
    if asking:
        own = _recognised(run)
    else:
        with run.register.reading() as rows:
            own = identity(rows, run.tags, run.server)
    return Origin(run, own, _address(run.tags, run.server))


def _last(rows: Rows, server: str, since: int) -> list[tuple[str, str, str, str]]:
    """Return form, root, version and time of receipt of what came last by the server that was pulled last."""
    held = submission.c
    mine = (held.server == server, held.current, held.status.in_(("ok", "restored")), held.arrival > since)
    asked = select(held.form, held.root_id, held.instance_id, held.received_at).where(*mine)
    found = rows.execute(asked.order_by(held.arrival.desc()).limit(_SAMPLE))
    return [(row.form, row.root_id, row.instance_id, row.received_at) for row in found]


def stood(rows: Rows, server: str) -> Stood | None:
    """Return what is remembered of a name, None where it never was pulled."""
    value = rows.execute(select(watermark.c.value).where(_own(server, ORIGIN))).scalar()
    return msgspec.json.decode(value, type=Stood) if value else None


def moved(rows: Rows, server: str, own: str) -> bool:
    """Tell whether another server or project was pulled under this name last; ``own`` = the identity of the present one."""
    before = stood(rows, server)
    return before is not None and before.tag != own


def origins(rows: Rows, server: str) -> list[str]:
    """Return the tags of the addresses of all that stood behind a name, the one that was pulled last first."""
    found = stood(rows, server)
    return [] if found is None else list(dict.fromkeys([found.address, *found.places]))


@dataclass(slots=True)
class Origin:
    """The origin of the server of a run; a dry run writes nothing down.

    Attributes:
        own: its tag.
        address: the tag of the address by which it is reached; its own, where that is the one by which it was first.
        fresh: another one was pulled under its name last, and this one has shown nothing yet.
        cursor: where it was read to, None = it never was.
        before: the last arrival that was held when this pull of it began.
    """

    run: Run
    own: str
    address: str
    fresh: bool = False
    cursor: str | None = None
    before: int = 0
    _now: Stood = field(default_factory=lambda: Stood("", ""))
    _left: tuple[str, ...] = ()
    """Forms of watermarks that are another one's."""
    _forgotten: tuple[str, ...] = ()
    """Tags of those that are remembered no more."""
    _written: bool = False

    def recall(self, rows: Rows, swept: Sequence[str]) -> None:
        """Read what was pulled last.

        ``swept`` names the watermarks of comparisons, first that of submissions: a new one has had none of them, and at one that is
        back something may have come meanwhile.
        """
        before, self.before = stood(rows, self.run.name), arrivals.newest(rows)
        self.cursor = rows.execute(select(watermark.c.value).where(_own(self.run.name, _CURSOR))).scalar()
        self._now, self._written = before or Stood(self.own, self.address), before is not None
        if before is None:
            return
        if (before.tag, before.address) == (self.own, self.address):
            return
        # compared at once: one of the two may be a copy that went on by itself
        known = self.address in {before.tag, *before.places, *before.names}
        self._left = tuple(swept[:1] if known else swept)
        self._now = before.followed(self.own, self.address, self.before, self.cursor or "")
        self._written = False
        self._forgotten = tuple(before.places.keys() - self._now.places.keys())
        if before.tag != self.own:
            self.fresh, self.cursor = True, self._now.place.cursor or None

    def unsure(self, form: str) -> bool:
        """Tell whether what is held of a form may have come by another address, since it was not compared at this one by now."""
        reached = self._now.reached
        return bool(reached) and self._now.place.forms.get(form, -1) < reached

    def shown(self, one: Held) -> bool:
        """Tell whether what stands behind this address once showed what is held: then, and only then, absence says that it is gone."""
        place = self._now.place
        known = max(place.every, place.forms.get(one.form, 0))
        return one.arrival > self._now.reached or one.arrival <= known

    def answered(self, pages: Iterable[Page], now: datetime) -> Iterator[Page]:
        """Yield the pages; with the first one that is no trouble the server is the one of this name.

        Before that a name or number that is written wrongly moves no cursor.
        """
        for page in pages:
            if page.trouble is None and not self._written:
                self._take_over(now)
            yield replace(page, cursor=None) if self.fresh else page

    def compared(self, forms: Collection[str], now: datetime) -> None:
        """Remember which forms were compared to a conclusion: what it holds of them is known from here on.

        Of an only one nothing needs to be known: whatever is held came by it.
        """
        if not (forms and self._now.reached):
            return
        if not self._written:
            self._take_over(now)
        with self.run.register.reading() as rows:
            self._now = self._now.compared(forms, arrivals.newest(rows))
        self._write(now)

    def _take_over(self, now: datetime) -> None:
        """Let it be the one of this name, with the cursor that it left when another one took its place."""
        own = [{"form": _CURSOR, "value": self.cursor}] if self.fresh and self.cursor else []
        self._write(now, (*([_CURSOR] if self.fresh else ()), *self._left), own)
        self.fresh, self._written = False, True

    def _write(self, now: datetime, forget: Iterable[str] = (), also: Iterable[dict[str, str]] = ()) -> None:
        if self.run.dry_run:
            return
        value = msgspec.json.encode(self._now).decode()
        marks = [{"form": ORIGIN, "value": value}, *also]
        with self.run.register.writing() as rows:
            rows.execute(delete(watermark).where(_own(self.run.name, *forget)))
            for one in self._forgotten:
                reported_deletions.forget(rows, self.run.name, one)
            rows.upsert(watermark, [{"server": self.run.name, "at": instant(now), **one} for one in marks])


def _own(server: str, *forms: str) -> ColumnElement[bool]:
    return and_(watermark.c.server == server, watermark.c.form.in_(forms))
