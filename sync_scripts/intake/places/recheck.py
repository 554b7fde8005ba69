"""Whether files that are held are still the same at the server, where only asking file by file tells. Takes nothing.

A file that is replaced or removed at a Central moves no stamp and no count of the feed, so once a day a bounded number
of submissions is asked about, in turn: everything is looked at again sooner or later, whatever the number. One of
which a server did not say everything is asked about again the next day, whose ever turn it is.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

import msgspec
from sqlalchemy import ColumnElement, Select, and_, or_, select, tuple_, update

from sync_scripts.errors import NotAllowed, Unreachable
from sync_scripts.intake.places.table import MOVED
from sync_scripts.intake.receive.file_choice import GONE
from sync_scripts.intake.receive.split import same_bytes
from sync_scripts.intake.run import Run
from sync_scripts.servers.abilities import Rechecks
from sync_scripts.servers.base import FileGone
from sync_scripts.servers.http import CONNECTIONS
from sync_scripts.servers.http.errors import NoRight, Refused
from sync_scripts.store.canonical import due, instant, moment
from sync_scripts.store.database import Rows
from sync_scripts.store.schema.raw import attachment, place, submission, watermark

Named = tuple[str, str]
"""Form and root of a submission."""
AT_ONCE = 500
"""Submissions asked about in one run: about half a minute of a Central's time."""
TOGETHER = 20
"""Those asked about before it is looked whether the server is down."""
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


class _Turn(msgspec.Struct, frozen=True, array_like=True):
    """Whose turn it was last, and what was asked about and not said, by form and root."""

    form: str = ""
    root_id: str = ""
    again: tuple[Named, ...] = ()


@dataclass(frozen=True, slots=True)
class _Said:
    """What a server says of one submission.

    Attributes:
        differs: a file is another one now, or there no more.
        untold: names of the files of which it says nothing, "" = of their list.
        failure: it answers nothing at all.
    """

    differs: bool = False
    untold: tuple[str, ...] = ()
    failure: Unreachable | None = None


