"""Whether files that are held are still the same at the server, where only asking file by file tells. Takes nothing.

A file that is replaced or removed at a Central moves no stamp and no count of the feed, so once a day a bounded number
of submissions is asked about, in turn: everything is looked at again sooner or later, whatever the number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

import msgspec
from sqlalchemy import ColumnElement, Select, and_, or_, select, update

from sync_scripts.errors import NotAllowed, Unreachable
from sync_scripts.intake.choice import GONE
from sync_scripts.intake.plan import MOVED
from sync_scripts.intake.record import Clock
from sync_scripts.intake.report import FileUnread
from sync_scripts.intake.tagging import Tagger, same_bytes
from sync_scripts.servers.base import FileGone, Rechecks, Server
from sync_scripts.servers.http import CONNECTIONS
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.database import Register, Rows
from sync_scripts.store.schema.raw import attachment, seen_source, submission, watermark

__all__ = ["AT_ONCE", "TURN", "Recheck"]

AT_ONCE = 500
"""Submissions asked about in one run: about half a minute of a Central's time."""
TROUBLED = 3
"""Submissions that a server may be unable to tell of in one run before it counts as down: each costs all its retries."""
EVERY = timedelta(hours=20)
TURN = "+"
"""Form of the watermark that remembers whose turn it was last."""


@dataclass(frozen=True, slots=True)
class _Holder:
    """A submission of which files are held: its place, and by tag what the server said of each."""

    form: str
    root_id: str
    place: str
    instance_id: str
    marks: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Recheck:
    """Looks again at the files of one server."""

    register: Register
    server: Server
    origin: str
    tags: Tagger
    clock: Clock

    def moved(self, unread: Callable[[Mapping[str, int]], object]) -> list[tuple[str, str]]:
        """Return (form, root) of submissions whose files are others now, ready to be read again.

        They are looked for once a day. What an earlier run found and was ended before it had read is returned each time.

        Args:
            unread: told by code how many could not be asked about, one answer being out of order; they have their turn again.

        Raises:
            Unreachable: the server is down, or so many answers are out of order that it is the server; those ones' turn is over.
        """
        if not isinstance(self.server, Rechecks):
            return []
        with self.register.reading() as rows:
            left = self._left(rows, self.server)
            turn = self._turn(rows, self.server) if self._due(rows) else None
        if turn is None:
            return left
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            said = [*zip(turn, pool.map(self._said, turn), strict=True)]
        found = [one for one, differs in said if differs is True]
        self._remember(
            turn, found
        )  # in any case: what is out of order for ever must not keep the others from their turn
        troubles = [failure for _one, failure in said if isinstance(failure, Unreachable)]
        if len(troubles) > TROUBLED:
            raise troubles[0]
        if troubles:
            unread({FileUnread.code: len(troubles)})
        return list(dict.fromkeys([*left, *((one.form, one.root_id) for one in found)]))

    def _left(self, rows: Rows, server: Rechecks) -> list[tuple[str, str]]:
        """Return (form, root) of the places that are still to be looked at anew; a place is known by its tag alone."""
        marked = and_(seen_source.c.server == self.server.name, seen_source.c.mtime_ns == MOVED)
        tags = set(rows.execute(select(seen_source.c.source_tag).where(marked)).scalars())
        if not tags:
            return []
        return [
            (row.form, row.root_id)
            for row in rows.execute(self._holding())
            if self._tag(server.place_of(row.form, row.root_id, row.instance_id)) in tags
        ]

    def _turn(self, rows: Rows, server: Rechecks) -> list[_Holder]:
        """Return the submissions whose turn it is: those after the last, from the beginning once all had theirs."""
        held, last = submission.c, self._last(rows)
        after = or_(held.form > last[0], and_(held.form == last[0], held.root_id > last[1]))
        asked = self._holding().where(after).order_by(held.form, held.root_id).limit(AT_ONCE)
        return [
            _Holder(
                row.form,
                row.root_id,
                server.place_of(row.form, row.root_id, row.instance_id),
                row.instance_id,
                self._marks(rows, row.instance_id),
            )
            for row in rows.execute(asked).all()
        ]

    def _holding(self) -> Select[tuple[str, str, str]]:
        """Ask for the submissions that files are held of."""
        held = submission.c
        files = select(attachment.c.tag).where(self._files(), attachment.c.instance_id == held.instance_id)
        return select(held.form, held.root_id, held.instance_id).where(
            held.server == self.server.name,
            held.current,
            held.status.in_(("ok", "restored")),
            files.correlate(submission).exists(),
        )

    def _tag(self, place: str) -> str:
        return self.tags.place(self.server.name, self.origin, place)

    def _files(self) -> ColumnElement[bool]:
        table = attachment.c
        return and_(
            table.server == self.server.name,
            table.state == "held",
            table.mark.is_not(None),
            ~table.mark.startswith(GONE),
        )

    def _marks(self, rows: Rows, instance_id: str) -> tuple[tuple[str, str], ...]:
        table = attachment.c
        asked = select(table.tag, table.follows, table.mark).where(
            self._files(), table.instance_id == instance_id
        )
        return tuple((row.follows or row.tag, row.mark) for row in rows.execute(asked))

    def _said(self, one: _Holder) -> bool | Unreachable:
        """Return whether a submission's files differ, or the one answer that was out of order."""
        try:
            return self._differs(one)
        except Unreachable as failure:
            if not failure.of_one_answer:
                raise
            return failure

    def _differs(self, one: _Holder) -> bool:
        """Tell whether a file of a submission was replaced or is there no more."""
        if not isinstance(self.server, Rechecks):
            return False
        try:
            refs = {
                self.tags.file(one.instance_id, ref.name): ref for ref in self.server.attachments(one.place)
            }
            for tag in {tag for tag, _mark in one.marks}:
                said = self.server.mark_of(refs[tag]) if tag in refs else None
                if said is None or (said and self._others(one, tag, said)):
                    return True
        except (NotAllowed, FileGone):  # it is deleted by now, or its form is out of reach: the sweep says so
            return False
        return False

    def _others(self, one: _Holder, tag: str, said: str) -> bool:
        """Tell whether a server speaks of none of the bytes that are held of a file, or in another way than before."""
        mark = self.tags.bytes(said)
        return not any(same_bytes(mark, held) for name, held in one.marks if name == tag)

    def _due(self, rows: Rows) -> bool:
        last = rows.execute(select(watermark.c.at).where(self._own)).scalar()
        return last is None or moment(last) <= self.clock() - EVERY

    def _last(self, rows: Rows) -> tuple[str, str]:
        found = rows.execute(select(watermark.c.value).where(self._own)).scalar()
        return msgspec.json.decode(found, type=tuple[str, str]) if found else ("", "")

    @property
    def _own(self) -> ColumnElement[bool]:
        return and_(watermark.c.server == self.server.name, watermark.c.form == TURN)

    def _remember(self, turn: Sequence[_Holder], found: Sequence[_Holder]) -> None:
        """Write down whose turn it was, and that the places of what differs must be looked at anew."""
        last = (turn[-1].form, turn[-1].root_id) if len(turn) == AT_ONCE else ("", "")
        value = msgspec.json.encode(last).decode()
        mark = {"server": self.server.name, "form": TURN, "value": value, "at": instant(self.clock())}
        tags = [self._tag(one.place) for one in found]
        with self.register.writing() as rows:
            rows.upsert(watermark, [mark])
            rows.execute(
                update(seen_source)
                .where(seen_source.c.server == self.server.name, seen_source.c.source_tag.in_(tags))
                .values(mtime_ns=MOVED)
            )