@dataclass(frozen=True, slots=True)
class Recheck:
    """Looks again at the files of the server of a run, which tells, of one file, what it does not say by `FileGone`."""

    run: Run

    def moved(self, unread: Callable[[str, str], object], out_of_reach: Collection[str] = ()) -> list[Named]:
        """Return (form, root) of submissions whose files are others now, ready to be read again.

        They are looked for once a day. What an earlier run found and was ended before it had read is returned each time.

        Args:
            unread: told place and name of each file that the server does not speak of, "" = of their list.
            out_of_reach: forms of which nothing can be asked now; what is held of them has its turn again.

        Raises:
            Unreachable: the server is down; one that answers so is asked on the next day, from there on.
        """
        if not isinstance(self.run.server, Rechecks):
            return []
        with self.run.register.reading() as rows:
            left = self._left(rows, self.run.server)
            if not self._due(rows):
                return left
            last = self._last(rows)
            turn = self._turn(rows, self.run.server, last, out_of_reach)
            again = [one for one in self._again(rows, self.run.server, last, out_of_reach) if one not in turn]
        said, down = self._asked([*turn, *again])
        for one, answer in said:
            for name in answer.untold:
                unread(one.place, name)
        found = [one for one, answer in said if answer.differs]
        open_still = [(one.form, one.root_id) for one, answer in said if answer.untold or answer.failure]
        open_still += [one for one in last.again if one[0] in out_of_reach]
        if down is not None:
            unasked = [(one.form, one.root_id) for one in [*turn, *again][max(len(said), len(turn)) :]]
            self._remember(_so_far(last, turn[: len(said)], [*open_still, *unasked]), found, due=True)
            raise down
        self._remember(_next(turn, len(said), open_still), found)
        for _one, answer in said:
            if answer.failure is not None:
                raise answer.failure
        return list(dict.fromkeys([*left, *((one.form, one.root_id) for one in found)]))

    def _asked(
        self, every: Sequence[_Holder]
    ) -> tuple[list[tuple[_Holder, _Said]], NotAllowed | Unreachable | None]:
        """Ask about submissions, in their order, until the server is down; return what ended it where none can be asked.

        First about one, then about more at once: of a line that is cut soon something must be left for the next pull.
        """
        said: list[tuple[_Holder, _Said]] = []
        size = 1
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            while batch := every[len(said) : len(said) + size]:
                try:
                    said += zip(batch, list(pool.map(self._said, batch)), strict=True)
                except (NotAllowed, Unreachable) as failure:
                    return said, failure
                if any(answer.failure for _one, answer in said[-len(batch) :]):
                    break
                size = min(size * 2, TOGETHER)
        return said, None

    def _left(self, rows: Rows, server: Rechecks) -> list[tuple[str, str]]:
        """Return (form, root) of the places that are still to be looked at anew; a place is known by its tag alone."""
        marked = and_(place.c.server == self.run.name, place.c.moved_ns == MOVED)
        tags = set(rows.execute(select(place.c.tag).where(marked)).scalars())
        if not tags:
            return []
        return [
            (row.form, row.root_id)
            for row in rows.execute(self._holding())
            if self.run.tag(server.place_of(row.form, row.root_id, row.instance_id)) in tags
        ]

    def _turn(
        self, rows: Rows, server: Rechecks, last: _Turn, out_of_reach: Collection[str]
    ) -> list[_Holder]:
        """Return the submissions whose turn it is: those after the last, from the beginning once all had theirs."""
        held = submission.c
        after = or_(held.form > last.form, and_(held.form == last.form, held.root_id > last.root_id))
        asked = self._holding().where(after, held.form.not_in(out_of_reach))
        return self._holders(rows, server, asked.order_by(held.form, held.root_id).limit(AT_ONCE))

    def _again(
        self, rows: Rows, server: Rechecks, last: _Turn, out_of_reach: Collection[str]
    ) -> list[_Holder]:
        """Return the submissions of which the server did not say everything the last time."""
        named = tuple_(submission.c.form, submission.c.root_id)
        wanted = [one for one in last.again if one[0] not in out_of_reach]
        return self._holders(rows, server, self._holding().where(named.in_(wanted))) if wanted else []

    def _holders(self, rows: Rows, server: Rechecks, asked: Select[tuple[str, str, str]]) -> list[_Holder]:
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
            held.server == self.run.name,
            held.current,
            held.status.in_(("ok", "restored")),
            files.correlate(submission).exists(),
        )

    def _files(self) -> ColumnElement[bool]:
        table = attachment.c
        return and_(
            table.server == self.run.name,
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

    def _said(self, one: _Holder) -> _Said:
        """Return what the server says of a submission; one that refuses to say is told of, whatever else it refuses.

        Raises:
            NotAllowed, Unreachable: it cannot be asked at all.
        """
        try:
            return self._compared(one)
        except (NoRight, Refused):
            return _Said(untold=("",))
        except Unreachable as failure:
            if not failure.of_one_answer:
                raise
            return _Said(failure=failure)

    def _compared(self, one: _Holder) -> _Said:
        """Tell whether a file of a submission was replaced or is there no more, and of which nothing is said."""
        if not isinstance(self.run.server, Rechecks):
            return _Said()
        try:
            listed = self.run.server.attachments(one.place)
        except FileGone as gone:  # deleted by now: the comparison says so
            return _Said(untold=() if gone.errno == errno.ENOENT else ("",))
        refs = {self.run.tags.file(one.instance_id, ref.name): ref for ref in listed}
        differs, untold = False, []
        for tag in {tag for tag, _mark in one.marks}:
            try:
                said = self.run.server.mark_of(refs[tag]) if tag in refs else None
            except FileGone:
                untold.append(refs[tag].name)
                continue
            differs = differs or said is None or bool(said and self._others(one, tag, said))
        return _Said(differs, tuple(untold))

    def _others(self, one: _Holder, tag: str, said: str) -> bool:
        """Tell whether a server speaks of none of the bytes that are held of a file, or in another way than before."""
        mark = self.run.tags.bytes(said)
        return not any(same_bytes(mark, held) for name, held in one.marks if name == tag)

    def _due(self, rows: Rows) -> bool:
        last = rows.execute(select(watermark.c.at).where(self._own)).scalar()
        return due(moment(last) if last else None, self.run.clock(), EVERY)

    def _last(self, rows: Rows) -> _Turn:
        found = rows.execute(select(watermark.c.value).where(self._own)).scalar()
        return msgspec.json.decode(found, type=_Turn) if found else _Turn()

    @property
    def _own(self) -> ColumnElement[bool]:
        return and_(watermark.c.server == self.run.name, watermark.c.form == TURN)

    def _remember(self, turn: _Turn, found: Sequence[_Holder], *, due: bool = False) -> None:
        """Write down whose turn it was, and that the places of what differs must be looked at anew.

        ``due`` = the next pull goes on from there, not that of the next day.
        """
        value = msgspec.json.encode(turn).decode()
        at = instant(self.run.clock() - EVERY if due else self.run.clock())
        mark = {"server": self.run.name, "form": TURN, "value": value, "at": at}
        tags = [self.run.tag(one.place) for one in found]
        with self.run.register.writing() as rows:
            rows.upsert(watermark, [mark])
            rows.execute(
                update(place)
                .where(place.c.server == self.run.name, place.c.tag.in_(tags))
                .values(moved_ns=MOVED)
            )


def _so_far(last: _Turn, asked: Sequence[_Holder], again: Iterable[Named]) -> _Turn:
    """Return what a next pull goes on from when the line was cut: behind the last one asked about."""
    left = tuple(dict.fromkeys(again))[:AT_ONCE]
    return _Turn(asked[-1].form, asked[-1].root_id, left) if asked else _Turn(last.form, last.root_id, left)


def _next(turn: Sequence[_Holder], asked: int, again: Iterable[Named]) -> _Turn:
    """Return what the next day goes on from: behind the last one asked about, from the beginning once all had their turn."""
    left = tuple(dict.fromkeys(again))[:AT_ONCE]
    if len(turn) < AT_ONCE and asked >= len(turn):
        return _Turn(again=left)
    last = turn[min(asked, len(turn)) - 1]
    return _Turn(last.form, last.root_id, left)
